"""Mean flow: a network learns average velocities, so that one evaluation makes a sample."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from genzoo.core.context import ContextSpec
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.path import Path
from genzoo.core.velocity import SupportsVelocity, Trajectory
from genzoo.errors import InputError
from genzoo.models.checks import not_negative, whole_number
from genzoo.models.transport.couplings import START
from genzoo.models.transport.guidance import KEPT, check_guidance, partly_shown, shown
from genzoo.models.transport.model import TIME, beside
from genzoo.models.transport.path import Linear
from genzoo.models.transport.times import Times

SAME = "same"
"""The name of the noise that says which pairs of times are one time."""
OFFSET = 1e-3
"""c of the weights 1 / (|error|^2 + c)^p."""


class MeanFlow(GenerativeModel, SupportsVelocity):
    """The average velocity u(x_t, t, s) = (x_s - x_t) / (s - t) of a flow from t to s >= t.

    The flow is that of linear paths x_t = t x_1 + (1 - t) x_0, noise at t = 0 and data at t = 1,
    dx / dt = v(x, t). Since (s - t) u is the integral of v from t to s, its derivative along the
    flow, with s held, is -v, and so

        u = v + (s - t) (u_t + v . grad u).

    Geng et al. (2025), whose time runs from data to noise, have a minus in place of the plus. The
    right side, with x_1 - x_0 for v and the network's own u, is the target of a least squares; no
    gradient goes through it. A network that has u makes a sample in one step: x_0 + u(x_0, 0, 1).

    With conditions c and a guidance w, the flow is that of (1 - w) v(x, t) + w v(x, t, c), which is
    what training learns, so that samples cost no more for it.

    Args:
        event_shape: Shape of one example.
        network: Maps x `(B, *event_shape)`, (t, s - t) `(B, 2)` and, in a conditional one,
            `(B, C + 1)`, see `Transport`, to what the best linear u of data of variance 1 leaves,
            in units of (t^2 + (1 - t)^2)^-1/2.
        times: The law of both times of a pair, which are then put in order.
        same: Share of pairs whose times are made one, t = s: there the target is x_1 - x_0.
        power: p of weights 1 / (|error|^2 + c)^p of squared errors, through which no gradient goes.
            With 0 the best output is the mean of the target; larger ones (Geng et al. have 1) hold
            back errors that a steep network makes of its own derivative.
        sampler_steps: Steps of equal time from noise to data.
        hidden: Share of examples whose condition is hidden in training.
        guidance: w; with 1 only the condition counts.
        context_spec: What its conditions mean; None for an unconditional one.

    Raises:
        InputError: When there are no steps, `same` is not in [0, 1], `power` is negative, `hidden`
            is not in [0, 1), or `guidance` is not finite.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        network: nn.Module,
        times: Times,
        same: float,
        power: float,
        sampler_steps: int = 1,
        hidden: float = 0.1,
        guidance: float = 1.0,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        whole_number("sampler_steps", sampler_steps, 1)
        if not 0 <= same <= 1:
            raise InputError(f"same must be in [0, 1], got {same}")
        not_negative(power=power)
        check_guidance(hidden, guidance)
        self.network = network
        self.path = Linear()
        self.times = times
        self.same = same
        self.power = power
        self.sampler_steps = sampler_steps
        self.hidden = hidden
        self.guidance = guidance

    @property
    def evaluations(self) -> int:
        """How often the network is evaluated for a sample."""
        return self.sampler_steps

    @property
    def follows_velocity(self) -> bool:
        """No: it goes a long way at the average velocity."""
        return False

    def marginal_path(self) -> Path | str:
        """None: what is to be learned is the average of a velocity, which has no closed form."""
        return "samples follow an average velocity, of which no exact one is known"

    def updates(self) -> tuple[Update, ...]:
        """One step of least squares."""
        noise = {
            START: NoiseSpec("normal", self.event_shape),
            TIME: NoiseSpec(self.times.distribution, (2,)),
            SAME: NoiseSpec("uniform"),
        }
        if self.context_spec is not None:
            noise[KEPT] = NoiseSpec("uniform")
        return (Update("mean flow", MeanFlow.loss, ("network",), noise=noise),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """The weighted squared error of the average velocity, summed over an example."""
        pair = self.times.share(noise[TIME], self.path)
        t = pair.amin(1)
        until = torch.where(noise[SAME] < self.same, t, pair.amax(1))
        at = beside(t, batch.x)
        x_t = at * batch.x + (1 - at) * noise[START]
        given = partly_shown(batch.context, noise, self.hidden)
        velocity = self._followed(batch.x - noise[START], x_t, t, given)
        average = partial(self._average, given=given)
        # Along the flow, s held: x moves with v, t with 1.
        moves = (velocity, torch.ones_like(t), torch.zeros_like(until))
        output, change = torch.func.jvp(average, (x_t, t, until), moves)[:2]
        target = velocity + beside(until - t, x_t) * change
        errors = (output - target.detach()).square().flatten(1).sum(1)
        weight = (errors.detach() + OFFSET) ** -self.power
        return Step({"squared error": (weight * errors).mean()})

    def _followed(self, velocity: Tensor, x_t: Tensor, t: Tensor, given: Tensor | None) -> Tensor:
        """x_1 - x_0 or, where the condition is shown, what the guidance makes of it."""
        if given is None or self.guidance == 1:
            return velocity
        kept = given[:, -1]
        nothing = torch.zeros_like(given)
        free = self._average(x_t, t, t, nothing).detach()
        guided = self.guidance * velocity + (1 - self.guidance) * free
        return torch.where(beside(kept, x_t) == 1, guided, velocity)

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """Where a path begins."""
        return {START: NoiseSpec("normal", self.event_shape)}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """x_1, where the average velocities lead."""
        return self.trajectory(noise, context).states[-1]

    def trajectory(self, noise: Noise, context: Tensor | None = None) -> Trajectory:
        """x_t at the times of its steps."""
        times = torch.linspace(0, 1, self.sampler_steps + 1).to(noise[START])
        states = torch.stack(list(self._states(noise[START], times, context)))
        return Trajectory(times, states)

    def _states(self, x: Tensor, times: Tensor, context: Tensor | None) -> Iterator[Tensor]:
        given = self._shown(context)
        yield x
        for t, until in pairwise(times):
            u = self._average(x, t.expand(len(x)), until.expand(len(x)), given)
            x = x + (until - t) * u
            yield x

    def _velocity(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        return self._average(x, t, t, self._shown(context))

    def _shown(self, context: Tensor | None) -> Tensor | None:
        if context is None:
            return None
        return shown(context, torch.ones_like(context[:, 0]))

    def _average(self, x: Tensor, t: Tensor, until: Tensor, given: Tensor | None) -> Tensor:
        """u at times `(B,)`."""
        inputs = [x, torch.stack([t, until - t], 1)]
        if given is not None:
            inputs.append(given)
        output: Tensor = self.network(*inputs)
        # Of data N(0, I), x_s = x_t S_s / S_t with S^2 = t^2 + (1 - t)^2.
        size = torch.sqrt(t**2 + (1 - t) ** 2)
        until_size = torch.sqrt(until**2 + (1 - until) ** 2)
        slope = 2 * (t + until - 1) / (size * (size + until_size))
        return beside(slope, x) * x + output / beside(size, x)
