"""Bias, spread and coverage of every estimator of a divergence; writes ../estimator_accuracy.md.

    python docs/studies/estimator_accuracy.py [--workers 2] [--repeats 1.0]

About 25 core-minutes with --repeats 0.5, which is what the page was written with.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import torch
from cases import Case, modes, normal
from threadpoolctl import threadpool_limits

from genzoo.core.metric import Estimate
from genzoo.metrics import METRICS

PAGE = Path(__file__).parents[1] / "estimator_accuracy.md"
SMALL, LARGE = 2_500, 10_000
LABELS = {"both": "both densities", "data": "density of the data", "none": "samples only"}
QUANTITIES = {
    "js": "js",
    "js_stack": "js",
    "kl": "kl",
    "forward_kl": "forward_kl",
    "total_variation": "total_variation",
    "hellinger": "hellinger",
    "c2st_accuracy": "accuracy",
}
TITLES = {
    "js": "`js`",
    "js_stack": "`js_stack`",
    "kl": "`kl`: KL(model || data)",
    "forward_kl": "`forward_kl`: KL(data || model)",
    "total_variation": "`total_variation`",
    "hellinger": "`hellinger`",
    "c2st_accuracy": "`c2st_accuracy`, held against the best attainable accuracy (1 + TV) / 2",
}
GOALS = {  # error to reach at 10,000 samples: JS, KL(model || data)
    ("both", 1): (0.003, 0.03),
    ("both", 2): (0.003, 0.03),
    ("both", 15): (0.003, 0.03),
    ("data", 1): (0.006, 0.03),
    ("data", 2): (0.012, 0.06),
    ("none", 2): (0.02, 0.08),
    ("data", 15): (0.015, 0.06),
    ("none", 15): (0.015, 0.06),
}

SAME = dict.fromkeys(("js", "kl", "forward_kl", "total_variation", "hellinger"), 0.0) | {"accuracy": 0.5}


def widths(dimension: int, sd: float) -> dict[str, float]:
    """KL of Gaussians that differ in width, both ways; modes that far apart do not change it."""
    kl = dimension / 2 * (sd**2 - 1 - 2 * math.log(sd))
    return {"kl": kl, "forward_kl": dimension / 2 * (sd**-2 - 1 + 2 * math.log(sd))}


def shifts(shift: float, js: float) -> dict[str, float]:
    """Unit normals; JS by quadrature."""
    tv = 2 * NormalDist().cdf(shift / 2) - 1
    hellinger = 1 - math.exp(-(shift**2) / 8)
    kl = shift**2 / 2
    return {
        "js": js,
        "kl": kl,
        "forward_kl": kl,
        "total_variation": tv,
        "hellinger": hellinger,
        "accuracy": (1 + tv) / 2,
    }


CASES = [
    Case("1-D, equal", normal(1), normal(1), SAME),
    Case("1-D, shift .5", normal(1), normal(1, 0.5), shifts(0.5, 0.0303113)),
    Case("1-D, shift 1", normal(1), normal(1, 1.0), shifts(1.0, 0.1114215)),
    Case("1-D, shift 2", normal(1), normal(1, 2.0), shifts(2.0, 0.3368308)),
    Case("1-D, sd x2", normal(1), normal(1, sd=2.0), widths(1, 2.0) | {"js": 0.092733}),
    Case("2-D, equal", modes(2, 8), modes(2, 8), SAME),
    Case("2-D, shift .5", modes(2, 8), modes(2, 8, shift=0.5), {"kl": 0.25, "forward_kl": 0.25}),
    Case("2-D, 4 of 8 modes", modes(2, 8), modes(2, 8, 4), {"js": 0.2157616, "kl": math.log(2)}),
    Case("2-D, sd x1.1", modes(2, 8), modes(2, 8, sd=1.1), widths(2, 1.1)),
    Case("2-D, sd x1.5", modes(2, 8), modes(2, 8, sd=1.5)),
    Case("15-D, equal", modes(15), modes(15), SAME),
    Case("15-D, 8 of 10 modes", modes(15), modes(15, kept=8), {"kl": math.log(10 / 8)}),
    Case("15-D, sd x1.1", modes(15), modes(15, sd=1.1), widths(15, 1.1)),
    Case("64-D, equal", modes(64), modes(64), SAME),
    Case("64-D, 8 of 10 modes", modes(64), modes(64, kept=8), {"kl": math.log(10 / 8)}),
    Case("64-D, sd x1.1", modes(64), modes(64, sd=1.1), widths(64, 1.1)),
]


@dataclass(frozen=True)
class Job:
    """One case at one size, with one state of knowledge, repeated."""

    case: Case
    known: str
    n: int
    repeats: int

    @property
    def metrics(self) -> list[str]:
        """The estimators of their own kind here."""
        if self.known == "both":
            return ["js", "kl", "forward_kl", "total_variation", "hellinger"]
        return ["js", "kl", "forward_kl"] + (["js_stack", "c2st_accuracy"] if self.n == LARGE else [])

    def run(self) -> list["Row"]:
        torch.set_num_threads(1)
        with threadpool_limits(1):
            evidence = (self.case.evidence(self.n, repeat, self.known) for repeat in range(self.repeats))
            found = [{name: METRICS.create(name)(each) for name in self.metrics} for each in evidence]
        return [Row(self, name, [each[name] for each in found]) for name in self.metrics]


@dataclass(frozen=True)
class Row:
    """What the repetitions of one estimator gave."""

    job: Job
    metric: str
    found: list[Estimate]

    def line(self, exact: float) -> str:
        head = [self.job.case.name, LABELS[self.job.known], f"{self.job.n:,}", f"{exact:.4f}"]
        present = [estimate for estimate in self.found if estimate.value is not None]
        if not present:
            return cells([*head, f"n/a ({self.found[0].reason})", *[""] * 4])
        value = np.array([estimate.value for estimate in present])
        error = np.array([estimate.standard_error for estimate in present])
        bound = present[0].bound == "lower"
        covered = value - 1.645 * error <= exact if bound else abs(value - exact) <= 1.96 * error
        bias = float(value.mean() - exact)
        goal = self.goal
        return cells(
            [
                *head,
                f"{bias:+.4f}{' (bound)' if bound else ''}",
                f"{value.std(ddof=1):.4f}",
                f"{error.mean():.4f}",
                f"{covered.mean():.0%} of {len(value)}",
                "" if goal is None else f"{goal:g}: {'met' if abs(bias) <= goal else 'missed'}",
            ]
        )

    @property
    def goal(self) -> float | None:
        """The error to reach, where one was set."""
        if self.job.n != LARGE or self.metric not in {"js", "js_stack", "kl"}:
            return None
        pair = GOALS.get((self.job.known, min(self.job.case.dimension, 15)))
        return None if pair is None else pair[1 if self.metric == "kl" else 0]


def jobs(scale: float) -> Iterable[Job]:
    """Every case, size and state of knowledge."""
    for case in CASES:
        for known in LABELS:
            if known == "none" and case.dimension == 1:
                continue
            low = case.dimension <= 2
            for n, repeats in ((SMALL, 100 if low else 50), (LARGE, 24 if low else 10)):
                yield Job(case, known, n, max(2, round(scale * (200 if known == "both" else repeats))))


def page(rows: list[Row], exact: dict[str, dict[str, float]]) -> str:
    """The page."""
    parts = [HEAD.format(table=closed_forms())]
    order = [case.name for case in CASES]
    for metric, quantity in QUANTITIES.items():
        mine = [row for row in rows if row.metric == metric]
        mine.sort(key=lambda row: (order.index(row.job.case.name), list(LABELS).index(row.job.known), row.job.n))
        lines = [row.line(exact[row.job.case.name][quantity]) for row in mine]
        parts.append("\n".join([f"## {TITLES[metric]}", "", COLUMNS, *lines]))
    return "\n\n".join(parts) + "\n"


def closed_forms() -> str:
    """The largest differences between closed forms and what many draws give, by quantity."""
    worst: dict[str, tuple[float, str]] = {}
    for case in CASES:
        drawn = case.by_draws()
        for name, value in case.closed.items():
            worst[name] = max(worst.get(name, (0.0, "")), (abs(drawn[name] - value), case.name))
    rows = [f"| {name} | {gap:.4f} | {case} |" for name, (gap, case) in worst.items()]
    return "\n".join(["| quantity | largest difference | case |", "|---|---:|---|", *rows])


def cells(values: list[str]) -> str:
    return "| " + " | ".join(values) + " |"


COLUMNS = (
    "| case | known | n | exact | bias | sd | mean standard error | coverage | error to reach |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---|"
)
HEAD = """# How accurate the estimators are

