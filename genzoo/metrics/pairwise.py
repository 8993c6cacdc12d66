"""Distances that average over pairs: energy distance and maximum mean discrepancy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from genzoo.arrays import Array
from genzoo.core.metric import Estimate
from genzoo.metrics.neighbours import nearest
from genzoo.metrics.rows import (
    as_pair,
)

BANDWIDTHS = 8
LOCAL_NEIGHBOUR = 10
PERMUTATIONS = 200
BLOCK = 2_000_000
"""Distances held in memory at a time."""


@dataclass(frozen=True)
class PairMeans:
    """Row means of a kernel over pairs of two samples.

    Attributes:
        xx: `(m,)` mean over the other real examples.
        xy: `(m,)` mean over the generated ones.
        yy: `(n,)` mean over the other generated examples.
        yx: `(n,)` mean over the real ones.
    """

    xx: Array
    xy: Array
    yy: Array
    yx: Array

    @property
    def discrepancy(self) -> float:
        """Unbiased E k(x, x') + E k(y, y') - 2 E k(x, y)."""
        return float(self.xx.mean() + self.yy.mean() - self.xy.mean() - self.yx.mean())

    @property
    def variance(self) -> float:
        """First-order variance of the discrepancy, from the influence of each example."""
        of_real = (self.xx - self.xy).var() / len(self.xx)
        of_fake = (self.yy - self.yx).var() / len(self.yy)
        return float(4 * (of_real + of_fake))


def pair_means(x: Array, y: Array, kernel: Callable[[Array], Array]) -> PairMeans:
    """Row means of kernel(Euclidean distances), block by block.

    A row is not paired with itself.
    """
    xx, yy = _row_sums(x, x, kernel)[0], _row_sums(y, y, kernel)[0]
    xy, yx = _row_sums(x, y, kernel)
    own = float(kernel(np.zeros((1, 1)))[0, 0])
    m, n = len(x), len(y)
    return PairMeans((xx - own) / max(m - 1, 1), xy / n, (yy - own) / max(n - 1, 1), yx / m)


def energy_distance(x: Any, y: Any) -> Estimate:
    """Energy distance squared, D^2 = 2 E|X - Y| - E|X - X'| - E|Y - Y'|, unbiased.

    It may be negative.

    The square of scipy's one-dimensional `energy_distance`. Standard error: first order from
    influences; at equal laws that vanishes, and the second-order one, sqrt(2 (1/m + 1/n)^2 E k~^2)
    with k~ the doubly centred distances, takes over.

    Args:
        x: Real examples `(m, *event_shape)`, m >= 2.
        y: Generated examples `(n, *event_shape)`, n >= 2.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    x, y = as_pair(x, y)
    if min(len(x), len(y)) < 2:
        return Estimate.absent("too few rows: energy distance needs 2 of each kind")
    means = pair_means(x, y, np.negative)
    second = degenerate_variance(x[:1000], np.negative, len(x), len(y))
    error = float(np.sqrt(without_chance(means.variance, second) + second))
    return Estimate(means.discrepancy, error, len(y), "unbiased, all pairs", null=0.0)


def without_chance(first: float, second: float) -> float:
    """First-order variance less what chance adds to its estimate, twice the second-order one."""
    return max(first - 2 * second, 0.0)


def degenerate_variance(x: Array, kernel: Callable[[Array], Array], m: int, n: int) -> float:
    """Variance of the unbiased discrepancy between samples of m and n of the law of x."""
    table = kernel(cdist(x, x))
    centred = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean()
    np.fill_diagonal(centred, 0.0)
    size = len(x)
    square = float((centred**2).sum() / max(size * (size - 1), 1))
    return 2 * (1 / m + 1 / n) ** 2 * square


@dataclass(frozen=True)
class MMDTest:
    """Maximum mean discrepancy over several Gaussian kernels, with its permutation test.

    Attributes:
        squared: `(B,)` unbiased MMD^2 at each bandwidth.
        bandwidths: `(B,)` l^2 of exp(-|x - y|^2 / (2 l^2)).
        statistic: The largest MMD^2 / sd over bandwidths, sd over permutations.
        null: Mean of that statistic over permutations.
        standard_error: Of the statistic.
        p_value: Share of permutations with a statistic at least as large, itself counted.
        n: Generated examples used.
    """

    squared: Array
    bandwidths: Array
    statistic: float
    null: float
    standard_error: float
    p_value: float
    n: int


def mmd(x: Any, y: Any, bandwidth: float) -> float:
    """Unbiased MMD^2 with the kernel exp(-|x - y|^2 / (2 bandwidth^2)) (Gretton et al. 2012)."""
    x, y = as_pair(x, y)
    return pair_means(x, y, lambda d: np.exp(-(d**2) / (2 * bandwidth**2))).discrepancy


