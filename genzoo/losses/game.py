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
    """(|grad_theta L_G|^2 + |grad_phi L_D|^2) / 2, 0-d, which both players add to their loss.

    Mescheder et al. 2017.

    Args:
        generator_loss: L_G(theta, phi), 0-d.
        discriminator_loss: L_D(theta, phi), 0-d.
        theta: The generator's parameters, by name.
        phi: The discriminator's parameters, by name.
    """
    of_generator = torch.func.grad(lambda own: generator_loss(own, phi))(dict(theta))
    of_discriminator = torch.func.grad(lambda own: discriminator_loss(theta, own))(dict(phi))
    slopes = [*of_generator.values(), *of_discriminator.values()]
    squares = torch.stack([slope.square().sum() for slope in slopes])
    return 0.5 * squares.sum()


def descend(
    loss: Callable[[Parameters], Tensor], parameters: Parameters, steps: int, rate: float
) -> Parameters:
    """Parameters after `steps` of gradient descent, p <- p - rate grad loss(p).

    A graph leads through every step; so Metz et al. 2017 unroll the discriminator. With no steps
    the parameters are returned as they are.

    Args:
        loss: From parameters by name to a loss, 0-d.
        parameters: Where to start, by name.
        steps: Number of steps, at least 0.
        rate: Learning rate.
    """
    for _ in range(steps):
        slopes = torch.func.grad(loss)(dict(parameters))
        parameters = {name: value - rate * slopes[name] for name, value in parameters.items()}
    return parameters
