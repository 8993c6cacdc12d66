"""A Gaussian mixture held in buffers: a density that is fitted, not trained."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genzoo.memory import check_memory

COPIES = 4
"""Of the buffers, while they are fitted."""
ROUNDING = 1e-6
"""Share of the largest code by which float32 may set equal ones apart.

The rounding of a row depends on its place in a batch.
"""
BLOCK = 4096
"""Examples whose density is computed at a time."""
FIT_ROWS = 4000
"""Codes that the mixture is fitted to, at most: more cost seconds and change little."""


def check_mixture(latent_dim: int, components: int) -> None:
    """Refuse a mixture whose matrices do not fit in memory.

    Raises:
        InputError: When they do not.
    """
    what = f"a mixture of {components} components over {latent_dim} numbers"
    check_memory(COPIES * components * latent_dim**2, what)


class CodeMixture(nn.Module):
    """sum_k w_k N(m_k, L_k L_k^T) over codes, the standard normal until it is fitted.

    The buffers have the same shape whatever the data: components that the data do not fill have
    weight 0.

    Args:
        latent_dim: Size L of a code.
        components: Number K of components.
    """

    weights: Tensor
    means: Tensor
    cholesky: Tensor

    def __init__(self, latent_dim: int, components: int) -> None:
        super().__init__()
        check_mixture(latent_dim, components)
        self.register_buffer("weights", torch.eye(1, components)[0])
        self.register_buffer("means", torch.zeros(components, latent_dim))
        self.register_buffer("cholesky", torch.eye(latent_dim).repeat(components, 1, 1))

    def fit(
        self,
        codes: Tensor,
        *,
        generator: torch.Generator,
        counts: Sequence[int] = (),
        rows: int = FIT_ROWS,
        floor: float = 0.0,
    ) -> None:
        """Fit by expectation maximisation (scikit-learn), in coordinates scaled to unit variance.

        Args:
            codes: `(n, L)`; with n < K, only n components are used.
            generator: Chooses rows where there are more than enough, and seeds the initialisation.
            counts: Numbers of components to choose from by the Bayesian information criterion
                (Schwarz 1978), none of more than a fourth of the codes; by default K.
            rows: How many codes it is fitted to, at most: a random choice of them.
            floor: Least standard deviation along any direction; with 0, coordinates that do not
                vary have none, and there is no density.
        """
        chosen = codes.detach()[torch.randperm(len(codes), generator=generator)[:rows]]
        data = chosen.double().cpu().numpy()
        centre, spread = data.mean(0), data.std(0)
        varies = spread > ROUNDING * np.abs(data).max(0)
        divisor = np.where(varies, spread, 1.0)
        scaled = np.where(varies, (data - centre) / divisor, 0.0)
        distinct = np.unique(scaled.round(6), axis=0)
        most = min(len(self.weights), len(distinct))
        seed = int(torch.randint(2**31, (), generator=generator))
        if len(scaled) == 1:
            # scikit-learn fits no single row.
            scaled = np.repeat(scaled, 2, axis=0)
        fitting = [count for count in counts if count <= min(most, len(distinct) // 4)]
        mixture = _best(scaled, fitting or [most], seed)
        used = len(mixture.weights_)
        means = mixture.means_ * spread + centre
        cholesky = np.linalg.cholesky(mixture.covariances_) * spread[:, None]
        if floor:
            covariance = cholesky @ cholesky.transpose(0, 2, 1)
            cholesky = np.linalg.cholesky(covariance + floor**2 * np.eye(len(spread)))
        self.weights.zero_()[:used] = torch.as_tensor(mixture.weights_)
        self.means.zero_()[:used] = torch.as_tensor(means)
        self.cholesky.zero_()[:used] = torch.as_tensor(cholesky)

    def forward(self, component: Tensor, code: Tensor) -> Tensor:
        """Codes `(B, L)` from uniform `(B,)` and standard normal `(B, L)` noise."""
        cumulative = self.weights.cumsum(0)
        bounds = (cumulative / cumulative[-1])[:-1]
        index = (component[:, None] >= bounds[None]).sum(1)
        away = self.cholesky[index] @ code[:, :, None]
        return self.means[index] + away[:, :, 0]

    def log_prob(self, x: Tensor) -> Tensor:
        """log sum_k w_k N(x; m_k, L_k L_k^T) in nats, `(B,)`, for x `(B, L)`."""
        return torch.cat([self._log_prob(block) for block in torch.split(x, BLOCK)])

    def _log_prob(self, x: Tensor) -> Tensor:
        filled = self.weights > 0
        weights, means, cholesky = (
            part[filled].double() for part in (self.weights, self.means, self.cholesky)
        )
        away = x.double()[None] - means[:, None]
        whitened = torch.linalg.solve_triangular(cholesky, away.mT, upper=False)
        log_volume = cholesky.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        constant = log_volume + 0.5 * x.shape[1] * math.log(2 * math.pi)
        densities = -0.5 * whitened.square().sum(dim=1) - constant[:, None]
        return torch.logsumexp(densities + weights.log()[:, None], dim=0)


def _best(rows: Any, counts: Sequence[int], seed: int) -> Any:
    """The scikit-learn mixture of least information criterion."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    best, least = None, math.inf
    for count in counts:
        mixture = GaussianMixture(count, reg_covar=1e-6, random_state=seed)
        with warnings.catch_warnings():
            # The last iterate is a density all the same.
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(rows)
        if len(counts) == 1:
            return mixture
        criterion = mixture.bic(rows)
        if criterion < least:
            best, least = mixture, criterion
    return best
