"""A Gaussian mixture held in buffers: the ex-post density of an autoencoder's codes."""

import warnings

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

    def fit(self, codes: Tensor, *, generator: torch.Generator) -> None:
        """Fit by expectation maximisation (scikit-learn), in coordinates scaled to unit variance.

        Args:
            codes: `(n, L)`; with n < K, only n components are used; of more than `FIT_ROWS`, a
                random choice.
            generator: Makes that choice and seeds the initialisation.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        chosen = codes.detach()[torch.randperm(len(codes), generator=generator)[:FIT_ROWS]]
        data = chosen.double().cpu().numpy()
        centre, spread = data.mean(0), data.std(0)
        varies = spread > ROUNDING * np.abs(data).max(0)
        divisor = np.where(varies, spread, 1.0)
        scaled = np.where(varies, (data - centre) / divisor, 0.0)
        distinct = np.unique(scaled.round(6), axis=0)
        used = min(len(self.weights), len(distinct))
        seed = int(torch.randint(2**31, (), generator=generator))
        mixture = GaussianMixture(used, reg_covar=1e-6, random_state=seed)
        if len(scaled) == 1:
            # scikit-learn fits no single row.
            scaled = np.repeat(scaled, 2, axis=0)
        with warnings.catch_warnings():
            # The last iterate is a density all the same.
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(scaled)
        means = mixture.means_ * spread + centre
        cholesky = np.linalg.cholesky(mixture.covariances_) * spread[:, None]
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
