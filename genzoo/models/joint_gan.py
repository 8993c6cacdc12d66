"""GANs with an encoder: the discriminator judges pairs of an example and a code."""

import abc
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from genzoo.core.capabilities import SupportsReconstruct
from genzoo.core.context import ContextSpec
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.errors import InputError
from genzoo.losses.objective import Objective
from genzoo.models.checks import not_negative, whole_number, without_running_statistics
from genzoo.models.regularisers import Critic, Regulariser
from genzoo.networks.conditional import with_condition


class JointGAN(GenerativeModel, SupportsReconstruct, abc.ABC):
    """A generator z -> G(z), an encoder x -> F(x) and a discriminator of pairs (x, z) as vectors.

    In a conditional one all three networks are given the conditions `(B, C)` as a second argument:
    G(z, c), F(x, c), and pairs are judged together with the condition of their example.

    Args:
        event_shape: Shape of one example.
        latent_dim: Size L of z ~ N(0, I).
        generator: Maps `(B, L)` to `(B, *event_shape)`.
        encoder: Maps `(B, *event_shape)` to `(B, L)`.
        discriminator: Maps `(B, event size + L)`, the example then the code, to scores `(B,)` or
            `(B, 1)`.
        objective: What the discriminator minimises.
        regularisers: Terms added to its loss; their inputs are the joint vectors.
        discriminator_steps: Discriminator steps for each step of the others.
        context_spec: What its conditions mean; None for an unconditional one.

    Raises:
        InputError: When a number is out of range, a regulariser is the generator's, or gradients
            are wanted of a discriminator that keeps running statistics.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        latent_dim: int,
        generator: nn.Module,
        encoder: nn.Module,
        discriminator: nn.Module,
        objective: Objective,
        regularisers: Sequence[Regulariser] = (),
        discriminator_steps: int = 1,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        whole_number("latent_dim", latent_dim, 1)
        whole_number("discriminator_steps", discriminator_steps, 1)
        for regulariser in regularisers:
            if regulariser.on == "generator" or regulariser.projects:
                raise InputError("a GAN with an encoder takes penalties on its discriminator only")
        if any(regulariser.differentiates for regulariser in regularisers):
            without_running_statistics(discriminator)
        self.latent_dim = latent_dim
        self.generator = generator
        self.encoder = encoder
        self.discriminator = discriminator
        self.objective = objective
        self.regularisers = tuple(regularisers)
        self.discriminator_steps = discriminator_steps

    def updates(self) -> tuple[Update, ...]:
        """Discriminator first, then generator and encoder."""
        noise = self._joint_noise()
        discriminator_noise = dict(noise)
        for regulariser in self.regularisers:
            specs = regulariser.noise((self.event_size + self.latent_dim,))
            for name, spec in specs.items():
                discriminator_noise[f"{regulariser.name} {name}"] = spec
        return (
            Update(
                "discriminator",
                JointGAN.discriminator_loss,
                ("discriminator",),
                noise=discriminator_noise,
                steps=self.discriminator_steps,
            ),
            Update("generator", type(self).generator_loss, ("generator", "encoder"), noise=noise),
        )

    def discriminator_loss(self, batch: Batch, noise: Noise) -> Step:
        """The objective's discriminator loss: real are (x, F(x)), generated (G(z), z)."""
        critic = Critic(self.discriminator, batch.context)
        real, fake = self._pairs(batch, noise)
        scores = critic(real), critic(fake)
        terms = {"discriminator": self.objective.discriminator(*scores)}
        for regulariser in self.regularisers:
            own = {}
            for name in regulariser.noise((self.event_size + self.latent_dim,)):
                own[name] = noise[f"{regulariser.name} {name}"]
            penalty = regulariser.penalty(critic, real, fake, own)
            if penalty is not None:
                terms[regulariser.name] = penalty
        return Step(terms, self.objective.read_outs(*scores))

    @abc.abstractmethod
    def generator_loss(self, batch: Batch, noise: Noise) -> Step:
        """What generator and encoder minimise together."""

    def sampling_noise(self) -> dict[str, NoiseSpec]:
        """z."""
        return {"latent": NoiseSpec("normal", (self.latent_dim,))}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """G(z)."""
        return self._decode(noise["latent"], context)

    @abc.abstractmethod
    def _joint_noise(self) -> dict[str, NoiseSpec]:
        """What both pairs are made of: z, and the noise of a code where codes are drawn."""

    @abc.abstractmethod
    def _code(self, x: Tensor, context: Tensor | None, noise: Noise) -> Tensor:
        """A draw of the code of x in training, `(B, L)`."""

    def _pairs(self, batch: Batch, noise: Noise) -> tuple[Tensor, Tensor]:
        code = self._code(batch.x, batch.context, noise)
        made = self.generate(noise, batch.context)
        real = torch.cat([batch.x.flatten(1), code], 1)
        return real, torch.cat([made.flatten(1), noise["latent"]], 1)

    def _encoded(self, x: Tensor, context: Tensor | None) -> Tensor:
        """What the encoder gives."""
        code: Tensor = self.encoder(*with_condition(x, context))
        return code

    def _decode(self, z: Tensor, context: Tensor | None) -> Tensor:
        x: Tensor = self.generator(*with_condition(z, context))
        return x


