"""Multilayer perceptrons over events of any rank."""

import itertools
import math
from typing import Literal

from torch import nn

from genzoo.errors import InputError
from genzoo.memory import check_memory

Activation = Literal["relu", "leaky_relu", "tanh", "silu"]

COPIES = 8
"""Of each weight while training: itself and its start, the gradient, two moments, the average, what is kept."""


def activation_layer(activation: Activation) -> nn.Module:
    """The activation of that name; leaky_relu has slope .2 below zero.

    Raises:
        InputError: When there is none.
    """
    layers: dict[str, nn.Module] = {
        "relu": nn.ReLU(),
        "leaky_relu": nn.LeakyReLU(0.2),
        "tanh": nn.Tanh(),
        "silu": nn.SiLU(),
    }
    if activation not in layers:
        raise InputError(f"activation must be one of {', '.join(layers)}, got {activation!r}")
    return layers[activation]


def check_layers(in_size: int, out_size: int, *, width: int, depth: int) -> None:
    """Refuse layers that do not fit in memory beside their gradients and what an optimiser keeps of them.

    Raises:
        InputError: When they do not.
    """
    numbers = (
        in_size * width + (depth - 1) * width**2 + width * out_size if depth else in_size * out_size
    )
    check_memory(
        COPIES * numbers,
        f"a network from {in_size} to {out_size} numbers of width {width} and depth {depth}",
    )


def mlp(
    in_size: int, out_size: int, *, width: int, depth: int, activation: Activation
) -> nn.Sequential:
    """`depth` hidden layers of `width` units, each followed by the activation, then a linear layer.

    Maps `(B, in_size)` to `(B, out_size)`; with depth 0 it is linear.
    """
    check_layers(in_size, out_size, width=width, depth=depth)
    sizes = [in_size] + [width] * depth
    hidden = [
        layer
        for fan_in, fan_out in itertools.pairwise(sizes)
        for layer in (nn.Linear(fan_in, fan_out), activation_layer(activation))
    ]
    return nn.Sequential(*hidden, nn.Linear(sizes[-1], out_size))


def mlp_from_event(
    event_shape: tuple[int, ...], out_size: int, *, width: int, depth: int, activation: Activation
) -> nn.Sequential:
    """An MLP from `(B, *event_shape)` to `(B, out_size)`; events of more than one axis are flattened first."""
    layers = mlp(math.prod(event_shape), out_size, width=width, depth=depth, activation=activation)
    return layers if len(event_shape) == 1 else nn.Sequential(nn.Flatten(), *layers)


def mlp_to_event(
    in_size: int, event_shape: tuple[int, ...], *, width: int, depth: int, activation: Activation
) -> nn.Sequential:
    """An MLP from `(B, in_size)` to `(B, *event_shape)`."""
    layers = mlp(in_size, math.prod(event_shape), width=width, depth=depth, activation=activation)
    return layers if len(event_shape) == 1 else nn.Sequential(*layers, nn.Unflatten(1, event_shape))
