"""How far a discriminator is from the optimal one, D*(x) = p_data / (p_data + p_g).

Goodfellow et al. 2014.
"""

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import softplus


class DiscriminatorGap(NamedTuple):
    """The distance of D from D* under m = (p_data + p_g) / 2.

    Attributes:
        mean_squared: E_m[(D - D*)^2], 0-d.
        nats: V(D*) - V(D) = 2 E_m[KL(Bernoulli(D*) || Bernoulli(D))], 0-d: what D misses of the
            value of its own game.
    """

    mean_squared: Tensor
    nats: Tensor


def bernoulli_kl(logits: Tensor, other: Tensor) -> Tensor:
    """KL(Bernoulli(sigmoid(a)) || Bernoulli(sigmoid(b))) in nats, element by element.

    Args:
        logits: a, any shape.
        other: b, the same shape.
    """
    p = logits.sigmoid()
    of_one = softplus(-other) - softplus(-logits)
    of_zero = softplus(other) - softplus(logits)
    return p * of_one + (1 - p) * of_zero


def discriminator_gap(logits: Tensor, optimal_logits: Tensor, weights: Tensor) -> DiscriminatorGap:
    """Mean squared difference of probabilities, and the value lost, under weights for m.

    Args:
        logits: Logits of D at points x_i, any shape.
        optimal_logits: Logits of D* at them, log p_data - log p_g, the same shape.
        weights: m(x_i) dx for a quadrature over x, 1/n for n draws from m; the same shape.
    """
    squared = (logits.sigmoid() - optimal_logits.sigmoid()).square()
    kl = bernoulli_kl(optimal_logits, logits)
    return DiscriminatorGap((weights * squared).sum(), 2 * (weights * kl).sum())
