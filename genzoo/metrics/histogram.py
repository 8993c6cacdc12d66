"""Divergences of a one-dimensional sample from a law with exactly known cell masses, in nats."""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.special import digamma, xlogy
from scipy.stats import poisson

from genzoo.core.metric import Estimate
from genzoo.metrics.densities import LOG_2, infinite
from genzoo.metrics.rows import Array

MOST_CELLS = 128
ROWS_A_CELL = 10
GRID = 4096
ROUGH = 1e-4
"""Mass that quadratures over cells and over their halves may differ by beyond the draws."""
NEGLIGIBLE, MOST_DOUBLED = 1e-9, 40
SPARSE, MOST_COUNTED, IN_A_ROW = 3, 20, 9
MOST_OUTSIDE, MOST_ABOVE = 0.05, 0.002
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)


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
    """Cells that share the integral of sqrt(p) evenly, and their masses by Gauss-Legendre quadrature.

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
        rough = abs(float(between(halved(edges)).sum() - inside.sum())) > ROUGH
        if -MOST_OUTSIDE <= inside.sum() - 1 <= MOST_ABOVE and not (beyond and rough):
            masses = np.append(inside, max(1.0 - inside.sum(), 0.0))
            return edges, masses / masses.sum()
    return None


def masses_of_density(log_prob: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function from edges `(K + 1,)` to the masses of p between them `(K,)`, by Gauss-Legendre quadrature."""

    def between(edges: Array) -> Array:
        half = np.diff(edges) / 2
        points = (edges[:-1] + half)[:, None] + half[:, None] * NODES
        return np.asarray(
            half * (np.exp(log_prob(points.ravel())).reshape(points.shape) @ NODE_WEIGHTS)
        )

    return between


def halved(edges: Array) -> Array:
    """Edges of cells `(K + 1,)`, and the middle of each cell, in order."""
    both = np.empty(2 * len(edges) - 1)
    both[::2], both[1::2] = edges, (edges[:-1] + edges[1:]) / 2
    return both


def _grid(low: float, high: float, draws: Array | None) -> Array:
    even = np.linspace(low, high, GRID)
    return even if draws is None else np.union1d(even, draws)


def _even_edges(log_prob: Callable[[Array], Array], grid: Array, count: int) -> Array | None:
    """Edges that share the integral of sqrt(p) over a grid evenly; None where p is 0 on it."""
    root = np.exp(log_prob(grid) / 2)
    cumulative = np.concatenate([[0.0], np.cumsum(np.diff(grid) * (root[1:] + root[:-1]) / 2)])
    if not cumulative[-1] > 0:
        return None
    return np.unique(np.interp(np.linspace(0, cumulative[-1], count + 1), cumulative, grid))


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
    inside = np.diff(cdf(edges))
    return edges, np.append(inside, max(1.0 - inside.sum(), 0.0))


def with_tails(cdf: Callable[[Array], Array], edges: Array) -> tuple[Array, Array]:
    """Edges and masses, overflow last, with a further cell on each side where all but a billionth of the law ends.

    Args:
        cdf: P(a <= v) at values `(N,)`.
        edges: `(K + 1,)`, over most of the law.
    """
    reach = (edges[-1] - edges[0]) * 2.0 ** np.arange(-1, MOST_DOUBLED)
    below, above = edges[0] - reach, edges[-1] + reach
    beyond = cdf(below) <= NEGLIGIBLE, cdf(above) >= 1 - NEGLIGIBLE
    ends = (
        tail[np.argmax(out)] if out.any() else tail[-1]
        for tail, out in zip((below, above), beyond, strict=True)
    )
    low, high = ends
    wider = np.concatenate([[low], edges, [high]])
    inside = np.diff(cdf(wider))
    return wider, np.append(inside, max(1.0 - inside.sum(), 0.0))


