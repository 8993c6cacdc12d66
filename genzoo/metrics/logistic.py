"""Logistic regression by Newton's method: small, deterministic, weighted."""

import numpy as np
from scipy.special import expit

from genzoo.arrays import Array

ITERATIONS = 25
TOLERANCE = 1e-6
"""Relative fall of the loss below which the iteration ends."""


def fit_logistic(
    features: Array, labels: Array, weights: Array, ridge: Array, start: Array | None = None
) -> Array:
    """The coefficients b that minimise sum w softplus((1 - 2 y) (b_0 + f b)) + sum ridge b^2 / 2.

    Args:
        features: f, `(N, F)`.
        labels: y, `(N,)`, 1 or 0.
        weights: w, the weight of each row, `(N,)`.
        ridge: Penalty of each feature, `(F,)`; the intercept has none.
        start: Coefficients to begin from, `(F + 1,)`; by default zeros.

    Returns:
        `(F + 1,)`, the intercept first.
    """
    design = with_intercept(features)
    penalty = np.concatenate([[1e-9], ridge])
    coefficients = np.zeros(design.shape[1]) if start is None else start
    loss = _loss(design, labels, weights, penalty, coefficients)
    for _ in range(ITERATIONS):
        probability = expit(design @ coefficients)
        gradient = design.T @ (weights * (labels - probability)) - penalty * coefficients
        curvature = weights * np.maximum(probability * (1 - probability), 1e-9)
        hessian = (design * curvature[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        coefficients, loss, change = _line_search(
            design, labels, weights, penalty, coefficients, step, loss
        )
        if change <= TOLERANCE * (1 + abs(loss)):
            break
    return coefficients


def with_intercept(features: Array) -> Array:
    """A column of ones, then the features."""
    return np.concatenate([np.ones((len(features), 1)), features], axis=1)


def _line_search(
    design: Array,
    labels: Array,
    weights: Array,
    penalty: Array,
    start: Array,
    step: Array,
    loss: float,
) -> tuple[Array, float, float]:
    for _ in range(20):
        candidate = start + step
        reached = _loss(design, labels, weights, penalty, candidate)
        if reached <= loss:
            return candidate, reached, loss - reached
        step = step / 2
    return start, loss, 0.0


def _loss(
    design: Array, labels: Array, weights: Array, penalty: Array, coefficients: Array
) -> float:
    logits = design @ coefficients
    nll = np.logaddexp(0.0, np.where(labels == 1, -logits, logits))
    return float(weights @ nll + 0.5 * penalty @ coefficients**2)
