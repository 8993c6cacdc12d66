"""Divergences of a one-dimensional sample from a law with exactly known cell masses, in nats."""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.special import digamma, xlogy
from scipy.stats import poisson

from genzoo.arrays import Array, Mask
from genzoo.core.metric import Estimate
from genzoo.metrics.densities import LOG_2, infinite

MOST_CELLS = 128
ROWS_A_CELL = 10
GRID = 4096
ROUGH = 1e-4
"""Mass that quadratures over cells and over their halves may differ by beyond the draws."""
NEGLIGIBLE, MOST_DOUBLED = 1e-9, 40
SPARSE, MOST_COUNTED, IN_A_ROW = 3, 20, 9
MOST_OUTSIDE, MOST_ABOVE = 0.05, 0.002
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)
TINY = np.finfo(np.float64).tiny


def histogram_size(n: int) -> int:
    """Cells for n draws: one for ten, so that the bias correction holds, between 4 and 128."""
    return int(np.clip(n // ROWS_A_CELL, 4, MOST_CELLS))


def cells_of_density(
    log_prob: Callable[[Array], Array],
    low: float,
    high: float,
    count: int,
    draws: Array | None = None,
) -> tuple[Array, Array] | None:
    """Cells that share the integral of sqrt(p) evenly, and their masses by quadrature.

    The quadrature is that of Gauss and Legendre.

    Cells of equal mass would be too wide in the tails, where a model that is wider than p or beside
    it has its mass.

    Args:
        log_prob: log p at points `(N,)`, normalised.
        low: About the least that p is seen to draw.
        high: About the largest. The cells reach beyond both by half of their distance, where p is
            so smooth there that the quadrature finds its mass; what lies outside the cells is one
            overflow cell.
        count: Cells wanted.
        draws: Draws of p between low and high, which show where p is large.

    Returns:
        The edges `(K + 1,)` and the masses `(K + 1,)`, overflow last; None where the density is too
        rough for the quadrature, or low = high.
    """
    if not high > low:
        return None
    between = masses_of_density(log_prob)
    for beyond in ((high - low) / 2, 0.0):
        edges = _even_edges(log_prob, _grid(low - beyond, high + beyond, draws), count)
        if edges is None:
            continue
        inside = between(edges)
        total = inside.sum()
        rough = abs(float(between(halved(edges)).sum() - total)) > ROUGH
        all_found = -MOST_OUTSIDE <= total - 1 <= MOST_ABOVE
        if all_found and not (beyond and rough):
            masses = with_overflow(inside)
            return edges, masses / masses.sum()
    return None


def masses_of_density(log_prob: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function from edges `(K + 1,)` to the masses of p between them `(K,)`.

    It is a Gauss-Legendre quadrature.
    """

    def between(edges: Array) -> Array:
        half = np.diff(edges) / 2
        points = (edges[:-1] + half)[:, None] + half[:, None] * NODES
        p = np.exp(log_prob(points.ravel())).reshape(points.shape)
        return np.asarray(half * (p @ NODE_WEIGHTS))

    return between


def halved(edges: Array) -> Array:
    """Edges of cells `(K + 1,)`, and the middle of each cell, in order."""
    both = np.empty(2 * len(edges) - 1)
    both[::2] = edges
    both[1::2] = (edges[:-1] + edges[1:]) / 2
    return both


def with_overflow(inside: Array) -> Array:
    """Masses of cells `(K,)`, and what they lack to 1, `(K + 1,)`."""
    return np.append(inside, max(1.0 - inside.sum(), 0.0))


def _grid(low: float, high: float, draws: Array | None) -> Array:
    even = np.linspace(low, high, GRID)
    if draws is None:
        return even
    return np.union1d(even, draws)


def _even_edges(log_prob: Callable[[Array], Array], grid: Array, count: int) -> Array | None:
    """Edges that share the integral of sqrt(p) over a grid evenly; None where p is 0 on it."""
    root = np.exp(log_prob(grid) / 2)
    trapezia = np.diff(grid) * (root[1:] + root[:-1]) / 2
    cumulative = np.concatenate([[0.0], np.cumsum(trapezia)])
    if not cumulative[-1] > 0:
        return None
    levels = np.linspace(0, cumulative[-1], count + 1)
    return np.unique(np.interp(levels, cumulative, grid))


def cells_of_law(
    cdf: Callable[[Array], Array], low: float, high: float, count: int
) -> tuple[Array, Array] | None:
    """Cells of nearly equal mass of a law with a known distribution function, and their masses.

    Args:
        cdf: P(a <= v) at values `(N,)`.
        low: Where the cells begin.
        high: Where they end; what lies outside is one overflow cell.
        count: Cells wanted.

    Returns:
        As `cells_of_density`; None where there is no mass between low and high.
    """
    grid = np.linspace(low, high, GRID)
    cumulative = cdf(grid)
    if not cumulative[-1] > cumulative[0]:
        return None
    levels = np.linspace(cumulative[0], cumulative[-1], count + 1)
    edges = np.unique(np.interp(levels, cumulative, grid))
    return edges, with_overflow(np.diff(cdf(edges)))


def with_tails(cdf: Callable[[Array], Array], edges: Array) -> tuple[Array, Array]:
    """Edges and masses, overflow last, with a further cell on each side for the tails of the law.

    The cell ends where all but a billionth of the law does.

    Args:
        cdf: P(a <= v) at values `(N,)`.
        edges: `(K + 1,)`, over most of the law.
    """
    reach = (edges[-1] - edges[0]) * 2.0 ** np.arange(-1, MOST_DOUBLED)
    below, above = edges[0] - reach, edges[-1] + reach
    low = _first_beyond(below, cdf(below) <= NEGLIGIBLE)
    high = _first_beyond(above, cdf(above) >= 1 - NEGLIGIBLE)
    wider = np.concatenate([[low], edges, [high]])
    return wider, with_overflow(np.diff(cdf(wider)))


def _first_beyond(places: Array, is_beyond: Mask) -> float:
    """The first place beyond the law, or the last place of all."""
    if not is_beyond.any():
        return float(places[-1])
    return float(places[np.argmax(is_beyond)])


def cell_counts(values: Array, edges: Array) -> Array:
    """Counts in the cells `(K + 1,)`, overflow last."""
    inside = (values >= edges[0]) & (values <= edges[-1])
    index = np.clip(np.searchsorted(edges, values[inside], side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(index, minlength=len(edges) - 1)
    return np.append(counts, (~inside).sum()).astype(np.float64)


def histogram_js(counts: Array, masses: Array) -> Estimate:
    """JS(q, p) of counts of draws of q against masses of p, corrected for the bias of plugging in.

    A cell's part is (q log q + p log p - (p + q) log((p + q) / 2)) / 2. For q log q stands k
    (psi(k) - psi(n)) / n (Grassberger 2003), of little bias however few the counts k; from (p + q)
    log(p + q) its second-order excess q (1 - q) / (2 n (p + q)) is taken. Two corrections follow
    for cells of few draws: `_of_sparse_law` where p, and `_of_lone_draws` where q has hardly any.
    Standard error: see `_estimate`.
    """
    n = float(counts.sum())

    def part(k: Array, p: Array) -> Array:
        q = k / n
        both = np.maximum(p + q, TINY)
        mixture = both * np.log(both / 2) - q * (1 - q) / (2 * n * both)
        value = np.where(p > 0, _q_log_q(k, n) + xlogy(p, p) - mixture, q * LOG_2)
        return np.asarray(value / 2)

    q = counts / n
    excess = masses * (1 - q) / np.maximum(masses + q, TINY) / (4 * n)
    second_order = 2 * float((excess[counts > 0] ** 2).sum())
    plain = _estimate(part, counts, masses, second_order)
    sparse = _of_sparse_law(part, counts, masses, n)
    lone = _of_lone_draws(counts, masses, n)
    return dataclasses.replace(plain, value=(plain.value or 0.0) - (sparse + lone))


def _of_sparse_law(
    part: Callable[[Array, Array], Array], counts: Array, masses: Array, n: float
) -> float:
    """What cells of at most 3 expected draws add for q = p, on average.

    It counts only as far as these cells hold as many draws as expected.
    """
    sparse = (masses > 0) & (n * masses <= SPARSE)
    held = float(counts[sparse].sum())
    expected = n * float(masses[sparse].sum())
    if held == 0:
        return 0.0
    p = masses[sparse]
    k = np.arange(MOST_COUNTED)[:, None] * np.ones(len(p))
    of_truth = float((poisson.pmf(k, n * p) * part(k, p)).sum())
    return of_truth * min(held / expected, expected / held)


def _of_lone_draws(counts: Array, masses: Array, n: float) -> float:
    """What lone draws in cells of more mass of p add to the divergence.

    There psi(1) stands for the logarithm of a mean count below 1. That mean is taken over nine
    cells in a row.
    """
    lone = (n * masses > SPARSE) & (counts == 1)
    width = min(IN_A_ROW, len(counts))
    mean = np.convolve(counts, np.full(width, 1 / width), mode="same")
    return float(np.maximum(digamma(1.0) - np.log(mean[lone]), 0.0).sum() / (2 * n))


def histogram_kl(counts: Array, masses: Array) -> Estimate:
    """KL(q || p) of counts of draws of q against masses of p, corrected for the plug-in bias.

    sum_k q log(q / p), with k (psi(k) - psi(n)) / n for q log q (Grassberger 2003). Standard error:
    see `_estimate`.
    """
    n = float(counts.sum())
    outside = int(counts[masses == 0].sum())
    if outside:
        return infinite(outside, int(n))

    def part(k: Array, p: Array) -> Array:
        return np.asarray(_q_log_q(k, n) - xlogy(k / n, np.where(p > 0, p, 1.0)))

    second_order = float((counts > 0).sum() - 1) / (2 * n**2)
    return _estimate(part, counts, masses, second_order)


def _q_log_q(k: Array, n: float) -> Array:
    """Nearly unbiased q log q from the count k of n draws."""
    log_q = digamma(np.maximum(k, 1.0)) - digamma(n)
    return np.asarray(np.where(k > 0, k * log_q, 0.0) / n)


def _estimate(
    part: Callable[[Array, Array], Array], counts: Array, masses: Array, second_order: float
) -> Estimate:
    """The sum of a function of the counts over cells, and its jackknife standard error.

    The jackknife counts the second-order variance twice (Efron and Stein 1981), so it is taken off
    once; near q = p it is all that remains.

    Args:
        part: What cells of counts k and masses p add, `(K,)`.
        counts: Draws of q in each cell, `(K,)`.
        masses: Of p in each cell, `(K,)`.
        second_order: The second-order variance.
    """
    n = float(counts.sum())
    k, p = counts[counts > 0], masses[counts > 0]
    error = None
    if n > 1:
        change = n * (part(k, p) - part(k - 1, p))
        jackknife = float(k @ change**2 - (k @ change) ** 2 / n) / (n * (n - 1))
        error = float(np.sqrt(max(jackknife - second_order, second_order)))
    value = float(part(counts, masses).sum())
    return Estimate(value, error, int(n), f"histogram, {len(masses)} exact cells")
