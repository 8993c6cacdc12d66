"""Models that move noise to data in time: their velocity, their score and what they pass through.

Time t runs from 0, noise, to 1, data. In data units x_t is what the model's units bring x_t to, so
that velocities are in data units for a unit of time.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from genzoo.core.capabilities import Capability
from genzoo.core.noise import Noise
from genzoo.core.path import Path
from genzoo.errors import InputError


class Trajectory(NamedTuple):
    """What examples pass through on their way from noise, in model units.

    Attributes:
        times: `(K,)`, not falling, the last being 1.
        states: `(K, B, *event_shape)`.
    """

    times: Tensor
    states: Tensor


class SupportsVelocity(Capability):
    """dx / dt = v(x, t) brings the law of noise, at t = 0, to that of the model, at t = 1.

    Attributes:
        first: The time from which samples follow it.
        last: The time to which they do.
    """

    absence = "no velocity"
    first: float = 0.0
    last: float = 1.0

    @property
    def follows_velocity(self) -> bool:
        """Whether `generate` solves that equation, without adding noise on its way."""
        return True

    def marginal_path(self) -> Path | str:
        """The path of whose x_t this is to be the velocity, E[alpha' x_1 + sigma' x_0 | x_t].

        In model units, with data x_1 and noise x_0 in independent pairs. Where it is to be another
        velocity, the reason why.
        """
        return "the velocity is to be that of no known path"

    @abc.abstractmethod
    def _velocity(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        """v(x, t), `(B, *event_shape)` in model units, at times t `(B,)`."""

    @abc.abstractmethod
    def trajectory(self, noise: Noise, context: Tensor | None = None) -> Trajectory:
        """What `generate` passes through, in model units; it ends with what that returns.

        Args:
            noise: As for `generate`.
            context: As for `generate`.
        """

    @final
    def velocity(self, x: Any, t: Any, context: Tensor | None = None) -> Tensor:
        """v(x, t) in data units for a unit of time.

        Args:
            x: Examples `(B, *event_shape)` on their way.
            t: Their times in [0, 1], `(B,)`, or one number for all.
            context: Conditions `(B, C)`, where the class takes any.

        Returns:
            `(B, *event_shape)`.

        Raises:
            InputError: On a wrong shape, NaN or infinity, wrong conditions, or a time outside [0,
                1].
        """
        x = self._receive(x)
        context = self._receive_context(context, len(x))
        velocity = self._velocity(x, _check_times(t, x), context)
        return velocity * _stretch(self._return, x)


class SupportsScore(Capability):
    """The gradient of log p_t(x) with respect to x, p_t the law of x_t."""

    absence = "no score"

    @abc.abstractmethod
    def _score(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        """The score, `(B, *event_shape)` in model units, at times t `(B,)`."""

    @final
    def score(self, x: Any, t: Any, context: Tensor | None = None) -> Tensor:
        """The score with respect to data units.

        Where these are no affine map of model units, the gradient of the map's log-volume is part
        of it.

        Args:
            x: Examples `(B, *event_shape)` on their way.
            t: Their times in [0, 1], `(B,)`, or one number for all.
            context: Conditions `(B, C)`, where the class takes any.

        Returns:
            `(B, *event_shape)`.

        Raises:
            InputError: As `SupportsVelocity.velocity`.
        """
        x = self._receive(x)
        context = self._receive_context(context, len(x))
        score = self._score(x, _check_times(t, x), context)
        bending = _stretch(self._log_volume, x)
        return (score + bending) / _stretch(self._return, x)


class SupportsOdeLogProb(Capability):
    """The density to which dx / dt = v(x, t) brings noise, whether or not samples are drawn so.

    Only where they are, a class has it as `log_prob` too.
    """

    absence = "no density of a velocity"

    @abc.abstractmethod
    def _ode_log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        """Its logarithm in nats, `(B,)`, in model units."""

    @final
    def ode_log_prob(self, x: Any, context: Tensor | None = None) -> Tensor:
        """log N(z; 0, I) + log |det dz / dx| in nats, z the noise that x comes from.

        The second term is the integral of the divergence of v from data to noise (Chen et al.
        2018; Song et al. 2021). It is taken exactly; D numbers of an example cost as much as
        1 + D examples.

        Args:
            x: Examples `(B, *event_shape)` at the last time, in data units.
            context: Conditions `(B, C)`, where the class takes any.

        Returns:
            `(B,)`, with respect to data units.

        Raises:
            InputError: On a wrong shape, NaN or infinity, or wrong conditions.
        """
        x = self._receive(x)
        context = self._receive_context(context, len(x))
        return self._ode_log_prob(x, context) + self._log_volume(x)


def _stretch(function: Callable[[Tensor], Tensor | float], x: Tensor) -> Tensor:
    """The derivative of a function that takes each number, or each example, alone."""

    def total(x: Tensor) -> Tensor:
        # Of units that are affine the log-volume is one number, which does not depend on x.
        return (function(x) + 0 * x.sum()).sum()

    derivative: Tensor = torch.func.grad(total)(x)
    return derivative


def _check_times(t: Any, x: Tensor) -> Tensor:
    """Times `(B,)` of examples."""
    try:
        times = torch.as_tensor(t).to(x)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"t must be numbers from 0 to 1, got a {type(t).__name__}") from error
    if times.shape not in ((), (len(x),)):
        raise InputError(
            f"t must be one number or of shape ({len(x)},), one time for each example, "
            f"got {tuple(times.shape)}"
        )
    if not bool(((times >= 0) & (times <= 1)).all()):
        raise InputError("t must be from 0, noise, to 1, data: got a time outside, or NaN")
    return times.expand(len(x))
