"""Draws and directions that sources are made of, in float64."""

import torch
from torch import Tensor


def uniform(*shape: int, generator: torch.Generator) -> Tensor:
    """U[0, 1)."""
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def normal(*shape: int, generator: torch.Generator) -> Tensor:
    """N(0, 1)."""
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def directions(angles: Tensor) -> Tensor:
    """(cos, sin) of angles in radians, along a new last axis."""
    return torch.stack([angles.cos(), angles.sin()], dim=-1)
