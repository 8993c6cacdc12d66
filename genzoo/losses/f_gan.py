"""The f-GAN: the discriminator maximises the variational bound of an f-divergence, the generator lowers it."""

from dataclasses import dataclass
from typing import Literal, final

from torch import Tensor

from genzoo.losses.f_divergence import FDivergence, RatioDivergence
from genzoo.losses.objective import Objective, ProbabilisticObjective, accuracy, critic_means

Game = Literal["minimax", "non_saturating"]


def variational_bound(divergence: FDivergence, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """E_data[g_f(v(x))] - E_g[f*(g_f(v(G(z))))], 0-d: at most D_f(p_data || p_g) (Nowozin et al. 2016, equation 6).

    In expectation; on samples it is an unbiased estimate of the bound of that v.

    Args:
        divergence: f.
        real_scores: v on real examples, any shape.
        fake_scores: v on generated examples, any shape.
    """
    return divergence.activation(real_scores).mean() - divergence.conjugate_of(fake_scores).mean()


def f_gan_generator_loss(divergence: FDivergence, game: Game, fake_scores: Tensor) -> Tensor:
    """-E[f*(g_f(v))], the part of the bound that the generator can lower, or -E[g_f(v)], which does not saturate; 0-d.

    Args:
        divergence: f.
        game: `"minimax"` for the former, `"non_saturating"` for the latter (Nowozin et al. 2016,
            section 3.2).
        fake_scores: v on generated examples.
    """
    values = divergence.conjugate_of if game == "minimax" else divergence.activation
    return -values(fake_scores).mean()


@dataclass(frozen=True)
class FGAN(Objective):
    """The f-GAN of any f-divergence (Nowozin et al. 2016).

    "accuracy" takes the sign of v for the verdict, which is right for total variation; for a
    divergence whose optimal scores tell the density ratio there is `RatioFGAN`.

    Args:
        divergence: f.
        game: What the generator descends; see `f_gan_generator_loss`.
    """

    divergence: FDivergence
    game: Game = "minimax"

    @property
    def reach(self) -> float:  # type: ignore[override]
        """That of the divergence."""
        return self.divergence.reach

    @final
    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """Minus the bound."""
        return -variational_bound(self.divergence, real_scores, fake_scores)

    @final
    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """-E[f*(g_f(v))] or -E[g_f(v)]."""
        return f_gan_generator_loss(self.divergence, self.game, fake_scores)

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        verdicts = {
            **critic_means(real_scores, fake_scores),
            "accuracy": accuracy(real_scores, fake_scores),
        }
        return verdicts | self._implied(real_scores, fake_scores)

    def _implied(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        return {
            f"implied {self.divergence.label}": variational_bound(
                self.divergence, real_scores, fake_scores
            )
        }


@dataclass(frozen=True)
class RatioFGAN(FGAN, ProbabilisticObjective):
    """The f-GAN of a divergence whose optimal scores tell the density ratio (Nowozin et al. 2016).

    Args:
        divergence: f.
        game: What the generator descends; see `f_gan_generator_loss`.
    """

    divergence: RatioDivergence
    game: Game = "minimax"

    def logit(self, scores: Tensor) -> Tensor:
        """log of the density ratio for which the scores are optimal."""
        return self.divergence.log_ratio(scores)

    def score(self, logits: Tensor) -> Tensor:
        """The optimal v at a log-ratio."""
        return self.divergence.optimum(logits)

    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        return self.probabilities(real_scores, fake_scores) | self._implied(
            real_scores, fake_scores
        )


def f_gan(divergence: FDivergence, game: Game = "minimax") -> FGAN:
    """The f-GAN objective of a divergence.

    Args:
        divergence: f.
        game: `"minimax"`, or `"non_saturating"` for a generator that descends -E[g_f(v)].
    """
    return (
        RatioFGAN(divergence, game)
        if isinstance(divergence, RatioDivergence)
        else FGAN(divergence, game)
    )
