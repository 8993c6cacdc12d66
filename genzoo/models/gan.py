"""Generative adversarial networks (Goodfellow et al. 2014)."""

from collections.abc import Callable, Mapping
from typing import Literal

from torch import Tensor, nn

from genzoo.core.capabilities import SupportsDiscriminate
from genzoo.core.event import check_event_shape
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.losses.adversarial import Minimax, NonSaturating, Objective, read_outs
from genzoo.models.checks import at_least
from genzoo.models.registry import register_model
from genzoo.networks.custom import Network, choose_network
from genzoo.networks.mlp import Activation, mlp_from_event, mlp_to_event


class GAN(GenerativeModel, SupportsDiscriminate):
    """A generator G(z) against a discriminator D(x), trained by Goodfellow's algorithm 1.

    One training step takes `discriminator_steps` discriminator steps, then one generator step, each on a fresh
    batch and fresh noise.

    Args:
        event_shape: Shape of one example.
        latent_dim: Size of z.
        generator: Maps `(B, latent_dim)` to `(B, *event_shape)`.
        discriminator: Maps `(B, *event_shape)` to logits `(B,)` or `(B, 1)`.
        objective: What the players minimise.
        discriminator_steps: k of algorithm 1.
        latent_distribution: Law of each coordinate of z: N(0, 1) or U[0, 1).

    Raises:
        InputError: When `latent_dim` or `discriminator_steps` is below 1.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        latent_dim: int,
        generator: nn.Module,
        discriminator: nn.Module,
        objective: Objective,
        discriminator_steps: int = 1,
        latent_distribution: Literal["normal", "uniform"] = "normal",
    ) -> None:
        super().__init__(event_shape)
        at_least(1, latent_dim=latent_dim, discriminator_steps=discriminator_steps)
        self.generator = generator
        self.discriminator = discriminator
        self.objective = objective
        self.discriminator_steps = discriminator_steps
        self.latent = NoiseSpec(latent_distribution, (latent_dim,))

    def updates(self) -> tuple[Update, ...]:
        """Discriminator first, then generator."""
        noise = self.sampling_noise()
        return (
            Update(
                "discriminator", GAN.discriminator_loss, ("discriminator",), noise=noise, steps=self.discriminator_steps
            ),
            Update(
                "generator",
                GAN.generator_loss,
                ("generator",),
                noise=noise,
                reads_data=self.objective.generator_reads_real,
            ),
        )

    def discriminator_loss(self, batch: Batch, noise: Noise) -> Step:
        """The objective's discriminator loss, with D(real), D(fake), accuracy, V and the JS that V implies."""
        real_logits = self._discriminate(batch.x, batch.context)
        fake_logits = self._discriminate(self.generate(noise, batch.context), batch.context)
        loss = self.objective.discriminator(real_logits, fake_logits)
        return Step({"discriminator": loss}, read_outs(real_logits.detach(), fake_logits.detach()))

    def generator_loss(self, batch: Batch, noise: Noise) -> Step:
        """The objective's generator loss."""
        fake_logits = self._discriminate(self.generate(noise, batch.context), batch.context)
        reads_real = self.objective.generator_reads_real
        real_logits = self._discriminate(batch.x, batch.context) if reads_real else fake_logits
        return Step({"generator": self.objective.generator(real_logits, fake_logits)})

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z."""
        return {"latent": self.latent}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """G(z)."""
        x: Tensor = self.generator(noise["latent"])
        return x

    def _discriminate(self, x: Tensor, context: Tensor | None) -> Tensor:
        logits: Tensor = self.discriminator(x)
        return logits.reshape(x.shape[0])


def gan_variant(name: str, objective: Objective, description: str) -> Callable[..., GAN]:
    """A factory of GANs that play one objective; variants differ in nothing else.

    Args:
        name: The registered name.
        objective: What the players minimise.
        description: One line for lists.
    """

    def create(
        event_shape: tuple[int, ...],
        *,
        latent_dim: int = 8,
        latent_distribution: Literal["normal", "uniform"] = "normal",
        width: int = 64,
        depth: int = 2,
        activation: Activation = "relu",
        discriminator_steps: int = 1,
        generator: Network | None = None,
        discriminator: Network | None = None,
    ) -> GAN:
        at_least(1, latent_dim=latent_dim, width=width)
        at_least(0, depth=depth)
        shape = check_event_shape(event_shape)

        def default_generator() -> nn.Module:
            return mlp_to_event(latent_dim, shape, width=width, depth=depth, activation=activation)

        def default_discriminator() -> nn.Module:
            return mlp_from_event(shape, 1, width=width, depth=depth, activation=activation)

        return GAN(
            shape,
            latent_dim=latent_dim,
            generator=choose_network(
                generator, default_generator, "generator", (latent_dim,), shape, like="(B, *event_shape)"
            ),
            discriminator=choose_network(
                discriminator, default_discriminator, "discriminator", shape, (), (1,), like="(B,) or (B, 1)"
            ),
            objective=objective,
            discriminator_steps=discriminator_steps,
            latent_distribution=latent_distribution,
        )

    create.__name__ = create.__qualname__ = name
    create.__doc__ = f"{description}\n\n{_OPTIONS}"
    return create


_OPTIONS = """Args:
    event_shape: Shape of one example.
    latent_dim: Size of z.
    latent_distribution: Law of each coordinate of z: N(0, 1) or U[0, 1).
    width: Units of each hidden layer of both networks.
    depth: Hidden layers of both networks.
    activation: After each hidden layer.
    discriminator_steps: Discriminator steps for each generator step, the k of algorithm 1.
    generator: Your own, from `(B, latent_dim)` to `(B, *event_shape)`; width, depth and activation then do not matter.
    discriminator: Your own, from `(B, *event_shape)` to logits `(B,)` or `(B, 1)`.

Raises:
    InputError: On an option out of range, or a network of the wrong shape."""

_RECIPE = Recipe(steps=2000, batch_size=128, learning_rate=3e-3, betas=(0.0, 0.95), schedule="cosine")

gan_minimax = register_model("gan_minimax", recipe=_RECIPE)(
    gan_variant(
        "gan_minimax",
        Minimax(),
        "Generative adversarial network, minimax game: the generator descends E[log(1 - D(G(z)))] "
        "(Goodfellow et al. 2014, algorithm 1).",
    )
)

gan_nonsaturating = register_model("gan_nonsaturating", recipe=_RECIPE)(
    gan_variant(
        "gan_nonsaturating",
        NonSaturating(),
        "Generative adversarial network, non-saturating game: the generator ascends E[log D(G(z))] "
        "(Goodfellow et al. 2014, section 3).",
    )
)
