"""The cell panel, for data whose modes nobody knows: real and generated rows in k-means cells."""

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import entr
from scipy.stats import chi2, norm
from threadpoolctl import ThreadpoolController

from genzoo.arrays import Array, Indices
from genzoo.core.metric import Estimate
from genzoo.metrics.rows import (
    as_pair,
    as_rows,
    p_text,
)
from genzoo.p_values import benjamini_hochberg

ROWS_A_CELL = 50
MOST_CELLS = 100
FEWEST_IN_CELL = 5
TRAINING_ROWS_A_CELL = 200
SIGNIFICANT = 0.05
RELABELLINGS = 99
ROUNDING = 1e-24
"""Share of the squares of equal rows that rounding may leave as a variance."""


class Cells(NamedTuple):
    """A partition of space: the cell of a point is that of the nearest centre `(K, D)`."""

    centres: Array

    def assign(self, rows: Array) -> Indices:
        """Cell of each row."""
        return np.asarray(cKDTree(self.centres).query(rows)[1])


@dataclass(frozen=True)
class CellSamples:
    """Real and generated rows by cell.

    Attributes:
        real: K arrays of real rows.
        fake: K arrays of generated rows.
    """

    real: list[Array]
    fake: list[Array]

    @property
    def counts(self) -> tuple[Array, Array]:
        """Numbers of real and of generated rows in each cell, `(K,)` each."""
        real = [float(len(rows)) for rows in self.real]
        fake = [float(len(rows)) for rows in self.fake]
        return np.array(real), np.array(fake)


def fit_cells(training: Any, count: int, random: np.random.Generator) -> Cells:
    """k-means cells of training rows, none of which may be used for the counts.

    Args:
        training: `(N, *event_shape)`.
        count: Cells wanted; there are no more than distinct rows.
        random: Draws the initial centres.
    """
    # The import takes a second, which only those who ask for cells should pay.
    from sklearn.cluster import KMeans

    rows = as_rows(training)[: training_size(count)]
    count = min(count, len(np.unique(rows, axis=0)))
    seed = int(random.integers(2**31))
    with _thread_pools().limit(limits=1):
        fitted = KMeans(count, n_init=1, random_state=seed).fit(rows)
    return Cells(np.asarray(fitted.cluster_centers_, dtype=np.float64))


@functools.cache
def _thread_pools() -> ThreadpoolController:
    """Those of the libraries that k-means runs on, which take longer to find than to limit."""
    return ThreadpoolController()


def cell_count(m: int, n: int) -> int:
    """Number of cells for two samples: about 50 rows of the smaller in each, between 2 and 100."""
    return int(np.clip(min(m, n) // ROWS_A_CELL, 2, MOST_CELLS))


def training_size(count: int) -> int:
    """Number of training rows that k-means looks at, at least 1,000 and at most 5,000."""
    return int(np.clip(TRAINING_ROWS_A_CELL * count, 1000, 5000))


def split_by_cell(cells: Cells, x: Any, y: Any) -> CellSamples:
    """Real x and generated y by cell."""
    x, y = as_pair(x, y)
    in_real, in_fake = cells.assign(x), cells.assign(y)
    real, fake = [], []
    for cell in range(len(cells.centres)):
        real.append(x[in_real == cell])
        fake.append(y[in_fake == cell])
    return CellSamples(real, fake)


def count_difference(samples: CellSamples) -> Estimate:
    """Triangular distance between the cell histograms, sum (p - q)^2 / (p + q), less chance.

    The sum is in [0, 2]. Chance makes (K - 1) (1/m + 1/n) / 2 of it on average at equal laws, K the
    number of cells with rows. The p-value of the chi-square test of homogeneity is in the
    estimator; at equal sizes its statistic is the distance times 2 m n / (m + n).
    """
    a, b = samples.counts
    m, n = float(a.sum()), float(b.sum())
    some = a + b > 0
    a, b = a[some], b[some]
    freedom = len(a) - 1
    squares = (np.sqrt(n / m) * a - np.sqrt(m / n) * b) ** 2
    statistic = float((squares / (a + b)).sum())
    p_value = 1.0
    if freedom:
        p_value = float(chi2.sf(statistic, freedom))
    p, q = a / m, b / n
    distance = float(((p - q) ** 2 / (p + q)).sum())
    value = distance - freedom * (1 / m + 1 / n) / 2
    chance = freedom * (1 / m + 1 / n) ** 2
    error = np.sqrt(max(_first_order(p, q, m, n) - chance, 0.0) + chance / 2)
    name = f"chi-square over {len(a)} cells; {p_text(p_value)}"
    return Estimate(value, float(error), int(n), name, null=0.0)


def _first_order(p: Array, q: Array, m: float, n: float) -> float:
    """First-order variance of the triangular distance, by the delta method."""
    ratio = (p - q) / (p + q)
    by_p, by_q = 2 * ratio - ratio**2, -2 * ratio - ratio**2
    of_p = (p @ by_p**2 - (p @ by_p) ** 2) / m
    of_q = (q @ by_q**2 - (q @ by_q) ** 2) / n
    return float(of_p + of_q)


def different_cells(samples: CellSamples) -> Estimate:
    """Share of cells whose proportions differ at the 5 % level: NDB / K.

    NDB is the number of statistically different bins. The estimator says how many are left when
    false discoveries are held to 5 % (Benjamini and Hochberg 1995).
    """
    a, b = samples.counts
    m, n = float(a.sum()), float(b.sum())
    pooled = (a + b) / (m + n)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n))
    z = np.divide(np.abs(a / m - b / n), spread, out=np.zeros_like(a), where=spread > 0)
    hits = z > norm.isf(SIGNIFICANT / 2)
    share = float(hits.mean())
    variance = max(share * (1 - share), SIGNIFICANT * (1 - SIGNIFICANT))
    error = np.sqrt(variance / len(a))
    discoveries = int((benjamini_hochberg(2 * norm.sf(z)) <= SIGNIFICANT).sum())
    name = f"two-proportion z over {len(a)} cells; {discoveries} by Benjamini and Hochberg"
    return Estimate(share, float(error), int(n), name, null=SIGNIFICANT)


