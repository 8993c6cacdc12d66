"""Frechet distance: the Wasserstein distance of the Gaussians with the samples' moments."""

from typing import Any

import numpy as np

from genzoo.arrays import Array
from genzoo.core.metric import Estimate
from genzoo.metrics.rows import (
    as_pair,
)

GROUPS = 10
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


def frechet_distance(x: Any, y: Any) -> Estimate:
    """|mu_x - mu_y|^2 + tr(S_x + S_y - 2 (S_x^1/2 S_y S_x^1/2)^1/2), biased upwards by chance.

    `null` is what equal laws score, see `null_distance`. Standard error: jackknife over tenths of
    both samples.

    Args:
        x: Real examples `(m, *event_shape)`, m >= 2.
        y: Generated examples `(n, *event_shape)`, n >= 2.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    x, y = as_pair(x, y)
    if min(len(x), len(y)) < 2:
        return Estimate.absent("too few rows: a covariance needs 2 of each kind")
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    first, second = _moments(x), _moments(y)
    error = None
    if min(len(x), len(y)) >= 2 * GROUPS:
        error = float(np.sqrt(_jackknife(x, second) + _jackknife(y, first)))
    return Estimate(
        value=_distance(first, second),
        standard_error=error,
        n=len(y),
        estimator="moments of the raw columns",
        null=null_distance(x, len(x), len(y)),
    )


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
    excess = float(np.mean(distances)) / expected_frechet(rows, half, half) - 1
    smaller = (1 / m + 1 / n) / (2 / half)
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
    return rows.mean(axis=0), np.atleast_2d(np.cov(rows, rowvar=False))


def _distance(first: tuple[Array, Array], second: tuple[Array, Array]) -> float:
    """Squared Wasserstein-2 distance of the Gaussians with these means and covariances."""
    mu, s = first
    nu, t = second
    values, vectors = np.linalg.eigh(s)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    middle = np.clip(np.linalg.eigvalsh(root @ t @ root), 0.0, None)
    distance = ((mu - nu) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * np.sqrt(middle).sum()
    return float(max(distance, 0.0))


def _jackknife(rows: Array, other: tuple[Array, Array]) -> float:
    """Variance of the distance to other moments, leaving out a tenth of the rows at a time."""
    distances = []
    for group in range(GROUPS):
        rest = np.delete(rows, slice(group, None, GROUPS), axis=0)
        distances.append(_distance(_moments(rest), other))
    return (GROUPS - 1) * float(np.var(distances))
