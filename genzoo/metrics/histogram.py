"""Divergences of a one-dimensional sample from a law with exactly known cell masses, in nats."""

from collections.abc import Callable

import numpy as np

from genzoo.core.metric import Estimate
from genzoo.metrics.densities import discrete_js, discrete_kl, infinite
from genzoo.metrics.rows import Array

MOST_CELLS = 128
ROWS_A_CELL = 10
GRID = 4096
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)


def histogram_size(n: int) -> int:
    """Cells for n draws: one for ten, so that the bias correction holds, between 4 and 128."""
    return int(np.clip(n // ROWS_A_CELL, 4, MOST_CELLS))


def cells_of_density(
    log_prob: Callable[[Array], Array], low: float, high: float, count: int
) -> tuple[Array, Array] | None:
    """Cells of nearly equal mass of a density, and their masses by Gauss-Legendre quadrature.

    Args:
        log_prob: log p at points `(N,)`, normalised.
        low: Where the cells begin: about the least that p is seen to draw.
        high: Where they end; what lies outside [low, high] is one overflow cell.
        count: Cells wanted.

    Returns:
        The edges `(K + 1,)` and the masses `(K + 1,)`, overflow last; None where the density is too rough for the
        quadrature, or low = high.
    """
    if not high > low:
        return None
    grid = np.linspace(low, high, GRID)
    density = np.exp(log_prob(grid))
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    if not cumulative[-1] > 0:
        return None
    edges = np.unique(np.interp(np.linspace(0, cumulative[-1], count + 1), cumulative, grid))
    half = np.diff(edges) / 2
    points = (edges[:-1] + half)[:, None] + half[:, None] * NODES
    inside = half * (np.exp(log_prob(points.ravel())).reshape(points.shape) @ NODE_WEIGHTS)
    if not 0.95 <= inside.sum() <= 1.002:
        return None
    overflow = max(1.0 - inside.sum(), 0.0)
    masses = np.append(inside, overflow)
    return edges, masses / masses.sum()


def cells_of_law(cdf: Callable[[Array], Array], low: float, high: float, count: int) -> tuple[Array, Array] | None:
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


def cell_counts(values: Array, edges: Array) -> Array:
    """Counts in the cells, overflow last."""
    inside = (values >= edges[0]) & (values <= edges[-1])
    index = np.clip(np.searchsorted(edges, values[inside], side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(index, minlength=len(edges) - 1)
    return np.append(counts, (~inside).sum()).astype(np.float64)


def histogram_js(counts: Array, masses: Array) -> Estimate:
    """JS(q, p) of counts of draws of q against the masses of p, corrected for the bias of plugging in.

    The plug-in exceeds JS by about sum over occupied cells of p (1 - q) / (p + q) / (4 n); the standard error joins
    the first-order term, less what chance adds to it, with the second-order one, which alone remains at q = p.
    """
    n = float(counts.sum())
    q = counts / n
    some = counts > 0
    excess = masses[some] * (1 - q[some]) / (masses[some] + q[some]) / (4 * n)
    influence = 0.5 * np.log(2 * q[some] / (masses[some] + q[some]))
    chance = 0.25 * ((masses[some] / (masses[some] + q[some])) ** 2).sum() / n
    first = max(q[some] @ influence**2 - (q[some] @ influence) ** 2 - chance, 0.0) / n
    value = discrete_js(q, masses) - float(excess.sum())
    return Estimate(
        value, float(np.sqrt(first + 2 * (excess**2).sum())), int(n), f"histogram, {len(masses)} exact cells"
    )


def histogram_kl(counts: Array, masses: Array) -> Estimate:
    """KL(q || p) of counts of draws of q against the masses of p, less (occupied cells - 1) / (2 n)."""
    n = float(counts.sum())
    q = counts / n
    outside = int(counts[masses == 0].sum())
    if outside:
        return infinite(outside, int(n))
    some = counts > 0
    ratio = np.log(q[some] / masses[some])
    freedom = int(some.sum()) - 1
    variance = max(q[some] @ ratio**2 - (q[some] @ ratio) ** 2 - freedom / n, 0.0) / n + freedom / (2 * n**2)
    value = discrete_kl(q, masses) - freedom / (2 * n)
    return Estimate(value, float(np.sqrt(variance)), int(n), f"histogram, {len(masses)} exact cells")
