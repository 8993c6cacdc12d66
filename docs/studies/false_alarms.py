"""How often tests reject the truth itself; writes ../false_alarms.md.

    python docs/studies/false_alarms.py [--workers 2] [--repeats 1000]

About 15 core-minutes. Repetitions are kept in build/studies: a second run reads them and adds what
is missing."""

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import torch
from cases import modes
from defects import ROWS, Measured
from repeats import repeated
from scipy.stats import binom
from threadpoolctl import threadpool_limits

from genzoo.core.metric import Estimate, Evidence
from genzoo.core.noise import stream
from genzoo.metrics import METRICS
from genzoo.results.table import Column
from genzoo.results.types import Score
from genzoo.statistics.ranking import judge

PAGE = Path(__file__).parents[1] / "false_alarms.md"
SEEDS = 10
COMPARED_ROWS = 100
DIMENSIONS = {2: 1, 15: 5}
"""And which part of the repetitions each gets."""
COMPARED = ("js", "kl", "high_quality", "kl_modes", "energy")
COSTLY = {"mmd", "c2st_accuracy"}
SELDOM = 10
"""Costly tests see one in so many samples."""
FAMILIES = {2: [(0, 1), (2, 3), (4, 5)], 4: [(0, 1, 2, 3)], 6: [(0, 1, 2, 3, 4, 5)]}
"""Which of the equal models are compared, by how many are."""


def printed_p(found: Estimate) -> bool:
    return float(found.estimator.split("p = ")[1]) <= 0.05


def some(found: Estimate) -> bool:
    return found.value > 0


def z_score(found: Estimate) -> float:
    """Standard errors from a null that is exact."""
    return (found.value - (found.null or 0.0)) / found.standard_error


def two_errors(found: Estimate) -> bool:
    return abs(z_score(found)) > 1.96


TESTS: dict[str, tuple[Callable[[Estimate], bool], str]] = {
    "missing_modes": (some, "one-sided half of a 5 % family"),
    "wrong_widths": (some, "5 % family"),
    "cells": (printed_p, "chi-square p ≤ .05"),
    "mmd": (printed_p, "permutation p ≤ .05"),
    "c2st_accuracy": (printed_p, "p ≤ .05 of its own"),
    "train_share": (two_errors, "1.96 permutation errors from 1/2"),
    "energy": (two_errors, "1.96 standard errors from 0"),
}


def alarms(dimension: int, costly: bool, repeat: int) -> dict[str, float]:
    """Which tests reject one sample of the truth, and the z-score of the train share."""
    torch.set_num_threads(1)
    generator = stream(repeat, f"false alarms {dimension}")
    source = Measured(modes(dimension), generator)
    evidence = Evidence(
        source.law.sample(ROWS, generator=generator).x, source.holdout.x, source, seed=repeat
    )
    with threadpool_limits(1):
        found = {
            name: METRICS.create(name)(evidence) for name in TESTS if (name in COSTLY) == costly
        }
    rejected = {name: float(TESTS[name][0](each)) for name, each in found.items()}
    return rejected if costly else rejected | {"z": z_score(found["train_share"])}


def claims(repeat: int) -> dict[str, Counter]:
    """By size, in how many families of equal models each metric claims a difference.

    Over ten paired seeds.
    """
    torch.set_num_threads(1)
    law = modes(2, 8)
    metrics = [METRICS.create(name) for name in COMPARED]
    names = [f"model {model}" for model in range(max(FAMILIES))]
    scores = []
    with threadpool_limits(1):
        for seed in range(SEEDS):
            generator = stream(SEEDS * repeat + seed, "equal models")
            reference = law.sample(COMPARED_ROWS, generator=generator).x
            for name in names:
                samples = law.sample(COMPARED_ROWS, generator=generator).x
                evidence = Evidence(samples, reference, law, seed=seed)
                for metric in metrics:
                    each = metric(evidence)
                    scores.append(
                        Score(name, "truth", metric.name, seed, each.value, ceiling=each.ceiling)
                    )
    counts = {str(size): Counter() for size in FAMILIES}
    for metric in metrics:
        column = Column(
            metric.name, metric.label, metric.unit, metric.direction, metric.alarm, metric.ranked
        )
        mine = [score for score in scores if score.metric == metric.name]
        for size, families in FAMILIES.items():
            for family in families:
                chosen = [names[at] for at in family]
                verdict = judge(column, chosen, [score for score in mine if score.model in chosen])
                claimed = verdict is not None and len(set(verdict.letters.values())) > 1
                counts[str(size)][metric.name] += int(claimed)
    return counts


