"""How far a discriminator is from the optimal one, D*(x) = p_data / (p_data + p_g) (Goodfellow et al. 2014)."""

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import softplus


class DiscriminatorGap(NamedTuple):
    """The distance of D from D* under m = (p_data + p_g) / 2.

    Attributes:
        mean_squared: E_m[(D - D*)^2], 0-d.
        nats: V(D*) - V(D) = 2 E_m[KL(Bernoulli(D*) || Bernoulli(D))], 0-d: what D misses of its own
            game's value.
    """

    mean_squared: Tensor
    nats: Tensor


def bernoulli_kl(logits: Tensor, other: Tensor) -> Tensor:
    """KL(Bernoulli(sigmoid(a)) || Bernoulli(sigmoid(b))) in nats, element by element; 0 where a = b."""
    p = logits.sigmoid()
    return p * (softplus(-other) - softplus(-logits)) + (1 - p) * (
        softplus(other) - softplus(logits)
    )


def discriminator_gap(logits: Tensor, optimal_logits: Tensor, weights: Tensor) -> DiscriminatorGap:
    """Mean squared difference of probabilities, and the value lost, both under weights that stand for m.

    Args:
        logits: Of D, at points x_i, any shape.
        optimal_logits: Of D*, log p_data - log p_g, the same shape.
        weights: m(x_i) dx for a quadrature over x, 1/n for n draws from m; the same shape.
    """
    squared = (logits.sigmoid() - optimal_logits.sigmoid()).square()
    return DiscriminatorGap(
        (weights * squared).sum(), 2 * (weights * bernoulli_kl(optimal_logits, logits)).sum()
    )
