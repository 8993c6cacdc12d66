"""Multilayer perceptrons that score examples, with the parts that only discriminators have."""

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from genzoo.errors import InputError
from genzoo.networks.conditional import Concatenation, ConditionalSequential, Projection
from genzoo.networks.mlp import Activation, activation_layer, check_layers
from genzoo.networks.spectral import SpectralLinear

Conditioning = Literal["concatenation", "projection"]
"""How a discriminator sees conditions: beside its input, or by a product with its features."""


class MinibatchStd(nn.Module):
    """Appends to `(B, n)` the standard deviation over the batch, averaged over features.

    It couples the examples of a batch: a generator that makes few distinct examples is given away
    by it. The group is the whole batch, the deviation divides by B, and 1e-8 is added to the
    variance (Karras et al. 2018).
    """

    def forward(self, x: Tensor) -> Tensor:
        """`(B, n)` to `(B, n + 1)`."""
        deviation = (x.var(0, correction=0) + 1e-8).sqrt().mean()
        return torch.cat([x, deviation.expand(x.shape[0], 1)], 1)


def discriminator_mlp(
    event_shape: tuple[int, ...],
    *,
    width: int,
    depth: int,
    activation: Activation,
    output_bias: bool = True,
    spectral_norm: float = 0.0,
    minibatch_std: bool = False,
    conditions: int = 0,
    conditioning: Conditioning = "concatenation",
) -> nn.Sequential:
    """An MLP from `(B, *event_shape)`, and conditions if there are any, to scores `(B, 1)`.

    Args:
        event_shape: Shape of one input; more than one axis is flattened first.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        output_bias: Whether the last layer has a bias; a loss that ignores a constant would leave
            it untrained.
        spectral_norm: The largest singular value that each layer is given; 0 to leave the layers
            free.
        minibatch_std: Whether the last layer also sees the deviation of its inputs over the batch.
        conditions: Numbers of one condition; 0 for a network without.
        conditioning: How it sees them.

    Raises:
        InputError: When the conditioning or the activation is unknown.
    """
    if conditioning not in get_args(Conditioning):
        known = " or ".join(get_args(Conditioning))
        raise InputError(f"conditioning must be {known}, got {conditioning!r}")

    def linear(fan_in: int, fan_out: int, bias: bool = True) -> nn.Linear | SpectralLinear:
        if spectral_norm:
            return SpectralLinear(fan_in, fan_out, norm=spectral_norm, bias=bias)
        return nn.Linear(fan_in, fan_out, bias=bias)

    projects = bool(conditions) and conditioning == "projection"
    concatenates = bool(conditions) and not projects
    size = math.prod(event_shape)
    layers: list[nn.Module] = []
    if concatenates:
        layers.append(Concatenation())
        size += conditions
    elif len(event_shape) != 1:
        layers.append(nn.Flatten())
    check_layers(size, 1, width=width, depth=depth)
    for _ in range(depth):
        layers += [linear(size, width), activation_layer(activation)]
        size = width
    if minibatch_std:
        layers.append(MinibatchStd())
        size += 1
    last: nn.Module = linear(size, 1, bias=output_bias)
    if projects:
        embedding = linear(conditions, size, bias=False)
        # A class adds its own row to the weights of the head: it starts as large as they do.
        with torch.no_grad():
            embedding.weight.mul_(math.sqrt(conditions / size))
        last = Projection(last, embedding)
    if conditions:
        return ConditionalSequential(*layers, last)
    return nn.Sequential(*layers, last)
