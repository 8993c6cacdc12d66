"""Multilayer perceptrons that score examples, with the parts that only discriminators have."""

import math

import torch
from torch import Tensor, nn

from genzoo.networks.mlp import Activation, activation_layer, check_layers
from genzoo.networks.spectral import SpectralLinear


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
) -> nn.Sequential:
    """An MLP from `(B, *event_shape)` to scores `(B, 1)`.

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
    """

    def linear(fan_in: int, fan_out: int, bias: bool = True) -> nn.Module:
        if spectral_norm:
            return SpectralLinear(fan_in, fan_out, norm=spectral_norm, bias=bias)
        return nn.Linear(fan_in, fan_out, bias=bias)

    size = math.prod(event_shape)
    check_layers(size, 1, width=width, depth=depth)
    layers: list[nn.Module] = []
    if len(event_shape) != 1:
        layers.append(nn.Flatten())
    for _ in range(depth):
        layers += [linear(size, width), activation_layer(activation)]
        size = width
    if minibatch_std:
        layers.append(MinibatchStd())
        size += 1
    return nn.Sequential(*layers, linear(size, 1, bias=output_bias))
