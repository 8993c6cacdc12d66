"""Transport: a model composed of a path, a prediction, a law of times, a sampler and a network."""

import math
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from genzoo.core.context import ContextSpec
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.velocity import (
    SupportsOdeLogProb,
    SupportsScore,
    SupportsVelocity,
    Trajectory,
)
from genzoo.errors import InputError
from genzoo.losses.reconstruction import gaussian_log_likelihood
from genzoo.models.checks import whole_number
from genzoo.models.transport.couplings import START, GibbsKernel, Pairing
from genzoo.models.transport.guidance import (
    KEPT,
    check_guidance,
    evaluations_of,
    guided,
    partly_shown,
)
from genzoo.models.transport.path import Path
from genzoo.models.transport.prediction import (
    Coefficients,
    Ends,
    OwnWeighting,
    Prediction,
    Weighting,
)
from genzoo.models.transport.samplers import STEPS, Field, RungeKutta, Sampler
from genzoo.models.transport.times import Times
from genzoo.models.transport.volume import followed, settled

TIME = "time"
"""The name of the noise that times are made of."""


class Transport(GenerativeModel, SupportsVelocity, SupportsScore, SupportsOdeLogProb):
    """x_t = alpha_t x_1 + sigma_t x_0, x_0 ~ N(0, I), x_1 ~ data: noise at t = 0, data at t = 1.

    A network is trained by least squares to predict data, noise, velocity or score from x_t and t;
    in expectation it then knows the velocity and the score of the law of x_t, along which a sampler
    goes (Ho, Jain and Abbeel 2020; Song et al. 2021; Lipman et al. 2023).

    A conditional one sees the conditions, and beside them whether it does: in training a share of
    examples hides them. Samples follow (1 - w) f(x, t) + w f(x, t, c), f the prediction and w the
    guidance (Ho and Salimans 2021).

    Args:
        event_shape: Shape of one example.
        network: Maps x_t `(B, *event_shape)`, times `Path.input_scale`, t `(B,)` and, in a
            conditional one, `(B, C + 1)` to what `Prediction.guess` leaves, in `Prediction.unit`.
            The last column is 1 where the C others are the condition, and 0 where it is hidden
            and they are 0 too.
        path: alpha and sigma.
        prediction: What the network predicts.
        sampler: How samples are made.
        sampler_steps: Steps of the sampler.
        spacing: Times of steps are last - (last - first) (1 - k / steps)^spacing: 1 for equal
            steps, above 1 for shorter ones near the data, where the field is sharp.
        times: The law of training times.
        weighting: How errors at different times count.
        pairing: Which noise goes with which example of a batch; None for as they come.
        kernel: How much a pair counts; None where all count the same.
        hidden: Share of examples whose condition is hidden in training.
        guidance: w; with 1, only the condition counts, and with 0 it does not.
        context_spec: What its conditions mean; None for an unconditional one.

    Raises:
        InputError: When there are no steps, `spacing` is not positive, `hidden` is not in [0, 1),
            `guidance` is not finite, or the times are those of another path.

    Attributes:
        density_steps: Steps of fourth order from data to noise that `ode_log_prob` tries first.
    """

    density_steps: int = 16

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        network: nn.Module,
        path: Path,
        prediction: Prediction,
        sampler: Sampler,
        sampler_steps: int,
        times: Times,
        spacing: float = 1.0,
        weighting: Weighting | None = None,
        pairing: Pairing | None = None,
        kernel: GibbsKernel | None = None,
        hidden: float = 0.1,
        guidance: float = 1.0,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        whole_number("sampler_steps", sampler_steps, 1)
        if not 0 < spacing < math.inf:
            raise InputError(f"spacing must be a positive number, got {spacing}")
        check_guidance(hidden, guidance)
        # Not every law of times suits every path, which it says when it is asked.
        times.share(torch.zeros(()), path)
        self.network = network
        self.path = path
        self.prediction = prediction
        self.sampler = sampler
        self.sampler_steps = sampler_steps
        self.times = times
        self.spacing = spacing
        self.weighting = weighting or OwnWeighting()
        self.pairing = pairing
        self.kernel = kernel
        self.hidden = hidden
        self.guidance = guidance
        self.first, self.last = prediction.interval(path)
        # Noise is left where the sampler ends, so that a last look at x_1 removes it.
        self.ends_in_noise = float(path.sigma(torch.tensor(self.last))) > 0

    @property
    def evaluations(self) -> int:
        """Those of the sampler, one where it ends in noise, and twice as many with guidance."""
        count = self.sampler.evaluations(self.sampler_steps)
        if self.ends_in_noise:
            count += 1
        return count * evaluations_of(self.guidance, conditional=self.context_spec is not None)

    @property
    def follows_velocity(self) -> bool:
        """Whether the sampler adds no noise of its own."""
        return self.sampler.follows_velocity

    def marginal_path(self) -> Path | str:
        """Its path, unless pairs of data and noise are chosen, or conditions exaggerated."""
        if self.pairing is not None:
            return "noise and data are paired, not independent"
        if self.kernel is not None:
            return "pairs of noise and data are weighted, which changes their law"
        if self.context_spec is not None and self.guidance != 1:
            return f"a guidance of {self.guidance:g} changes the velocity"
        return self.path

    def updates(self) -> tuple[Update, ...]:
        """One step of least squares."""
        noise = {START: NoiseSpec("normal", self.event_shape), TIME: self.times.noise}
        if self.context_spec is not None:
            noise[KEPT] = NoiseSpec("uniform")
        return (
            Update("transport", Transport.loss, ("network",), noise=noise, pairing=self.pairing),
        )

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """The weighted squared error of the prediction, summed over an example."""
        share = self.times.share(noise[TIME], self.path)
        t = self.first + (self.last - self.first) * share
        at = Coefficients.of(self.path, beside(t, batch.x))
        ends = Ends(batch.x, noise[START])
        given = partly_shown(batch.context, noise, self.hidden)
        output = self._predicted(at.position(ends), t, given)
        error = output - self.prediction.target(ends, at)
        weighted = self.weighting.weight(self.prediction, at) * error**2
        errors = weighted.flatten(1).sum(1)
        if self.kernel is not None:
            errors = self.kernel.weight(ends) * errors
        return Step({"squared error": errors.mean()})

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """Where a path begins and, of a stochastic sampler, the noise of its steps."""
        own = self.sampler.noise(self.sampler_steps, self.event_shape)
        return {START: NoiseSpec("normal", self.event_shape), **own}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """x_1, where the sampler gets to."""
        states = (x for _, x in self._states(noise, context))
        return deque(states, maxlen=1)[0]

    def trajectory(self, noise: Noise, context: Tensor | None = None) -> Trajectory:
        """x_t at the times of the sampler."""
        times: list[Tensor] = []
        states: list[Tensor] = []
        for t, x in self._states(noise, context):
            times.append(t)
            states.append(x)
        return Trajectory(torch.stack(times), torch.stack(states))

    def field(self, context: Tensor | None = None) -> Field:
        """What the network thinks, in model units, given conditions in model units."""
        return _Learned(self, context)

    def schedule(self, steps: int) -> Tensor:
        """The times between which a sampler goes, `(steps + 1,)` float64."""
        left = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
        return self.last - (self.last - self.first) * left**self.spacing

    def states(
        self, sampler: Sampler, field: Field, x: Tensor, times: Tensor, noise: Tensor | None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Times and what is there, from x at the first of times to t = 1.

        Args:
            sampler: What goes.
            field: What it follows: `field`, or another on the same path.
            x: `(B, *event_shape)` in model units.
            times: See `schedule`.
            noise: `(B, steps, *event_shape)`, of a stochastic sampler.
        """
        yield times[0], x
        last = len(times) - 1
        for k, state in enumerate(sampler.states(field, x, times, noise), start=1):
            x = state
            if k < last or not self.ends_in_noise:
                yield times[k], x
        if self.ends_in_noise:
            yield torch.ones_like(times[-1]), field.ends(x, times[-1]).data

    def _ode_log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return settled(self._density, x, context, self.density_steps)

    def _density(self, x: Tensor, context: Tensor | None, steps: int) -> Tensor:
        """log p by so many steps."""
        times = self.schedule(steps).flip(0).to(x)
        velocity = self.field(context).velocity
        start, log_volume = followed(RungeKutta(), velocity, x, times)
        log_variance = 2 * self.path.sigma(times[-1]).log()
        noise = gaussian_log_likelihood(start, torch.zeros_like(start), log_variance)
        return noise + log_volume

    def _states(self, noise: Noise, context: Tensor | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Those of its own sampler and field."""
        times = self.schedule(self.sampler_steps).to(noise[START])
        x = self.path.sigma(times[0]) * noise[START]
        yield from self.states(self.sampler, self.field(context), x, times, noise.get(STEPS))

    def _velocity(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        return self.field(context).velocity(x, self._within(x, t))

    def _score(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        return self.field(context).score(x, self._within(x, t))

    def _within(self, x: Tensor, t: Tensor) -> Tensor:
        """Times beside examples, those that the path does not reach being the next that it does."""
        return beside(t.clamp(self.first, self.last), x)

    def _predicted(self, x_t: Tensor, t: Tensor, given: Tensor | None) -> Tensor:
        """The prediction at times `(B,)`."""
        at = Coefficients.of(self.path, beside(t, x_t))
        scaled = x_t * beside(self.path.input_scale(t), x_t)
        inputs = [scaled, t]
        if given is not None:
            inputs.append(given)
        output: Tensor = self.network(*inputs)
        return self.prediction.guess(x_t, at) + self.prediction.unit(at) * output

    def guided(self, x_t: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        """The output that samples follow, at times `(B,)`, in model units."""
        return guided(partial(self._predicted, x_t, t), context, self.guidance)


class _Learned(Field):
    """The field of a trained network.

    Args:
        model: The model.
        context: Conditions `(B, C)`, where it takes any.
    """

    def __init__(self, model: Transport, context: Tensor | None) -> None:
        self.path = model.path
        self.model = model
        self.context = context

    def ends(self, x: Tensor, t: Tensor) -> Ends:
        """What the prediction says of both ends."""
        times = t.reshape(-1).expand(len(x))
        output = self.model.guided(x, times, self.context)
        return self.model.prediction.ends(output, x, Coefficients.of(self.path, t))


def beside(t: Tensor, x: Tensor) -> Tensor:
    """Numbers `(B,)` as `(B, 1, ..., 1)`, to stand beside examples."""
    return t.reshape(-1, *(1,) * (x.ndim - 1))
