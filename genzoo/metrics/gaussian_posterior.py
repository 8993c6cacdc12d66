"""Which Gaussian a noisy example comes from, and what it was without the noise."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from genzoo.core.source import GaussianModes
from genzoo.core.units import Units


class Components:
    """Gaussians N(mu_k, C_k), with C_k = U_k diag(lambda_k) U_k^T.

    Args:
        gaussians: In data units.
        units: Affine units that they are brought to; None for data units.

    Attributes:
        locations: mu `(K, D)` float64.
        variances: lambda `(K, D)`.
        axes: U `(K, D, D)`, in columns; None where all are those of the coordinates.
    """

    axes: Tensor | None = None

    def __init__(self, gaussians: GaussianModes, units: Units | None) -> None:
        self.locations, covariances = gaussians.locations, gaussians.covariances
        if units is not None:
            flat = units.each(lambda part: part.detach().to("cpu", torch.float64).flatten())
            self.locations = flat.to_model(self.locations)
            covariances = covariances / flat.scale / flat.scale[:, None]
        self.variances = covariances.diagonal(dim1=1, dim2=2)
        if not torch.equal(torch.diag_embed(self.variances), covariances):
            self.variances, self.axes = torch.linalg.eigh(covariances)

    def along_axes(self, vectors: Tensor) -> Tensor:
        """Coordinates U_k^T v_k of vectors `(B, K, D)` along the axes of their component."""
        if self.axes is None:
            return vectors
        turned: Tensor = torch.einsum("bkd,kde->bke", vectors, self.axes)
        return turned

    def turned_back(self, coordinates: Tensor) -> Tensor:
        """Vectors U_k v_k, `(B, K, D)`, by their coordinates."""
        if self.axes is None:
            return coordinates
        turned: Tensor = torch.einsum("bke,kde->bkd", coordinates, self.axes)
        return turned

    def summed(self, weights: Tensor, coordinates: Tensor) -> Tensor:
        """sum_k weights_k U_k v_k, `(B, D)`."""
        weighted: Tensor = weights[..., None] * coordinates
        if self.axes is None:
            return weighted.sum(dim=1)
        turned: Tensor = torch.einsum("bke,kde->bd", weighted, self.axes)
        return turned

    def draw(self, chosen: Tensor, noise: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Draws of alpha x_1 + sigma x_0, `(B, D)`.

        Args:
            chosen: The component of each, `(B,)` int64.
            noise: Normal numbers `(B, D)` float64.
            alpha: `(B, 1)`.
            sigma: `(B, 1)`.
        """
        variances = alpha.square() * self.variances[chosen] + sigma.square()
        away: Tensor = noise * variances.sqrt()
        if self.axes is not None:
            away = torch.einsum("be,bde->bd", away, self.axes[chosen])
        return alpha * self.locations[chosen] + away


@dataclass(frozen=True)
class Posterior:
    """Of x_t = alpha x_1 + sigma x_0, with S_k = alpha^2 C_k + sigma^2 I.

    Attributes:
        components: The law of x_1.
        x: x_t `(B, D)` float64.
        alpha: `(B, 1)`.
        sigma: `(B, 1)`.
        weights: Of the components before x_t is seen, `(B, K)`.
    """

    components: Components
    x: Tensor
    alpha: Tensor
    sigma: Tensor
    weights: Tensor

    @cached_property
    def spread(self) -> Tensor:
        """The eigenvalues of S_k, `(B, K, D)`."""
        signal: Tensor = self.alpha[..., None].square() * self.components.variances
        return signal + self.sigma[..., None].square()

    @cached_property
    def pull(self) -> Tensor:
        """S_k^-1 (x - alpha mu_k) along the axes, `(B, K, D)`."""
        away = self.x[:, None] - self.alpha[..., None] * self.components.locations
        return self.components.along_axes(away) / self.spread

    @cached_property
    def log_joint(self) -> Tensor:
        """log(w_k N(x; alpha mu_k, S_k)) in nats, `(B, K)`."""
        squares = (self.pull.square() * self.spread).sum(dim=2)
        log_volume = self.spread.log().sum(dim=2)
        constant = self.x.shape[1] * math.log(2 * math.pi)
        return self.weights.log() - 0.5 * (squares + log_volume + constant)

    @cached_property
    def shares(self) -> Tensor:
        """r_k, the weights of the components after x_t is seen, `(B, K)`."""
        return self.log_joint.softmax(dim=1)

    @cached_property
    def log_prob(self) -> Tensor:
        """log p_t(x) in nats, `(B,)`."""
        return self.log_joint.logsumexp(dim=1)

    @cached_property
    def score(self) -> Tensor:
        """The gradient of log p_t, -sum_k r_k S_k^-1 (x - alpha mu_k), `(B, D)`."""
        return -self.components.summed(self.shares, self.pull)

    @cached_property
    def noise(self) -> Tensor:
        """E[x_0 | x_t], `(B, D)`."""
        return -self.sigma * self.score

    @cached_property
    def data(self) -> Tensor:
        """E[x_1 | x_t], `(B, D)`."""
        shift = self.components.variances * self.pull
        moved: Tensor = self.alpha * self.components.summed(self.shares, shift)
        return moved + self.shares @ self.components.locations

    @cached_property
    def variance(self) -> Tensor:
        """E|x_1 - E[x_1 | x_t]|^2 given x_t, summed over coordinates, `(B,)`."""
        components = self.components
        left: Tensor = components.variances * self.sigma[..., None].square() / self.spread
        shift = components.variances * self.pull
        moved = self.alpha[..., None] * components.turned_back(shift)
        means = components.locations + moved
        between = (means - self.data[:, None]).square().sum(dim=2)
        return (self.shares * (left.sum(dim=2) + between)).sum(dim=1)
