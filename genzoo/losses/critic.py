"""Objectives of score differences, blind to a constant added to all scores: Wasserstein and relativistic."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from genzoo.errors import InputError
from genzoo.losses.objective import Objective, accuracy, critic_means


@dataclass(frozen=True)
class Wasserstein(Objective):
    """E[D(G(z))] - E[D(x)] against -E[D(G(z))] (Arjovsky, Chintala and Bottou 2017).

    Over critics with Lipschitz constant at most 1 the largest "critic gap" E[D(x)] - E[D(G(z))] is
    the Wasserstein-1 distance; the critic must be held there by a penalty or a constraint. The
    scores imply no probability.
    """

    shift_invariant: ClassVar[bool] = True

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[D(G(z))] - E[D(x)]."""
        return fake_scores.mean() - real_scores.mean()

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """-E[D(G(z))]."""
        return -fake_scores.mean()

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        gap = real_scores.mean() - fake_scores.mean()
        return {**critic_means(real_scores, fake_scores), "critic gap": gap}


@dataclass(frozen=True)
class RelativisticAverage(Objective):
    """Real examples must look more real than the average generated one, and the reverse (Jolicoeur-Martineau 2019).

    With r = C(x) - E[C(G(z))] and f = C(G(z)) - E[C(x)]: -E[log sigmoid(r)] - E[log(1 -
    sigmoid(f))] against the same with the roles exchanged. The averages within are over the batch,
    so the loss is no mean of losses.
    """

    generator_reads_real: ClassVar[bool] = True
    shift_invariant: ClassVar[bool] = True

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[softplus(-r)] + E[softplus(f)]."""
        r, f = real_scores - fake_scores.mean(), fake_scores - real_scores.mean()
        return softplus(-r).mean() + softplus(f).mean()

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[softplus(r)] + E[softplus(-f)]."""
        return self.discriminator(fake_scores, real_scores)

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        right = accuracy(real_scores - fake_scores.mean(), fake_scores - real_scores.mean())
        return {**critic_means(real_scores, fake_scores), "accuracy": right}


@dataclass(frozen=True)
class RelativisticPaired(Objective):
    """E[softplus(-(C(x_i) - C(G(z_i))))] against E[softplus(C(x_i) - C(G(z_i)))] (Jolicoeur-Martineau 2019).

    Each real example is paired with the generated one in the same row, independent of it.
    """

    generator_reads_real: ClassVar[bool] = True
    shift_invariant: ClassVar[bool] = True

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[softplus(-(C(x_i) - C(G(z_i))))]."""
        return softplus(-_pairs(real_scores, fake_scores)).mean()

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[softplus(C(x_i) - C(G(z_i)))]."""
        return softplus(_pairs(real_scores, fake_scores)).mean()

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        difference = _pairs(real_scores, fake_scores)
        return {
            **critic_means(real_scores, fake_scores),
            "accuracy": accuracy(difference, -difference),
        }


def _pairs(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    if real_scores.shape != fake_scores.shape:
        raise InputError(
            f"paired losses need as many real as generated scores, got {tuple(real_scores.shape)} and "
            f"{tuple(fake_scores.shape)}"
        )
    return real_scores - fake_scores
