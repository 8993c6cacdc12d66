"""Nearest-neighbour entropy, and KL(model || data) from it where the density of the data is known."""

import numpy as np
from scipy.special import digamma, gammaln, logsumexp

from genzoo.core.metric import Estimate
from genzoo.metrics.neighbours import nearest
from genzoo.metrics.rows import Array

HIGHEST_DIMENSION = 5
"""Dimension above which neighbour entropies are too biased to use."""
NEAREST = 5
DUPLICATE_SHARE = 0.01
SHARED_NEIGHBOURS = 0.05
"""Variance that neighbours in common add to a term, for each dimension (measured on Gaussians in 1 to 5)."""


def log_ratio(distances: Array, dimension: int, log_p: Array) -> Array:
    """log q(y_i) - log p(y_i) for each draw of q, with q from the distances to its 1st to 5th neighbour.

    -[psi(n) - psi(k) + log c_d + d log rho_k(i)] averaged over k, c_d the volume of the unit ball
    (Kozachenko and Leonenko 1987; Kraskov et al. 2004), less log p. Its mean over the draws
    estimates KL(q || p). Distances of 0 count as the smallest positive one.
    """
    n, found = distances.shape
    ranks = np.arange(1, found + 1)
    positive = distances[distances > 0]
    rho = np.maximum(distances, positive.min() if len(positive) else 1.0)
    log_ball = dimension / 2 * np.log(np.pi) - gammaln(dimension / 2 + 1)
    log_q = (digamma(ranks) - digamma(n) - log_ball - dimension * np.log(rho)).mean(axis=1)
    return np.asarray(log_q - log_p, dtype=np.float64)


def neighbour_kl(
    y: Array, log_p: Array, truth: list[tuple[Array, Array]], distances: Array | None = None
) -> Estimate:
    """KL(q || p) for y ~ q with known log p: neighbour entropy, less what the same estimator gives the truth.

    The bias of neighbour entropy (tails, edges, curvature) grows with the squared distance to the
    neighbours. At q = p it is what draws of p of the same size give, whose KL is known to be 0;
    elsewhere that floor is taken times E_q (p / q)^(2/D), relative to its value at p and at most 1,
    because neighbours are nearer where q exceeds p.

    Args:
        y: Draws of q `(n, D)`, D <= 5, n > 5.
        log_p: log p at them, finite, with respect to the units of y.
        truth: Fresh draws of p of the same size, with their log p.
        distances: Distances of y to its 1st to 5th neighbours, where already known.
    """
    n, dimension = y.shape
    rho = distances if distances is not None else nearest(y, y, NEAREST, same=True).distances
    copies = float((rho[:, 0] == 0).mean())
    if copies > DUPLICATE_SHARE:
        return Estimate.absent(f"infinite: {copies:.0%} of the samples are exact copies of others")
    terms = log_ratio(rho, dimension, log_p)
    floors = [
        log_ratio(nearest(x, x, NEAREST, same=True).distances, dimension, log_p_at_x)
        for x, log_p_at_x in truth
    ]
    floor, floor_variance = _floor(terms, floors, dimension)
    return Estimate(
        value=float(terms.mean()) - floor,
        standard_error=float(np.sqrt((_variance(terms, dimension) + floor_variance) / n)),
        n=n,
        estimator=f"neighbour entropy, k = 1..{NEAREST}, less its value on {len(floors)} fresh real samples",
    )


def _floor(terms: Array, floors: list[Array], dimension: int) -> tuple[float, float]:
    """What to take off the mean of the terms, and the variance that it adds, times the sample size."""
    if not floors:
        return 0.0, 0.0
    pooled = np.concatenate(floors)
    lift = float(logsumexp(pooled * (-2 / dimension)) - np.log(len(pooled)))
    factor = float(
        np.exp(min(logsumexp(terms * (-2 / dimension)) - np.log(len(terms)) - lift, 0.0))
    )
    return factor * float(pooled.mean()), factor**2 * _variance(pooled, dimension) / len(floors)


def _variance(terms: Array, dimension: int) -> float:
    return float(terms.var(ddof=1)) + SHARED_NEIGHBOURS * dimension
