"""Sums of numbers whose logarithms are far apart."""

import torch
from torch import Tensor

NEGLIGIBLE = -700.0
"""Logarithm of a share of a sum that no digit shows; exp is many times slower from -708 down."""


def log_sum_exp(exponents: Tensor) -> Tensor:
    """`torch.logsumexp` along the second of two dimensions, for exponents that are far apart.

    Args:
        exponents: `(B, K)` float64; overwritten, unless gradients are asked for.

    Returns:
        log sum_k exp(exponents[b, k]), `(B,)`.
    """
    if exponents.requires_grad:
        return torch.logsumexp(exponents, dim=1)
    largest = exponents.amax(dim=1)
    shares = exponents.sub_(largest[:, None]).clamp_(min=NEGLIGIBLE).exp_().sum(dim=1)
    return torch.where(torch.isfinite(largest), shares.log() + largest, largest)
