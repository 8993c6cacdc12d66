"""How a flow dx / dt = v(x, t) stretches space: d log |det dx| / dt is the divergence of v."""

import torch
from torch import Tensor
from torch.func import vjp, vmap

from genzoo.models.transport.samplers import Solver, Velocity


def with_divergence(velocity: Velocity, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """v(x, t) and sum_i dv_i / dx_i, exactly: one pass backwards for each number of x.

    All of these are one batch and share the pass forwards, so that a network is as if asked for
    1 + D examples in place of one. Derivatives taken forwards would be as many, but there torch
    asks slow code for shapes wherever one of two factors has no derivative.

    Args:
        velocity: Each row of it depends on the same row of x alone.
        x: `(B, *event_shape)`, an example having D numbers.
        t: 0-d.

    Returns:
        `(B, *event_shape)` and `(B,)`.
    """
    axes = torch.eye(x[0].numel()).to(x).reshape(-1, 1, *x.shape[1:])
    value, pull = vjp(lambda place: velocity(place, t), x)[:2]

    def slope_along(axis: Tensor) -> Tensor:
        (slopes,) = pull(axis.expand_as(x))
        along: Tensor = (slopes * axis).flatten(1).sum(1)
        return along

    return value, vmap(slope_along)(axes).sum(0)


def followed(solver: Solver, velocity: Velocity, x: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """Where x gets to, and the integral of the divergence on its way (Chen et al. 2018).

    Both are solved as one equation. Going from data to noise at z it is log |det dz / dx|, so that
    log p(x) = log p(z) + integral.

    Args:
        solver: The method.
        velocity: See `with_divergence`.
        x: `(B, *event_shape)` at the first time.
        times: `(steps + 1,)`, growing or falling.

    Returns:
        `(B, *event_shape)` and `(B,)`.
    """

    def joint(state: Tensor, t: Tensor) -> Tensor:
        value, divergence = with_divergence(velocity, state[:, :-1].view(x.shape), t)
        return torch.cat([value.flatten(1), divergence[:, None]], 1)

    state = torch.cat([x.flatten(1), x.new_zeros(len(x), 1)], 1)
    for moved in solver.solve(joint, state, times):
        state = moved
    return state[:, :-1].reshape(x.shape), state[:, -1]