def mmd_test(
    x: Any,
    y: Any,
    *,
    random: np.random.Generator,
    permutations: int = PERMUTATIONS,
    bandwidths: Array | None = None,
) -> MMDTest | None:
    """Test of equal laws by the standardised maximum of MMD^2 over bandwidths.

    A single median bandwidth is blind to the width of modes; the maximum from the local scale to
    four times the median is not. It holds one table of (m + n)^2 distances: give at most a few
    thousand rows.

    Args:
        x: Real examples `(m, *event_shape)`.
        y: Generated examples `(n, *event_shape)`.
        random: Draws the permutations.
        permutations: Number of permutations.
        bandwidths: Values of l^2, `(B,)`; by default `default_bandwidths`.

    Returns:
        None when every distance is 0 or a sample has fewer than 5 rows.
    """
    x, y = as_pair(x, y)
    if min(len(x), len(y)) < 5:
        return None
    rows = np.concatenate([x, y])
    centred = rows - rows.mean(axis=0)
    squares = cdist(centred, centred, "sqeuclidean")
    if bandwidths is None:
        bandwidths = default_bandwidths(rows, squares)
    if bandwidths is None:
        return None
    labels = _labels(len(x), len(y), permutations, random)
    values = [_discrepancies(squares, scale, labels, len(x)) for scale in bandwidths]
    statistics = np.array(values)
    spread = statistics[:, 1:].std(axis=1, ddof=1)
    spread = np.where(spread > 0, spread, np.inf)
    largest = (statistics / spread[:, None]).max(axis=0)
    best = int((statistics[:, 0] / spread).argmax())
    scale = bandwidths[best]
    first_order = pair_means(x, y, lambda d: np.exp(-(d**2) / (2 * scale))).variance
    relative = without_chance(first_order / spread[best] ** 2, 1.0)
    return MMDTest(
        squared=statistics[:, 0],
        bandwidths=bandwidths,
        statistic=float(largest[0]),
        null=float(largest[1:].mean()),
        standard_error=float(np.sqrt(relative + largest[1:].var(ddof=1))),
        p_value=float((largest >= largest[0] - 1e-12).mean()),
        n=len(y),
    )


def default_bandwidths(rows: Array, squares: Array) -> Array | None:
    """Eight values of l^2, log-spaced from the local scale to 4 times the median.

    The local scale is a quarter of the median squared distance to the 10th neighbour.

    Args:
        rows: All examples `(N, D)`.
        squares: Their squared distances `(N, N)`.

    Returns:
        `(8,)`, or None when every distance is 0.
    """
    positive = squares[np.triu_indices(len(rows), 1)]
    median = float(np.median(positive))
    if median == 0:
        median = float(positive.max())
    if median == 0:
        return None
    count = min(LOCAL_NEIGHBOUR, len(rows) - 1)
    reach = nearest(rows, rows, count, same=True).distances[:, -1]
    low = float(np.median(reach) ** 2) / 4
    if low == 0:
        low = median * 1e-4
    return np.geomspace(min(low, median), 4 * median, BANDWIDTHS)


def _labels(m: int, n: int, permutations: int, random: np.random.Generator) -> Array:
    """`(m + n, permutations + 1)`: 1 for the rows taken as real; the first column is the truth."""
    truth = np.concatenate([np.ones(m), np.zeros(n)])
    permuted = [random.permutation(truth) for _ in range(permutations)]
    return np.stack([truth, *permuted], axis=1).astype(np.float32)


def _discrepancies(squares: Array, scale: float, labels: Array, m: int) -> Array:
    """Unbiased MMD^2 for each column of labels, from one kernel table."""
    kernel = np.exp(squares * (-0.5 / scale)).astype(np.float32)
    np.fill_diagonal(kernel, 0.0)
    n = len(kernel) - m
    toward = kernel @ labels
    real = (labels * toward).sum(axis=0, dtype=np.float64)
    cross = toward.sum(axis=0, dtype=np.float64) - real
    fake = float(kernel.sum(dtype=np.float64)) - real - 2 * cross
    return np.asarray(real / (m * (m - 1)) + fake / (n * (n - 1)) - 2 * cross / (m * n))


def _row_sums(x: Array, y: Array, kernel: Callable[[Array], Array]) -> tuple[Array, Array]:
    by_x, by_y = np.empty(len(x)), np.zeros(len(y))
    step = max(1, BLOCK // len(y))
    for start in range(0, len(x), step):
        table = kernel(cdist(x[start : start + step], y))
        by_x[start : start + step] = table.sum(axis=1)
        by_y += table.sum(axis=0)
    return by_x, by_y
