"""Ranges of options, checked the same way in every model."""

import math
from typing import NamedTuple

from torch import nn

from genzoo.core.ranges import at_least
from genzoo.errors import InputError

LARGEST = {
    "depth": 1000,
    "generator_depth": 1000,
    "discriminator_depth": 1000,
    "encoder_depth": 1000,
    "decoder_depth": 1000,
    "unrolled_steps": 1000,
    "packing": 1000,
    "discriminator_steps": 1000,
    "components": 10_000,
}
"""What options may be at most, where large values would take time rather than memory."""


def whole_number(option: str, value: int, minimum: int) -> int:
    """A whole number of at least `minimum`, and no larger than makes sense for this option.

    Raises:
        InputError: When it is smaller or larger.
    """
    at_least(option, value, minimum)
    if option in LARGEST and value > LARGEST[option]:
        raise InputError(f"{option} must be at most {LARGEST[option]:,}, got {value}")
    return value


class Size(NamedTuple):
    """Hidden layers of a network.

    Attributes:
        width: Units of each.
        depth: How many.
    """

    width: int
    depth: int

    def checked(self) -> "Size":
        """Itself.

        Raises:
            InputError: When a number is out of range.
        """
        whole_number("width", self.width, 1)
        whole_number("depth", self.depth, 0)
        return self

    def of(self, part: str, width: int | None, depth: int | None) -> "Size":
        """The size of one of the networks that would all have this one.

        Args:
            part: Its name, with which the options that set it apart begin.
            width: Its own width, if it has one.
            depth: Its own depth, if it has one.

        Raises:
            InputError: When a number is out of range.
        """
        size = self
        if width is not None:
            size = size._replace(width=whole_number(f"{part}_width", width, 1))
        if depth is not None:
            size = size._replace(depth=whole_number(f"{part}_depth", depth, 0))
        return size


def not_negative(**options: float) -> None:
    """Require finite numbers of at least 0.

    Raises:
        InputError: When one is not.
    """
    for name, value in options.items():
        if not 0 <= value < math.inf:
            raise InputError(f"{name} must be a number of at least 0, got {value}")


def without_running_statistics(*networks: nn.Module) -> None:
    """Require networks that are functions of inputs and weights, as gradients in a loss need.

    Raises:
        InputError: When a layer writes running statistics as it computes.
    """
    for network in networks:
        for layer in network.modules():
            if getattr(layer, "track_running_stats", False):
                raise InputError(
                    "gradient penalties, unrolling and consensus cannot go through the running "
                    f"statistics of {type(layer).__name__}: build it with "
                    "track_running_stats=False, or use GroupNorm or LayerNorm"
                )