Written by `python docs/studies/estimator_accuracy.py --repeats 0.5`. Each line repeats one estimator on fresh samples
of laws whose divergence is known: n real against n generated examples. *Bias* is the mean of the estimates less the
exact value, *sd* their standard deviation, beside it the mean of the standard errors that they print.

*Coverage* of an estimate that is no bound: how often value ± 1.96 standard errors holds the exact value (nominal 95 %).
A *bound* is a lower bound in expectation: its bias is meant to be negative, and its coverage is one-sided, how often
value - 1.645 standard errors is not above the exact value (at least 95 % where the bound is kept). C2ST accuracy of
equal laws is the exception: folds share training rows and err together, its spread is 1.2 to 1.5 times the printed
error, and its p-value allows for that.

*Error to reach* is asked of the bias at 10,000 examples. `js` and `kl` choose their estimator by what is known;
`js_stack` is the slower stack of classifiers of the standard panel.

Laws in 1-D are N(0, 1) against N(shift, sd^2). In 2-D and above the data are unit Gaussian modes, the nearest two 10
apart: 8 on a circle in 2-D, 10 at random locations in 15-D and 64-D.

Exact values are closed forms where there are any (modes this far apart do not overlap to four digits), and otherwise
averages over two million draws of each law with both densities. How far such averages are from the closed forms:

{table}"""


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--repeats", type=float, default=1.0, help="factor on the number of repetitions")
    given = words.parse_args()
    exact = {case.name: case.exact() for case in CASES}
    every = sorted(jobs(given.repeats), key=lambda job: -job.n * job.case.dimension)
    rows: list[Row] = []
    start = time.monotonic()
    with ProcessPoolExecutor(given.workers) as pool:
        for done, found in enumerate(pool.map(Job.run, every), 1):
            rows += found
            print(f"{done}/{len(every)} {time.monotonic() - start:.0f} s", flush=True)
    PAGE.write_text(page(rows, exact), encoding="utf-8")


if __name__ == "__main__":
    main()
