"""The f-GAN: a game about the variational bound of an f-divergence.

The discriminator maximises the bound, the generator lowers it.
"""

from dataclasses import dataclass
from typing import Literal, final

from torch import Tensor

from genzoo.losses.f_divergence import FDivergence, RatioDivergence
from genzoo.losses.objective import Objective, ProbabilisticObjective, accuracy, critic_means

Game = Literal["minimax", "non_saturating"]


def variational_bound(divergence: FDivergence, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """E_data[g_f(v(x))] - E_g[f*(g_f(v(G(z))))], 0-d: in expectation at most D_f(p_data || p_g).

    On samples it is an unbiased estimate of the bound of that v (Nowozin et al. 2016, equation 6).

    Args:
        divergence: f.
        real_scores: v on real examples, any shape.
        fake_scores: v on generated examples, any shape.
    """
    return divergence.activation(real_scores).mean() - divergence.conjugate_of(fake_scores).mean()


def f_gan_generator_loss(divergence: FDivergence, game: Game, fake_scores: Tensor) -> Tensor:
    """-E[f*(g_f(v))] or -E[g_f(v)], 0-d.

    The former is the part of the bound that the generator can lower; the latter does not saturate.

    Args:
        divergence: f.
        game: `"minimax"` for the former, `"non_saturating"` for the latter (Nowozin et al. 2016,
            section 3.2).
        fake_scores: v on generated examples, any shape.
    """
    if game == "minimax":
        return -divergence.conjugate_of(fake_scores).mean()
    return -divergence.activation(fake_scores).mean()


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
        means = critic_means(real_scores, fake_scores)
        right = {"accuracy": accuracy(real_scores, fake_scores)}
        return means | right | self._implied(real_scores, fake_scores)

    def _implied(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        bound = variational_bound(self.divergence, real_scores, fake_scores)
        return {f"implied {self.divergence.label}": bound}


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
        probabilities = self.probabilities(real_scores, fake_scores)
        return probabilities | self._implied(real_scores, fake_scores)


def f_gan(divergence: FDivergence, game: Game = "minimax") -> FGAN:
    """The f-GAN objective of a divergence.

    Args:
        divergence: f.
        game: `"minimax"`, or `"non_saturating"` for a generator that descends -E[g_f(v)].
    """
    if isinstance(divergence, RatioDivergence):
        return RatioFGAN(divergence, game)
    return FGAN(divergence, game)