class BiGAN(JointGAN):
    """Adversarially learned inference: generator and encoder make the two kinds of pairs alike.

    At the optimum the joint laws of (x, F(x)) and (G(z), z) agree, so that F inverts G (Donahue,
    Krähenbühl and Darrell 2017; Dumoulin et al. 2017). Generator and encoder minimise the
    discriminator's loss with its labels exchanged, which in the logistic game is the non-saturating
    one.

    Args:
        event_shape: Shape of one example.
        stochastic: Whether a code is drawn from N(mean, diag variance), both given by the encoder
            as `(B, 2 L)`, as in adversarially learned inference; else the encoder gives the code
            itself, as in BiGAN.
        **parts: See `JointGAN`.
    """

    def __init__(
        self, event_shape: tuple[int, ...], *, stochastic: bool = False, **parts: Any
    ) -> None:
        super().__init__(event_shape, **parts)
        self.stochastic = stochastic

    def generator_loss(self, batch: Batch, noise: Noise) -> Step:
        """The objective's discriminator loss with real and generated pairs exchanged."""
        critic = Critic(self.discriminator, batch.context)
        real, fake = (critic(pairs) for pairs in self._pairs(batch, noise))
        return Step({"generator": self.objective.discriminator(fake, real)})

    def _joint_noise(self) -> dict[str, NoiseSpec]:
        noise = self.sampling_noise()
        if self.stochastic:
            noise["posterior"] = NoiseSpec("normal", (self.latent_dim,))
        return noise

    def _code(self, x: Tensor, context: Tensor | None, noise: Noise) -> Tensor:
        if not self.stochastic:
            return self._encoded(x, context)
        mean, log_variance = self._encoded(x, context).chunk(2, dim=1)
        code: Tensor = mean + (0.5 * log_variance).exp() * noise["posterior"]
        return code

    def _encode(self, x: Tensor, context: Tensor | None) -> Tensor:
        code = self._encoded(x, context)
        if self.stochastic:
            mean, _ = code.chunk(2, dim=1)
            return mean
        return code


class VEEGAN(JointGAN):
    """The encoder maps data and samples back to Gaussian noise (Srivastava et al. 2017).

    A mode that the generator drops then costs: its points are not mapped to the noise's law.
    The discriminator's optimal logit, log p(x, F(x)) - log q(G(z), z), gives the generator its
    first term, -E[logit(G(z), z)]; the second is w E[|z - F(G(z))|^2], which encoder and generator
    both lower (algorithm 1).

    Args:
        event_shape: Shape of one example.
        reconstruction: w.
        **parts: See `JointGAN`; the objective must be one whose scores are logits.

    Raises:
        InputError: As `JointGAN`.
    """

    def __init__(
        self, event_shape: tuple[int, ...], *, reconstruction: float = 1.0, **parts: Any
    ) -> None:
        super().__init__(event_shape, **parts)
        not_negative(reconstruction=reconstruction)
        self.reconstruction = reconstruction

    def generator_loss(self, batch: Batch, noise: Noise) -> Step:
        """-E[logit(G(z), z)] + w E[|z - F(G(z))|^2], summed over the code."""
        x, z = self.generate(noise, batch.context), noise["latent"]
        critic = Critic(self.discriminator, batch.context)
        scores = critic(torch.cat([x.flatten(1), z], 1))
        distance = (z - self._encoded(x, batch.context)).square().sum(1).mean()
        return Step({"generator": -scores.mean(), "reconstruction": self.reconstruction * distance})

    def _joint_noise(self) -> dict[str, NoiseSpec]:
        return self.sampling_noise()

    def _code(self, x: Tensor, context: Tensor | None, noise: Noise) -> Tensor:
        return self._encoded(x, context)

    def _encode(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self._encoded(x, context)
