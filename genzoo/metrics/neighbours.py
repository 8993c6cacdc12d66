"""One neighbour search for all metrics: exact Euclidean neighbours without O(n^2) memory."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from genzoo.arrays import Array, Indices, Mask

TREE_DIMENSIONS = 5
"""Linear dimensions up to which a k-d tree is faster than computing all distances."""
BLOCK = 4_000_000
"""Distances held in memory at a time."""


class Neighbours(NamedTuple):
    """Nearest members of a pool, nearest first.

    Attributes:
        distances: `(N, L)`.
        indices: `(N, L)`, rows of the pool.
    """

    distances: Array
    indices: Indices

    def kth(self, ranks: tuple[int, ...], keep: Mask) -> Array:
        """Distances to the k-th nearest among the kept members of the pool, `(N, len(ranks))`.

        Where fewer than k of the neighbours found are kept, the distance to the farthest one found.
        """
        # Small integers: there are tens of neighbours and thousands of rows.
        count = np.cumsum(keep.take(self.indices), axis=1, dtype=np.int16)
        last = self.distances.shape[1] - 1
        rows = np.arange(len(count))
        distances = []
        for k in ranks:
            column = np.minimum((count < k).sum(axis=1), last)
            distances.append(self.distances[rows, column])
        return np.stack(distances, axis=1)


def nearest(points: Array, pool: Array, count: int, *, same: bool = False) -> Neighbours:
    """The `count` nearest members of a pool for each point, exactly, in float64.

    Args:
        points: `(N, D)`.
        pool: `(M, D)`.
        count: Neighbours wanted; at most the size of the pool (less one when `same`).
        same: Whether points and pool are the same rows; then a row is not its own neighbour, but an
            equal row is.
    """
    size = count + same
    search = _tree if suits_tree(pool) else _blocks
    neighbours = search(points, pool, size)
    if same:
        return _without_self(neighbours)
    return neighbours


def suits_tree(pool: Array) -> bool:
    """Whether 95 % of the variance lies in few dimensions, so that a k-d tree prunes well."""
    if pool.shape[1] <= TREE_DIMENSIONS:
        return True
    if pool.shape[1] > 100:
        return False
    if len(pool) == 1:
        return True
    covariance = np.atleast_2d(np.cov(pool[:2000], rowvar=False))
    variances = np.linalg.eigvalsh(covariance)
    return bool(variances[-TREE_DIMENSIONS:].sum() >= 0.95 * variances.sum())


def _tree(points: Array, pool: Array, size: int) -> Neighbours:
    distances, indices = cKDTree(pool).query(points, k=list(range(1, size + 1)))
    return Neighbours(distances, indices)


def _blocks(points: Array, pool: Array, size: int) -> Neighbours:
    centre = pool.mean(axis=0)
    points, pool = points - centre, pool - centre
    squares = (pool**2).sum(axis=1)
    distances, indices = [], []
    step = max(1, BLOCK // len(pool))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        table = (block**2).sum(axis=1)[:, None] + squares - 2 * block @ pool.T
        index = _smallest(table, size)
        squared = np.take_along_axis(table, index, axis=1)
        distance = _exact_where_close(squared, index, block, pool, squares)
        order = distance.argsort(axis=1)
        distances.append(np.take_along_axis(distance, order, axis=1))
        indices.append(np.take_along_axis(index, order, axis=1))
    return Neighbours(np.concatenate(distances), np.concatenate(indices))


def _smallest(table: Array, size: int) -> Indices:
    """Columns of the smallest numbers of each row, in any order, `(rows, size)`."""
    rows, columns = table.shape
    if size >= columns:
        return np.tile(np.arange(columns), (rows, 1))
    return np.argpartition(table, size - 1, axis=1)[:, :size]


def _exact_where_close(
    squared: Array, index: Indices, block: Array, pool: Array, squares: Array
) -> Array:
    """Distances from squared ones, those of close pairs computed again by difference.

    The expanded square loses the digits of close pairs.
    """
    sizes = squares[index] + (block**2).sum(axis=1)[:, None]
    row, column = np.nonzero(squared <= 1e-6 * sizes)
    difference = block[row] - pool[index[row, column]]
    squared[row, column] = (difference**2).sum(axis=1)
    root: Array = np.sqrt(np.maximum(squared, 0.0))
    return root


def _without_self(neighbours: Neighbours) -> Neighbours:
    """Neighbours of rows among themselves but for each row itself."""
    distances, indices = neighbours
    own = np.arange(len(indices))
    displaced = np.flatnonzero(indices[:, 0] != own)
    if len(displaced):
        is_self = indices[displaced] == displaced[:, None]
        is_self[~is_self.any(axis=1), -1] = True
        order = np.argsort(~is_self, axis=1, kind="stable")
        distances[displaced] = np.take_along_axis(distances[displaced], order, axis=1)
        indices[displaced] = np.take_along_axis(indices[displaced], order, axis=1)
    return Neighbours(distances[:, 1:], indices[:, 1:])
