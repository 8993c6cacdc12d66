"""GANs put together from options."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from genzoo.core.context import ContextSpec, columns_of
from genzoo.core.event import check_event_shape
from genzoo.errors import InputError
from genzoo.losses.catalogue import OBJECTIVES
from genzoo.losses.objective import Objective, ProbabilisticObjective
from genzoo.models.checks import Size, not_negative, whole_number
from genzoo.models.conditions import chosen_conditions
from genzoo.models.critic_gan import CriticGAN
from genzoo.models.gan import GAN, PackedGAN
from genzoo.models.regularisers import (
    R1,
    R2,
    Diversity,
    Dragan,
    GradientPenalty,
    Regulariser,
    WeightClipping,
)
from genzoo.networks.custom import Network, choose_network
from genzoo.networks.discriminator import Conditioning, discriminator_mlp
from genzoo.networks.mlp import Activation, mlp_to_event
from genzoo.registry import suggestion


@dataclass(frozen=True, kw_only=True)
class GANOptions:
    """What a GAN is put together from, but for the shape of an example.

    Args:
        objective: What the players minimise.
        latent_dim: Size of z; none for the size of an example, at most 8.
        latent_distribution: Law of each coordinate of z: N(0, 1) or U[0, 1).
        width: Units of each hidden layer of both networks.
        depth: Hidden layers of both networks.
        generator_width: Width of the generator alone; none for that of both.
        generator_depth: Depth of the generator alone; none for that of both.
        discriminator_width: Width of the discriminator alone; none for that of both.
        discriminator_depth: Depth of the discriminator alone; none for that of both.
        activation: After each hidden layer of the generator.
        discriminator_activation: After each hidden layer of the discriminator; none for the
            generator's.
        discriminator_steps: Discriminator steps for each generator step, the k of algorithm 1.
        r1: Weight gamma of (gamma/2) E[|grad D|^2] on real examples; 0 for none.
        r2: Weight gamma of (gamma/2) E[|grad D|^2] on generated examples; 0 for none.
        gradient_penalty: Weight of E[(|grad D| - 1)^2] between real and generated examples; 0 for
            none.
        dragan: Weight of E[(|grad D| - 1)^2] around real examples; 0 for none.
        spread: Standard deviation of DRAGAN's neighbourhood, in model units.
        clip: Bound on every weight of the discriminator; 0 for none.
        diversity: Weight of GDPP's diversity loss of the generator; 0 for none.
        instance_noise: Standard deviation of noise on all that the discriminator sees, falling to 0
            over training.
        consensus: Weight of both players' squared gradients in both losses; 0 for none.
        unrolled_steps: Gradient steps of the discriminator that the generator looks ahead.
        unrolled_rate: Learning rate of those steps.
        packing: Examples that the discriminator judges at once.
        spectral_norm: Largest singular value that each layer of the discriminator is given; 0 to
            leave them free.
        minibatch_std: Whether the discriminator sees the deviation of its features over the batch.
        regularisers: Regularisers beside those that the options above name.
        conditional: Whether generator and discriminator see the conditions of the source.
        conditioning: How the discriminator sees them: beside its input, or by a projection of its
            features (Miyato and Koyama 2018); the generator sees them beside z.
        generator: Your own, from `(B, latent_dim)` to `(B, *event_shape)`; width, depth and
            activation then do not matter. If conditional, it is called with conditions `(B, C)`
            too: `generator(z, context)`.
        discriminator: Your own, from `(B, *event_shape)`, packs from `(B, packing, *event_shape)`,
            to scores `(B,)` or `(B, 1)`. If conditional, it is called as
            `discriminator(x, context)`, packs with conditions `(B, packing, C)`.
    """

    objective: str | Objective = "non_saturating"
    latent_dim: int | None = None
    latent_distribution: Literal["normal", "uniform"] = "normal"
    width: int = 128
    depth: int = 3
    generator_width: int | None = None
    generator_depth: int | None = None
    discriminator_width: int | None = None
    discriminator_depth: int | None = None
    activation: Activation = "relu"
    discriminator_activation: Activation | None = "leaky_relu"
    discriminator_steps: int = 1
    r1: float = 0.0
    r2: float = 0.0
    gradient_penalty: float = 0.0
    dragan: float = 0.0
    spread: float = 0.5
    clip: float = 0.0
    diversity: float = 0.0
    instance_noise: float = 0.0
    consensus: float = 0.0
    unrolled_steps: int = 0
    unrolled_rate: float = 0.1
    packing: int = 1
    spectral_norm: float = 0.0
    minibatch_std: bool = False
    regularisers: Sequence[Regulariser] = ()
    conditional: bool = False
    conditioning: Conditioning = "concatenation"
    generator: Network | None = None
    discriminator: Network | None = None


def compose_gan(
    event_shape: tuple[int, ...],
    options: GANOptions | None = None,
    *,
    context_spec: ContextSpec | None = None,
    **changes: Any,
) -> CriticGAN:
    """A GAN from any objective, regularisers and mechanisms.

    The class is `GAN` where the discriminator judges single examples by a score that implies a
    probability, `PackedGAN` with packing, else `CriticGAN`.

    Args:
        event_shape: Shape of one example.
        options: What it is put together from; by default `GANOptions()`.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.
        **changes: Fields of the options to replace, by name.

    Raises:
        InputError: On an unknown option or one out of range, or a network of the wrong shape.
    """
    known = [field.name for field in dataclasses.fields(GANOptions)]
    for option in changes:
        if option not in known:
            near = suggestion(option, known)
            offered = ", ".join(known)
            raise InputError(f"compose_gan has no option {option!r}: {near} (options: {offered})")
    chosen = dataclasses.replace(options or GANOptions(), **changes)
    shape = check_event_shape(event_shape)
    latent_dim = chosen.latent_dim
    if latent_dim is None:
        latent_dim = min(math.prod(shape), 8)
    whole_number("latent_dim", latent_dim, 1)
    whole_number("packing", chosen.packing, 1)
    not_negative(spectral_norm=chosen.spectral_norm)
    objective = _objective(chosen.objective)
    size = Size(chosen.width, chosen.depth).checked()
    spec = chosen_conditions(chosen.conditional, context_spec)
    columns = columns_of(spec)
    parts: dict[str, Any] = {
        "latent_dim": latent_dim,
        "generator": _generator(chosen, size, latent_dim, shape, columns),
        "discriminator": _discriminator(chosen, size, objective, shape, columns),
        "objective": objective,
        "regularisers": _regularisers(chosen),
        "discriminator_steps": chosen.discriminator_steps,
        "latent_distribution": chosen.latent_distribution,
        "instance_noise": chosen.instance_noise,
        "consensus": chosen.consensus,
        "unrolled_steps": chosen.unrolled_steps,
        "unrolled_rate": chosen.unrolled_rate,
        "context_spec": spec,
    }
    if chosen.packing > 1:
        return PackedGAN(shape, packing=chosen.packing, **parts)
    if isinstance(objective, ProbabilisticObjective) and not chosen.minibatch_std:
        return GAN(shape, **parts)
    return CriticGAN(shape, **parts)


def _objective(objective: str | Objective) -> Objective:
    if isinstance(objective, Objective):
        return objective
    if objective not in OBJECTIVES:
        raise InputError(f"objective must be one of {', '.join(OBJECTIVES)}, got {objective!r}")
    return OBJECTIVES[objective]


def _generator(
    options: GANOptions, size: Size, latent_dim: int, shape: tuple[int, ...], columns: int
) -> nn.Module:
    own = size.of("generator", options.generator_width, options.generator_depth)

    def default() -> nn.Module:
        return mlp_to_event(
            latent_dim,
            shape,
            width=own.width,
            depth=own.depth,
            activation=options.activation,
            conditions=columns,
        )

    return choose_network(
        options.generator,
        default,
        "generator",
        (latent_dim,),
        shape,
        like="(B, *event_shape)",
        context_shape=(columns,),
    )


def _discriminator(
    options: GANOptions, size: Size, objective: Objective, shape: tuple[int, ...], columns: int
) -> nn.Module:
    own = size.of("discriminator", options.discriminator_width, options.discriminator_depth)
    pack = (options.packing,) if options.packing > 1 else ()
    judged = (*pack, *shape)
    context_shape = (*pack, columns)

    def default() -> nn.Module:
        return discriminator_mlp(
            judged,
            width=own.width,
            depth=own.depth,
            activation=options.discriminator_activation or options.activation,
            output_bias=not objective.shift_invariant,
            spectral_norm=options.spectral_norm,
            minibatch_std=options.minibatch_std,
            conditions=math.prod(context_shape),
            conditioning=options.conditioning,
        )

    return choose_network(
        options.discriminator,
        default,
        "discriminator",
        judged,
        (),
        (1,),
        like="(B,) or (B, 1)",
        context_shape=context_shape,
    )


def _regularisers(options: GANOptions) -> tuple[Regulariser, ...]:
    not_negative(
        r1=options.r1,
        r2=options.r2,
        gradient_penalty=options.gradient_penalty,
        dragan=options.dragan,
        clip=options.clip,
        diversity=options.diversity,
    )
    chosen: list[Regulariser] = []
    if options.r1:
        chosen.append(R1(options.r1))
    if options.r2:
        chosen.append(R2(options.r2))
    if options.gradient_penalty:
        chosen.append(GradientPenalty(options.gradient_penalty))
    if options.dragan:
        chosen.append(Dragan(options.dragan, options.spread))
    if options.clip:
        chosen.append(WeightClipping(options.clip))
    if options.diversity:
        chosen.append(Diversity(options.diversity))
    return (*chosen, *options.regularisers)
