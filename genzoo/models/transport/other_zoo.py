"""The registered models of transport whose networks know no velocity at one time.

Those that do are in `zoo`.
"""

from genzoo.core.context import ContextSpec
from genzoo.core.event import check_event_shape
from genzoo.models.conditions import chosen_conditions
from genzoo.models.registry import register_model
from genzoo.models.transport.equilibrium import EquilibriumMatching
from genzoo.models.transport.mean import MeanFlow
from genzoo.models.transport.parts import network_of
from genzoo.models.transport.times import Uniform
from genzoo.models.transport.zoo import RECIPE
from genzoo.networks.mlp import Activation

FASTEST = 2.0
"""The largest frequency of times for a mean flow, whose targets have derivatives by time."""


@register_model("mean_flow", recipe=RECIPE)
def mean_flow(
    event_shape: tuple[int, ...],
    *,
    same: float = 0.25,
    power: float = 0.5,
    sampler_steps: int = 1,
    width: int = 64,
    depth: int = 4,
    activation: Activation = "silu",
    conditional: bool = False,
    hidden: float = 0.1,
    guidance: float = 1.0,
    context_spec: ContextSpec | None = None,
) -> MeanFlow:
    """Mean flow: average velocities, learned so that one evaluation suffices (Geng et al. 2025).

    Args:
        event_shape: Shape of one example.
        same: Share of training pairs of times that are one time, where the average velocity is the
            velocity.
        power: p of weights 1 / (|error|^2 + .001)^p of errors; 0 for none.
        sampler_steps: Steps of a sample, of equal time.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditional: Whether the network sees the conditions of the source.
        hidden: Share of examples whose condition is hidden in training, if conditional.
        guidance: w of the velocity (1 - w) v(x, t) + w v(x, t, c) whose average is learned, if
            conditional; it costs no further evaluation.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option that is unknown or out of range.
    """
    shape = check_event_shape(event_shape)
    spec = chosen_conditions(conditional, context_spec)
    return MeanFlow(
        shape,
        network=network_of(shape, spec, width, depth, activation, times=2, fastest=FASTEST),
        times=Uniform(),
        same=same,
        power=power,
        sampler_steps=sampler_steps,
        hidden=hidden,
        guidance=guidance,
        context_spec=spec,
    )


@register_model("equilibrium_matching", recipe=RECIPE.override(steps=4000))
def equilibrium_matching(
    event_shape: tuple[int, ...],
    *,
    sampler_steps: int = 50,
    step_size: float = 0.034,
    momentum: float = 0.0,
    decay_from: float = 0.8,
    width: int = 64,
    depth: int = 4,
    activation: Activation = "silu",
    conditional: bool = False,
    hidden: float = 0.1,
    guidance: float = 1.0,
    context_spec: ContextSpec | None = None,
) -> EquilibriumMatching:
    """Equilibrium matching: samples descend a gradient without time to the data (Wang and Du 2025).

    Args:
        event_shape: Shape of one example.
        sampler_steps: Steps of descent; more of them make samples less varied. By default the
            descent is as long as in the paper, in fewer steps.
        step_size: How far a step goes, against the gradient.
        momentum: Share of the last step that is added to the next, as Nesterov (1983) has it.
        decay_from: Share of data in a mixture with noise from which the gradient falls, to 0 at
            data.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditional: Whether the network sees the conditions of the source.
        hidden: Share of examples whose condition is hidden in training, if conditional.
        guidance: w of (1 - w) g(x) + w g(x, c), if conditional; above 1, samples are more typical
            of their condition and less diverse.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option that is unknown or out of range.
    """
    shape = check_event_shape(event_shape)
    spec = chosen_conditions(conditional, context_spec)
    return EquilibriumMatching(
        shape,
        network=network_of(shape, spec, width, depth, activation, times=0),
        sampler_steps=sampler_steps,
        step_size=step_size,
        momentum=momentum,
        decay_from=decay_from,
        hidden=hidden,
        guidance=guidance,
        context_spec=spec,
    )
