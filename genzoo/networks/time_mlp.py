"""A multilayer perceptron of an example, its times, and its condition where there is one."""

import math

import torch
from torch import Tensor, nn

from genzoo.networks.mlp import Activation, mlp

FEATURES = 8
"""Frequencies of a time embedding."""
FASTEST = 30.0
"""By default the largest of them, in radians for a time from 0 to 1; the least is 1."""


class TimeEmbedding(nn.Module):
    """t and (sin w t, cos w t) at frequencies w in geometric progression (Vaswani et al. 2017).

    Args:
        features: How many frequencies.
        fastest: The largest of them.
    """

    frequencies: Tensor

    def __init__(self, features: int = FEATURES, fastest: float = FASTEST) -> None:
        super().__init__()
        exponents = torch.linspace(0, 1, features)
        self.register_buffer("frequencies", fastest**exponents)
        self.size = 2 * features + 1

    def forward(self, t: Tensor) -> Tensor:
        """`(B,)` to `(B, size)`."""
        angles = t[:, None] * self.frequencies
        return torch.cat([t[:, None], torch.sin(angles), torch.cos(angles)], 1)


class TimeMLP(nn.Module):
    """From an example, its times and its condition to numbers of the shape of an example.

    Weights start so that signals keep their size from layer to layer (He et al. 2015). With the
    smaller ones that torch draws it is nearly linear at first, and stays so where the best linear
    output is 0, as that of a preconditioned denoiser.

    Args:
        event_shape: Shape of one example; it is flattened.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditions: Numbers of one condition; 0 for a network without.
        times: How many times an example has; 0 for a network that sees none.
        features: Frequencies of the embedding of a time; with 0 there is time alone.
        fastest: The largest frequency: derivatives by time grow with it.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        width: int,
        depth: int,
        activation: Activation,
        conditions: int = 0,
        times: int = 1,
        features: int = FEATURES,
        fastest: float = FASTEST,
    ) -> None:
        super().__init__()
        self.embedding = TimeEmbedding(features, fastest)
        size = math.prod(event_shape)
        self.layers = mlp(
            size + times * self.embedding.size + conditions,
            size,
            width=width,
            depth=depth,
            activation=activation,
        )
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight)

    def forward(self, x: Tensor, t: Tensor | None, context: Tensor | None = None) -> Tensor:
        """An output for each example.

        Args:
            x: `(B, *event_shape)`.
            t: `(B,)`, of several times `(B, times)`, of none None.
            context: `(B, C)`, where there are conditions.

        Returns:
            `(B, *event_shape)`.
        """
        parts = [x.flatten(1)]
        if t is not None:
            parts += [self.embedding(own) for own in t.reshape(len(t), -1).unbind(1)]
        if context is not None:
            parts.append(context)
        output: Tensor = self.layers(torch.cat(parts, 1))
        return output.view(x.shape)
