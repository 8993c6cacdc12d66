"""Gradient penalties on a critic, as pure functions of the critic, its inputs and the noise.

A critic maps inputs `(B, *shape)` to scores `(B,)` or `(B, 1)`. Gradients are those of the sum of
the scores: for a critic that treats each example alone, the gradients of each score with respect to
its own input.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Critic = Callable[[Tensor], Tensor]


def input_gradients(critic: Critic, x: Tensor) -> Tensor:
    """grad D(x_i) for each i, flattened over the event, `(B, n)`.

    With a graph to the critic's parameters.
    """
    gradients: Tensor = torch.func.grad(lambda points: critic(points).sum())(x)
    return gradients.flatten(1)


def squared_gradient_penalty(critic: Critic, x: Tensor, gamma: float) -> Tensor:
    """(gamma/2) E[|grad D(x)|^2], 0-d: R1 on real examples, R2 on generated ones.

    Mescheder et al. 2018.

    Args:
        critic: D, in scores (logits), not probabilities.
        x: Where to penalise, `(B, *shape)`.
        gamma: Weight of the penalty.
    """
    return 0.5 * gamma * input_gradients(critic, x).square().sum(1).mean()


def gradient_norm_penalty(critic: Critic, x: Tensor, weight: float, target: float = 1.0) -> Tensor:
    """weight E[(|grad D(x)| - target)^2], 0-d, with the norm of each example's own gradient.

    Gulrajani et al. 2017.

    Args:
        critic: D, in scores.
        x: Where to penalise, `(B, *shape)`.
        weight: lambda, the weight of the penalty.
        target: The norm wanted; 1 for Wasserstein critics.
    """
    norms: Tensor = torch.linalg.vector_norm(input_gradients(critic, x), dim=1)
    return (norms - target).square().mean() * weight


def mixed(real: Tensor, fake: Tensor, mixing: Tensor) -> Tensor:
    """real + e (fake - real) with one e for each example, a point of the segment between the two.

    Args:
        real: `(B, *shape)`.
        fake: The same shape.
        mixing: e, `(B,)`, in [0, 1).
    """
    event_dimensions = [1] * (real.ndim - 1)
    return real + mixing.reshape(-1, *event_dimensions) * (fake - real)


def wasserstein_gradient_penalty(
    critic: Critic,
    real: Tensor,
    fake: Tensor,
    mixing: Tensor,
    weight: float = 10.0,
    target: float = 1.0,
) -> Tensor:
    """weight E[(|grad D(x)| - target)^2] at x between real and generated examples, 0-d.

    Gulrajani et al. 2017.

    Args:
        critic: D, in scores.
        real: Real examples, `(B, *shape)`.
        fake: Generated examples, the same shape.
        mixing: Where on the segment, U[0, 1), `(B,)`: one for each pair.
        weight: lambda, the weight of the penalty.
        target: The norm wanted.
    """
    return gradient_norm_penalty(critic, mixed(real, fake, mixing), weight, target)


def dragan_penalty(
    critic: Critic,
    real: Tensor,
    noise: Tensor,
    weight: float = 10.0,
    spread: float = 0.5,
    target: float = 1.0,
) -> Tensor:
    """weight E[(|grad D(x + spread e)| - target)^2], e ~ N(0, I), around real examples, 0-d.

    Kodali et al. 2017.

    Args:
        critic: D, in scores.
        real: Real examples, `(B, *shape)`.
        noise: e, the same shape.
        weight: lambda, the weight of the penalty.
        spread: Standard deviation of the neighbourhood, in the units of x.
        target: The norm wanted.
    """
    return gradient_norm_penalty(critic, real + spread * noise, weight, target)
