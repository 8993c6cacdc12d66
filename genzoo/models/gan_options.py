"""One function that composes a GAN from options, and factories that offer a part of its options under a name."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from torch import nn

from genzoo.core.event import check_event_shape
from genzoo.errors import InputError
from genzoo.losses.catalogue import OBJECTIVES
from genzoo.losses.objective import Objective, ProbabilisticObjective
from genzoo.models.checks import at_least, not_negative
from genzoo.models.gan import GAN, CriticGAN, PackedGAN
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
from genzoo.networks.discriminator import discriminator_mlp
from genzoo.networks.mlp import Activation, mlp_to_event

MEANINGS: Mapping[str, str] = {
    "event_shape": "Shape of one example.",
    "objective": "What the players minimise.",
    "latent_dim": "Size of z; none for the size of an example, at most 8.",
    "latent_distribution": "Law of each coordinate of z: N(0, 1) or U[0, 1).",
    "width": "Units of each hidden layer of both networks.",
    "depth": "Hidden layers of both networks.",
    "activation": "After each hidden layer of the generator.",
    "discriminator_activation": "After each hidden layer of the discriminator; none for the generator's.",
    "discriminator_steps": "Discriminator steps for each generator step, the k of algorithm 1.",
    "r1": "Weight gamma of (gamma/2) E[|grad D|^2] on real examples; 0 for none.",
    "r2": "Weight gamma of (gamma/2) E[|grad D|^2] on generated examples; 0 for none.",
    "gradient_penalty": "Weight of E[(|grad D| - 1)^2] between real and generated examples; 0 for none.",
    "dragan": "Weight of E[(|grad D| - 1)^2] around real examples; 0 for none.",
    "spread": "Standard deviation of DRAGAN's neighbourhood, in model units.",
    "clip": "Bound on every weight of the discriminator; 0 for none.",
    "diversity": "Weight of GDPP's diversity loss of the generator; 0 for none.",
    "instance_noise": "Standard deviation of noise on all that the discriminator sees, falling to 0 over training.",
    "consensus": "Weight of both players' squared gradients in both losses; 0 for none.",
    "unrolled_steps": "Gradient steps of the discriminator that the generator looks ahead.",
    "unrolled_rate": "Learning rate of those steps.",
    "packing": "Examples that the discriminator judges at once.",
    "spectral_norm": "Largest singular value that each layer of the discriminator is given; 0 to leave them free.",
    "minibatch_std": "Whether the discriminator sees the deviation of its features over the batch.",
    "generator": "Your own, from `(B, latent_dim)` to `(B, *event_shape)`; width, depth and activation then do not "
    "matter.",
    "discriminator": "Your own, from `(B, *event_shape)`, packs from `(B, packing, *event_shape)`, to scores `(B,)` or "
    "`(B, 1)`.",
}

PLAIN = (
    "latent_dim",
    "latent_distribution",
    "width",
    "depth",
    "activation",
    "discriminator_activation",
    "discriminator_steps",
)
"""Options of every GAN; `generator` and `discriminator` follow them."""


def compose_gan(
    event_shape: tuple[int, ...],
    *,
    objective: str | Objective = "non_saturating",
    latent_dim: int | None = None,
    latent_distribution: Literal["normal", "uniform"] = "normal",
    width: int = 128,
    depth: int = 3,
    activation: Activation = "relu",
    discriminator_activation: Activation | None = "leaky_relu",
    discriminator_steps: int = 1,
    r1: float = 0.0,
    r2: float = 0.0,
    gradient_penalty: float = 0.0,
    dragan: float = 0.0,
    spread: float = 0.5,
    clip: float = 0.0,
    diversity: float = 0.0,
    instance_noise: float = 0.0,
    consensus: float = 0.0,
    unrolled_steps: int = 0,
    unrolled_rate: float = 0.1,
    packing: int = 1,
    spectral_norm: float = 0.0,
    minibatch_std: bool = False,
    regularisers: Sequence[Regulariser] = (),
    generator: Network | None = None,
    discriminator: Network | None = None,
) -> CriticGAN:
    """A GAN from any objective, regularisers and mechanisms.

    The options are those of the registered name `gan`; `objective` may be an object too, and
    `regularisers` are added to those that options name. The class is `GAN` where the discriminator
    judges single examples by a score that implies a probability, `PackedGAN` with packing, else
    `CriticGAN`.

    Raises:
        InputError: On an option out of range, or a network of the wrong shape.
    """
    shape = check_event_shape(event_shape)
    size = min(math.prod(shape), 8) if latent_dim is None else latent_dim
    at_least(1, latent_dim=size, width=width, packing=packing)
    at_least(0, depth=depth)
    not_negative(spectral_norm=spectral_norm)
    game = _objective(objective)
    judged = shape if packing == 1 else (packing, *shape)

    def default_generator() -> nn.Module:
        return mlp_to_event(size, shape, width=width, depth=depth, activation=activation)

    def default_discriminator() -> nn.Module:
        return discriminator_mlp(
            judged,
            width=width,
            depth=depth,
            activation=discriminator_activation or activation,
            output_bias=not game.shift_invariant,
            spectral_norm=spectral_norm,
            minibatch_std=minibatch_std,
        )

    parts: dict[str, Any] = {
        "latent_dim": size,
        "generator": choose_network(
            generator, default_generator, "generator", (size,), shape, like="(B, *event_shape)"
        ),
        "discriminator": choose_network(
            discriminator,
            default_discriminator,
            "discriminator",
            judged,
            (),
            (1,),
            like="(B,) or (B, 1)",
        ),
        "objective": game,
        "regularisers": (
            *_regularisers(r1, r2, gradient_penalty, dragan, spread, clip, diversity),
            *regularisers,
        ),
        "discriminator_steps": discriminator_steps,
        "latent_distribution": latent_distribution,
        "instance_noise": instance_noise,
        "consensus": consensus,
        "unrolled_steps": unrolled_steps,
        "unrolled_rate": unrolled_rate,
    }
    if packing > 1:
        return PackedGAN(shape, packing=packing, **parts)
    single = isinstance(game, ProbabilisticObjective) and not minibatch_std
    return GAN(shape, **parts) if single else CriticGAN(shape, **parts)


def gan_variant(
    name: str,
    description: str,
    *,
    offers: tuple[str, ...] = (),
    called: Mapping[str, tuple[str, ...]] | None = None,
    **defaults: Any,
) -> Callable[..., CriticGAN]:
    """A factory of GANs with defaults of its own that offers some of the options of `compose_gan`.

    Args:
        name: The registered name.
        description: One line for lists, with the source.
        offers: Options beyond the plain ones.
        called: Options under another name: `{"gamma": ("r1", "r2")}` offers one number for both.
        **defaults: Values of options where they differ from those of `compose_gan`, offered or not.
    """
    everything = inspect.signature(compose_gan, eval_str=True).parameters
    renamed = called or {}

    def offered(option: str) -> inspect.Parameter:
        first = renamed.get(option, (option,))[0]
        return everything[first].replace(
            name=option, default=defaults.get(first, everything[first].default)
        )

    options = {
        option: offered(option)
        for option in (*PLAIN, *renamed, *offers, "generator", "discriminator")
    }

    def create(event_shape: tuple[int, ...], **given: Any) -> CriticGAN:
        unknown = sorted(set(given) - set(options))
        if unknown:
            raise InputError(
                f"{name} has no option {unknown[0]!r}: choose from {', '.join(options)}"
            )
        chosen = {
            target: value for key, value in given.items() for target in renamed.get(key, (key,))
        }
        return compose_gan(event_shape, **{**defaults, **chosen})

    create.__name__ = create.__qualname__ = name
    create.__signature__ = inspect.Signature([everything["event_shape"], *options.values()])  # type: ignore[attr-defined]
    lines = [
        f"    {key}: {_meaning(renamed.get(key, (key,)))}" for key in ("event_shape", *options)
    ]
    raises = "Raises:\n    InputError: On an option out of range, or a network of the wrong shape."
    create.__doc__ = "\n".join([description, "", "Args:", *lines, "", raises])
    return create


def _meaning(targets: tuple[str, ...]) -> str:
    return (
        MEANINGS[targets[0]]
        if len(targets) == 1
        else "The weights of " + " and ".join(targets) + "."
    )


def _objective(objective: str | Objective) -> Objective:
    if isinstance(objective, Objective):
        return objective
    if objective not in OBJECTIVES:
        raise InputError(f"objective must be one of {', '.join(OBJECTIVES)}, got {objective!r}")
    return OBJECTIVES[objective]


def _regularisers(
    r1: float,
    r2: float,
    gradient_penalty: float,
    dragan: float,
    spread: float,
    clip: float,
    diversity: float,
) -> tuple[Regulariser, ...]:
    not_negative(
        r1=r1,
        r2=r2,
        gradient_penalty=gradient_penalty,
        dragan=dragan,
        clip=clip,
        diversity=diversity,
    )
    chosen: list[Regulariser | None] = [
        R1(r1) if r1 else None,
        R2(r2) if r2 else None,
        GradientPenalty(gradient_penalty) if gradient_penalty else None,
        Dragan(dragan, spread) if dragan else None,
        WeightClipping(clip) if clip else None,
        Diversity(diversity) if diversity else None,
    ]
    return tuple(regulariser for regulariser in chosen if regulariser is not None)
