"""Nearest-neighbour entropy, and KL(model || data) from it where the density of data is known."""

import numpy as np
from scipy.special import digamma, gammaln, logsumexp

from genzoo.arrays import Array
from genzoo.core.metric import Estimate
from genzoo.metrics.neighbours import nearest

HIGHEST_DIMENSION = 5
"""Dimension above which neighbour entropies are too biased to use."""
NEAREST = 5
DUPLICATE_SHARE = 0.01
SHARED_NEIGHBOURS = 0.05
"""Variance that neighbours in common add to a term, for each dimension.

Measured on Gaussians in 1 to 5 dimensions.
"""


def log_ratio(distances: Array, dimension: int, log_p: Array) -> Array:
    """log q(y_i) - log p(y_i) for each draw of q, with q from the distances to its neighbours.

    -[psi(n) - psi(k) + log c_d + d log rho_k(i)] averaged over k, c_d the volume of the unit ball
    (Kozachenko and Leonenko 1987; Kraskov et al. 2004), less log p. Its mean over the draws
    estimates KL(q || p). Distances of 0 count as the smallest positive one.
    """
    n, nearest_count = distances.shape
    ranks = np.arange(1, nearest_count + 1)
    positive = distances[distances > 0]
    smallest = positive.min() if len(positive) else 1.0
    rho = np.maximum(distances, smallest)
    log_ball = dimension / 2 * np.log(np.pi) - gammaln(dimension / 2 + 1)
    log_q = (digamma(ranks) - digamma(n) - log_ball - dimension * np.log(rho)).mean(axis=1)
    return np.asarray(log_q - log_p, dtype=np.float64)


def neighbour_kl(
    y: Array, log_p: Array, floors: list[Array], distances: Array | None = None
) -> Estimate:
    """KL(q || p) in nats for y ~ q, log p known: neighbour entropy, less its value at the truth.

    The bias of neighbour entropy (tails, edges, curvature) grows with the squared distance to the
    neighbours. At q = p it is what draws of p of the same size give, whose KL is known to be 0.
    Elsewhere that floor is taken times E_q (p / q)^(2/D), relative to its value at p and at most 1,
    because neighbours are nearer where q exceeds p.

    Args:
        y: Draws of q `(n, D)`, D <= 5, n > 5.
        log_p: log p at y, `(n,)`, finite, with respect to the units of y.
        floors: `truth_terms` of fresh draws of p of the same size.
        distances: Distances of y to its 1st to 5th neighbours, `(n, 5)`, where already computed.
    """
    n, dimension = y.shape
    rho = _own_distances(y) if distances is None else distances
    copies = float((rho[:, 0] == 0).mean())
    if copies > DUPLICATE_SHARE:
        return Estimate.absent(f"infinite: {copies:.0%} of the samples are exact copies of others")
    terms = log_ratio(rho, dimension, log_p)
    floor, floor_variance = _floor(terms, floors, dimension)
    variance = (_variance(terms, dimension) + floor_variance) / n
    return Estimate(
        value=float(terms.mean()) - floor,
        standard_error=float(np.sqrt(variance)),
        n=n,
        estimator=(
            f"neighbour entropy, k = 1..{NEAREST}, "
            f"less its value on {len(floors)} fresh real samples"
        ),
    )


def truth_terms(truth: list[tuple[Array, Array]]) -> list[Array]:
    """`log_ratio` at draws of p itself `(n, D)`, given with their log p: what q = p scores."""
    return [log_ratio(_own_distances(x), x.shape[1], log_p) for x, log_p in truth]


def _own_distances(rows: Array) -> Array:
    return nearest(rows, rows, NEAREST, same=True).distances


def _floor(terms: Array, floors: list[Array], dimension: int) -> tuple[float, float]:
    """What to take off the mean of the terms, and n times the variance that it adds."""
    if not floors:
        return 0.0, 0.0
    pooled = np.concatenate(floors)
    at_truth = float(_log_nearness(pooled, dimension))
    log_factor = _log_nearness(terms, dimension) - at_truth
    factor = float(np.exp(min(log_factor, 0.0)))
    floor = factor * float(pooled.mean())
    return floor, factor**2 * _variance(pooled, dimension) / len(floors)


def _log_nearness(terms: Array, dimension: int) -> np.float64:
    """log of the mean of (p / q)^(2/D), from log q - log p at draws of q."""
    log_mean: np.float64 = logsumexp(terms * (-2 / dimension)) - np.log(len(terms))
    return log_mean


def _variance(terms: Array, dimension: int) -> float:
    return float(terms.var(ddof=1)) + SHARED_NEIGHBOURS * dimension
