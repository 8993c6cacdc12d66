"""Least squares and hinge: discriminators trained towards fixed targets."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu

from genzoo.errors import InputError
from genzoo.losses.objective import Objective, ProbabilisticObjective, accuracy, critic_means

EDGE = 1e-6
"""How near to 0 and 1 a probability read from an unbounded score may come."""


@dataclass(frozen=True)
class LeastSquares(ProbabilisticObjective):
    """E[(D(x) - b)^2]/2 + E[(D(G(z)) - a)^2]/2 against E[(D(G(z)) - c)^2]/2 (Mao et al. 2017).

    The optimal discriminator is (b p_data + a p_g) / (p_data + p_g). Where b - c = 1 and b - a = 2,
    twice the virtual criterion C(G) = (E_data + E_g)[(D* - c)^2]/2 is Pearson's chi^2 between
    p_data + p_g and 2 p_g, the integral of (p_data - p_g)^2 / (p_data + p_g).

    Args:
        a: Label of generated examples.
        b: Label of real examples.
        c: What the generator wants the discriminator to say of its examples.

    Raises:
        InputError: When b is not above a.
    """

    a: float = 0.0
    b: float = 1.0
    c: float = 1.0

    def __post_init__(self) -> None:
        if not self.b > self.a:
            raise InputError(
                "the label b of real examples must exceed the label a of generated ones, "
                f"got {self}"
            )

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[(D(x) - b)^2]/2 + E[(D(G(z)) - a)^2]/2."""
        of_real = (real_scores - self.b).square().mean()
        of_fake = (fake_scores - self.a).square().mean()
        return 0.5 * (of_real + of_fake)

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[(D(G(z)) - c)^2]/2."""
        return 0.5 * (fake_scores - self.c).square().mean()

    def logit(self, scores: Tensor) -> Tensor:
        """log((D - a) / (b - D)), the probability (D - a) / (b - a) kept 1e-6 away from 0 and 1."""
        probability = (scores - self.a) / (self.b - self.a)
        return probability.clamp(EDGE, 1 - EDGE).logit()

    def score(self, logits: Tensor) -> Tensor:
        """a + (b - a) sigmoid(logit)."""
        return self.a + (self.b - self.a) * logits.sigmoid()

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        loss = self.discriminator(real_scores, fake_scores)
        implied = 2 - 8 * loss / (self.b - self.a) ** 2
        return {**self.probabilities(real_scores, fake_scores), "implied chi2": implied}


@dataclass(frozen=True)
class Hinge(Objective):
    """E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))] against -E[D(G(z))].

    Lim and Ye 2017; Miyato et al. 2018. The optimal discriminator is sign(p_data - p_g), with a
    loss of 2 (1 - TV(p_data, p_g)). The TV that a loss would stand for is watched as "implied TV",
    a lower bound for any other discriminator.
    """

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))]."""
        return relu(1 - real_scores).mean() + relu(1 + fake_scores).mean()

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """-E[D(G(z))]."""
        return -fake_scores.mean()

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        return {
            **critic_means(real_scores, fake_scores),
            "accuracy": accuracy(real_scores, fake_scores),
            "implied TV": 1 - 0.5 * self.discriminator(real_scores, fake_scores),
        }
