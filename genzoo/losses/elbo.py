"""The evidence lower bound, ELBO = E_q[log p(x | z)] - KL(q(z | x) || p(z)).

Kingma and Welling 2014.
"""

from torch import Tensor


def negative_elbo_terms(
    log_likelihood: Tensor, kl: Tensor, *, beta: float = 1.0
) -> dict[str, Tensor]:
    """The two terms whose sum a VAE minimises, -E[log p(x | z)] and beta KL; 0-d, in nats.

    They are averaged over the batch. At beta = 1 the sum is the negative ELBO; other values weigh
    the KL term (Higgins et al. 2017).

    Args:
        log_likelihood: log p(x | z) at a draw of z, `(B,)`.
        kl: KL(q(z | x) || p(z)), `(B,)`.
        beta: Weight of the KL term.
    """
    return {"reconstruction": -log_likelihood.mean(), "kl": beta * kl.mean()}


def log_importance_weight(
    log_likelihood: Tensor, log_prior: Tensor, log_posterior: Tensor
) -> Tensor:
    """log p(x | z) + log p(z) - log q(z | x) at z ~ q(z | x), in nats.

    Its mean over z is the ELBO; the log of the mean of K exponentials is the importance-weighted
    bound (Burda, Grosse and Salakhutdinov 2016).
    """
    return log_likelihood + log_prior - log_posterior
