"""How often tests reject the truth itself; writes ../false_alarms.md.

    python docs/studies/false_alarms.py [--workers 2] [--repeats 200]

About 30 core-minutes.
"""

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import torch
from cases import modes
from detection import ROWS, Measured
from scipy.stats import binom
from threadpoolctl import threadpool_limits

from genzoo.comparison.verdict import judge
from genzoo.core.metric import Estimate, Evidence
from genzoo.core.noise import stream
from genzoo.core.results import Score
from genzoo.core.table import Column
from genzoo.metrics import METRICS

PAGE = Path(__file__).parents[1] / "false_alarms.md"
SEEDS = 10
COMPARED_ROWS = 500
DIMENSIONS = (2, 15)
COMPARED = ("js", "kl", "high_quality", "kl_modes", "missing_modes", "sliced_wasserstein")


def printed_p(found: Estimate) -> bool:
    return float(found.estimator.split("p = ")[1]) <= 0.05


def some(found: Estimate) -> bool:
    return found.value > 0


def two_errors(found: Estimate) -> bool:
    """1.96 standard errors from a null that is exact."""
    return abs(found.value - found.null) > 1.96 * found.standard_error


TESTS: dict[str, tuple[Callable[[Estimate], bool], str]] = {
    "missing_modes": (some, "one-sided half of a 5 % family"),
    "wrong_widths": (some, "5 % family"),
    "cells": (printed_p, "chi-square p ≤ .05"),
    "mmd": (printed_p, "permutation p ≤ .05"),
    "c2st_accuracy": (printed_p, "p ≤ .05 of its own"),
    "train_share": (two_errors, "1.96 permutation errors from 1/2"),
    "energy": (two_errors, "1.96 standard errors from 0"),
}


def alarms(dimension: int, repeat: int) -> Counter:
    """Which tests reject one sample of the truth."""
    torch.set_num_threads(1)
    generator = stream(repeat, f"false alarms {dimension}")
    source = Measured(modes(dimension), generator)
    evidence = Evidence(source.law.sample(ROWS, generator=generator).x, source.holdout.x, source, seed=repeat)
    counts: Counter = Counter()
    with threadpool_limits(1):
        for name, (rejects, _) in TESTS.items():
            found = METRICS.create(name)(evidence)
            if found.null is None:
                found = Estimate(found.value, found.standard_error, found.n, found.estimator, null=0.0)
            counts[name] += rejects(found)
    return counts


def claims(models: int, repeat: int) -> Counter:
    """Which metrics claim a difference between equal models, over ten paired seeds."""
    torch.set_num_threads(1)
    law = modes(2, 8)
    metrics = [METRICS.create(name) for name in COMPARED]
    scores = []
    with threadpool_limits(1):
        for seed in range(SEEDS):
            generator = stream(SEEDS * repeat + seed, f"equal models {models}")
            reference = law.sample(COMPARED_ROWS, generator=generator).x
            for model in range(models):
                evidence = Evidence(law.sample(COMPARED_ROWS, generator=generator).x, reference, law, seed=seed)
                for metric in metrics:
                    found = metric(evidence)
                    scores.append(
                        Score(f"model {model}", "truth", metric.name, seed, found.value, ceiling=found.ceiling)
                    )
    counts: Counter = Counter()
    for metric in metrics:
        column = Column(metric.name, metric.label, metric.unit, metric.direction, metric.alarm, metric.ranked)
        mine = [score for score in scores if score.metric == metric.name]
        verdict = judge(column, [f"model {model}" for model in range(models)], mine)
        counts[metric.name] += verdict is not None and len(set(verdict.letters.values())) > 1
    return counts


def line(name: str, count: int, repeats: int, what: str) -> str:
    """A share with its exact binomial interval under the nominal level."""
    low, high = (int(binom.ppf(level, repeats, 0.05)) for level in (0.025, 0.975))
    return f"| `{name}` | {what} | {count} of {repeats} | {count / repeats:.1%} | {low}-{high} |"


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--repeats", type=int, default=200)
    given = words.parse_args()
    parts, start = [HEAD.format(repeats=given.repeats)], time.monotonic()
    head = "| {} | {} | rejected | share | chance at 5 % |\n|---|---|---:|---:|---:|"
    with ProcessPoolExecutor(given.workers) as pool:
        for dimension in DIMENSIONS:
            found = sum(
                pool.map(alarms, *zip(*((dimension, at) for at in range(given.repeats)), strict=True)), Counter()
            )
            rows = [line(name, found[name], given.repeats, TESTS[name][1]) for name in TESTS]
            title = f"## The truth against itself in {dimension} dimensions"
            parts.append("\n".join([title, "", head.format("test", "rejects at"), *rows]))
            print(title, f"{time.monotonic() - start:.0f} s", flush=True)
        for models, repeats in ((2, given.repeats), (4, given.repeats // 5)):
            found = sum(pool.map(claims, *zip(*((models, at) for at in range(repeats)), strict=True)), Counter())
            pairs = math.comb(models, 2)
            rows = [line(name, found[name], repeats, f"{pairs} pair{'s' * (pairs > 1)}") for name in COMPARED]
            title = f"## {models} equal models over {SEEDS} seeds"
            parts.append("\n".join([title, "", head.format("metric", "claims of a difference"), *rows]))
            print(title, f"{time.monotonic() - start:.0f} s", flush=True)
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


HEAD = """# False alarms

Written by `python docs/studies/false_alarms.py`. A test that cries wolf more often than it says is worse than none.
Here nothing is wrong: samples are fresh draws of the truth, {repeats} times over, 2,500 examples each; data are unit
Gaussian modes, the nearest two 10 apart, with as many training rows. The last column is where 95 % of such counts lie
if the level is 5 %. The tests of a comparison see models that are the truth, 500 examples each at paired seeds, each
seed with a real sample of its own. `energy` is safe rather than exact: its error is too wide under equal laws."""


if __name__ == "__main__":
    main()
