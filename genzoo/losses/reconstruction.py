"""Reconstruction as a likelihood, so that a squared error has a scale."""

import math

from torch import Tensor


def gaussian_log_likelihood(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log N(x; mu, s^2) = -sum_i ((x_i - mu_i)^2 / s_i^2 + log s_i^2 + log 2 pi) / 2, in nats.

    A squared error is this likelihood at a fixed variance: at s^2 = 1 it is minus half the squared
    error, less the normalising constant, which is kept so that values can be compared between
    models and variances.

    Args:
        x: `(B, *event_shape)`.
        mean: mu, the same shape.
        log_variance: log s^2, 0-d or of any shape that broadcasts to x.

    Returns:
        `(B,)`, summed over the event.
    """
    squared_distance = (x - mean).square() * (-log_variance).exp()
    minus_twice = squared_distance + log_variance + math.log(2 * math.pi)
    return -0.5 * minus_twice.flatten(1).sum(1)
