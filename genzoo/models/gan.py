"""Generative adversarial networks (Goodfellow et al. 2014), by what their discriminator judges."""

from typing import Any

from torch import Tensor

from genzoo.core.capabilities import SupportsDiscriminate
from genzoo.errors import InputError
from genzoo.losses.objective import Objective, ProbabilisticObjective
from genzoo.models.checks import whole_number
from genzoo.models.critic_gan import CriticGAN
from genzoo.models.regularisers import Critic


class GAN(CriticGAN, SupportsDiscriminate):
    """A GAN whose discriminator, looking at one example, gives a probability D(x) that it is real.

    Args:
        event_shape: Shape of one example.
        objective: One whose optimal scores tell D*(x).
        **parts: See `CriticGAN`.

    Raises:
        InputError: As `CriticGAN`, or when the scores of the objective imply no probability.
    """

    def __init__(self, event_shape: tuple[int, ...], *, objective: Objective, **parts: Any) -> None:
        if not isinstance(objective, ProbabilisticObjective):
            name = type(objective).__name__
            raise InputError(f"scores of {name} imply no probability: compose a CriticGAN of it")
        super().__init__(event_shape, objective=objective, **parts)
        self._probability = objective

    def _discriminate(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self._probability.logit(Critic(self.discriminator, context)(x))


class PackedGAN(CriticGAN):
    """A GAN whose discriminator judges m examples at once (PacGAN, Lin et al. 2018).

    They are all real or all generated. Neighbours in a batch make a pack `(m, *event_shape)`; B
    modulo m examples at the end of a batch go unused.

    Args:
        event_shape: Shape of one example.
        packing: m.
        **parts: See `CriticGAN`; the discriminator maps `(B, m, *event_shape)`, and conditions
            `(B, m, C)` if there are any, to scores.

    Raises:
        InputError: As `CriticGAN`, when m is below 2, or, in training, when a batch is smaller than
            a pack.
    """

    def __init__(self, event_shape: tuple[int, ...], *, packing: int, **parts: Any) -> None:
        super().__init__(event_shape, **parts)
        whole_number("packing", packing, 2)
        self.packing = packing
