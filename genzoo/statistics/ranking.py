"""What can be concluded about the models from one metric, in letters and in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genzoo.arrays import Array
from genzoo.results.table import Column
from genzoo.statistics.bias import margin
from genzoo.statistics.case import (
    FEWEST_SEEDS,
    Case,
    ruler_of,
)
from genzoo.statistics.letters import letters
from genzoo.statistics.significance import PairTest, compare_rows, smallest_p
from genzoo.statistics.wording import counted_seeds, listed, more_seeds, rounded_up


@dataclass(frozen=True)
class Ranking:
    """The outcome of all pairwise tests on one metric.

    Attributes:
        letters: By model; models that share a letter cannot be told apart.
        sentence: In plain words.
    """

    letters: Mapping[str, str]
    sentence: str


@dataclass(frozen=True)
class Duel:
    """Models in the order of one metric, and every pair of them tested.

    Attributes:
        order: Models from best to worst by their means, a diverged run counting as worse than every
            other.
        tests: All pairs, each by how far its difference exceeds what the estimator may be off.
        margin: What the estimator may be off, in units of the metric.
        losses: By model, see `Case.losses`.
    """

    order: tuple[str, ...]
    tests: Sequence[PairTest]
    margin: float
    losses: Mapping[str, Array]

    @property
    def leader(self) -> str:
        """The model with the best mean."""
        return self.order[0]

    def against(self, other: str) -> PairTest:
        """The test of the leader and another model."""
        pair = {self.leader, other}
        return next(test for test in self.tests if {test.better, test.worse} == pair)

    @property
    def beaten(self) -> tuple[str, ...]:
        """The models that the leader is better than beyond doubt."""
        return self._others(told_apart=True)

    @property
    def level(self) -> tuple[str, ...]:
        """The models that cannot be told apart from the leader."""
        return self._others(told_apart=False)

    def _others(self, *, told_apart: bool) -> tuple[str, ...]:
        others = self.order[1:]
        return tuple(row for row in others if self.against(row).significant == told_apart)

    @property
    def largest_p(self) -> float:
        """The largest p-value of the leader against a model that it beats; there must be one."""
        return max(self.against(row).p for row in self.beaten)

    def lead(self, other: str) -> float:
        """How far the leader's mean is ahead of another's."""
        return float(self.losses[other].mean() - self.losses[self.leader].mean())


def duel(case: Case, metric: str, rows: Sequence[str], off: float) -> Duel:
    """Test all pairs of comparable rows on a metric.

    Args:
        case: The scores of one source.
        metric: Name of the metric.
        rows: At least two models.
        off: What the estimator may be off, in units of the metric.
    """
    losses = case.losses(metric, rows)
    order = tuple(sorted(rows, key=lambda row: float(losses[row].mean())))
    tests = compare_rows(losses, off)
    return Duel(order, tests, off, losses)


def all_the_same(losses: Mapping[str, Array]) -> bool:
    """Whether every run of every row has the same loss."""
    values = np.stack(list(losses.values()))
    return bool((values == values[0, 0]).all())


def judge(case: Case, column: Column) -> Ranking | None:
    """Test all pairs of models on one metric.

    Returns:
        None when fewer than two models have a value that ranks them, or all values are the same,
        and of copying, which is asked of each model by itself; no letters with too few seeds, or
        where values were measured in different ways.
    """
    name = column.name
    rows = case.rows_with(name, case.finished)
    if not column.ranked or column.question == "copying" or len(rows) < 2:
        return None
    if all_the_same(case.losses(name, rows)):
        return None
    if not case.comparable(name, rows):
        ways = "; ".join(_ways(case, column))
        said = f"not ranked, as models were measured in different ways ({ways})."
        return Ranking({}, f"{column.label}: {said}")
    if case.seeds < FEWEST_SEEDS:
        return Ranking({}, f"{column.label}: {_too_few(case.seeds)}")
    outcome = duel(case, name, rows, margin(case, name))
    sentence = _sentence(case, column, outcome)
    return Ranking(letters(outcome.order, outcome.tests), sentence)


def _ways(case: Case, column: Column) -> list[str]:
    """The different ways in which models were measured."""
    ways: list[str] = []
    for score in case.scores:
        if score.metric != column.name or score.model not in case.models or not score.n:
            continue
        words, _, n = ruler_of(score)
        way = f"{words}, n = {n:,}"
        if way not in ways:
            ways.append(way)
    return ways


def _too_few(seeds: int) -> str:
    return (
        f"nothing can be concluded from {counted_seeds(seeds)} (smallest attainable p "
        f"{smallest_p(seeds):.2g}); at least {FEWEST_SEEDS} are needed."
    )


def _sentence(case: Case, column: Column, outcome: Duel) -> str:
    """What follows from the tests of all pairs."""
    seeds = case.seeds
    name, better = column.label, "is better than"
    if case.bounded(column.name, outcome.order):
        name, better = f"{column.label}, divergence found", "has less than"
    if not any(test.significant for test in outcome.tests):
        largest = min(outcome.tests, key=lambda test: test.seeds_needed)
        return (
            f"{name}: no difference between the models is beyond doubt after {seeds} seeds "
            f"({more_seeds(largest.seeds_needed, seeds)} the largest one, {largest.better} before "
            f"{largest.worse})."
        )
    parts = []
    if outcome.beaten:
        beaten = listed(outcome.beaten)
        p = rounded_up(outcome.largest_p)
        parts.append(f"{outcome.leader} {better} {beaten} (p ≤ {p})")
    for model in outcome.level:
        test = outcome.against(model)
        doubt = f"p = {test.p:.2g}; {more_seeds(test.seeds_needed, seeds)} it"
        parts.append(f"{outcome.leader} and {model} cannot be told apart ({doubt})")
    return f"{name}: {'; '.join(parts)}."
