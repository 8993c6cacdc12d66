"""How each model stands between the truth and a collapsed model, whatever the others do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from genzoo.results.table import Column
from genzoo.statistics.case import FEWEST_SEEDS, Array, Case, Series
from genzoo.statistics.significance import LEVEL, holm, max_t_p_values

TRUTH, COLLAPSED = "oracle", "single_mode"
ONE_SIDED = 1.645


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


def places(case: Case, column: Column, rows: Sequence[str]) -> dict[str, Place]:
    """Where rows stand by a metric; rows without it, or measured by another ruler than the truth, are left out.

    All rows are one family, once against the truth and once against the collapsed control. With six
    seeds and more that are runs of their own, p-values come from one-sided step-down max-T with
    joint sign flips. Everywhere else, from the mean over seeds of the difference in its own
    standard errors, held against the normal law as if all seeds were one run, adjusted after Holm
    (1979): for fewer seeds; for one finished set of samples, which is the same at every seed; and
    for a finite source, whose held-out rows are one draw that all seeds share.
    """
    truth, collapsed = case.series(TRUTH, column.name), case.series(COLLAPSED, column.name)
    known = {row: series for row in rows if (series := case.series(row, column.name)) is not None}
    if truth is None:
        return {}
    known = {row: series for row, series in known.items() if series.ruler == truth.ruler}
    told = _beyond_doubt(case, {row: (series, truth) for row, series in known.items()})
    wide, better = False, {}
    if collapsed is not None:
        wide = _beyond_doubt(case, {COLLAPSED: (collapsed, truth)})[COLLAPSED]
        better = _beyond_doubt(case, {row: (collapsed, series) for row, series in known.items()})
    found = {}
    for row, series in known.items():
        way = _way(series, truth, collapsed) if wide and collapsed is not None else None
        place = Place(way, told[row], better[row] if wide else None)
        found[row] = place if _has_runs(case, row) else _counted(place, series, truth, collapsed)
    return found


def _has_runs(case: Case, row: str) -> bool:
    """Whether the row has enough runs of its own to test over seeds."""
    return row not in case.given and case.seeds >= FEWEST_SEEDS


def _counted(place: Place, series: Series, truth: Series, collapsed: Series | None) -> Place:
    told_in = int((_z(series, truth) > ONE_SIDED).sum())
    better_in = 0 if collapsed is None else int((_z(collapsed, series) > ONE_SIDED).sum())
    return replace(place, seeds=len(series.losses), told_in=told_in, better_in=better_in)


def _beyond_doubt(case: Case, pairs: Mapping[str, tuple[Series, Series]]) -> dict[str, bool]:
    """By row, whether the first of two series is worse than the second beyond doubt, all rows together."""
    flipped = [row for row in pairs if _has_runs(case, row) and not case.is_finite]
    others = {row: _shared_draw_p(*pair) for row, pair in pairs.items() if row not in flipped}
    differences = [_difference(*pairs[row]) for row in flipped]
    size = len(differences[0]) if differences else 0
    joint = max_t_p_values(np.array(differences).reshape(len(flipped), size), one_sided=True)
    families = [dict(zip(flipped, joint.tolist(), strict=True)), holm(others)]
    parts = sum(map(bool, families))
    return {row: parts * p <= LEVEL for family in families for row, p in family.items()}


def _difference(worse: Series, better: Series) -> Array:
    """Paired differences; a run without a value counts as worse."""
    difference = worse.losses - better.losses
    finite = np.isfinite(difference)
    largest = float(np.abs(difference[finite]).max(initial=0.0))
    lost = np.where(np.isnan(worse.losses), 1.0, -1.0) * (largest or 1.0)
    return np.where(finite, difference, lost)


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
