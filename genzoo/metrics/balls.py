"""Which points lie in which balls."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from genzoo.arrays import Array, Indices, Mask
from genzoo.metrics.neighbours import BLOCK, nearest, suits_tree
from genzoo.metrics.rows import (
    as_rows,
)
from genzoo.metrics.ties import SLACK, places

ROUNDING = 1e-9
"""Share of the squares of two rows within which their squared distance is taken by difference."""
PRECISION_NEAREST, COVERAGE_NEAREST = 3, 5
FARTHEST_BALL = 5.0
"""Times the .99 quantile of the radii, to which larger balls are cut."""
TENTHS = [slice(first, None, 10) for first in range(10)]
NOBODY = slice(0, 0)
Tenths = tuple[list[float], list[float]]
"""Values of a statistic of two samples: without each tenth of the first, then of the second."""


class Balls(NamedTuple):
    """Balls around the members of one sample, against the points of another.

    Attributes:
        containing: `(n,)` number of balls that hold each point.
        held: `(m,)` number of points that each ball holds.
    """

    containing: Array
    held: Array


def ball_counts(centres: Array, radii: Array, points: Array) -> Balls:
    """Which points lie in which balls, without holding all distances at once.

    Args:
        centres: Centres of the balls, `(m, D)`.
        radii: `(m,)`, the same for equal centres; a point at just the radius is inside.
        points: Rows that may lie in them, `(n, D)`.
    """
    balls, members = places(centres), places(points)
    reach = np.zeros(len(balls.rows))
    reach[balls.place] = radii * (1 + SLACK)
    containing = np.zeros(len(members.rows))
    held = np.zeros(len(balls.rows))
    for ball, member in _pairs_within(balls.rows, reach, members.rows):
        containing += np.bincount(member, balls.sizes[ball], minlength=len(containing))
        held += np.bincount(ball, members.sizes[member], minlength=len(held))
    return Balls(containing[members.place], held[balls.place])


def _pairs_within(centres: Array, reach: Array, points: Array) -> Iterator[tuple[Indices, Indices]]:
    """Indices of balls and of points in them, block by block."""
    if suits_tree(points):
        yield _pairs_by_tree(centres, reach, points)
        return
    middle = points.mean(axis=0)
    points, centres = points - middle, centres - middle
    squares = (points**2).sum(axis=1)
    step = max(1, BLOCK // len(points))
    for start in range(0, len(centres), step):
        block = centres[start : start + step]
        limit = reach[start : start + step, None] ** 2
        size = (block**2).sum(axis=1)[:, None] + squares
        excess = size - 2 * block @ points.T - limit
        hit = excess <= 0
        # The expanded square is rounded: at the edge of a ball the difference of the rows decides.
        ball, member = np.nonzero(np.abs(excess) <= ROUNDING * size)
        exact = ((block[ball] - points[member]) ** 2).sum(axis=1)
        hit[ball, member] = exact <= limit[ball, 0]
        ball, member = np.nonzero(hit)
        yield ball + start, member


def _pairs_by_tree(centres: Array, reach: Array, points: Array) -> tuple[Indices, Indices]:
    inside = cKDTree(points).query_ball_point(centres, reach, return_sorted=False)
    members = [np.asarray(part, np.int64) for part in inside]
    sizes = [len(part) for part in members]
    balls = np.repeat(np.arange(len(centres)), sizes)
    return balls, np.concatenate(members)


def ball_radii(rows: Array, rank: int) -> tuple[Array, bool]:
    """Distance of each row to its k-th neighbour, and whether for some row the next one is as far.

    The ball of a lone outlier reaches into the data, and whatever lies between would count as good:
    radii are cut at five times their .99 quantile, which no row of a law without glitches reaches.
    """
    rank = min(rank, len(rows) - 1)
    if rank == 0:
        return np.zeros(len(rows)), False
    count = min(rank + 1, len(rows) - 1)
    distances = nearest(rows, rows, count, same=True).distances
    radii, beyond = distances[:, rank - 1], distances[:, rank:]
    tied = bool((beyond <= radii[:, None] * (1 + SLACK)).any())
    return _cut(radii), tied


def _cut(radii: Array) -> Array:
    """Radii of which none is far beyond the others."""
    usual = float(np.quantile(radii, 0.99))
    if usual > 0:
        radii = np.minimum(radii, FARTHEST_BALL * usual)
    return radii


def without_tenths(
    centres: Array, points: Array, rank: int, mark: Callable[[Array], Array | Mask]
) -> Tenths:
    """Means of a mark over the points: without tenths of the centres, and of the points.

    Args:
        centres: `(m, D)`.
        points: `(n, D)`.
        rank: The balls reach to this neighbour of their centre.
        mark: From how many balls hold each point, `(n,)`, to its mark.
    """
    balls = _balls_without(centres, points, rank)
    every = mark(balls(NOBODY).containing)
    without_centres, without_points = [], []
    for tenth in TENTHS:
        without_centres.append(float(mark(balls(tenth).containing).mean()))
        without_points.append(float(np.delete(every, tenth).mean()))
    return without_centres, without_points


def held_without_tenths(centres: Array, points: Array, rank: int) -> Tenths:
    """Shares of the balls that hold a point: without tenths of the centres, and of the points."""

    def share(held: Array) -> float:
        return float((held > 0).mean())

    balls = _balls_without(centres, points, rank)
    radii = ball_radii(centres, rank)[0]
    held = balls(NOBODY).held
    without_centres, without_points = [], []
    for tenth in TENTHS:
        without_centres.append(share(balls(tenth).held))
        held_by_tenth = ball_counts(centres, radii, points[tenth]).held
        without_points.append(share(held - held_by_tenth))
    return without_centres, without_points


def _balls_without(centres: Array, points: Array, rank: int) -> Callable[[slice], Balls]:
    """From some of the centres to the balls of the others, that reach to neighbours among them.

    Few rows are searched for neighbours once: their distances are kept from tenth to tenth.
    """
    if len(centres) * max(len(centres), len(points)) > BLOCK:
        return lambda tenth: balls_of(np.delete(centres, tenth, axis=0), rank, points)
    among, to_points = cdist(centres, centres), cdist(centres, points)
    np.fill_diagonal(among, np.inf)
    sorted_in = np.empty_like(among)

    def balls(tenth: slice) -> Balls:
        left = np.ones(len(centres), dtype=bool)
        left[tenth] = False
        radii = np.zeros(int(left.sum()))
        nearest_rank = min(rank, len(radii) - 1)
        if nearest_rank > 0:
            np.copyto(sorted_in, among)
            sorted_in[:, tenth] = np.inf
            sorted_in.partition(nearest_rank - 1, axis=1)
            radii = _cut(sorted_in[left, nearest_rank - 1])
        reach = np.full(len(centres), -1.0)
        reach[left] = radii * (1 + SLACK)
        inside = to_points <= reach[:, None]
        containing, held = inside.sum(axis=0, dtype=float), inside.sum(axis=1, dtype=float)
        return Balls(containing, held[left])

    return balls


def balls_of(centres: Array, rank: int, points: Array) -> Balls:
    """Balls that reach to the k-th neighbour of their centre, against points."""
    radii, _ = ball_radii(centres, rank)
    return ball_counts(centres, radii, points)


def inside_others(x: Any, nearest_rank: int = PRECISION_NEAREST) -> float:
    """Share of rows inside the ball of another row.

    That is what precision and recall are where both samples have one law: with m rows the null of
    precision against m - 1 real examples, or of recall by m - 1 samples, with or without ties.
    """
    x = as_rows(x)
    return float((balls_of(x, nearest_rank, x).containing > 1).mean())


def expected_coverage(m: int, n: int, nearest_rank: int = COVERAGE_NEAREST) -> float:
    """Mean coverage of m real examples by n draws of the same law.

    1 - prod_{j<k} (m - 1 - j) / (m - 1 + n - j), with k the rank of the neighbour.
    """
    j = np.arange(min(nearest_rank, m - 1))
    return float(1 - np.prod((m - 1 - j) / (m - 1 + n - j)))
