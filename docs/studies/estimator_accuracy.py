"""Bias, spread and coverage of every estimator of a divergence; writes ../estimator_accuracy.md.

    python docs/studies/estimator_accuracy.py [--workers 2] [--only PATTERN] [--repeats 1.0]

About 40 core-minutes. Repetitions are kept in build/studies, a file for each case, size and kind of
estimator: a second run reads them, goes on where they are too few, and `--only` computes those
whose name the pattern is found in ("2-D", "10000", "direct"). After a change of an estimator,
delete its files."""

import argparse
import re
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import torch
from cases import CASES, Case, closed_forms, overlap
from repeats import repeated
from scipy.stats import binom, binomtest
from threadpoolctl import threadpool_limits

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
GOALS = {
    "both densities": ("both", (1, 2, 15, 64), 0.003, 0.03),
    "1-D, density of the data": ("data", (1,), 0.006, 0.03),
    "2-D, density of the data": ("data", (2,), 0.012, 0.06),
    "2-D, samples only": ("none", (2,), 0.02, 0.08),
    "15-D, 64-D, density of the data": ("data", (15, 64), 0.015, 0.06),
    "15-D, 64-D, samples only": ("none", (15, 64), 0.015, 0.06),
}
"""By case: whose density is known, dimensions, and the errors of JS and of KL to reach at 10,000
examples."""
LEAST = 1e-6
"""Differences that count as none: half a unit of the last right figure of closed forms; see
`overlap`."""
EXACT = {"js": "js_exact", "kl": "kl_exact"}
"""With both densities, the metric that uses them."""


@dataclass(frozen=True)
class Job:
    """One case at one size, with one state of knowledge, by estimators of one kind.

    A call is a repetition.

    Attributes:
        at: Of the case.
        known: Whose density the metric may use.
        n: Examples of each law.
        kind: "density", from both; "direct", histograms and neighbours; "classifier".
        metrics: Their names.
        repeats: Repetitions.
    """

    at: int
    known: str
    n: int
    kind: str
    metrics: tuple[str, ...]
    repeats: int

    @property
    def case(self) -> Case:
        return CASES[self.at]

    @property
    def name(self) -> str:
        return f"accuracy {self.case.name} {self.known} {self.n} {self.kind}"

    def __call__(self, repeat: int) -> dict[str, tuple[float, float, bool]]:
        """By metric: value, standard error, whether it is a bound."""
        torch.set_num_threads(1)
        evidence = self.case.evidence(self.n, repeat, self.known)
        exact = EXACT if self.kind == "density" else {}
        with threadpool_limits(1):
            found = {name: METRICS.create(exact.get(name, name))(evidence) for name in self.metrics}
        return {
            name: (each.value, each.standard_error, each.bound == "lower")
            for name, each in found.items()
        }


def jobs(scale: float) -> Iterable[Job]:
    """Every case, size, state of knowledge and kind of estimator."""
    for n in (SMALL, LARGE):
        for at, case in enumerate(CASES):
            stack = ("js_stack", "c2st_accuracy") if n == LARGE else ()
            direct = {1: ("js", "kl"), 2: ("kl",)}.get(case.dimension, ())
            rest = tuple(name for name in ("js", "kl", "forward_kl") if name not in direct)
            few = 60 if case.dimension <= 2 else 30
            many = 200
            if stack:
                # A stack of classifiers is slow.
                few //= 3
                many //= 2
            density = ("js", "kl", "forward_kl", "total_variation", "hellinger")
            yield Job(at, "both", n, "density", density, round(many * scale))
            if direct:
                yield Job(at, "data", n, "direct", direct, round(many * scale))
            yield Job(at, "data", n, "classifier", rest + stack, round(few * scale))
            if case.dimension > 1:
                every = ("js", "kl", "forward_kl", *stack)
                yield Job(at, "none", n, "classifier", every, round(few * scale))


