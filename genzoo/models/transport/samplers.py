"""Samplers: from noise to data along a field, which may be a network's or known exactly.

They are apart from the network: each takes any field, and says how often it evaluates it.
"""

import abc
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, final

import torch
from torch import Tensor

from genzoo.core.noise import NoiseSpec
from genzoo.models.checks import not_negative
from genzoo.models.transport.path import Path
from genzoo.models.transport.prediction import Coefficients, Ends

STEPS = "steps"
"""The name of the noise of stochastic samplers."""

Velocity = Callable[[Tensor, Tensor], Tensor]
"""dx / dt as a function of x `(B, ...)` and of t, 0-d."""


class Field(abc.ABC):
    """What is thought of the ends of the path through each x_t.

    Attributes:
        path: The path.
    """

    path: Path

    @abc.abstractmethod
    def ends(self, x: Tensor, t: Tensor) -> Ends:
        """E[x_1 | x_t = x] and E[x_0 | x_t = x].

        Args:
            x: `(B, *event_shape)`.
            t: 0-d, or `(B, 1, ..., 1)` to stand beside x.
        """

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """alpha' E[x_1 | x_t] + sigma' E[x_0 | x_t], `(B, *event_shape)`."""
        return Coefficients.of(self.path, t).velocity(self.ends(x, t))

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """The gradient of log p_t, -E[x_0 | x_t] / sigma, `(B, *event_shape)`."""
        return -self.ends(x, t).noise / self.path.sigma(t)


class Sampler(abc.ABC):
    """A way from noise to data, in steps of equal time.

    Attributes:
        per_step: Evaluations of the field in a step.
        follows_velocity: Whether it solves dx / dt = velocity, without noise of its own.
    """

    per_step: ClassVar[int] = 1
    follows_velocity: ClassVar[bool] = True

    @abc.abstractmethod
    def step(
        self, field: Field, x: Tensor, t: Tensor, until: Tensor, noise: Tensor | None
    ) -> Tensor:
        """x at a later time.

        Args:
            field: What is followed.
            x: `(B, *event_shape)` at t.
            t: 0-d.
            until: The later time.
            noise: N(0, I) of the shape of x, of a stochastic sampler; None for no noise.
        """

    def evaluations(self, steps: int) -> int:
        """How often the field is evaluated."""
        return steps * self.per_step

    def noise(self, steps: int, event_shape: tuple[int, ...]) -> Mapping[str, NoiseSpec]:
        """The noise of one example beside that which it starts from."""
        if self.follows_velocity:
            return {}
        return {STEPS: NoiseSpec("normal", (steps, *event_shape))}

    def states(
        self, field: Field, x: Tensor, times: Tensor, noise: Tensor | None = None
    ) -> Iterator[Tensor]:
        """x at each time after the first.

        Args:
            field: What is followed.
            x: `(B, *event_shape)` at the first time.
            times: `(steps + 1,)`, growing.
            noise: `(B, steps, *event_shape)`, of a stochastic sampler; the last step uses none.
        """
        steps = len(times) - 1
        for k in range(steps):
            own = None
            if noise is not None and k < steps - 1:
                own = noise[:, k]
            x = self.step(field, x, times[k], times[k + 1], own)
            yield x


class Solver(Sampler):
    """A method of fixed steps for dx / dt = velocity, whatever x is; time may run either way.

    Each row is solved by itself: steps that adapt to an error would depend on all rows of a batch,
    could not run under `torch.func.vmap`, and could not be replayed.

    Attributes:
        order: Halving the steps divides the error by 2^order.
    """

    order: ClassVar[int]

    @abc.abstractmethod
    def move(self, velocity: Velocity, x: Tensor, t: Tensor, until: Tensor) -> Tensor:
        """x at another time, by one step."""

    @final
    def step(
        self, field: Field, x: Tensor, t: Tensor, until: Tensor, noise: Tensor | None
    ) -> Tensor:
        """One step along the velocity of a field."""
        return self.move(field.velocity, x, t, until)

    @final
    def solve(self, velocity: Velocity, x: Tensor, times: Tensor) -> Iterator[Tensor]:
        """x at each time after the first.

        Args:
            velocity: dx / dt.
            x: What is there at the first time.
            times: `(steps + 1,)`, growing or falling.
        """
        for t, until in itertools.pairwise(times):
            x = self.move(velocity, x, t, until)
            yield x


class Euler(Solver):
    """x + h v(x, t): of first order."""

    order = 1

    def move(self, velocity: Velocity, x: Tensor, t: Tensor, until: Tensor) -> Tensor:
        """One step."""
        return x + (until - t) * velocity(x, t)


