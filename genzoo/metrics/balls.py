"""Which points lie in which balls."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from genzoo.metrics.neighbours import BLOCK, suits_tree
from genzoo.metrics.rows import Array, Indices
from genzoo.metrics.ties import SLACK, places

ROUNDING = 1e-9
"""Share of the squares of two rows within which their squared distance is computed again, by difference."""


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
        centres: `(m, D)`.
        radii: `(m,)`, the same for equal centres; a point at just the radius is inside.
        points: `(n, D)`.
    """
    balls, members = places(centres), places(points)
    reach = np.zeros(len(balls.rows))
    reach[balls.place] = radii * (1 + SLACK)
    containing, held = np.zeros(len(members.rows)), np.zeros(len(balls.rows))
    for ball, member in _pairs_within(balls.rows, reach, members.rows):
        containing += np.bincount(member, balls.sizes[ball], minlength=len(containing))
        held += np.bincount(ball, members.sizes[member], minlength=len(held))
    return Balls(containing[members.place], held[balls.place])


def _pairs_within(centres: Array, reach: Array, points: Array) -> Iterator[tuple[Indices, Indices]]:
    """Indices of balls and of points in them, block by block."""
    if suits_tree(points):
        inside = cKDTree(points).query_ball_point(centres, reach, return_sorted=False)
        sizes = [len(part) for part in inside]
        yield np.repeat(np.arange(len(centres)), sizes), np.concatenate([np.asarray(i, np.int64) for i in inside])
        return
    middle = points.mean(axis=0)
    points, centres = points - middle, centres - middle
    squares = (points**2).sum(axis=1)
    step = max(1, BLOCK // len(points))
    for start in range(0, len(centres), step):
        block, limit = centres[start : start + step], reach[start : start + step, None] ** 2
        size = (block**2).sum(axis=1)[:, None] + squares
        excess = size - 2 * block @ points.T - limit
        hit = excess <= 0
        ball, member = np.nonzero(np.abs(excess) <= ROUNDING * size)
        exact = ((block[ball] - points[member]) ** 2).sum(axis=1)
        hit[ball, member] = exact <= limit[ball, 0]
        ball, member = np.nonzero(hit)
        yield ball + start, member