@dataclass(frozen=True)
class Row:
    """What the repetitions of one estimator gave."""

    job: Job
    metric: str
    value: np.ndarray
    error: np.ndarray
    bound: bool
    exact: float

    @property
    def bias(self) -> float:
        return float(self.value.mean() - self.exact)

    @property
    def covered(self) -> int:
        """Repetitions whose interval holds the exact value: two-sided, or below for a bound."""
        excess = self.value - self.exact
        allowed = 1.96 * self.error + LEAST
        if self.bound:
            allowed = 1.645 * self.error + LEAST
            return int((excess <= allowed).sum())
        return int((abs(excess) <= allowed).sum())

    @property
    def chance(self) -> float:
        """p-value of the coverage against 95 %: exact binomial, against less alone for a bound."""
        alternative = "less" if self.bound else "two-sided"
        return float(binomtest(self.covered, len(self.value), 0.95, alternative=alternative).pvalue)

    @property
    def goal(self) -> float | None:
        """The error to reach, where one was set."""
        if self.job.n != LARGE or self.metric not in {"js", "js_stack", "kl"}:
            return None
        for known, dimensions, js, kl in GOALS.values():
            if known == self.job.known and self.job.case.dimension in dimensions:
                return kl if self.metric == "kl" else js
        return None

    @property
    def off(self) -> bool:
        """Whether chance takes fewer than one line in a hundred so far from 95 %.

        Never where nearly all are exact.
        """
        inexact = float((abs(self.value - self.exact) > LEAST).mean())
        return self.chance < 0.01 and inexact > 0.05

    def line(self) -> str:
        repeats = len(self.value)
        low, high = (binom.ppf(level, repeats, 0.95) / repeats for level in (0.025, 0.975))
        reached = ""
        if self.goal is not None:
            met = "met" if abs(self.bias) <= self.goal else "missed"
            reached = f"{self.goal:g}: {met}"
        return cells(
            [
                self.job.case.name,
                LABELS[self.job.known],
                f"{self.job.n:,}",
                f"{self.exact:.4f}",
                f"{self.bias:+.4f}{' (bound)' if self.bound else ''}",
                f"{self.value.std(ddof=1):.4f}",
                f"{self.error.mean():.4f}",
                f"{self.covered / repeats:.0%} of {repeats}{' (!)' if self.off else ''}",
                f"{low:.0%}-{1.0 if self.bound else high:.0%}",
                reached,
            ]
        )


def rows_of(
    job: Job, found: list[dict[str, tuple[float, float, bool]]], exact: dict[str, float]
) -> list[Row]:
    if len(found) <= 1:
        return []
    rows = []
    for metric in job.metrics:
        value, error, bound = zip(*(each[metric] for each in found), strict=True)
        truth = exact[QUANTITIES[metric]]
        rows.append(Row(job, metric, np.array(value), np.array(error), bound[0], truth))
    return rows


def page(rows: list[Row], drawn: dict[str, dict[str, float]]) -> str:
    """The page."""
    most = max(overlap(case) for case in CASES if "of" in case.name)
    parts = [HEAD.format(table=closed_forms(drawn), overlap=f"{most:.0e}".replace("e-0", "e-"))]
    parts += [GOALS_HEAD + "\n\n" + goals(rows), f"## Coverage\n\n{coverage(rows)}"]
    for metric in QUANTITIES:
        mine = [row for row in rows if row.metric == metric]
        mine.sort(key=lambda row: (row.job.at, list(LABELS).index(row.job.known), row.job.n))
        lines = [row.line() for row in mine]
        parts.append("\n".join([f"## {TITLES[metric]}", "", COLUMNS, *lines]))
    return "\n\n".join(parts) + "\n"


def goals(rows: list[Row]) -> str:
    """The errors to reach, and the largest biases found."""
    lines = [
        "| case | quantity | error to reach | largest bias | where | |",
        "|---|---|---:|---:|---|---|",
    ]
    for label, (known, dimensions, *_) in GOALS.items():
        for metrics, quantity in ((("js", "js_stack"), "JS"), (("kl",), "KL(model \\|\\| data)")):
            mine = []
            for row in rows:
                here = row.job.known == known and row.job.case.dimension in dimensions
                if here and row.goal is not None and row.metric in metrics:
                    mine.append(row)
            for row in sorted(mine, key=lambda row: -abs(row.bias))[:1]:
                where = f"{row.job.case.name}, `{row.metric}`"
                met = "met" if abs(row.bias) <= (row.goal or 0) else "missed"
                goal, bias = f"{row.goal:g}", f"{row.bias:+.4f}"
                lines.append(cells([label, quantity, goal, bias, where, met]))
    return "\n".join(lines)