class Midpoint(Solver):
    """x + h v at the middle of a half Euler step: of second order."""

    per_step = 2
    order = 2

    def move(self, velocity: Velocity, x: Tensor, t: Tensor, until: Tensor) -> Tensor:
        """One step."""
        half = (until - t) / 2
        middle = x + half * velocity(x, t)
        return x + (until - t) * velocity(middle, t + half)


class Heun(Solver):
    """x + h (v + v at the end of an Euler step) / 2: of second order."""

    per_step = 2
    order = 2

    def move(self, velocity: Velocity, x: Tensor, t: Tensor, until: Tensor) -> Tensor:
        """One step."""
        h = until - t
        first = velocity(x, t)
        second = velocity(x + h * first, until)
        return x + h / 2 * (first + second)


class RungeKutta(Solver):
    """The classical method of Runge and Kutta: of fourth order."""

    per_step = 4
    order = 4

    def move(self, velocity: Velocity, x: Tensor, t: Tensor, until: Tensor) -> Tensor:
        """One step."""
        h = until - t
        first = velocity(x, t)
        second = velocity(x + h / 2 * first, t + h / 2)
        third = velocity(x + h / 2 * second, t + h / 2)
        fourth = velocity(x + h * third, until)
        return x + h / 6 * (first + 2 * second + 2 * third + fourth)


class DDIM(Sampler):
    """alpha E[x_1 | x_t] + sigma E[x_0 | x_t] with the alpha and sigma of the later time.

    Of first order, and exact where the field does not change (Song, Meng and Ermon 2020). On
    straight lines it is Euler's step.
    """

    def step(
        self, field: Field, x: Tensor, t: Tensor, until: Tensor, noise: Tensor | None
    ) -> Tensor:
        """One step."""
        return Coefficients.of(field.path, until).position(field.ends(x, t))


class HeunDDIM(Sampler):
    """x + (change of alpha) mean E[x_1] + (change of sigma) mean E[x_0]: of second order.

    Means are of the field at x and where DDIM's step would go, so that it is to DDIM as Heun's
    method is to Euler's: exact where the field does not change, however fast alpha and sigma do.
    With alpha = 1 it is Heun's method in sigma (Karras et al. 2022), on straight lines that in t.
    """

    per_step = 2

    def step(
        self, field: Field, x: Tensor, t: Tensor, until: Tensor, noise: Tensor | None
    ) -> Tensor:
        """One step."""
        path = field.path
        first = field.ends(x, t)
        second = field.ends(Coefficients.of(path, until).position(first), until)
        of_data = (path.alpha(until) - path.alpha(t)) / 2
        of_noise = (path.sigma(until) - path.sigma(t)) / 2
        return x + of_data * (first.data + second.data) + of_noise * (first.noise + second.noise)


class Ancestral(Sampler):
    """A draw of x at the later time s given x_t and E[x_1 | x_t] (Ho, Jain and Abbeel 2020).

    With a = alpha_t / alpha_s its variance is sigma_s^2 (1 - a^2 sigma_s^2 / sigma_t^2), the
    beta-tilde of the paper, and its mean lies where DDIM would go with what noise is then left.
    """

    follows_velocity = False

    def step(
        self, field: Field, x: Tensor, t: Tensor, until: Tensor, noise: Tensor | None
    ) -> Tensor:
        """One step."""
        path = field.path
        ends = field.ends(x, t)
        ratio = path.alpha(t) * path.sigma(until) / (path.alpha(until) * path.sigma(t))
        sigma = path.sigma(until)
        mean = path.alpha(until) * ends.data + sigma * ratio * ends.noise
        if noise is None:
            return mean
        return mean + sigma * torch.sqrt(1 - ratio**2) * noise


class EulerMaruyama(Sampler):
    """x + h (v + churn g^2 / 2 score) + (h churn)^1/2 g e, g^2 the diffusion of the path.

    Any churn keeps the law of x_t at every t, since score and noise undo each other (Song et al.
    2021; Ma et al. 2024); with 0 it is Euler's method.

    Args:
        churn: How much noise is added and taken away.

    Raises:
        InputError: When it is negative.
    """

    follows_velocity = False

    def __init__(self, churn: float = 1.0) -> None:
        not_negative(churn=churn)
        self.churn = churn

    def step(
        self, field: Field, x: Tensor, t: Tensor, until: Tensor, noise: Tensor | None
    ) -> Tensor:
        """One step."""
        h = until - t
        ends = field.ends(x, t)
        variance = self.churn * field.path.diffusion(t)
        velocity = Coefficients.of(field.path, t).velocity(ends)
        mean = x + h * (velocity - variance / 2 * ends.noise / field.path.sigma(t))
        if noise is None:
            return mean
        return mean + torch.sqrt(h * variance) * noise
