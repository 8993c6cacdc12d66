"""The game of a generator and a critic: an objective, regularisers and mechanisms, composed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from genzoo.core.context import ContextSpec
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.errors import InputError
from genzoo.losses.game import Parameters, consensus_penalty, descend
from genzoo.losses.objective import Objective
from genzoo.models.checks import not_negative, whole_number, without_running_statistics
from genzoo.models.regularisers import Critic, Regulariser
from genzoo.networks.conditional import with_condition
from genzoo.networks.spectral import SpectralLinear, spectral_state


class CriticGAN(GenerativeModel):
    """A generator G(z) against a discriminator or critic, trained by Goodfellow's algorithm 1.

    One training step takes `discriminator_steps` discriminator steps, then one generator step, each
    on a fresh batch and fresh noise.

    A conditional one has G(z, c) and judges x together with c (Mirza and Osindero 2014). Real and
    generated examples have the conditions of the batch; penalties are those of the discriminator as
    a function of x, each at its own c.

    Args:
        event_shape: Shape of one example.
        latent_dim: Size of z.
        generator: Maps `(B, latent_dim)`, and conditions `(B, C)` if there are any, to
            `(B, *event_shape)`.
        discriminator: Maps `(B, *event_shape)`, and conditions if there are any, to scores `(B,)`
            or `(B, 1)`.
        objective: What the players minimise.
        regularisers: Terms and constraints added to it, of distinct names.
        discriminator_steps: k of algorithm 1.
        latent_distribution: Law of each coordinate of z: N(0, 1) or U[0, 1).
        instance_noise: Standard deviation, in model units, of normal noise added to all that the
            discriminator sees; it falls linearly to 0 over training (Sønderby et al. 2017; Arjovsky
            and Bottou 2017).
        consensus: Weight of the squared gradient of both players in both losses (Mescheder et al.
            2017).
        unrolled_steps: Gradient steps of the discriminator that the generator looks ahead (Metz et
            al. 2017).
        unrolled_rate: Their learning rate.
        context_spec: What its conditions mean; None for an unconditional one.

    Raises:
        InputError: When a number is out of range, two regularisers share a name, or gradients are
            wanted of a network that keeps running statistics.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        latent_dim: int,
        generator: nn.Module,
        discriminator: nn.Module,
        objective: Objective,
        regularisers: Sequence[Regulariser] = (),
        discriminator_steps: int = 1,
        latent_distribution: Literal["normal", "uniform"] = "normal",
        instance_noise: float = 0.0,
        consensus: float = 0.0,
        unrolled_steps: int = 0,
        unrolled_rate: float = 0.1,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        whole_number("latent_dim", latent_dim, 1)
        whole_number("discriminator_steps", discriminator_steps, 1)
        whole_number("unrolled_steps", unrolled_steps, 0)
        not_negative(
            instance_noise=instance_noise, consensus=consensus, unrolled_rate=unrolled_rate
        )
        names = [regulariser.name for regulariser in regularisers]
        if len(set(names)) < len(names):
            raise InputError(f"regularisers must have distinct names, got {', '.join(names)}")
        differentiates = any(regulariser.differentiates for regulariser in regularisers)
        if differentiates or consensus or unrolled_steps:
            without_running_statistics(discriminator)
        if consensus:
            without_running_statistics(generator)
        self.generator = generator
        self.discriminator = discriminator
        self.objective = objective
        self.regularisers = tuple(regularisers)
        self.discriminator_steps = discriminator_steps
        self.latent = NoiseSpec(latent_distribution, (latent_dim,))
        self.instance_noise = instance_noise
        self.consensus = consensus
        self.unrolled_steps = unrolled_steps
        self.unrolled_rate = unrolled_rate
        self.packing = 1
        self._carries_state = any(
            isinstance(module, SpectralLinear) for module in discriminator.modules()
        )

    def updates(self) -> tuple[Update, ...]:
        """Discriminator first, then generator."""
        projection: Callable[[CriticGAN], None] | None = None
        if any(regulariser.projects for regulariser in self.regularisers):
            projection = CriticGAN._project
        generator_noise = self._noise("generator")
        if self.unrolled_steps:
            generator_noise |= self._noise("discriminator")
        return (
            Update(
                "discriminator",
                CriticGAN.discriminator_loss,
                ("discriminator",),
                noise=self._noise("discriminator"),
                steps=self.discriminator_steps,
                projection=projection,
            ),
            Update(
                "generator",
                CriticGAN.generator_loss,
                ("generator",),
                noise=generator_noise,
                reads_data=self._generator_reads_data(),
            ),
        )

    def discriminator_loss(self, batch: Batch, noise: Noise) -> Step:
        """The objective's discriminator loss and the regularisers on it.

        Watched: what the objective reads out of the scores.
        """
        real = self._seen(batch.x, batch, noise, "real")
        fake = self._seen_fake(batch, noise)
        terms, scores = self._discriminator_terms(self._critic(batch), real, fake, noise)
        state: dict[str, Tensor] = {}
        if self._carries_state:
            state = spectral_state(self.discriminator, "discriminator.")
        return Step(terms | self._consensus(batch, noise), self.objective.read_outs(*scores), state)

    def generator_loss(self, batch: Batch, noise: Noise) -> Step:
        """The objective's generator loss and the regularisers on it.

        The discriminator is the one that unrolling gives, where it is asked for.
        """
        fake = self._seen_fake(batch, noise)
        real = fake
        if self._generator_reads_data():
            real = self._seen(batch.x, batch, noise, "real")
        critic = self._critic(batch, self._looked_ahead(batch, real, fake, noise))
        fake_scores = critic(fake)
        real_scores = fake_scores
        if self.objective.generator_reads_real:
            real_scores = critic(real)
        terms = {"generator": self.objective.generator(real_scores, fake_scores)}
        terms |= self._penalties("generator", critic, real, fake, noise)
        return Step(terms | self._consensus(batch, noise))

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z."""
        return {"latent": self.latent}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """G(z), of a conditional one G(z, c)."""
        x: Tensor = self.generator(*with_condition(noise["latent"], context))
        return x

    def _arrange(self, x: Tensor) -> Tensor:
        """Examples as the discriminator takes them: one by one, or neighbours in packs."""
        if self.packing == 1:
            return x
        packs = x.shape[0] // self.packing
        if packs == 0:
            raise InputError(
                f"a batch of {x.shape[0]} is smaller than a pack of {self.packing}: "
                "raise batch_size"
            )
        return x[: packs * self.packing].reshape(packs, self.packing, *x.shape[1:])

    def _noise(self, player: str) -> dict[str, NoiseSpec]:
        """What a player's loss asks for."""
        noise = dict(self.sampling_noise())
        if self.instance_noise:
            for side in ("real", "fake"):
                noise[f"instance noise on {side}"] = NoiseSpec("normal", self.event_shape)
        for regulariser in self.regularisers:
            if regulariser.on == player:
                for name, spec in regulariser.noise(self.event_shape).items():
                    noise[f"{regulariser.name} {name}"] = spec
        return noise

    def _generator_reads_data(self) -> bool:
        regularised = any(regulariser.on == "generator" for regulariser in self.regularisers)
        return bool(
            self.objective.generator_reads_real
            or self.unrolled_steps
            or self.consensus
            or regularised
            or self.context_spec is not None
        )

    def _seen_fake(self, batch: Batch, noise: Noise) -> Tensor:
        return self._seen(self.generate(noise, batch.context), batch, noise, "fake")

    def _seen(self, x: Tensor, batch: Batch, noise: Noise, side: str) -> Tensor:
        if self.instance_noise:
            left: Tensor | float = 1.0
            if batch.progress is not None:
                left = 1 - batch.progress
            x = x + self.instance_noise * left * noise[f"instance noise on {side}"]
        return self._arrange(x)

    def _critic(self, batch: Batch, parameters: Parameters | None = None) -> Critic:
        """The discriminator of examples that have the conditions of a batch."""
        context = batch.context
        if context is not None:
            context = self._arrange(context)
        return Critic(self.discriminator, context, parameters)

    def _discriminator_terms(
        self, critic: Critic, real: Tensor, fake: Tensor, noise: Noise
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        scores = critic(real), critic(fake)
        terms = {"discriminator": self.objective.discriminator(*scores)}
        return terms | self._penalties("discriminator", critic, real, fake, noise), scores

    def _penalties(
        self, player: str, critic: Critic, real: Tensor, fake: Tensor, noise: Noise
    ) -> dict[str, Tensor]:
        terms = {}
        for regulariser in self.regularisers:
            if regulariser.on != player:
                continue
            own = {}
            for name in regulariser.noise(self.event_shape):
                own[name] = self._arrange_noise(noise[f"{regulariser.name} {name}"])
            penalty = regulariser.penalty(critic, real, fake, own)
            if penalty is not None:
                terms[regulariser.name] = penalty
        return terms

    def _arrange_noise(self, value: Tensor) -> Tensor:
        """The noise of a regulariser, for examples as the discriminator takes them.

        Noise of an example's shape goes where the example goes. Of one number for each example, a
        pack has the number of its first.
        """
        arranged = self._arrange(value)
        if value.ndim > 1:
            return arranged
        return arranged.reshape(arranged.shape[0], -1)[:, 0]

    def _looked_ahead(
        self, batch: Batch, real: Tensor, fake: Tensor, noise: Noise
    ) -> Parameters | None:
        if not self.unrolled_steps:
            return None

        def loss(parameters: Parameters) -> Tensor:
            terms, _ = self._discriminator_terms(self._critic(batch, parameters), real, fake, noise)
            return torch.stack(list(terms.values())).sum()

        start = dict(self.discriminator.named_parameters())
        return descend(loss, start, self.unrolled_steps, self.unrolled_rate)

    def _consensus(self, batch: Batch, noise: Noise) -> dict[str, Tensor]:
        if not self.consensus:
            return {}

        def scores(theta: Parameters, phi: Parameters) -> tuple[Tensor, Tensor]:
            given = with_condition(noise["latent"], batch.context)
            x = functional_call(self.generator, dict(theta), given)
            critic = self._critic(batch, phi)
            real = self._seen(batch.x, batch, noise, "real")
            fake = self._seen(x, batch, noise, "fake")
            return critic(real), critic(fake)

        penalty = consensus_penalty(
            lambda theta, phi: self.objective.generator(*scores(theta, phi)),
            lambda theta, phi: self.objective.discriminator(*scores(theta, phi)),
            dict(self.generator.named_parameters()),
            dict(self.discriminator.named_parameters()),
        )
        return {"consensus": self.consensus * penalty}

    def _project(self) -> None:
        for regulariser in self.regularisers:
            regulariser.project(self.discriminator)
