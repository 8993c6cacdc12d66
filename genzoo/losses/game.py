"""Penalties and steps on the parameters of the players, through functions of those parameters."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Parameters = Mapping[str, Tensor]


def consensus_penalty(
    generator_loss: Callable[[Parameters, Parameters], Tensor],
    discriminator_loss: Callable[[Parameters, Parameters], Tensor],
    theta: Parameters,
    phi: Parameters,
) -> Tensor:
    """(|grad_theta L_G|^2 + |grad_phi L_D|^2) / 2, 0-d: both players add it to their loss (Mescheder et al. 2017).

    Args:
        generator_loss: L_G(theta, phi), 0-d.
        discriminator_loss: L_D(theta, phi), 0-d.
        theta: The generator's parameters, by name.
        phi: The discriminator's.
    """
    slopes = (
        torch.func.grad(lambda own: generator_loss(own, phi))(dict(theta)),
        torch.func.grad(lambda own: discriminator_loss(theta, own))(dict(phi)),
    )
    return (
        0.5
        * torch.stack([slope.square().sum() for part in slopes for slope in part.values()]).sum()
    )


def descend(
    loss: Callable[[Parameters], Tensor], parameters: Parameters, steps: int, rate: float
) -> Parameters:
    """Parameters after `steps` of gradient descent, p <- p - rate grad loss(p), with a graph through every step.

    With no steps they are returned as they are (Metz et al. 2017 unroll the discriminator so).

    Args:
        loss: 0-d.
        parameters: Where to start, by name.
        steps: K >= 0.
        rate: Learning rate.
    """
    for _ in range(steps):
        slopes = torch.func.grad(loss)(dict(parameters))
        parameters = {name: value - rate * slopes[name] for name, value in parameters.items()}
    return parameters
