"""Frechet distance: the Wasserstein distance of the Gaussians with the samples' moments."""

from typing import Any

import numpy as np

from genzoo.core.metric import Estimate
from genzoo.metrics.rows import Array, as_pair

GROUPS = 10


def frechet_distance(x: Any, y: Any) -> Estimate:
    """|mu_x - mu_y|^2 + tr(S_x + S_y - 2 (S_x^1/2 S_y S_x^1/2)^1/2), biased upwards by chance.

    `null` is the bias to first order, `expected_frechet`. Standard error: jackknife over tenths of both samples.

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
    error = np.sqrt(_jackknife(x, second) + _jackknife(y, first)) if min(len(x), len(y)) >= 2 * GROUPS else None
    return Estimate(
        value=_distance(first, second),
        standard_error=None if error is None else float(error),
        n=len(y),
        estimator="moments of the raw columns",
        null=expected_frechet(x, len(x), len(y)),
    )


def expected_frechet(rows: Array, m: int, n: int) -> float:
    """Mean Frechet distance between samples of m and n of the law of the rows, to first order in 1/m + 1/n.

    (1/m + 1/n) (sum_i l_i + sum_ij var(z_i z_j) / (2 (l_i + l_j))) with z the centred rows along the eigenvectors of
    their covariance and l its eigenvalues; for N(0, I) that is (d + (d^2 + d) / 4) (1/m + 1/n).
    """
    centred = rows - rows.mean(axis=0)
    eigenvalues, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    eigenvalues = np.clip(eigenvalues, 0.0, None)
    squares = (centred @ vectors) ** 2
    variances = squares.T @ squares / len(rows) - np.diag(eigenvalues**2)
    sums = eigenvalues[:, None] + eigenvalues
    spread = np.divide(variances, 2 * sums, out=np.zeros_like(sums), where=sums > 1e-12 * eigenvalues.max()).sum()
    return float((1 / m + 1 / n) * (eigenvalues.sum() + spread))


def _moments(rows: Array) -> tuple[Array, Array]:
    return rows.mean(axis=0), np.atleast_2d(np.cov(rows, rowvar=False))


def _distance(first: tuple[Array, Array], second: tuple[Array, Array]) -> float:
    (mu, s), (nu, t) = first, second
    values, vectors = np.linalg.eigh(s)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    middle = np.clip(np.linalg.eigvalsh(root @ t @ root), 0.0, None)
    distance = ((mu - nu) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * np.sqrt(middle).sum()
    return float(max(distance, 0.0))


def _jackknife(rows: Array, other: tuple[Array, Array]) -> float:
    parts = (np.delete(rows, slice(group, None, GROUPS), axis=0) for group in range(GROUPS))
    return (GROUPS - 1) * float(np.var([_distance(_moments(part), other) for part in parts]))
