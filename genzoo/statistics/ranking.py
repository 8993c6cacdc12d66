"""What can be concluded about the models from one metric, in letters and in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genzoo.results.table import Column
from genzoo.statistics.bias import margin
from genzoo.statistics.case import FEWEST_SEEDS, Array, Case, ruler_of
from genzoo.statistics.significance import LEVEL, PairTest, compare_rows, letters, smallest_p
from genzoo.statistics.wording import listed, more_seeds, rounded_up


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
        margin: What the estimator may be off.
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
        return next(
            test for test in self.tests if {test.better, test.worse} == {self.leader, other}
        )

    @property
    def beaten(self) -> tuple[str, ...]:
        """The models that the leader is better than beyond doubt."""
        return tuple(row for row in self.order[1:] if self.against(row).significant)

    @property
    def level(self) -> tuple[str, ...]:
        """The models that cannot be told apart from the leader."""
        return tuple(row for row in self.order[1:] if not self.against(row).significant)

    def lead(self, other: str) -> float:
        """How far the leader's mean is ahead of another's."""
        return float(self.losses[other].mean() - self.losses[self.leader].mean())


def duel(case: Case, metric: str, rows: Sequence[str], off: float) -> Duel:
    """Test all pairs of comparable rows on a metric.

    Args:
        case: The scores.
        metric: Which metric.
        rows: At least two models.
        off: What the estimator may be off.
    """
    losses = case.losses(metric, rows)
    order = tuple(sorted(rows, key=lambda row: float(losses[row].mean())))
    tests = compare_rows({row: losses[row].tolist() for row in rows}, off)
    return Duel(order, tests, off, losses)


def judge(case: Case, column: Column) -> Ranking | None:
    """Test all pairs of models on one metric.

    Returns:
        None when fewer than two models have a value that ranks them, or all values are the same,
        and of copying, which is asked of each model by itself; no letters with too few seeds, or
        where values were measured in different ways.
    """
    rows = [model for model in case.finished if case.series(model, column.name) is not None]
    if not column.ranked or column.question == "copying" or len(rows) < 2:
        return None
    losses = case.losses(column.name, rows)
    if len({value for row in losses.values() for value in row.tolist()}) == 1:
        return None
    if not case.comparable(column.name, rows):
        ways = _ways(case, column)
        return Ranking(
            {}, f"{column.label}: not ranked, as models were measured in different ways ({ways})."
        )
    if case.seeds < FEWEST_SEEDS:
        return Ranking(
            {},
            f"{column.label}: nothing can be concluded from {case.seeds} seed{'s' if case.seeds > 1 else ''} "
            f"(smallest attainable p {smallest_p(case.seeds):.2g}); at least {FEWEST_SEEDS} are needed.",
        )
    bounded = any(
        (series := case.series(row, column.name)) is not None and series.bounded for row in rows
    )
    found = duel(case, column.name, rows, margin(case, column.name))
    return Ranking(letters(found.order, found.tests), _sentence(column, found, case.seeds, bounded))


def explain_letters(seeds: int) -> str:
    """The remark that says what letters mean."""
    return (
        f"Models that share a letter cannot be told apart on that metric at the {LEVEL:.0%} level: step-down max-T "
        f"test with joint sign flips over {seeds} paired seeds, all pairs of models of one metric as the family, "
        f"controls left out (smallest attainable p {smallest_p(seeds):.2g})."
    )


def _ways(case: Case, column: Column) -> str:
    rulers = [
        ruler_of(score)
        for score in case.scores
        if score.metric == column.name and score.model in case.models
    ]
    known = dict.fromkeys(f"{words}, n = {n:,}" for words, _, n in rulers if n)
    return "; ".join(known)


def _sentence(column: Column, found: Duel, seeds: int, bounded: bool) -> str:
    name = f"{column.label}, divergence found" if bounded else column.label
    best, better = found.leader, "has less than" if bounded else "is better than"
    if not any(test.significant for test in found.tests):
        closest = min(found.tests, key=lambda test: test.seeds_needed)
        return (
            f"{name}: no difference between the models is beyond doubt after {seeds} seeds "
            f"({more_seeds(closest.seeds_needed, seeds)} the largest one, {closest.better} before {closest.worse})."
        )
    parts = []
    if found.beaten:
        p = max(found.against(model).p for model in found.beaten)
        parts.append(f"{best} {better} {listed(found.beaten)} (p ≤ {rounded_up(p)})")
    for model in found.level:
        test = found.against(model)
        parts.append(
            f"{best} and {model} cannot be told apart (p = {test.p:.2g}; {more_seeds(test.seeds_needed, seeds)} it)"
        )
    return f"{name}: {'; '.join(parts)}."
