"""Frechet distance: the Wasserstein distance of the Gaussians with the samples' moments."""

from typing import Any

import numpy as np

from genzoo.arrays import Array
from genzoo.core.metric import Estimate
from genzoo.metrics.rows import (
    as_pair,
)

SPLITS = 4
"""Random halvings of the real rows by which the null is mended."""
FEWEST_ROWS = 20
ROWS_A_COLUMN = 5
"""Rows of each kind for each column below which the null cannot be told."""


def too_few_for_moments(m: int, n: int, columns: int) -> str:
    """Why samples of m and n rows have no Frechet distance worth giving, or nothing."""
    fewest = max(FEWEST_ROWS, ROWS_A_COLUMN * columns)
    if min(m, n) >= fewest:
        return ""
    return f"too few rows: {min(m, n)}, moments of {columns} columns need {fewest} of each kind"


def frechet_distance(x: Any, y: Any, null: float | None = None) -> Estimate:
    """|mu_x - mu_y|^2 + tr(S_x + S_y - 2 (S_x^1/2 S_y S_x^1/2)^1/2), biased upwards by chance.

    Standard error: first order, from the influence of each row on the distance, of x

        2 (mu_x - mu_y) . (x - mu_x) + (x - mu_x) . (I - A) (x - mu_x),

    A the linear map that carries a Gaussian with the moments of x to one with those of y (the
    derivative of the distance by S_x is I - A), and of y likewise.

    Args:
        x: Real examples `(m, *event_shape)`, m >= 2.
        y: Generated examples `(n, *event_shape)`, n >= 2.
        null: What equal laws score, where `null_distance` has already told.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    x, y = as_pair(x, y)
    if min(len(x), len(y)) < 2:
        return Estimate.absent("too few rows: a covariance needs 2 of each kind")
    value, variance = _distance_and_variance(x, y)
    error = None
    if min(len(x), len(y)) >= FEWEST_ROWS:
        error = float(np.sqrt(variance))
    if null is None:
        null = null_distance(x, len(x), len(y))
    return Estimate(value, error, len(y), "moments of the raw columns", null=null)


def null_distance(rows: Array, m: int, n: int) -> float:
    """Mean Frechet distance between samples of m and n of the law of the rows, to second order.

    E (1 + r), E the mean to first order (`expected_frechet`). r falls like 1 / rows: random halves
    of the rows are half as large, so they exceed their own E by twice as much, 2 r.
    """
    first_order = expected_frechet(rows, m, n)
    half = len(rows) // 2
    if half < FEWEST_ROWS // 2 or first_order == 0:
        return first_order
    random = np.random.default_rng(0)
    distances = []
    for _ in range(SPLITS):
        order = random.permutation(len(rows))
        first = _moments(rows[order[:half]])
        second = _moments(rows[order[half : 2 * half]])
        distances.append(_distance(first, second))
    smaller = (1 / m + 1 / n) / (2 / half)
    excess = float(np.mean(distances)) * smaller / first_order - 1
    return first_order * (1 + smaller * excess)


def expected_frechet(rows: Array, m: int, n: int) -> float:
    """Mean Frechet distance between samples of m and n of the law of the rows, to first order.

    The order is that in 1/m + 1/n: (1/m + 1/n) (sum_i l_i + sum_ij var(z_i z_j) / (2 (l_i + l_j)))
    with z the centred rows along the eigenvectors of their covariance and l its eigenvalues. For
    N(0, I) that is (d + (d^2 + d) / 4) (1/m + 1/n).
    """
    centred = rows - rows.mean(axis=0)
    eigenvalues, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    eigenvalues = np.clip(eigenvalues, 0.0, None)
    squares = (centred @ vectors) ** 2
    variances = squares.T @ squares / len(rows) - np.diag(eigenvalues**2)
    sums = eigenvalues[:, None] + eigenvalues
    some = sums > 1e-12 * eigenvalues.max()
    spread = np.divide(variances, 2 * sums, out=np.zeros_like(sums), where=some).sum()
    return float((1 / m + 1 / n) * (eigenvalues.sum() + spread))


def _moments(rows: Array) -> tuple[Array, Array]:
    """Mean `(D,)` and covariance `(D, D)` of rows `(n, D)`."""
    mean = rows.mean(axis=0)
    return mean, _covariance(rows - mean)


def _covariance(centred: Array) -> Array:
    """Covariance `(D, D)` of rows less their mean, `(n, D)`."""
    return np.asarray(centred.T @ centred / (len(centred) - 1))


def _distance(first: tuple[Array, Array], second: tuple[Array, Array]) -> float:
    """Squared Wasserstein-2 distance of the Gaussians with these means and covariances."""
    mu, s = first
    nu, t = second
    root = _root(s)
    middle = np.clip(np.linalg.eigvalsh(root @ t @ root), 0.0, None)
    distance = ((mu - nu) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * np.sqrt(middle).sum()
    return float(max(distance, 0.0))


def _distance_and_variance(x: Array, y: Array) -> tuple[float, float]:
    """The distance of two samples' moments, and its variance to first order.

    With the singular values U s V' of S_x^1/2 S_y^1/2, the trace of the root is the sum of s, and
    the map from x to y is S_y^1/2 V s^-1 V' S_y^1/2, from y to x S_x^1/2 U s^-1 U' S_x^1/2.
    """
    mu, nu = x.mean(axis=0), y.mean(axis=0)
    x, y, gap = x - mu, y - nu, mu - nu
    s, t = _covariance(x), _covariance(y)
    root_s, root_t = _root(s), _root(t)
    u, values, v = np.linalg.svd(root_s @ root_t)
    distance = gap @ gap + np.trace(s) + np.trace(t) - 2 * values.sum()
    some = values > 1e-12 * values.max()
    scale = np.divide(1.0, np.sqrt(values), out=np.zeros_like(values), where=some)
    to_y = (root_t @ v.T) * scale
    to_x = (root_s @ u) * scale
    variance = _variance(x, gap, to_y) + _variance(y, -gap, to_x)
    return float(max(distance, 0.0)), variance


def _variance(centred: Array, gap: Array, root: Array) -> float:
    """Variance of the distance from the influences of one sample.

    Args:
        centred: Its rows less their mean, `(n, D)`.
        gap: Its mean less that of the other, `(D,)`.
        root: R with A = R R', `(D, D)`.
    """
    slopes = centred @ (np.eye(len(root)) - root @ root.T)
    slopes += 2 * gap
    slopes *= centred
    return float(slopes.sum(axis=1).var() / len(centred))


def _root(covariance: Array) -> Array:
    """The symmetric square root."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T)