def cell_counts(values: Array, edges: Array) -> Array:
    """Counts in the cells, overflow last."""
    inside = (values >= edges[0]) & (values <= edges[-1])
    index = np.clip(np.searchsorted(edges, values[inside], side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(index, minlength=len(edges) - 1)
    return np.append(counts, (~inside).sum()).astype(np.float64)


def histogram_js(counts: Array, masses: Array) -> Estimate:
    """JS(q, p) of counts of draws of q against the masses of p, corrected for the bias of plugging in.

    A cell's part is (q log q + p log p - (p + q) log((p + q) / 2)) / 2. For q log q stands k
    (psi(k) - psi(n)) / n (Grassberger 2003), of little bias however few the counts k; from (p + q)
    log(p + q) its second-order excess q (1 - q) / (2 n (p + q)) is taken. Two corrections follow
    for cells of few draws: `_of_sparse_law` where p, and `_of_lone_draws` where q has hardly any.
    Standard error: see `_estimate`.
    """
    n = float(counts.sum())

    def part(k: Array, p: Array) -> Array:
        q = k / n
        both = np.maximum(p + q, np.finfo(np.float64).tiny)
        mixture = both * np.log(both / 2) - q * (1 - q) / (2 * n * both)
        value = np.where(p > 0, _q_log_q(k, n) + xlogy(p, p) - mixture, q * LOG_2)
        return np.asarray(value / 2)

    q = counts / n
    excess = masses * (1 - q) / np.maximum(masses + q, np.finfo(np.float64).tiny) / (4 * n)
    found = _estimate(part, counts, masses, 2 * float((excess[counts > 0] ** 2).sum()))
    corrections = _of_sparse_law(part, counts, masses, n), _of_lone_draws(counts, masses, n)
    return dataclasses.replace(found, value=(found.value or 0.0) - sum(corrections))


def _of_sparse_law(
    part: Callable[[Array, Array], Array], counts: Array, masses: Array, n: float
) -> float:
    """What cells of at most 3 expected draws add for q = p, as far as they hold as many draws as expected."""
    sparse = (masses > 0) & (n * masses <= SPARSE)
    held, expected = float(counts[sparse].sum()), n * float(masses[sparse].sum())
    if held == 0:
        return 0.0
    k = np.arange(MOST_COUNTED)[:, None] * np.ones(int(sparse.sum()))
    of_truth = float((poisson.pmf(k, n * masses[sparse]) * part(k, masses[sparse])).sum())
    return of_truth * min(held / expected, expected / held)


def _of_lone_draws(counts: Array, masses: Array, n: float) -> float:
    """What lone draws in cells of more mass of p add, where psi(1) stands for the logarithm of a mean count below 1.

    That mean is taken over nine cells in a row.
    """
    lone = (n * masses > SPARSE) & (counts == 1)
    width = min(IN_A_ROW, len(counts))
    mean = np.convolve(counts, np.full(width, 1 / width), mode="same")
    return float(np.maximum(digamma(1.0) - np.log(mean[lone]), 0.0).sum() / (2 * n))


def histogram_kl(counts: Array, masses: Array) -> Estimate:
    """KL(q || p) of counts of draws of q against the masses of p, corrected for the bias of plugging in.

    sum_k q log(q / p), with k (psi(k) - psi(n)) / n for q log q (Grassberger 2003). Standard error:
    see `_estimate`.
    """
    n = float(counts.sum())
    outside = int(counts[masses == 0].sum())
    if outside:
        return infinite(outside, int(n))

    def part(k: Array, p: Array) -> Array:
        return np.asarray(_q_log_q(k, n) - xlogy(k / n, np.where(p > 0, p, 1.0)))

    return _estimate(part, counts, masses, float((counts > 0).sum() - 1) / (2 * n**2))


def _q_log_q(k: Array, n: float) -> Array:
    return np.asarray(np.where(k > 0, k * (digamma(np.maximum(k, 1.0)) - digamma(n)), 0.0) / n)


def _estimate(
    part: Callable[[Array, Array], Array], counts: Array, masses: Array, second: float
) -> Estimate:
    """The sum of a function of the counts over cells, and its jackknife standard error.

    The jackknife counts the second-order variance twice (Efron and Stein 1981), so it is taken off
    once; near q = p it is all that remains.

    Args:
        part: What cells of counts k and masses p add, `(K,)`.
        counts: `(K,)`.
        masses: `(K,)`.
        second: The second-order variance.
    """
    n = float(counts.sum())
    k, p = counts[counts > 0], masses[counts > 0]
    error = None
    if n > 1:
        change = n * (part(k, p) - part(k - 1, p))
        jackknife = float(k @ change**2 - (k @ change) ** 2 / n) / (n * (n - 1))
        error = float(np.sqrt(max(jackknife - second, second)))
    return Estimate(
        float(part(counts, masses).sum()), error, int(n), f"histogram, {len(masses)} exact cells"
    )
