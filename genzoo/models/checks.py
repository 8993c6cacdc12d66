"""Ranges of options, checked the same way in every model."""

import math

from torch import nn

from genzoo.errors import InputError

LARGEST = {
    "depth": 1000,
    "unrolled_steps": 1000,
    "packing": 1000,
    "discriminator_steps": 1000,
    "components": 10_000,
}
"""What options may be at most, where large values would take time rather than memory."""


def at_least(minimum: int, **options: int) -> None:
    """Require whole numbers of at least `minimum`, and no larger than makes sense.

    Raises:
        InputError: When one is smaller or larger.
    """
    for name, value in options.items():
        if value < minimum:
            raise InputError(f"{name} must be at least {minimum}, got {value}")
        if value > LARGEST.get(name, value):
            raise InputError(f"{name} must be at most {LARGEST[name]:,}, got {value}")


def not_negative(**options: float) -> None:
    """Require finite numbers of at least 0.

    Raises:
        InputError: When one is not.
    """
    for name, value in options.items():
        if not 0 <= value < math.inf:
            raise InputError(f"{name} must be a number of at least 0, got {value}")


def without_running_statistics(*networks: nn.Module) -> None:
    """Require networks that are functions of their inputs and weights, as gradients within a loss need.

    Raises:
        InputError: When a layer writes running statistics as it computes.
    """
    for network in networks:
        for layer in network.modules():
            if getattr(layer, "track_running_stats", False):
                raise InputError(
                    f"gradient penalties, unrolling and consensus cannot go through the running statistics of "
                    f"{type(layer).__name__}: build it with track_running_stats=False, or use GroupNorm or LayerNorm"
                )
