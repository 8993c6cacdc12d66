"""Verbatim and rounded copies of real rows, whatever part of the file a model was trained on."""

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy.stats import norm

from genzoo.arrays import Array, Indices, Mask
from genzoo.core.metric import Estimate, Evidence
from genzoo.core.source import FiniteSource, has_training_rows
from genzoo.metrics.memorisation import FEWEST_ROWS, MOST_TIES, NO_TRAINING_ROWS, CopyMetric
from genzoo.metrics.neighbours import Neighbours, nearest
from genzoo.metrics.printed import decimals, printed
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    as_pair,
    as_rows,
    p_text,
    reference_rows,
    share_standard_error,
)
from genzoo.metrics.ties import places

CLOSE = 0.05
"""Share of the distance from a real row to the next one within which a sample is its copy."""
PROBES = 1_000
"""Real rows, at most, whose nearness to the others gives the null."""
MIDDLE = (0.05, 0.95)
"""Quantiles between which a column has its unit of distance."""
LIKELY_PAIRS = 5.0
"""Equal pairs expected of independent draws; a column with none of them numbers the rows."""


def copied_rows(train: Any, holdout: Any, y: Any) -> Estimate:
    """Share of generated rows that copy a real row, a training row or a held-out one.

    A row is a copy when it is equal to a real row j, or nearer to it than 1/20 of the distance from
    j to the next real row. Equal means: in single precision, after both were rounded to the coarser
    of the decimal grids of the column, so that neither fewer printed digits nor noise on whole
    numbers hide a copy. Distances are over columns in units of the range of their middle 90 %.
    Constant columns and those that number the rows are left out.

    The null is what a fresh row of the law scores, in two parts. Equality: 1 - f_1 / N with f_1 of
    the N real rows equal to no other (Good 1953), times sqrt(c_yy / c_xx) where that is above 1,
    c_yy the share of equal pairs among samples and c_xx among real rows, as independent rows have
    c_xy <= sqrt(c_xx c_yy) (Cauchy and Schwarz): a model that is narrower than the data hits real
    values more often. Nearness: the share among real rows, each against all others; about 1/20 to
    the power of the dimension for any law with a density.

    Args:
        train: Training rows `(N, *event_shape)`.
        holdout: Held-out rows `(m, *event_shape)`.
        y: Generated rows `(n, *event_shape)`.

    Returns:
        No value where more than half of the real rows copy another in the same sense, or no column
        is left.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    train, holdout = as_pair(train, holdout)
    _, y = as_pair(train, y)
    real = np.concatenate([holdout, train])
    grid = decimals(real)
    is_used = ~_numbers_rows(real, grid) & (np.ptp(real, axis=0) > 0)
    if not is_used.any():
        return Estimate.absent("no column is left: all are constant or number the rows")
    real, y, grid = real[:, is_used], y[:, is_used], grid[is_used]
    coarser = decimals(y)
    coarser = np.where(10.0**-coarser < np.ptp(real, axis=0), coarser, np.inf)
    equality = _equality(real, y, np.minimum(grid, coarser))
    probes = np.unique(np.linspace(0, len(real) - 1, min(len(real), PROBES)).astype(int))
    near, near_probes = _nearness(real, y, probes)
    close_probes = int((near_probes & equality.single[probes]).sum())
    close = close_probes / len(probes)
    copies = equality.ties + close
    if copies > MOST_TIES:
        return Estimate.absent(f"ties: {copies:.0%} of the real rows copy another one")
    count, n = int((equality.is_copy | near).sum()), len(y)
    share, null = count / n, min(equality.null + close, 1.0)
    variance = share_standard_error(count, n) ** 2
    # Near real rows come in pairs, so their share varies twice as much.
    variance += 2 * share_standard_error(close_probes, len(probes)) ** 2
    variance += equality.null_variance
    error = math.sqrt(variance)
    p = float(norm.sf((share - null) / error))
    name = f"against {len(real)} real rows; {p_text(p)}"
    return Estimate(share, error, n, name, null=null)


class Equality(NamedTuple):
    """Equal rows.

    Attributes:
        is_copy: `(n,)`, whether a generated row is equal to a real one.
        single: `(N,)`, whether a real row is equal to no other.
        ties: Share of real rows equal to another.
        null: What independent rows as much alike as the generated ones score at most.
        null_variance: Variance of the null (Esty 1983).
    """

    is_copy: Mask
    single: Mask
    ties: float
    null: float
    null_variance: float


def _equality(real: Array, y: Array, grid: Array) -> Equality:
    place = places(np.concatenate([printed(real, grid), printed(y, grid)])).place
    total, n = len(real), len(y)
    real_counts = np.bincount(place[:total], minlength=int(place.max()) + 1)
    counts = np.bincount(place[total:], minlength=len(real_counts))
    once, twice = int((real_counts == 1).sum()), int((real_counts == 2).sum())
    ties = 1 - once / total
    pairs, own = _equal_pairs(real_counts), _equal_pairs(counts)
    ratio = (own + 0.5) / (pairs + 0.5) * total * (total - 1) / max(n * (n - 1), 1)
    alike = math.sqrt(max(ratio, 1.0))
    variance = alike**2 * (once * ties + 2 * (twice + 1)) / total**2
    if alike > 1:
        variance += (alike * ties) ** 2 * (1 / (pairs + 0.5) + 1 / (own + 0.5)) / 4
    return Equality(
        is_copy=real_counts[place[total:]] > 0,
        single=real_counts[place[:total]] == 1,
        ties=ties,
        null=min(ties * alike, 1.0),
        null_variance=variance,
    )


def _equal_pairs(counts: Indices) -> float:
    """Number of pairs of equal rows, from how many rows are equal to each different one."""
    return float((counts * (counts - 1)).sum()) / 2


def _nearness(real: Array, y: Array, probes: Indices) -> tuple[Mask, Mask]:
    """Which generated rows are within reach of a real row, and which probes of another real row."""
    low, high = np.quantile(real, MIDDLE, axis=0)
    unit = np.where(high > low, high - low, real.std(axis=0))
    real, y = real / unit, y / unit
    to_others = _first_but(nearest(real[probes], real, 2), probes[:, None])
    to_real = nearest(y, real, 1)
    centres = np.union1d(to_others.indices, to_real.indices)
    around = nearest(real[centres], real, 4)

    def is_within(first: Neighbours, left_out: Indices) -> Mask:
        at = np.searchsorted(centres, first.indices[:, 0])
        others = Neighbours(around.distances[at], around.indices[at])
        beyond = _first_but(others, left_out)
        return np.asarray(first.distances[:, 0] < CLOSE * beyond.distances[:, 0])

    near = is_within(to_real, to_real.indices)
    # Beyond the neighbour of a probe comes neither that neighbour nor the probe itself.
    near_probes = is_within(to_others, np.column_stack([probes, to_others.indices]))
    return near, near_probes


def _first_but(neighbours: Neighbours, left_out: Indices) -> Neighbours:
    """The nearest member of a pool for each point, but for some members, `(N, 1)`."""
    passed = (neighbours.indices[:, :, None] == left_out[:, None, :]).any(axis=2)
    first = passed.argmin(axis=1)[:, None]
    distances = np.take_along_axis(neighbours.distances, first, axis=1)
    indices = np.take_along_axis(neighbours.indices, first, axis=1)
    return Neighbours(distances, indices)


def _numbers_rows(real: Array, grid: Array) -> Mask:
    """Which columns number the rows: no two numbers are equal, though chance would make some so."""
    total = len(real)
    ordered = np.sort(real, axis=0)
    different = (np.diff(ordered, axis=0) > 0).all(axis=0)
    on_grid = np.isfinite(grid)
    steps = (ordered[-1] - ordered[0]) * 10.0 ** np.where(on_grid, grid, 0.0) + 1
    equal_by_chance = total**2 / (2 * steps)
    return np.asarray(different & on_grid & (equal_by_chance > LIKELY_PAIRS))


@register_metric("copied_rows", order=82)
class CopiedRows(CopyMetric):
    """Share of samples that copy a real row of the file, whatever part their model was trained on.

    count(y = x_j, or |y - x_j| < r_j / 20) / n over training rows and the reference half of the
    held-out rows x_j, r_j the distance from x_j to the next of them; equal in single precision,
    after rounding both to as few decimals as either is printed with.

    Sees verbatim copies of the whole file, which `train_share` cannot; rounded copies; copies with
    noise of 1 % of the sd from 6 columns on. Blind to blurred copies, and to noise as wide as the
    rows lie apart: with few columns `train_share` sees these. A narrow model is not taken for a
    copy. Null: the share of real rows that copy another in the same sense, so that ties count for
    nothing; .05 in 1 dimension, .0025 in 2, 0 from 4 on. Standard error: of the value and of the
    null, which is that of the file: over seeds on one file it does not shrink. Cost: two neighbour
    searches, .1 s at 2,500 rows. Not for tables in which more than half of the rows copy another
    one, nor for sources that draw afresh.

    At 600 rows of 6 columns, 500 samples, by value (null):

    | samples | copied rows | near-duplicates | train share |
    |---|---|---|---|
    | fresh | .00 (.00) | .01 (.01) | .50 (.50) |
    | half as wide | .00 (.00) | .03 (.03) | .50 (.50) |
    | training rows | 1.00 (.00) | 1.00 (.01) | .63 (.50) |
    | training rows, noise of 1 % | .81 (.00) | 1.00 (.01) | .63 (.50) |
    | a fifth training rows | .20 (.00) | .21 (.01) | .52 (.50) |
    | the file, shuffled | .83 (.00) | .67 (.67) | .50 (.50) |

    Good 1953 (the null); Carlini et al. 2023 (extraction of training examples).
    """

    name = "copied_rows"
    label = "copied rows"
    direction = "min"
    question = "copying"
    quick_where: ClassVar = (has_training_rows,)
    limits = (0.0, 1.0)
    optimum = 0.0

    def _estimate(self, evidence: Evidence) -> Estimate:
        source = evidence.source
        if not isinstance(source, FiniteSource):
            return Estimate.absent(NO_TRAINING_ROWS)
        parts = as_rows(source.train.x), reference_rows(evidence), as_rows(evidence.samples)
        fewest = min(len(part) for part in parts)
        if fewest < FEWEST_ROWS:
            return Estimate.absent(f"too few rows: {fewest}, {FEWEST_ROWS} of each kind are needed")
        return copied_rows(*parts)
