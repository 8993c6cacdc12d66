"""Normalizing flows: an invertible map to a Gaussian, of which the density is known exactly."""

import math
from collections.abc import Callable, Mapping
from functools import partial

from torch import Tensor, nn
from zuko.flows import MAF, NSF, MaskedAutoregressiveTransform
from zuko.transforms import MonotonicAffineTransform

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context import ContextSpec, columns_of
from genzoo.core.event import check_event_shape
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.models.checks import whole_number
from genzoo.models.conditions import chosen_conditions
from genzoo.models.registry import register_model
from genzoo.networks.mlp import Activation, activation_layer, check_layers

RECIPE = Recipe(
    steps=2000, batch_size=128, learning_rate=3e-3, betas=(0.9, 0.99), schedule="cosine"
)


class Flow(GenerativeModel, SupportsLogProb):
    """z = f(x), z ~ N(0, I): log p(x) = log N(f(x); 0, I) + log |det df/dx|, in model units.

    It is trained by maximum likelihood (Rezende and Mohamed 2015; Papamakarios et al. 2021). The
    map f is one of the library zuko.

    Args:
        event_shape: Shape of one example.
        flow: Of zuko, over vectors of the event size; a conditional one takes the condition.
        context_spec: What its conditions mean; None for an unconditional flow.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        flow: nn.Module,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        self.flow = flow

    @property
    def evaluations(self) -> int:
        """An autoregressive layer is inverted in several passes, at most one for each number."""
        passes = [1]
        for layer in self.flow.modules():
            if isinstance(layer, MaskedAutoregressiveTransform):
                passes.append(layer.passes)
        return max(passes)

    def updates(self) -> tuple[Update, ...]:
        """One step of maximum likelihood."""
        return (Update("flow", Flow.loss, ("flow",)),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """The mean negative log-likelihood, in nats."""
        return Step({"negative log-likelihood": -self._log_prob(batch.x, batch.context).mean()})

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z."""
        return {"latent": NoiseSpec("normal", (self.event_size,))}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """The inverse of f at z."""
        x: Tensor = self.flow(context).transform.inv(noise["latent"])
        return x.reshape(-1, *self.event_shape)

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        log_p: Tensor = self.flow(context).log_prob(x.flatten(1))
        return log_p


def compose_flow(
    kind: Callable[..., nn.Module],
    event_shape: tuple[int, ...],
    context_spec: ContextSpec | None,
    *,
    transforms: int,
    width: int,
    depth: int,
    activation: Activation,
    parameters: int = 2,
) -> Flow:
    """A flow of a class of zuko, over the numbers of an example.

    Args:
        kind: Called with `features`, `context`, `transforms`, `hidden_features` and `activation`.
        event_shape: Shape of one example.
        context_spec: What its conditions mean; None for an unconditional flow.
        transforms: Maps that are composed.
        width: Units of each hidden layer of their networks.
        depth: Hidden layers of their networks.
        activation: After each hidden layer.
        parameters: Numbers that a network gives for each number of an example.

    Raises:
        InputError: When a number is below what makes sense, or the networks do not fit in memory.
    """
    shape = check_event_shape(event_shape)
    whole_number("transforms", transforms, 1)
    whole_number("width", width, 1)
    whole_number("depth", depth, 0)
    size = math.prod(shape)
    check_layers(size, transforms * parameters * size, width=width, depth=depth)
    flow = kind(
        features=size,
        context=columns_of(context_spec),
        transforms=transforms,
        hidden_features=(width,) * depth,
        activation=type(activation_layer(activation)),
    )
    return Flow(shape, flow, context_spec)


@register_model("real_nvp", recipe=RECIPE)
def real_nvp(
    event_shape: tuple[int, ...],
    *,
    transforms: int = 6,
    width: int = 64,
    depth: int = 2,
    activation: Activation = "relu",
    conditional: bool = False,
    context_spec: ContextSpec | None = None,
) -> Flow:
    """Normalizing flow of affine coupling layers (Dinh, Sohl-Dickstein and Bengio 2017).

    Half of the numbers of an example set scale and shift of the others, in turns. A layer scales by
    at least .1 and at most 10.

    Args:
        event_shape: Shape of one example.
        transforms: Coupling layers.
        width: Units of each hidden layer of their networks.
        depth: Hidden layers of their networks.
        activation: After each hidden layer.
        conditional: Whether it takes the conditions of the source.
        context_spec: What these mean.

    Raises:
        InputError: On an option out of range.
    """
    coupling = partial(MAF, passes=2, univariate=partial(MonotonicAffineTransform, slope=0.1))
    return compose_flow(
        coupling,
        event_shape,
        chosen_conditions(conditional, context_spec),
        transforms=transforms,
        width=width,
        depth=depth,
        activation=activation,
    )


@register_model("maf", recipe=RECIPE)
def maf(
    event_shape: tuple[int, ...],
    *,
    transforms: int = 5,
    width: int = 64,
    depth: int = 2,
    activation: Activation = "relu",
    conditional: bool = False,
    context_spec: ContextSpec | None = None,
) -> Flow:
    """Masked autoregressive flow (Papamakarios, Pavlakou and Murray 2017).

    Scale and shift of each number depend on all numbers before it. Sampling takes as many passes as
    an example has numbers.

    Args:
        event_shape: Shape of one example.
        transforms: Autoregressive maps, in alternating orders.
        width: Units of each hidden layer of their networks.
        depth: Hidden layers of their networks.
        activation: After each hidden layer.
        conditional: Whether it takes the conditions of the source.
        context_spec: What these mean.

    Raises:
        InputError: On an option out of range.
    """
    return compose_flow(
        MAF,
        event_shape,
        chosen_conditions(conditional, context_spec),
        transforms=transforms,
        width=width,
        depth=depth,
        activation=activation,
    )


@register_model("neural_spline_flow", recipe=RECIPE)
def neural_spline_flow(
    event_shape: tuple[int, ...],
    *,
    transforms: int = 3,
    bins: int = 8,
    width: int = 64,
    depth: int = 2,
    activation: Activation = "relu",
    conditional: bool = False,
    context_spec: ContextSpec | None = None,
) -> Flow:
    """Autoregressive flow of rational-quadratic splines (Durkan et al. 2019).

    Args:
        event_shape: Shape of one example.
        transforms: Autoregressive maps, in alternating orders.
        bins: Pieces of each spline, on [-5, 5] in model units; beyond them it is the identity.
        width: Units of each hidden layer of their networks.
        depth: Hidden layers of their networks.
        activation: After each hidden layer.
        conditional: Whether it takes the conditions of the source.
        context_spec: What these mean.

    Raises:
        InputError: On an option out of range.
    """
    whole_number("bins", bins, 1)
    return compose_flow(
        partial(NSF, bins=bins),
        event_shape,
        chosen_conditions(conditional, context_spec),
        transforms=transforms,
        width=width,
        depth=depth,
        activation=activation,
        parameters=3 * bins - 1,
    )
