"""Precision, recall, density and coverage as functions of two samples, from neighbour balls."""

from typing import Any

import numpy as np

from genzoo.arrays import Array, Mask
from genzoo.core.metric import Estimate
from genzoo.metrics.balls import (
    COVERAGE_NEAREST,
    PRECISION_NEAREST,
    ball_counts,
    ball_radii,
    balls_of,
    expected_coverage,
)
from genzoo.metrics.neighbours import nearest
from genzoo.metrics.rows import (
    as_pair,
    share_standard_error,
    standard_error,
    total_error,
)


def precision(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of generated y inside the ball of some real x, which reaches to its k-th neighbour."""
    x, y = as_pair(x, y)
    inside = balls_of(x, nearest_rank, y).containing > 0
    value, error = _share(inside)
    return Estimate(value, error, len(y), f"k = {nearest_rank}")


def recall(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of real x inside the ball of some generated y, which reaches to its k-th neighbour."""
    x, y = as_pair(x, y)
    inside = balls_of(y, nearest_rank, x).containing > 0
    value, error = _share(inside)
    return Estimate(value, error, len(y), f"k = {nearest_rank}")


def density(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Mean number of real balls around a generated point, divided by k.

    Its null is that of a real point among the balls of the others, sum_j K_j / (k m), where the
    ball of x_j holds K_j other real points: 1 without ties at the k-th neighbour, and more with
    them.
    """
    x, y = as_pair(x, y)
    radii, tied = ball_radii(x, nearest_rank)
    counts = ball_counts(x, radii, y).containing / nearest_rank
    value, error = float(counts.mean()), standard_error(counts)
    name = f"k = {nearest_rank}"
    if not tied:
        return Estimate(value, error, len(y), name, null=1.0)
    own = (ball_counts(x, radii, x).containing - 1) / nearest_rank
    error = total_error([error, standard_error(own)])
    null = float(own.mean())
    return Estimate(value, error, len(y), f"{name}, with ties", null=null)


def coverage(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Share of real balls that hold a generated point.

    With ties at the k-th neighbour, the null is the mean over permutations of "real" and
    "generated" among all points around each centre: a ball is empty when the G_j points up to the
    k-th, and those as far as it, are all real.
    """
    x, y = as_pair(x, y)
    radii, tied = ball_radii(x, nearest_rank)
    value, error = _share(ball_counts(x, radii, y).held > 0)
    name = f"k = {nearest_rank}"
    if not tied:
        null = expected_coverage(len(x), len(y), nearest_rank)
        return Estimate(value, error, len(y), name, null=null)
    null = _coverage_with_ties(x, y, nearest_rank)
    return Estimate(value, error, len(y), f"{name}, with ties", null=null)


def _coverage_with_ties(x: Array, y: Array, nearest_rank: int) -> float:
    """Mean of coverage over permutations of "real" and "generated"."""
    rank = min(nearest_rank, len(x) - 1)
    pool = np.concatenate([x, y])
    reach = nearest(x, pool, rank + 1).distances[:, -1]
    others = ball_counts(x, reach, pool).held - 1
    sizes, repeats = np.unique(others, return_counts=True)
    covered = [expected_coverage(len(x), len(y), int(size)) for size in sizes]
    return float(np.average(covered, weights=repeats))


def _share(hits: Mask) -> tuple[float, float]:
    """Share of hits, and its standard error."""
    count, n = int(hits.sum()), len(hits)
    return count / n, share_standard_error(count, n)
