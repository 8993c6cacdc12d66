"""Multilayer perceptrons over events of any rank."""

import math
from typing import Literal

from torch import nn

from genzoo.errors import InputError
from genzoo.memory import check_memory
from genzoo.networks.conditional import Concatenation, ConditionalSequential

Activation = Literal["relu", "leaky_relu", "tanh", "silu", "selu"]

COPIES = 8
"""Numbers held for each weight while training.

Itself and its start, the gradient, two moments, the average, and its values kept at chosen steps.
"""


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
        "selu": nn.SELU(),
    }
    if activation not in layers:
        raise InputError(f"activation must be one of {', '.join(layers)}, got {activation!r}")
    return layers[activation]


def check_layers(in_size: int, out_size: int, *, width: int, depth: int) -> None:
    """Refuse layers that do not fit in memory beside their gradients and the optimiser's state.

    Raises:
        InputError: When they do not.
    """
    numbers = in_size * out_size
    if depth:
        numbers = in_size * width + (depth - 1) * width**2 + width * out_size
    name = f"a network from {in_size} to {out_size} numbers of width {width} and depth {depth}"
    check_memory(COPIES * numbers, name)


def mlp(
    in_size: int, out_size: int, *, width: int, depth: int, activation: Activation
) -> nn.Sequential:
    """`depth` hidden layers of `width` units, each followed by the activation, then a linear layer.

    Maps `(B, in_size)` to `(B, out_size)`; with depth 0 it is linear.
    """
    check_layers(in_size, out_size, width=width, depth=depth)
    layers: list[nn.Module] = []
    fan_in = in_size
    for _ in range(depth):
        layers += [nn.Linear(fan_in, width), activation_layer(activation)]
        fan_in = width
    return nn.Sequential(*layers, nn.Linear(fan_in, out_size))


def mlp_from_event(
    event_shape: tuple[int, ...],
    out_size: int,
    *,
    width: int,
    depth: int,
    activation: Activation,
    conditions: int = 0,
) -> nn.Sequential:
    """An MLP from `(B, *event_shape)` to `(B, out_size)`.

    Events of more than one axis are flattened first.

    Args:
        event_shape: Shape of one input.
        out_size: Numbers of one output.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditions: C, for a network of `(B, *event_shape)` and conditions `(B, C)` side by side; 0
            for one without.
    """
    size = math.prod(event_shape) + conditions
    layers = mlp(size, out_size, width=width, depth=depth, activation=activation)
    if conditions:
        return ConditionalSequential(Concatenation(), *layers)
    if len(event_shape) == 1:
        return layers
    return nn.Sequential(nn.Flatten(), *layers)


def mlp_to_event(
    in_size: int,
    event_shape: tuple[int, ...],
    *,
    width: int,
    depth: int,
    activation: Activation,
    conditions: int = 0,
) -> nn.Sequential:
    """An MLP from `(B, in_size)` to `(B, *event_shape)`.

    Args:
        in_size: Numbers of one input.
        event_shape: Shape of one output.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditions: C, for a network of `(B, in_size)` and conditions `(B, C)` side by side; 0 for
            one without.
    """
    size = in_size + conditions
    made = mlp(size, math.prod(event_shape), width=width, depth=depth, activation=activation)
    layers: list[nn.Module] = [*made]
    if len(event_shape) != 1:
        layers.append(nn.Unflatten(1, event_shape))
    if conditions:
        return ConditionalSequential(Concatenation(), *layers)
    return nn.Sequential(*layers)
