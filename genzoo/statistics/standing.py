"""How each model stands between the truth and a collapsed model, whatever the others do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from genzoo.arrays import Array
from genzoo.results.table import Column
from genzoo.statistics.case import (
    FEWEST_SEEDS,
    Case,
    Series,
)
from genzoo.statistics.significance import LEVEL, holm_by_key, max_t_p_values

TRUTH, COLLAPSED = "oracle", "single_mode"
ONE_SIDED = 1.645
"""Standard errors beyond which a difference is seen at one seed.

The 95 % quantile of a normal law.
"""


@dataclass(frozen=True)
class Place:
    """Where a row stands by one metric.

    Attributes:
        way: How far it is on the way from the collapsed control to the truth, 1 at the truth; None
            where the metric does not tell these two apart beyond doubt.
        told: Whether it can be told from the truth beyond doubt.
        better: Whether it is better than the collapsed control beyond doubt; None where the metric
            does not tell that one from the truth.
        seeds: How many, where seeds are too few to test or no runs of their own; else 0.
        told_in: In how many of these it is told from the truth, by the estimates' own errors.
        better_in: In how many it is better than the collapsed control.
    """

    way: float | None
    told: bool
    better: bool | None
    seeds: int = 0
    told_in: int = 0
    better_in: int = 0


@dataclass(frozen=True)
class _Pair:
    """Two rows by one metric, of which the first may be worse than the second."""

    first: Series
    second: Series

    @property
    def differences(self) -> Array:
        """Losses of the first less those of the second, `(S,)`, paired by seed."""
        return self.first.losses - self.second.losses

    def differences_with_lost(self) -> Array:
        """The differences, where a run without a value counts as worse than every other."""
        differences = self.differences
        finite = np.isfinite(differences)
        largest = float(np.abs(differences[finite]).max(initial=0.0))
        sign = np.where(np.isnan(self.first.losses), 1.0, -1.0)
        lost = sign * (largest or 1.0)
        return np.where(finite, differences, lost)

    def z(self) -> Array:
        """By seed, how many of its own standard errors the first is worse, `(S,)`.

        NaN where the errors are not known.
        """
        differences = self.differences
        errors = np.sqrt(self.first.errors**2 + self.second.errors**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = differences / errors
        z[(differences == 0) & (errors == 0)] = 0.0
        z[np.isnan(self.second.losses)] = -np.inf
        z[np.isnan(self.first.losses)] = np.inf
        return z

    def shared_draw_p(self) -> float:
        """One-sided p-value as if all seeds were one run, for they share a draw of the truth."""
        z = self.z()
        z = z[~np.isnan(z)]
        if len(z) == 0:
            return 1.0
        return float(norm.sf(np.clip(z, -1e3, 1e3).mean()))


def places(case: Case, column: Column, rows: Sequence[str]) -> dict[str, Place]:
    """Where rows stand by a metric.

    Rows without it, or measured by another ruler than the truth, are left out.

    All rows are one family, once against the truth and once against the collapsed control. With six
    seeds and more that are runs of their own, p-values come from one-sided step-down max-T with
    joint sign flips. Everywhere else, from the mean over seeds of the difference in its own
    standard errors, held against the normal law as if all seeds were one run, adjusted after Holm
    (1979): for fewer seeds; for one finished set of samples, which is the same at every seed; and
    for a finite source, whose held-out rows are one draw that all seeds share.
    """
    truth = case.series(TRUTH, column.name)
    collapsed = case.series(COLLAPSED, column.name)
    if truth is None:
        return {}
    every = _measured_like(truth, case, column.name, rows)
    told = _beyond_doubt(case, {row: _Pair(series, truth) for row, series in every.items()})
    better: dict[str, bool] = {}
    ways: dict[str, float] = {}
    if collapsed is not None and _is_apart(case, collapsed, truth):
        pairs = {row: _Pair(collapsed, series) for row, series in every.items()}
        better = _beyond_doubt(case, pairs)
        ways = {row: _way(series, truth, collapsed) for row, series in every.items()}
    standing = {}
    for row, series in every.items():
        place = Place(ways.get(row), told[row], better.get(row))
        if not _has_runs(case, row):
            place = _counted(place, series, truth, collapsed)
        standing[row] = place
    return standing


def _is_apart(case: Case, collapsed: Series, truth: Series) -> bool:
    """Whether the metric tells the collapsed control from the truth beyond doubt."""
    return _beyond_doubt(case, {COLLAPSED: _Pair(collapsed, truth)})[COLLAPSED]


def _measured_like(
    truth: Series, case: Case, metric: str, rows: Sequence[str]
) -> dict[str, Series]:
    """By row, what can be held against the truth."""
    every = {}
    for row in rows:
        series = case.series(row, metric)
        if series is not None and series.ruler == truth.ruler:
            every[row] = series
    return every


def _has_runs(case: Case, row: str) -> bool:
    """Whether the row has enough runs of its own to test over seeds."""
    return row not in case.given and case.seeds >= FEWEST_SEEDS


def _counted(place: Place, series: Series, truth: Series, collapsed: Series | None) -> Place:
    """The place with the numbers of seeds in which a difference is seen by itself."""
    told_in = int((_Pair(series, truth).z() > ONE_SIDED).sum())
    better_in = 0
    if collapsed is not None:
        better_in = int((_Pair(collapsed, series).z() > ONE_SIDED).sum())
    return replace(place, seeds=len(series.losses), told_in=told_in, better_in=better_in)


def _beyond_doubt(case: Case, pairs: Mapping[str, _Pair]) -> dict[str, bool]:
    """By row, whether the first of a pair is worse beyond doubt, all rows together."""
    flipped: dict[str, Array] = {}
    others: dict[str, float] = {}
    for row, pair in pairs.items():
        if _has_runs(case, row) and not case.is_finite:
            flipped[row] = pair.differences_with_lost()
        else:
            others[row] = pair.shared_draw_p()
    p_values = holm_by_key(others)
    if flipped:
        joint = max_t_p_values(np.array(list(flipped.values())), one_sided=True)
        p_values |= dict(zip(flipped, joint.tolist(), strict=True))
    families = bool(flipped) + bool(others)
    return {row: families * p <= LEVEL for row, p in p_values.items()}


def _way(series: Series, truth: Series, collapsed: Series) -> float:
    """How far a row is on the way from the collapsed control to the truth."""
    bottom, top = float(np.mean(collapsed.losses)), float(np.mean(truth.losses))
    return (bottom - float(np.nanmean(series.losses))) / (bottom - top)
