"""What a verdict is reached on: the scores of one source, row by row in the order of the seeds."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from genzoo.arrays import Array
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.table import Column
from genzoo.results.types import Score
from genzoo.statistics.significance import seeds_for_level, with_worst

Ruler = tuple[str, str, int]
"""By what a value was measured.

The estimator without its numbers, the kind of bound, and the number of examples.
"""

FEWEST_SEEDS = seeds_for_level()
"""Seeds below which sign flips cannot reach the 5 % level, so that nothing is ranked."""


@dataclass(frozen=True)
class Series:
    """One metric of one row over the seeds.

    Attributes:
        values: `(S,)`, NaN for runs without one.
        losses: `(S,)`, the values turned so that smaller is better: for a target, the distance from
            it.
        errors: `(S,)` standard errors of the estimates, NaN where unknown.
        nulls: `(S,)` what a perfect model gets, NaN where unknown.
        ruler: By what they were measured; None where runs differ.
    """

    values: Array
    losses: Array
    errors: Array
    nulls: Array
    ruler: Ruler | None

    @property
    def mean(self) -> float:
        """Mean value over finished runs."""
        return float(np.nanmean(self.values))

    @property
    def bounded(self) -> bool:
        """Whether the values are bounds on the quantity."""
        return self.ruler is not None and self.ruler[1] != "none"


@dataclass(frozen=True)
class Case:
    """The scores of one source, and what is known of it.

    Attributes:
        columns: Metrics that were computed, in the order of the table.
        models: Rows whose runs are independent over the seeds, and so may be ranked.
        scores: Of all rows, controls included.
        given: Rows of one finished set of samples: the same at each seed, so never ranked.
        events: By row and seed, what happened in training.
        dimension: Numbers in an example.
        modes: Number of known modes; 0 where none are known.
        has_density: Whether the density of the source is known.
        on_a_family: Whether examples are curves of a family with one parameter.
        is_finite: Whether there are training rows that could be copied.
    """

    columns: Sequence[Column]
    models: Sequence[str]
    scores: Sequence[Score]
    given: Sequence[str] = ()
    events: Mapping[str, Mapping[int, Sequence[TrainingEvent]]] = field(default_factory=dict)
    dimension: int = 1
    modes: int = 0
    has_density: bool = False
    on_a_family: bool = False
    is_finite: bool = False

    @cached_property
    def seeds(self) -> int:
        """Number of seeds."""
        return len({score.seed for score in self.scores})

    @cached_property
    def finished(self) -> tuple[str, ...]:
        """The models with at least one finished run."""
        alive = set()
        for score in self.scores:
            if score.status == "finished":
                alive.add(score.model)
        return tuple(model for model in self.models if model in alive)

    def column(self, name: str) -> Column | None:
        """The column of a metric, if it was computed."""
        return next((column for column in self.columns if column.name == name), None)

    def of_question(self, question: str) -> list[Column]:
        """The metrics that answer a question and can rank."""
        return [column for column in self.columns if column.question == question and column.ranked]

    def series(self, row: str, metric: str) -> Series | None:
        """One metric of one row; None where a finished run has no value, or none has finished."""
        return self._series.get((row, metric))

    def rows_with(self, metric: str, rows: Sequence[str]) -> list[str]:
        """Of these rows, those that have the metric."""
        return [row for row in rows if (row, metric) in self._series]

    def means(self, metric: str, rows: Sequence[str]) -> list[float]:
        """The means of a metric, of the rows that have it."""
        return [self._series[row, metric].mean for row in self.rows_with(metric, rows)]

    def comparable(self, metric: str, rows: Sequence[str]) -> bool:
        """Whether all these rows have the metric, measured by the same ruler."""
        rulers = set()
        for row in rows:
            series = self.series(row, metric)
            if series is None or series.ruler is None:
                return False
            rulers.add(series.ruler)
        return len(rulers) == 1

    def bounded(self, metric: str, rows: Sequence[str]) -> bool:
        """Whether some row has only bounds on the metric."""
        return any(self._series[row, metric].bounded for row in self.rows_with(metric, rows))

    def losses(self, metric: str, rows: Sequence[str]) -> dict[str, Array]:
        """By row, losses `(S,)` of those that are comparable.

        A diverged run counts as worse than every finished one.
        """
        rows = self.rows_with(metric, rows)
        table = with_worst(np.stack([self._series[row, metric].losses for row in rows]))
        return dict(zip(rows, table, strict=True))

    @cached_property
    def _series(self) -> dict[tuple[str, str], Series]:
        scores_of: dict[tuple[str, str], list[Score]] = {}
        for score in self.scores:
            scores_of.setdefault((score.model, score.metric), []).append(score)
        every = {}
        for (row, metric), scores in scores_of.items():
            column = self.column(metric)
            if column is None:
                continue
            series = series_of(scores, column.direction)
            if series is not None:
                every[row, metric] = series
        return every


def why_absent(case: Case, question: str, rows: Sequence[str]) -> str:
    """Why no metric of a question has a value for these rows."""
    names = {column.name for column in case.columns if column.question == question}
    if not names:
        return "No metric for it was computed: add --metrics standard"
    if not rows:
        return "No run has finished"
    reasons = set()
    for score in case.scores:
        if score.metric in names and score.model in rows:
            reasons.add(score.reason)
    reasons.discard("")
    if not reasons:
        return "No metric has a value for it"
    return f"No metric has a value for it ({'; '.join(sorted(reasons))})"


def series_of(scores: Sequence[Score], direction: str) -> Series | None:
    """One metric of one row from its scores; see `Case.series`."""
    scores = sorted(scores, key=lambda score: score.seed)
    values, losses, errors, nulls = [], [], [], []
    rulers = set()
    for score in scores:
        values.append(score.value)
        losses.append(loss_of(score, direction))
        errors.append(score.standard_error)
        nulls.append(score.null)
        if score.value is not None:
            rulers.add(ruler_of(score))
            if direction == "target" and _target(score) is None:
                return None
        elif score.status == "finished":
            return None
    if not rulers:
        return None
    return Series(
        values=_array(values),
        losses=_array(losses),
        errors=_array(errors),
        nulls=_array(nulls),
        ruler=rulers.pop() if len(rulers) == 1 else None,
    )


def loss_of(score: Score, direction: str) -> float:
    """The value turned so that smaller is better; NaN for a run without one."""
    if score.value is None:
        return math.nan
    if direction == "target":
        return abs(score.value - (_target(score) or 0.0))
    if direction == "max":
        return -score.value
    return score.value


def _target(score: Score) -> float | None:
    """What the truth gets: its own value where that is known, else what a perfect model gets."""
    if score.ceiling is not None:
        return score.ceiling
    return score.null


NUMBER = re.compile(r"(?<!\w)[-+]?\.?\d[\d.,]*(?<!,)(?:e[-+]?\d+)?")
"""A number in the words of an estimator; what is measured in the same way may differ by it."""


def ruler_of(score: Score) -> Ruler:
    """By what a score was measured.

    >>> estimator = "8 bandwidths, unbiased; p = 0.01"
    >>> ruler_of(Score("vae", "ring", "mmd", 0, 1.0, n=2500, estimator=estimator))
    ('… bandwidths, unbiased', 'none', 2500)
    """
    clause = score.estimator.partition(";")[0]
    words = NUMBER.sub("…", clause)
    return " ".join(words.split()), score.bound, score.n


def _array(values: Sequence[float | None]) -> Array:
    """With NaN for None."""
    return np.array(values, dtype=np.float64)
