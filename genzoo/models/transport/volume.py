"""How a flow dx / dt = v(x, t) stretches space: d log |det dx| / dt is the divergence of v."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import vjp, vmap

from genzoo.models.transport.samplers import Solver, Velocity

TOLERANCE, RELATIVE = 0.02, 0.005
"""Nats, and a share of log p, by which half the steps may change it.

With all of them, a method of fourth order leaves about a fifteenth of that.
"""
DOUBLINGS = 5
FAR, FAR_DOUBLINGS = -100.0, 2
"""Below so many nats there is next to nothing: how little is not asked after two doublings."""
Density = Callable[[Tensor, Tensor | None, int], Tensor]
"""log p of rows, given their conditions, by so many steps."""


def with_divergence(velocity: Velocity, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """v(x, t) and sum_i dv_i / dx_i, exactly: one gradient for each number of x.

    All are taken backwards from one evaluation. Forwards would be D products in place of 2 D, but
    torch's forward mode does much of it in Python: it takes two to four times as long.

    Args:
        velocity: Each row of it depends on the same row of x alone.
        x: `(B, *event_shape)`, an example having D numbers.
        t: 0-d.

    Returns:
        `(B, *event_shape)` and `(B,)`.
    """
    axes = torch.eye(x[0].numel()).to(x).reshape(-1, 1, *x.shape[1:])
    value, pull_back = vjp(lambda place: velocity(place, t), x)[:2]

    def along(axis: Tensor) -> Tensor:
        slope: Tensor = pull_back(axis.expand_as(x))[0]
        return (slope * axis).flatten(1).sum(1)

    return value, vmap(along)(axes).sum(0)


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


def settled(density: Density, x: Tensor, context: Tensor | None, steps: int) -> Tensor:
    """log p of each row, by as many steps as that row needs.

    Between modes a field is so sharp that steps which do well where the samples are give densities
    there that are too high by many orders. So steps are doubled, up to five times, for those rows
    whose log p is another with half of them, until two doublings in a row change little: one may
    do so by chance. No row depends on another.

    Args:
        density: log p by fixed steps.
        x: `(B, *event_shape)`.
        context: Conditions `(B, C)`, if there are any.
        steps: What is tried first, and half of them to compare with.

    Returns:
        `(B,)`; -inf where the way back leaves the range of numbers, NaN where the velocity is NaN.
    """

    def of_rows(rows: Tensor, steps: int) -> Tensor:
        return density(x[rows], None if context is None else context[rows], steps)

    half = density(x, context, max(1, steps // 2))
    log_p = density(x, context, steps)
    rows = torch.nonzero(~_near(half, log_p))[:, 0]
    calm = torch.zeros_like(rows, dtype=torch.bool)
    for doubling in range(1, DOUBLINGS + 1):
        if not len(rows):
            break
        steps *= 2
        before = log_p[rows]
        after = of_rows(rows, steps)
        log_p = log_p.index_copy(0, rows, after)
        near = _near(before, after)
        done = calm & near
        if doubling >= FAR_DOUBLINGS:
            done |= (before < FAR) & (after < FAR)
        rows, calm = rows[~done], near[~done]
    lost = torch.nonzero(log_p.isnan())[:, 0]
    if len(lost):
        # One step leaves no range of numbers: it is NaN where the velocity is.
        once = of_rows(lost, 1)
        log_p = log_p.index_copy(0, lost, torch.where(once.isnan(), once, -torch.inf))
    return log_p


def _near(half: Tensor, log_p: Tensor) -> Tensor:
    """Of which rows log p changes within tolerance, and is a number."""
    change = (log_p - half).abs()
    return (change <= TOLERANCE + RELATIVE * log_p.abs()) & log_p.isfinite()
