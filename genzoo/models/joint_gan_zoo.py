"""The registered GANs with an encoder."""

import math
from typing import Any

from torch import nn

from genzoo.core.context import ContextSpec, columns_of
from genzoo.core.event import check_event_shape
from genzoo.losses.adversarial import NonSaturating
from genzoo.models.checks import Size, not_negative, whole_number
from genzoo.models.conditions import chosen_conditions
from genzoo.models.gan_zoo import RECIPE
from genzoo.models.joint_gan import VEEGAN, BiGAN
from genzoo.models.registry import register_model
from genzoo.models.regularisers import R1
from genzoo.networks.custom import Network, choose_network
from genzoo.networks.discriminator import Conditioning, discriminator_mlp
from genzoo.networks.mlp import Activation, mlp_from_event, mlp_to_event

VEEGAN_RECIPE = RECIPE.override(averaging=None)
"""Without averaging: generator and encoder drift together, and the mean over steps is worse."""


@register_model("bigan", recipe=RECIPE)
def bigan(  # noqa: PLR0913 - one argument an option
    event_shape: tuple[int, ...],
    *,
    latent_dim: int | None = None,
    width: int = 128,
    depth: int = 3,
    generator_width: int | None = None,
    generator_depth: int | None = None,
    encoder_width: int | None = None,
    encoder_depth: int | None = None,
    discriminator_width: int | None = None,
    discriminator_depth: int | None = None,
    activation: Activation = "relu",
    discriminator_activation: Activation = "leaky_relu",
    discriminator_steps: int = 1,
    stochastic: bool = False,
    r1: float = 1.0,
    conditional: bool = False,
    conditioning: Conditioning = "concatenation",
    generator: Network | None = None,
    encoder: Network | None = None,
    discriminator: Network | None = None,
    context_spec: ContextSpec | None = None,
) -> BiGAN:
    """BiGAN with R1: an encoder is learned by judging pairs (Donahue et al. 2017).

    With `stochastic` it is adversarially learned inference (ALI, Dumoulin et al. 2017).

    Args:
        event_shape: Shape of one example.
        latent_dim: Size L of z; by default the size of an example, at most 8.
        width: Units of each hidden layer of all networks.
        depth: Hidden layers of all networks.
        generator_width: Width of the generator alone; none for that of all.
        generator_depth: Depth of the generator alone; none for that of all.
        encoder_width: Width of the encoder alone; none for that of all.
        encoder_depth: Depth of the encoder alone; none for that of all.
        discriminator_width: Width of the discriminator alone; none for that of all.
        discriminator_depth: Depth of the discriminator alone; none for that of all.
        activation: After each hidden layer of generator and encoder.
        discriminator_activation: After each hidden layer of the discriminator.
        discriminator_steps: Discriminator steps for each step of generator and encoder.
        stochastic: Whether codes are drawn from a normal law that the encoder gives, as in ALI.
        r1: Weight gamma of (gamma/2) E[|grad D|^2] on real pairs; 0 for none.
        conditional: Whether all networks see the conditions of the source.
        conditioning: How the discriminator sees them: beside its input, or by a projection of its
            features (Miyato and Koyama 2018).
        generator: Your own, from `(B, L)` to `(B, *event_shape)`.
        encoder: Your own, from `(B, *event_shape)` to `(B, L)`, or `(B, 2 L)`, mean then
            log-variance, if stochastic.
        discriminator: Your own, from `(B, event size + L)` to scores `(B,)` or `(B, 1)`. If
            conditional, each of your own networks is given conditions `(B, C)` too:
            `generator(z, context)`.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option out of range, or a network of the wrong shape.
    """
    size = Size(width, depth).checked()
    parts = _parts(
        event_shape,
        latent_dim=latent_dim,
        generating=size.of("generator", generator_width, generator_depth),
        encoding=size.of("encoder", encoder_width, encoder_depth),
        judging=size.of("discriminator", discriminator_width, discriminator_depth),
        activation=activation,
        discriminator_activation=discriminator_activation,
        r1=r1,
        generator=generator,
        encoder=encoder,
        discriminator=discriminator,
        conditioning=conditioning,
        context_spec=chosen_conditions(conditional, context_spec),
        stochastic=stochastic,
    )
    return BiGAN(stochastic=stochastic, discriminator_steps=discriminator_steps, **parts)


