"""Equal rows: who they are, and neighbours at equal distance."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from genzoo.arrays import Array, Indices
from genzoo.metrics.neighbours import BLOCK, nearest

SLACK = 1e-9
"""Distances whose ratio is nearer to 1 are equal: the rest is rounding."""


class Places(NamedTuple):
    """The different rows of a sample.

    Attributes:
        rows: `(U, D)`, each different row once.
        place: `(N,)`, which of them each row is.
        sizes: `(U,)`, how many rows are equal to it.
    """

    rows: Array
    place: Indices
    sizes: Indices


def places(rows: Array) -> Places:
    """The different rows of `(N, D)`, compared number by number."""
    # Rows are compared by their bytes: adding 0 takes the sign of negative zeros away.
    rows = np.ascontiguousarray(rows + 0.0)
    keys = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))[:, 0]
    _, first, place, sizes = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    return Places(rows[first], place, sizes)


def nearest_shares(points: Array, pool: Array) -> Array:
    """How many points are nearest to each member of a pool, `(M,)`, with sum N.

    A point that is nearest to several members at equal distance counts for each of them in equal
    parts.

    Args:
        points: `(N, D)`.
        pool: `(M, D)`.
    """
    different = places(pool)
    count = len(different.rows)
    two = nearest(points, different.rows, min(2, count))
    first, last = two.distances[:, 0], two.distances[:, -1]
    tied = (last <= first * (1 + SLACK)) & (count > 1)
    counts = np.bincount(two.indices[~tied, 0], minlength=count).astype(np.float64)
    if tied.any():
        counts += _divided(points[tied], different)
    shares: Array = (counts / different.sizes)[different.place]
    return shares


def _divided(points: Array, pool: Places) -> Array:
    """As `nearest_shares`, summed over equal members, for points with several nearest ones."""
    centre = pool.rows.mean(axis=0)
    asked, members = places(points), pool.rows - centre
    counts = np.zeros(len(members))
    step = max(1, BLOCK // len(members))
    for start in range(0, len(asked.rows), step):
        block = slice(start, start + step)
        distance = cdist(asked.rows[block] - centre, members)
        least = distance.min(axis=1, keepdims=True)
        weight = np.where(distance <= least * (1 + SLACK), pool.sizes, 0.0)
        counts += asked.sizes[block] @ (weight / weight.sum(axis=1, keepdims=True))
    return counts