def truths(dimension: int, found: list[dict[str, float]]) -> str:
    """The table of the tests in one dimension."""
    rows = []
    for name, (_, what) in TESTS.items():
        mine = [each[name] for each in found if name in each]
        rows.append(line(name, int(sum(mine)), len(mine), what))
    spread = np.std([each["z"] for each in found if "z" in each])
    title = f"## The truth against itself in {dimension} dimensions"
    tail = f"The z-score of `train_share` has standard deviation {spread:.2f}."
    return "\n".join([title, "", COLUMNS.format("test", "rejects at"), *rows, "", tail])


def families(size: int, found: list[dict[str, Counter]]) -> str:
    """The table of comparisons of so many equal models."""
    pairs = size * (size - 1) // 2
    repeats = len(found) * len(FAMILIES[size])
    rows = []
    for name in COMPARED:
        count = sum(each[str(size)][name] for each in found)
        rows.append(line(name, count, repeats, f"{pairs}"))
    title = f"## {size} equal models over {SEEDS} seeds"
    return "\n".join([title, "", COLUMNS.format("metric", "pairs"), *rows])


def line(name: str, count: int, repeats: int, what: str) -> str:
    """A share, and where 95 % of such counts lie at the nominal level."""
    low, high = (int(binom.ppf(level, repeats, 0.05)) for level in (0.025, 0.975))
    return f"| `{name}` | {what} | {count} of {repeats:,} | {count / repeats:.1%} | {low}-{high} |"


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--repeats", type=int, default=1_000)
    given = words.parse_args()
    start = time.monotonic()
    parts = [HEAD.format(repeats=given.repeats, rows=ROWS, compared=COMPARED_ROWS)]
    with ProcessPoolExecutor(given.workers) as pool:
        for dimension, part in DIMENSIONS.items():
            each: list[dict[str, float]] = []
            for costly, wanted in ((False, given.repeats // part), (True, given.repeats // SELDOM)):
                name = f"false alarms {dimension}d {'costly' if costly else 'cheap'}"
                each += repeated(name, partial(alarms, dimension, costly), wanted, pool)
            parts.append(truths(dimension, each))
            print(f"{dimension}-D done, {time.monotonic() - start:.0f} s", flush=True)
        wanted = math.ceil(given.repeats / len(FAMILIES[2]))
        compared = repeated("false alarms of comparisons", claims, wanted, pool)
    parts += [families(size, compared) for size in FAMILIES]
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


COLUMNS = "| {} | {} | rejected | share | chance at 5 % |\n|---|---|---:|---:|---:|"
HEAD = """# False alarms

Written by `python docs/studies/false_alarms.py`. A test that cries wolf more often than it says \
is worse than none.
Here nothing is wrong: samples are fresh draws of the truth, up to {repeats:,} times over, \
{rows:,} examples each; data
are unit Gaussian modes, the nearest two 10 apart, with as many training rows. \
The last column is where 95 % of such
counts lie if the level is 5 %. `energy` is safe rather than exact: \
its error is too wide under equal laws.

The comparisons see models that are the truth, {compared} examples each at ten paired seeds, \
each seed with a real
sample of its own. Sign flips of ten seeds give p-values in steps of 1/512, \
so the level of one pair is 25/512 = 4.9 %
exactly, whatever the metric; with more pairs that is the level of the whole family."""


if __name__ == "__main__":
    main()
