"""Means over time, by one random time in each of many equal parts of an interval."""

import torch
from torch import Tensor


def spread_shares(n: int, *, generator: torch.Generator) -> Tensor:
    """n numbers in [0, 1), growing, one in each n-th part, `(n,)` float64."""
    within = torch.rand(n, generator=generator, dtype=torch.float64)
    return (torch.arange(n) + within) / n


def time_average(values: Tensor) -> tuple[float, float]:
    """The mean of values at `spread_shares`, and its standard error.

    Neighbours are draws at nearly one time, so that half the squared difference of a pair is the
    variance within its parts; what varies from part to part is no error.

    Args:
        values: `(n,)` in the order of the shares, n even.
    """
    pairs = values.reshape(-1, 2)
    squares = (pairs[:, 0] - pairs[:, 1]).square().sum()
    return float(values.mean()), float(squares.sqrt()) / len(values)
