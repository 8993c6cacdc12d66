"""Divergences between distributions of closed form."""

from torch import Tensor


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mu, diag s^2) || N(0, I)) = sum_i (mu_i^2 + s_i^2 - 1 - log s_i^2) / 2, in nats.

    Args:
        mean: mu, `(B, *event_shape)`.
        log_variance: log s^2, the same shape.

    Returns:
        `(B,)`, non-negative, zero only at the prior (Kingma and Welling 2014, appendix B).
    """
    twice_kl = mean.square() + log_variance.expm1() - log_variance
    return 0.5 * twice_kl.flatten(1).sum(1)