def coverage(rows: list[Row]) -> str:
    """Which lines chance does not explain."""
    parts = []
    for bound, what in ((False, "no bounds"), (True, "bounds")):
        mine = [row for row in rows if row.bound == bound]
        count = sum(len(row.value) for row in mine)
        off = [row for row in mine if row.off]
        covered = sum(row.covered for row in mine) / max(count, 1)
        parts.append(
            f"{len(mine)} lines are {what}: {covered:.1%} of {count:,} repetitions cover; "
            f"{len(off)} are off."
        )
        if off:
            parts += ["", OFF, *(off_line(row) for row in off)]
        parts.append("")
    return COVERAGE + "\n\n" + "\n".join(parts).rstrip()


def off_line(row: Row) -> str:
    share = f"{row.covered / len(row.value):.1%} of {len(row.value)}"
    where = [row.job.case.name, LABELS[row.job.known], f"{row.job.n:,}"]
    return cells([f"`{row.metric}`", *where, share, f"{row.chance:.1g}"])


def cells(values: list[str]) -> str:
    return "| " + " | ".join(values) + " |"


OFF = "| estimator | case | known | n | covered | p |\n|---|---|---|---:|---:|---:|"
COLUMNS = (
    "| case | known | n | exact | bias | sd | mean standard error | coverage | chance "
    "| error to reach |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
)
HEAD = """# How accurate the estimators are

Written by `python docs/studies/estimator_accuracy.py`. \
Each line repeats one estimator on fresh samples of laws whose
divergence is known: n real against n generated examples. \
*Bias* is the mean of the estimates less the exact value, *sd*
their standard deviation, beside it the mean of the standard errors that they print.

*Coverage* of an estimate that is no bound: how often value ± 1.96 standard errors holds the exact \
value (nominal 95 %).
A *bound* is a lower bound in expectation: its bias is meant to be negative, \
and its coverage is one-sided, how often
value - 1.645 standard errors is not above the exact value (at least 95 % where the bound is \
kept). *Chance* is where
the coverage lies in 95 of 100 such lines if it is nominal, \
so a line of 10 repetitions says little and one of 300 a
good deal; (!) marks a line that chance explains in fewer than one of 100 cases.

`js` and `kl` choose their estimator by what is known of the data; \
lines of *both densities* are those of `js_exact` and
`kl_exact`; `js_stack` is the slower stack of classifiers of the standard
panel. Laws in 1-D are N(0, 1) against N(shift, sd^2). \
In 2-D and above the data are unit Gaussian modes, the nearest
two 10 apart: 8 on a circle in 2-D, 10 at random locations in 15-D and 64-D.

Exact values come from closed forms and from quadrature along one line, \
as if modes did not overlap, and otherwise (KL
from the data of missing modes, sd x1.5) from averages over 500,000 draws of each law with both \
densities. The overlap
changes KL(model || data) by {overlap} at most, in draws so rare that no sample of this size holds \
them and no standard
error can know of them: a difference below 1e-6 counts as covered. \
How far averages over draws are from the other exact
values:

{table}"""
GOALS_HEAD = """## Errors to reach at 10,000 examples

They are asked of the bias. Every line below says whether it meets its own; \
here is the worst line of each case."""
COVERAGE = """A line is off where its coverage is so far from 95 % (for a bound: below it) \
that chance does as much in
fewer than one of 100 lines; of so many lines chance alone puts about that share off. \
Lines of estimates that
are nearly always exact (equal laws, or modes dropped, with both densities) cannot be."""


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--only", default="", help="compute what this is found in, read the rest")
    factor = "factor on the number of repetitions"
    words.add_argument("--repeats", type=float, default=1.0, help=factor)
    given = words.parse_args()
    start = time.monotonic()
    rows: list[Row] = []
    with ProcessPoolExecutor(given.workers) as pool:
        drawn = {}
        for case in CASES:
            drawn[case.name] = repeated(f"exact {case.name}", case.by_draws, 1, pool)[0]
        for job in jobs(given.repeats):
            where = pool if re.search(given.only, job.name) else None
            found = repeated(job.name, job, job.repeats, where)
            rows += rows_of(job, found, drawn[job.case.name] | dict(job.case.closed))
            seconds = time.monotonic() - start
            print(f"{job.name}: {len(found)} repetitions, {seconds:.0f} s", flush=True)
    PAGE.write_text(page(rows, drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
