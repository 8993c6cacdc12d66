"""Precision, recall, density and coverage: neighbour balls of one sample around points of the other."""

from typing import Any

import numpy as np

from genzoo.core.metric import Estimate
from genzoo.metrics.balls import ball_counts
from genzoo.metrics.neighbours import nearest
from genzoo.metrics.rows import (
    Array,
    Mask,
    as_pair,
    as_rows,
    share_standard_error,
    standard_error,
    total_error,
)
from genzoo.metrics.ties import SLACK

PRECISION_NEAREST, COVERAGE_NEAREST = 3, 5
FARTHEST_BALL = 5.0
"""Times the .99 quantile of the radii, to which larger balls are cut."""


def precision(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of generated y inside the ball of some real x, which reaches to its k-th real neighbour."""
    x, y = as_pair(x, y)
    return _share(ball_counts(x, _radii(x, nearest_rank)[0], y).containing > 0, f"k = {nearest_rank}")


def recall(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of real x inside the ball of some generated y, which reaches to its k-th generated neighbour."""
    x, y = as_pair(x, y)
    found = _share(ball_counts(y, _radii(y, nearest_rank)[0], x).containing > 0, f"k = {nearest_rank}")
    return Estimate(found.value, found.standard_error, len(y), found.estimator)


def inside_others(x: Any, nearest_rank: int = PRECISION_NEAREST) -> float:
    """Share of rows inside the ball of another row: what precision and recall are where both samples have one law.

    With m rows the null of precision against m - 1 real examples, or of recall by m - 1 samples, with or without ties.
    """
    x = as_rows(x)
    return float((ball_counts(x, _radii(x, nearest_rank)[0], x).containing > 1).mean())


def density(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Mean number of real balls around a generated point, divided by k.

    Its null is that of a real point among the balls of the others, sum_j K_j / (k m), where the ball of x_j holds K_j
    other real points: 1 without ties at the k-th neighbour, and more with them.
    """
    x, y = as_pair(x, y)
    radii, tied = _radii(x, nearest_rank)
    counts = ball_counts(x, radii, y).containing / nearest_rank
    if not tied:
        return Estimate(float(counts.mean()), standard_error(counts), len(y), f"k = {nearest_rank}", null=1.0)
    own = (ball_counts(x, radii, x).containing - 1) / nearest_rank
    error = total_error([standard_error(counts), standard_error(own)])
    return Estimate(float(counts.mean()), error, len(y), f"k = {nearest_rank}, with ties", null=float(own.mean()))


def coverage(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Share of real balls that hold a generated point.

    With ties at the k-th neighbour, the null is the mean over permutations of "real" and "generated" among all points
    around each centre: a ball is empty when the G_j points up to the k-th, and those as far as it, are all real.
    """
    x, y = as_pair(x, y)
    radii, tied = _radii(x, nearest_rank)
    found = _share(ball_counts(x, radii, y).held > 0, f"k = {nearest_rank}")
    if not tied:
        null = expected_coverage(len(x), len(y), nearest_rank)
        return Estimate(found.value, found.standard_error, len(y), found.estimator, null=null)
    rank = min(nearest_rank, len(x) - 1)
    pool = np.concatenate([x, y])
    reach = nearest(x, pool, rank + 1).distances[:, -1]
    sizes, repeats = np.unique(ball_counts(x, reach, pool).held - 1, return_counts=True)
    covered = [expected_coverage(len(x), len(y), int(size)) for size in sizes]
    null = float(np.average(covered, weights=repeats))
    return Estimate(found.value, found.standard_error, len(y), f"{found.estimator}, with ties", null=null)


def expected_coverage(m: int, n: int, nearest_rank: int = COVERAGE_NEAREST) -> float:
    """Coverage of m real examples by n draws of the same law: 1 - prod_{j<k} (m - 1 - j) / (m - 1 + n - j)."""
    j = np.arange(min(nearest_rank, m - 1))
    return float(1 - np.prod((m - 1 - j) / (m - 1 + n - j)))


def _radii(rows: Array, rank: int) -> tuple[Array, bool]:
    """Distance of each row to its k-th neighbour, and whether for some row the next one is as far.

    The ball of a lone outlier reaches into the data, and whatever lies between would count as good: radii are cut at
    five times their .99 quantile, which no row of a law without glitches reaches.
    """
    rank = min(rank, len(rows) - 1)
    if rank == 0:
        return np.zeros(len(rows)), False
    found = nearest(rows, rows, min(rank + 1, len(rows) - 1), same=True).distances
    radii, beyond = found[:, rank - 1], found[:, rank:]
    tied = bool((beyond <= radii[:, None] * (1 + SLACK)).any())
    usual = float(np.quantile(radii, 0.99))
    return np.minimum(radii, FARTHEST_BALL * usual) if usual > 0 else radii, tied


def _share(hits: Mask, estimator: str) -> Estimate:
    count, n = int(hits.sum()), len(hits)
    return Estimate(count / n, share_standard_error(count, n), n, estimator)
