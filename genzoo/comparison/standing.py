"""How each model stands between the truth and a collapsed model, whatever the others do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from genzoo.comparison.case import FEWEST_SEEDS, Array, Case, Series
from genzoo.comparison.significance import LEVEL, holm, one_sided_p
from genzoo.core.table import Column

TRUTH, COLLAPSED = "oracle", "single_mode"
ONE_SIDED = 1.645


@dataclass(frozen=True)
class Place:
    """Where a row stands by one metric.

    Attributes:
        way: How far it is on the way from the collapsed control to the truth, 1 at the truth; None where the metric
            does not tell these two apart beyond doubt.
        told: Whether it can be told from the truth beyond doubt; None where that cannot be tested.
        better: Whether it is better than the collapsed control beyond doubt; None where that cannot be tested.
        seeds: Of how many seeds; 0 where a test over all of them was made.
        told_in: In how many of these it is told from the truth, by the estimates' own errors.
        better_in: In how many it is better than the collapsed control.
    """

    way: float | None = None
    told: bool | None = None
    better: bool | None = None
    seeds: int = 0
    told_in: int = 0
    better_in: int = 0

    @property
    def wanting(self) -> bool:
        """Whether it is not like the truth: beyond doubt, or with few seeds, in every one of them."""
        return self.told is True or (self.seeds > 0 and self.told_in == self.seeds)


def places(case: Case, column: Column, rows: Sequence[str]) -> dict[str, Place]:
    """Where rows stand by a metric; rows without it, or measured by another ruler than the truth, are left out.

    With six seeds and more, paired one-sided sign flips; the rows are one family (Holm 1979), once against the truth
    and once against the collapsed control. The held-out rows of a finite source are one draw, which all seeds share:
    there the mean over seeds of the difference in its own standard errors is held against the normal law, as if they
    were one run. With fewer seeds, and for rows of one finished set of samples, which are the same at every seed: in
    how many seeds the difference exceeds 1.645 of its own standard errors.
    """
    truth, collapsed = case.series(TRUTH, column.name), case.series(COLLAPSED, column.name)
    known = {row: series for row in rows if (series := case.series(row, column.name)) is not None}
    if truth is None:
        return {}
    known = {row: series for row, series in known.items() if series.ruler == truth.ruler}
    enough = case.seeds >= FEWEST_SEEDS
    tested = [row for row in known if row in case.models and enough]
    told = _beyond_doubt(case, {row: (known[row], truth) for row in tested})
    wide, better = False, {}
    if collapsed is not None:
        apart = _beyond_doubt(case, {COLLAPSED: (collapsed, truth)})[COLLAPSED]
        wide = apart if enough else bool((_z(collapsed, truth) > ONE_SIDED).all())
        better = _beyond_doubt(case, {row: (collapsed, known[row]) for row in tested})
    found = {}
    for row, series in known.items():
        way = _way(series, truth, collapsed) if wide and collapsed is not None else None
        if row in tested:
            found[row] = Place(way, told[row], better[row] if wide else None)
            continue
        told_in = int((_z(series, truth) > ONE_SIDED).sum())
        better_in = 0 if collapsed is None else int((_z(collapsed, series) > ONE_SIDED).sum())
        found[row] = Place(way, seeds=len(series.losses), told_in=told_in, better_in=better_in)
    return found


def _beyond_doubt(case: Case, pairs: Mapping[str, tuple[Series, Series]]) -> dict[str, bool]:
    """By row, whether the first of two series is worse than the second beyond doubt, all rows together."""
    one_draw = case.is_finite
    p_values = {row: _shared_draw_p(*pair) if one_draw else _sign_flip_p(*pair) for row, pair in pairs.items()}
    return {row: p <= LEVEL for row, p in holm(p_values).items()}


def _sign_flip_p(worse: Series, better: Series) -> float:
    """One-sided p-value of paired sign flips; a run without a value counts as worse."""
    difference = worse.losses - better.losses
    finite = np.isfinite(difference)
    largest = float(np.abs(difference[finite]).max(initial=0.0))
    lost = np.where(np.isnan(worse.losses), 1.0, -1.0) * (largest or 1.0)
    return one_sided_p(np.where(finite, difference, lost))


def _shared_draw_p(worse: Series, better: Series) -> float:
    z = _z(worse, better)
    known = z[~np.isnan(z)]
    return float(norm.sf(np.clip(known, -1e3, 1e3).mean())) if len(known) else 1.0


def _way(series: Series, truth: Series, collapsed: Series) -> float:
    bottom, top = float(np.mean(collapsed.losses)), float(np.mean(truth.losses))
    return (bottom - float(np.nanmean(series.losses))) / (bottom - top)


def _z(worse: Series, better: Series) -> Array:
    """By seed, how many of its own standard errors one row is worse than another; NaN where these are not known."""
    difference = worse.losses - better.losses
    error = np.sqrt(worse.errors**2 + better.errors**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = difference / error
    z = np.where((difference == 0) & (error == 0), 0.0, z)
    return np.where(np.isnan(worse.losses), np.inf, np.where(np.isnan(better.losses), -np.inf, z))