@register_model("veegan", recipe=VEEGAN_RECIPE)
def veegan(  # noqa: PLR0913 - one argument an option
    event_shape: tuple[int, ...],
    *,
    latent_dim: int | None = None,
    width: int = 128,
    depth: int = 3,
    generator_width: int | None = None,
    generator_depth: int | None = None,
    encoder_width: int | None = None,
    encoder_depth: int | None = None,
    discriminator_width: int | None = None,
    discriminator_depth: int | None = None,
    activation: Activation = "relu",
    discriminator_activation: Activation = "leaky_relu",
    discriminator_steps: int = 1,
    reconstruction: float = 1.0,
    r1: float = 0.1,
    conditional: bool = False,
    conditioning: Conditioning = "concatenation",
    generator: Network | None = None,
    encoder: Network | None = None,
    discriminator: Network | None = None,
    context_spec: ContextSpec | None = None,
) -> VEEGAN:
    """VEEGAN with R1: an encoder must bring samples back to their noise (Srivastava et al. 2017).

    Args:
        event_shape: Shape of one example.
        latent_dim: Size L of z; by default the size of an example, at most 8.
        width: Units of each hidden layer of all networks.
        depth: Hidden layers of all networks.
        generator_width: Width of the generator alone; none for that of all.
        generator_depth: Depth of the generator alone; none for that of all.
        encoder_width: Width of the encoder alone; none for that of all.
        encoder_depth: Depth of the encoder alone; none for that of all.
        discriminator_width: Width of the discriminator alone; none for that of all.
        discriminator_depth: Depth of the discriminator alone; none for that of all.
        activation: After each hidden layer of generator and encoder.
        discriminator_activation: After each hidden layer of the discriminator.
        discriminator_steps: Discriminator steps for each step of generator and encoder.
        reconstruction: Weight of E[|z - F(G(z))|^2].
        r1: Weight gamma of (gamma/2) E[|grad D|^2] on real pairs; 0 for none.
        conditional: Whether all networks see the conditions of the source.
        conditioning: How the discriminator sees them: beside its input, or by a projection of its
            features (Miyato and Koyama 2018).
        generator: Your own, from `(B, L)` to `(B, *event_shape)`.
        encoder: Your own, from `(B, *event_shape)` to `(B, L)`.
        discriminator: Your own, from `(B, event size + L)` to scores `(B,)` or `(B, 1)`. If
            conditional, each of your own networks is given conditions `(B, C)` too:
            `generator(z, context)`.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option out of range, or a network of the wrong shape.
    """
    size = Size(width, depth).checked()
    parts = _parts(
        event_shape,
        latent_dim=latent_dim,
        generating=size.of("generator", generator_width, generator_depth),
        encoding=size.of("encoder", encoder_width, encoder_depth),
        judging=size.of("discriminator", discriminator_width, discriminator_depth),
        activation=activation,
        discriminator_activation=discriminator_activation,
        r1=r1,
        generator=generator,
        encoder=encoder,
        discriminator=discriminator,
        conditioning=conditioning,
        context_spec=chosen_conditions(conditional, context_spec),
    )
    return VEEGAN(reconstruction=reconstruction, discriminator_steps=discriminator_steps, **parts)


def _parts(
    event_shape: tuple[int, ...],
    *,
    latent_dim: int | None,
    generating: Size,
    encoding: Size,
    judging: Size,
    activation: Activation,
    discriminator_activation: Activation,
    r1: float,
    generator: Network | None,
    encoder: Network | None,
    discriminator: Network | None,
    conditioning: Conditioning,
    context_spec: ContextSpec | None,
    stochastic: bool = False,
) -> dict[str, Any]:
    """What both GANs are put together from, as arguments of `JointGAN`."""
    shape = check_event_shape(event_shape)
    size = latent_dim
    if size is None:
        size = min(math.prod(shape), 8)
    whole_number("latent_dim", size, 1)
    not_negative(r1=r1)
    joint = (math.prod(shape) + size,)
    # A code, or the mean and the log-variance of its law.
    out = 2 * size if stochastic else size

    columns = columns_of(context_spec)

    def default_generator() -> nn.Module:
        return mlp_to_event(
            size,
            shape,
            width=generating.width,
            depth=generating.depth,
            activation=activation,
            conditions=columns,
        )

    def default_encoder() -> nn.Module:
        return mlp_from_event(
            shape,
            out,
            width=encoding.width,
            depth=encoding.depth,
            activation=activation,
            conditions=columns,
        )

    def default_discriminator() -> nn.Module:
        return discriminator_mlp(
            joint,
            width=judging.width,
            depth=judging.depth,
            activation=discriminator_activation,
            conditions=columns,
            conditioning=conditioning,
        )

    return {
        "event_shape": shape,
        "latent_dim": size,
        "generator": choose_network(
            generator,
            default_generator,
            "generator",
            (size,),
            shape,
            like="(B, *event_shape)",
            context_shape=(columns,),
        ),
        "encoder": choose_network(
            encoder,
            default_encoder,
            "encoder",
            shape,
            (out,),
            like="(B, codes)",
            context_shape=(columns,),
        ),
        "discriminator": choose_network(
            discriminator,
            default_discriminator,
            "discriminator",
            joint,
            (),
            (1,),
            like="(B,) or (B, 1)",
            context_shape=(columns,),
        ),
        "objective": NonSaturating(),
        "regularisers": (R1(r1),) if r1 else (),
        "context_spec": context_spec,
    }
