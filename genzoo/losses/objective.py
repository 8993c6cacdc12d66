"""What the two players of an adversarial game minimise, as pure functions of scores."""

import abc
from typing import ClassVar, final

import torch
from torch import Tensor


class Objective(abc.ABC):
    """What the two players of a GAN minimise.

    A score is the discriminator's output, high on what it takes for real: the logit of D(x) in
    Goodfellow's games, a critic's value elsewhere.

    Attributes:
        generator_reads_real: Whether the generator's loss depends on `real_scores`, as relativistic
            losses do. Where it does not, a caller may pass any scores in their place and spare the
            pass over real examples.
        shift_invariant: Whether a constant added to all scores changes nothing; a bias of the last
            layer of the discriminator would then get no gradient.
        reach: Losses and gradients are finite in float32 for scores up to this size; smaller where
            exp is in the nature of the objective.
    """

    generator_reads_real: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = False
    reach: ClassVar[float] = 1e4

    @abc.abstractmethod
    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """The discriminator's loss, 0-d."""

    @abc.abstractmethod
    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """The generator's loss, 0-d."""

    @final
    def read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        """What is watched while the discriminator trains; each 0-d, without gradient.

        "D(real)" and "D(fake)" stand for probabilities, and are there only where the scores imply
        some; a critic's means are called "critic(real)" and "critic(fake)".
        """
        return self._read_outs(real_scores.detach(), fake_scores.detach())

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        return critic_means(real_scores, fake_scores)


class ProbabilisticObjective(Objective):
    """An objective whose optimal scores stand one to one for D*(x) = p_data / (p_data + p_g)."""

    @abc.abstractmethod
    def logit(self, scores: Tensor) -> Tensor:
        """The logit of D(x) for which these scores would be optimal, the same shape."""

    @abc.abstractmethod
    def score(self, logits: Tensor) -> Tensor:
        """The optimal scores where D*(x) has these logits, log p_data - log p_g.

        The inverse of `logit`, the same shape.
        """

    @final
    def probabilities(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        """Means of D as "D(real)" and "D(fake)", and "accuracy"; each 0-d."""
        real_logits, fake_logits = self.logit(real_scores), self.logit(fake_scores)
        return {
            "D(real)": torch.sigmoid(real_logits).mean(),
            "D(fake)": torch.sigmoid(fake_logits).mean(),
            "accuracy": accuracy(real_logits, fake_logits),
        }


def critic_means(real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
    """Mean scores, as "critic(real)" and "critic(fake)"; each 0-d."""
    return {"critic(real)": real_scores.mean(), "critic(fake)": fake_scores.mean()}


def accuracy(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Share of examples on the right side of D = 1/2, 0-d.

    Real and generated examples weigh the same; a tie counts half.
    """
    return 0.5 + 0.25 * (real_logits.sign().mean() - fake_logits.sign().mean())