def variance_ratio(samples: CellSamples) -> Estimate:
    """Mean over cells of log(total variance of generated rows / of real rows).

    Cells with fewer than 5 rows of either kind are left out. The variance of each cell is the
    larger one of two: from the fourth moments of both kinds, and from random choices of which rows
    are called real. The latter holds where a few far rows make the variance and moments cannot be
    trusted.
    """
    values, variances = [], []
    random = np.random.default_rng(0)
    for real, fake in _usable(samples):
        log_real, variance_real = _log_variance(real)
        log_fake, variance_fake = _log_variance(fake)
        if np.isfinite(log_real) and np.isfinite(log_fake):
            values.append(log_fake - log_real)
            relabelled = _relabelled_variance(real, fake, random)
            variances.append(max(variance_real + variance_fake, relabelled))
    return _over_cells(values, variances, samples)


def rank_ratio(samples: CellSamples) -> Estimate:
    """Mean over cells of log(effective rank of generated rows / of as many real rows).

    The effective rank is the exponential of the entropy of the normalised eigenvalues of the
    covariance (Roy and Vetterli 2007): D for a ball, 1 for a line.
    """
    values, variances = [], []
    for real, fake in _usable(samples):
        size = min(len(real), len(fake))
        real, fake = real[:size], fake[:size]
        log_real, log_fake = _log_rank(real), _log_rank(fake)
        if np.isfinite(log_real) and np.isfinite(log_fake):
            values.append(log_fake - log_real)
            variances.append(_jackknife(real) + _jackknife(fake))
    return _over_cells(values, variances, samples)


def _usable(samples: CellSamples) -> list[tuple[Array, Array]]:
    """Real and generated rows of the cells with at least 5 of each."""
    pairs = zip(samples.real, samples.fake, strict=True)
    return [(real, fake) for real, fake in pairs if min(len(real), len(fake)) >= FEWEST_IN_CELL]


def _over_cells(values: list[float], variances: list[float], samples: CellSamples) -> Estimate:
    if not values:
        return Estimate.absent(f"no cell with {FEWEST_IN_CELL} distinct rows of each kind")
    error = float(np.sqrt(np.sum(variances)) / len(values))
    n = int(samples.counts[1].sum())
    return Estimate(float(np.mean(values)), error, n, f"mean over {len(values)} cells", null=0.0)


def _log_variance(rows: Array) -> tuple[float, float]:
    """log of the total variance, and the variance of that."""
    squares = ((rows - rows.mean(axis=0)) ** 2).sum(axis=1)
    total = squares.sum() / (len(rows) - 1)
    if total <= ROUNDING * (rows**2).sum():
        return -np.inf, 0.0
    return float(np.log(total)), float(squares.var(ddof=1) / (len(rows) * total**2))


def _relabelled_variance(real: Array, fake: Array, random: np.random.Generator) -> float:
    """Variance of the log-ratio of total variances, over random choices of the real rows."""
    pool = np.concatenate([real, fake])
    pool = pool - pool.mean(axis=0)
    squares = (pool**2).sum(axis=1)
    labels = np.tile(np.arange(len(pool)) < len(real), (RELABELLINGS, 1))
    is_real = random.permuted(labels, axis=1).astype(float)
    scatter = []
    for chosen, size in ((is_real, len(real)), (1 - is_real, len(fake))):
        means = chosen @ pool / size
        scatter.append(chosen @ squares - size * (means**2).sum(axis=1))
    spread_out = np.minimum(*scatter) > ROUNDING * squares.sum()
    if not spread_out.any():
        return 0.0
    ratios = np.log(scatter[1][spread_out] / scatter[0][spread_out])
    return float(ratios.var())


def _log_rank(rows: Array) -> float:
    spectrum = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    total = spectrum.sum()
    if total <= ROUNDING * (rows**2).sum():
        return -np.inf
    shares = spectrum / total
    return float(entr(shares).sum())


def _jackknife(rows: Array, groups: int = 10) -> float:
    """Variance of the log effective rank, leaving out a tenth of the rows at a time."""
    groups = min(groups, len(rows) // 2)
    without = []
    for group in range(groups):
        rest = np.delete(rows, slice(group, None, groups), axis=0)
        without.append(_log_rank(rest))
    values = np.array(without)
    if not np.isfinite(values).all():
        return 0.0
    return float((groups - 1) / groups * ((values - values.mean()) ** 2).sum())
