"""Objectives of score differences: Wasserstein and relativistic.

They are blind to a constant added to all scores.
"""

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
        means = critic_means(real_scores, fake_scores)
        return {**means, "critic gap": real_scores.mean() - fake_scores.mean()}


@dataclass(frozen=True)
class RelativisticAverage(Objective):
    """Real examples must look more real than the average generated one, and the reverse.

    With r = C(x) - E[C(G(z))] and f = C(G(z)) - E[C(x)]: -E[log sigmoid(r)] - E[log(1 -
    sigmoid(f))] against the same with the roles exchanged (Jolicoeur-Martineau 2019). The averages
    within are over the batch, so the loss is no mean of losses.
    """

    generator_reads_real: ClassVar[bool] = True
    shift_invariant: ClassVar[bool] = True

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[softplus(-r)] + E[softplus(f)]."""
        r, f = _from_average(real_scores, fake_scores)
        return softplus(-r).mean() + softplus(f).mean()

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[softplus(r)] + E[softplus(-f)]."""
        return self.discriminator(fake_scores, real_scores)

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        r, f = _from_average(real_scores, fake_scores)
        return {**critic_means(real_scores, fake_scores), "accuracy": accuracy(r, f)}


@dataclass(frozen=True)
class RelativisticPaired(Objective):
    """E[softplus(-(C(x_i) - C(G(z_i))))] against E[softplus(C(x_i) - C(G(z_i)))].

    Each real example is paired with the generated one in the same row, independent of it
    (Jolicoeur-Martineau 2019).
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
        means = critic_means(real_scores, fake_scores)
        return {**means, "accuracy": accuracy(difference, -difference)}


def _from_average(real_scores: Tensor, fake_scores: Tensor) -> tuple[Tensor, Tensor]:
    """Scores less the average of the other kind: r and f of `RelativisticAverage`."""
    r = real_scores - fake_scores.mean()
    f = fake_scores - real_scores.mean()
    return r, f


def _pairs(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """C(x_i) - C(G(z_i)) row by row."""
    real_shape, fake_shape = tuple(real_scores.shape), tuple(fake_scores.shape)
    if real_shape != fake_shape:
        raise InputError(
            "paired losses need as many real as generated scores, "
            f"got {real_shape} and {fake_shape}"
        )
    return real_scores - fake_scores
