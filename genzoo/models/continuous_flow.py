"""Continuous normalizing flow: noise becomes data along a learned velocity, by likelihood."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context import ContextSpec, columns_of
from genzoo.core.event import check_event_shape
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.core.velocity import SupportsVelocity, Trajectory
from genzoo.losses.reconstruction import gaussian_log_likelihood
from genzoo.models.checks import whole_number
from genzoo.models.conditions import chosen_conditions
from genzoo.models.registry import register_model
from genzoo.models.transport.samplers import RungeKutta, Velocity
from genzoo.models.transport.volume import followed, settled
from genzoo.networks.mlp import Activation
from genzoo.networks.time_mlp import TimeMLP

LATENT = "latent"


class ContinuousFlow(GenerativeModel, SupportsLogProb, SupportsVelocity):
    """dx / dt = v(x, t) from z ~ N(0, I) at t = 0: log p(x) = log N(z; 0, I) - int div v dt.

    The density is taken backwards from x (Chen et al. 2018; Grathwohl et al. 2019), its divergence
    exactly. It is trained by maximum likelihood through the steps of the solver, which gives the
    gradient of what these steps compute. Few of them do for that; `log_prob` and `generate` take
    more, so that both solve the same equation.

    Steps of training are of fourth order and fixed. A solver that adapts them to an error takes
    them for a whole batch, so that examples would depend on each other, and would take others for
    each seed. Fixed ones run under `torch.func.vmap`, for many seeds at once, and can be replayed.
    `log_prob` takes as many as each example needs, see `settled`.

    Args:
        event_shape: Shape of one example.
        network: v, from x `(B, *event_shape)`, times `(B,)` and, in a conditional flow, conditions
            `(B, C)`.
        solver_steps: Steps from noise to data, and what the way back tries first.
        training_steps: Steps from data to noise in training.
        context_spec: What its conditions mean; None for an unconditional flow.

    Raises:
        InputError: When there are no steps of either kind.
    """

    solves_density = True

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        network: nn.Module,
        solver_steps: int,
        training_steps: int,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        whole_number("solver_steps", solver_steps, 1)
        self.network = network
        self.solver = RungeKutta()
        self.solver_steps = solver_steps
        whole_number("training_steps", training_steps, 1)
        self.training_steps = training_steps

    @property
    def evaluations(self) -> int:
        """How often the network is evaluated for a sample."""
        return self.solver.evaluations(self.solver_steps)

    def updates(self) -> tuple[Update, ...]:
        """One step of maximum likelihood."""
        return (Update("flow", ContinuousFlow.loss, ("network",)),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """The mean negative log-likelihood, in nats."""
        log_p = self._likelihood(batch.x, batch.context, self.training_steps)
        return Step({"negative log-likelihood": -log_p.mean()})

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z."""
        return {LATENT: NoiseSpec("normal", self.event_shape)}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """x at t = 1."""
        return self.trajectory(noise, context).states[-1]

    def trajectory(self, noise: Noise, context: Tensor | None = None) -> Trajectory:
        """x at the times of the solver."""
        z = noise[LATENT]
        times = _times(self.solver_steps, z)
        states = self.solver.solve(self._along(context), z, times)
        return Trajectory(times, torch.stack([z, *states]))

    def _velocity(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        inputs = [x, t]
        if context is not None:
            inputs.append(context)
        velocity: Tensor = self.network(*inputs)
        return velocity

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return settled(self._likelihood, x, context, self.solver_steps)

    def _likelihood(self, x: Tensor, context: Tensor | None, steps: int) -> Tensor:
        times = _times(steps, x).flip(0)
        z, log_volume = followed(self.solver, self._along(context), x, times)
        return gaussian_log_likelihood(z, torch.zeros_like(z), z.new_zeros(())) + log_volume

    def _along(self, context: Tensor | None) -> Velocity:
        """v at one time for all."""

        def velocity(x: Tensor, t: Tensor) -> Tensor:
            return self._velocity(x, t.expand(len(x)), context)

        return velocity


def _times(steps: int, like: Tensor) -> Tensor:
    return torch.linspace(0, 1, steps + 1).to(like)


@register_model(
    "continuous_flow",
    recipe=Recipe(
        steps=1000, batch_size=128, learning_rate=1e-2, betas=(0.9, 0.99), schedule="cosine"
    ),
)
def continuous_flow(
    event_shape: tuple[int, ...],
    *,
    solver_steps: int = 12,
    training_steps: int = 4,
    width: int = 32,
    depth: int = 3,
    activation: Activation = "silu",
    conditional: bool = False,
    context_spec: ContextSpec | None = None,
) -> ContinuousFlow:
    """Continuous normalizing flow: a velocity learned by likelihood (Grathwohl et al. 2019).

    Its divergence is exact, which costs D gradients of each evaluation for D numbers of an example:
    meant for a few numbers.

    Args:
        event_shape: Shape of one example.
        solver_steps: Steps of fourth order between noise and data, after training.
        training_steps: Such steps in training.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditional: Whether it takes the conditions of the source.
        context_spec: What these mean.

    Raises:
        InputError: On an option out of range.
    """
    shape = check_event_shape(event_shape)
    spec = chosen_conditions(conditional, context_spec)
    whole_number("width", width, 1)
    whole_number("depth", depth, 0)
    network = TimeMLP(
        shape,
        width=width,
        depth=depth,
        activation=activation,
        conditions=columns_of(spec),
        features=0,
    )
    return ContinuousFlow(
        shape,
        network=network,
        solver_steps=solver_steps,
        training_steps=training_steps,
        context_spec=spec,
    )
