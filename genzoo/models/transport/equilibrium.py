"""Equilibrium matching: a network without a time learns where data lie; samples descend to them."""

import math
from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from genzoo.core.context import ContextSpec
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.path import Path
from genzoo.core.velocity import SupportsVelocity, Trajectory
from genzoo.errors import InputError
from genzoo.models.checks import whole_number
from genzoo.models.transport.couplings import START
from genzoo.models.transport.guidance import (
    KEPT,
    check_guidance,
    evaluations_of,
    guided,
    partly_shown,
)
from genzoo.models.transport.model import TIME, beside


class EquilibriumMatching(GenerativeModel, SupportsVelocity):
    """g(x) = E[(x_0 - x_1) c(gamma) | x], x = gamma x_1 + (1 - gamma) x_0, gamma ~ U[0, 1).

    Learned by least squares of a network that is not told gamma (Wang and Du 2025). It points away
    from data, as the gradient of an energy, and c falls to 0 at them: c = 1 up to gamma = a, then
    (1 - gamma) / (1 - a). Samples start as N(0, I) and descend: x <- x - eta g(x) or, by Nesterov
    (1983), from y = x + mu (x - its last): x <- y - eta g(y). The paper's c has a factor, which
    here is in eta.

    Descent ends where g = 0, so that a step too many makes samples less varied than data. With
    broad modes that are far from noise, g is 0 beyond them.

    As steps of Euler's method, steps without momentum follow dx / dt = -N eta g(x), N of them from
    t = 0 to 1: that is its velocity.

    Args:
        event_shape: Shape of one example.
        network: Maps x `(B, *event_shape)`, None for its time and, in a conditional one,
            `(B, C + 1)`, see `Transport`, to g.
        sampler_steps: N.
        step_size: eta.
        momentum: mu.
        decay_from: a.
        hidden: Share of examples whose condition is hidden in training.
        guidance: w of (1 - w) g(x) + w g(x, c), which a conditional one descends.
        context_spec: What its conditions mean; None for an unconditional one.

    Raises:
        InputError: When there are no steps, `step_size` is not positive, `momentum`, `decay_from`
            or `hidden` is not in [0, 1), or `guidance` is not finite.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        network: nn.Module,
        sampler_steps: int,
        step_size: float,
        momentum: float = 0.0,
        decay_from: float = 0.8,
        hidden: float = 0.1,
        guidance: float = 1.0,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        whole_number("sampler_steps", sampler_steps, 1)
        if not 0 < step_size < math.inf:
            raise InputError(f"step_size must be a positive number, got {step_size}")
        for name, value in (("momentum", momentum), ("decay_from", decay_from)):
            if not 0 <= value < 1:
                raise InputError(f"{name} must be in [0, 1), got {value}")
        check_guidance(hidden, guidance)
        self.network = network
        self.sampler_steps = sampler_steps
        self.step_size = step_size
        self.momentum = momentum
        self.decay_from = decay_from
        self.hidden = hidden
        self.guidance = guidance

    @property
    def evaluations(self) -> int:
        """How often the network is evaluated for a sample."""
        return self.sampler_steps * evaluations_of(
            self.guidance, conditional=self.context_spec is not None
        )

    @property
    def follows_velocity(self) -> bool:
        """Whether it has no momentum."""
        return self.momentum == 0

    def marginal_path(self) -> Path | str:
        """None: the network knows no time, and samples pass through the x_t of no path."""
        return "samples descend a field without time, which is the velocity of no path"

    def updates(self) -> tuple[Update, ...]:
        """One step of least squares."""
        noise = {START: NoiseSpec("normal", self.event_shape), TIME: NoiseSpec("uniform")}
        if self.context_spec is not None:
            noise[KEPT] = NoiseSpec("uniform")
        return (Update("equilibrium", EquilibriumMatching.loss, ("network",), noise=noise),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """The squared error of g, summed over an example."""
        gamma = beside(noise[TIME], batch.x)
        x = gamma * batch.x + (1 - gamma) * noise[START]
        target = (noise[START] - batch.x) * self.decay(gamma)
        given = partly_shown(batch.context, noise, self.hidden)
        error = self._predicted(x, given) - target
        return Step({"squared error": error.square().flatten(1).sum(1).mean()})

    def decay(self, gamma: Tensor) -> Tensor:
        """c(gamma), of any shape."""
        return ((1 - gamma) / (1 - self.decay_from)).clamp(max=1.0)

    def gradient(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """g that samples descend, in model units, of x and conditions in model units."""
        return guided(partial(self._predicted, x), context, self.guidance)

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """Where the descent begins."""
        return {START: NoiseSpec("normal", self.event_shape)}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """Where the descent ends."""
        x = noise[START]
        for state in self._states(x, context):
            x = state
        return x

    def trajectory(self, noise: Noise, context: Tensor | None = None) -> Trajectory:
        """What the descent passes through, its steps being equal in time."""
        states = torch.stack(list(self._states(noise[START], context)))
        return Trajectory(torch.linspace(0, 1, len(states)).to(states), states)

    def _states(self, x: Tensor, context: Tensor | None) -> Iterator[Tensor]:
        last = x
        yield x
        for _ in range(self.sampler_steps):
            ahead = x + self.momentum * (x - last)
            last = x
            x = ahead - self.step_size * self.gradient(ahead, context)
            yield x

    def _velocity(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        return -self.sampler_steps * self.step_size * self.gradient(x, context)

    def _predicted(self, x: Tensor, given: Tensor | None) -> Tensor:
        if given is None:
            output: Tensor = self.network(x, None)
        else:
            output = self.network(x, None, given)
        return output
