"""Checks of models that have a velocity or a score; a model without passes."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import draw_noise, stream
from genzoo.core.velocity import SupportsOdeLogProb, SupportsScore, SupportsVelocity
from genzoo.testing.model_capabilities import check_rows
from genzoo.testing.support import (
    Build,
    build_ready,
    change_units,
    conditions,
    disturb,
    normal,
    require,
    require_close,
    require_equal,
    require_input_error,
)
from genzoo.training.preparation import conditions_of

ROWS = 8
"""Examples at their own times."""
SOLVED = 2
"""Examples whose equation is solved for a density, which takes its time."""
FOLLOWED = 0.1
"""Share of squared way that steps of a sampler may go elsewhere than the velocity says."""

AtTimes = Callable[..., Tensor]
"""A public method of examples, their times and, where the model takes any, their conditions."""


def check_velocity(build: Build) -> None:
    """`velocity` goes row by row, at its own time each, and scales with the unit of data."""
    model = build_ready(build)
    disturb(model)
    if not isinstance(model, SupportsVelocity):
        return
    x, value = _check_at_times(model, model.velocity, "velocity")
    shift, scale = change_units(model)
    moved = model.velocity(x * scale + shift, _times(model), conditions(model, ROWS))
    require_close(moved.detach(), value * scale, "velocity in data units and velocity x scale")


def check_score(build: Build) -> None:
    """`score` goes row by row, at its own time each, and scales with 1 / the unit of data."""
    model = build_ready(build)
    disturb(model)
    if not isinstance(model, SupportsScore):
        return
    x, value = _check_at_times(model, model.score, "score")
    shift, scale = change_units(model)
    moved = model.score(x * scale + shift, _times(model), conditions(model, ROWS))
    require_close(moved.detach(), value / scale, "score in data units and score / scale")


def check_ode_log_prob(build: Build) -> None:
    """`ode_log_prob` is `(B,)`, row by row, and falls by sum(log scale) under x -> x scale + shift.

    Where the model has a `log_prob`, it is that.
    """
    model = build_ready(build)
    if not isinstance(model, SupportsOdeLogProb):
        return
    x, context = normal(SOLVED, model), conditions(model, SOLVED)
    value = check_rows(model, model.ode_log_prob, x, "ode_log_prob", (SOLVED,))
    if isinstance(model, SupportsLogProb):
        log_prob = model.log_prob(x, context).detach()
        require_close(value, log_prob, "ode_log_prob and log_prob")
    shift, scale = change_units(model)
    require_close(
        model.ode_log_prob(x * scale + shift, context),
        value - scale.log().sum(),
        "ode_log_prob in data units and ode_log_prob in model units - sum(log scale)",
    )


def check_trajectory(build: Build) -> None:
    """What a model passes through ends with what it generates, at t = 1.

    Unless it adds noise on its way, steps go where the velocity at their start says, or that at
    both of their ends in the mean.
    """
    model = build_ready(build)
    if not isinstance(model, SupportsVelocity):
        return
    generator = stream(0, "check", "trajectory")
    noise = draw_noise(model.sampling_noise(), ROWS, generator=generator, like=model.shift)
    context = conditions(model, ROWS)
    given = conditions_of(context, model)
    with torch.no_grad():
        times, states = model.trajectory(noise, given)
        require_equal(states[-1], model.generate(noise, given), "the end of trajectory, generate")
    grows = bool((times.diff() >= 0).all()) and float(times[0]) >= 0 and float(times[-1]) == 1
    require(
        grows and len(times) == len(states) > 1,
        f"trajectory gave {len(states)} states at times from {float(times[0]):.3g} to "
        f"{float(times[-1]):.3g}, expected some that grow to 1, one for each state",
    )
    if model.follows_velocity:
        change_units(model)
        _check_followed(model, times, model.to_data_units(states), context)


def _check_followed(
    model: SupportsVelocity, times: Tensor, states: Tensor, context: Tensor | None
) -> None:
    """The steps between states, in data units, against the velocity at their ends."""
    went, from_start, from_mean = 0.0, 0.0, 0.0
    velocities: list[Tensor] = []
    with torch.no_grad():
        for t, x in zip(times, states, strict=True):
            velocities.append(model.velocity(x, t, context))
    for k, h in enumerate(times.diff()):
        step = states[k + 1] - states[k]
        start, end = h * velocities[k], h * velocities[k + 1]
        went += float((step**2).sum())
        from_start += float(((step - start) ** 2).sum())
        from_mean += float(((step - (start + end) / 2) ** 2).sum())
    elsewhere = min(from_start, from_mean)
    require(
        elsewhere <= FOLLOWED * went,
        f"generate does not follow velocity: {elsewhere / went:.2g} of the squared way goes "
        f"elsewhere, expected at most {FOLLOWED}; say so by follows_velocity where noise is added",
    )


def _check_at_times(model: GenerativeModel, method: AtTimes, name: str) -> tuple[Tensor, Tensor]:
    """Require what holds of any method of examples, and that each has its own time.

    Returns:
        The examples, and what the method says of them at `_times`.
    """
    x, context, times = normal(ROWS, model), conditions(model, ROWS), _times(model)
    shape = (ROWS, *model.event_shape)
    check_rows(model, _at(method, 0.5), x, name, shape)
    with torch.no_grad():
        value = method(x, times, context)
        alone: list[Tensor] = []
        for i in range(ROWS):
            own = None if context is None else context[i : i + 1]
            alone.append(method(x[i : i + 1], float(times[i]), own))
    require_close(torch.cat(alone), value, f"{name} at one time for each and at each time alone")
    wrong = {
        "a time below 0": -0.1,
        "a time above 1": torch.full((ROWS,), 1.1),
        "a time that is NaN": float("nan"),
        "times of another number of examples": times[:-1],
        "a column of times": times[:, None],
        "text as a time": "soon",
    }
    for what, t in wrong.items():
        require_input_error(partial(method, x, t, context), f"{name} at {what}")
    return x, value


def _at(method: AtTimes, t: float) -> Callable[..., Tensor]:
    """The method at one time."""

    def at_t(x: Tensor, context: Tensor | None) -> Tensor:
        return method(x, t, context)

    return at_t


def _times(model: GenerativeModel) -> Tensor:
    return torch.linspace(0.1, 0.9, ROWS).to(model.shift)
