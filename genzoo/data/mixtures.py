"""Gaussians and mixtures of Gaussians."""

import math

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, GaussianModes
from genzoo.data.checks import count, finite, matrices, positive, size
from genzoo.data.components import ComponentMixture
from genzoo.data.draws import directions, normal, uniform
from genzoo.data.labels import MODE, SupportsModeLabels, label
from genzoo.data.layouts import nearest_pair, scattered_locations
from genzoo.data.registry import register_source

SCATTERED = 1000
"""Modes of a random layout, at most: it takes the square of their number to find."""
SIDE = 100
"""Modes along the side of a grid, at most."""


class Gaussian(DataSource, SupportsLogProb, SupportsGaussians):
    """N(x; mean, sd^2) on the line, in data units.

    Args:
        mean: Location.
        sd: Standard deviation.
    """

    event_shape = (1,)

    def __init__(self, mean: float, sd: float) -> None:
        self.mean = finite("mean", mean)
        self.sd = positive("sd", sd)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw `(n, 1)`."""
        noise = normal(count("n", n), 1, generator=generator)
        x = self.mean + self.sd * noise
        return Batch(x.to(torch.float32))

    def gaussians(self) -> GaussianModes:
        """Itself."""
        location = torch.tensor([[self.mean]], dtype=torch.float64)
        covariance = torch.tensor([[[self.sd**2]]], dtype=torch.float64)
        return GaussianModes(torch.ones(1), location, covariance)

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        z = (x[:, 0] - self.mean) / self.sd
        return -0.5 * z.square() - math.log(self.sd) - 0.5 * math.log(2 * math.pi)


class GaussianMixture(ComponentMixture, SupportsModeLabels, SupportsGaussians):
    """p(x) = sum_k weights[k] N(x; locations[k], covariances[k]), in data units.

    Args:
        weights: `(K,)` positive; divided by their sum.
        locations: `(K, D)`.
        covariances: `(K, D, D)`, positive definite.
        context: Whether draws come with their mode.
    """

    def __init__(
        self, weights: Tensor, locations: Tensor, covariances: Tensor, *, context: bool = True
    ) -> None:
        super().__init__((locations.shape[1],), weights)
        self._modes = GaussianModes(self.weights, locations, covariances)
        self.context_spec = label(MODE, self._modes.names, context)
        self._cholesky = torch.linalg.cholesky(self._modes.covariances)
        self._sds = self._cholesky.diagonal(dim1=1, dim2=2)
        alone = self._cholesky == torch.diag_embed(self._sds)
        self._diagonal = bool(alone.all())
        log_volume = self._sds.log().sum(dim=1)
        constant = 0.5 * self.event_size * math.log(2 * math.pi)
        self._log_normaliser: Tensor = log_volume + constant

    def modes(self) -> GaussianModes:
        """The components."""
        return self._modes

    def gaussians(self) -> GaussianModes:
        """The components."""
        return self._modes

    def _weights_given(self, context: Tensor) -> Tensor:
        return context

    def _component_log_prob(self, x: Tensor) -> Tensor:
        return -0.5 * self._modes.distances(x).square() - self._log_normaliser

    def _draw(self, components: Tensor, generator: torch.Generator) -> Tensor:
        noise = normal(len(components), self.event_size, generator=generator)
        x: Tensor = self._modes.locations[components]
        if self._diagonal:
            return x.add_(noise * self._sds[components])
        for k, cholesky in enumerate(self._cholesky):
            rows = (components == k).nonzero()[:, 0]
            x[rows] += noise[rows] @ cholesky.T
        return x


def isotropic_mixture(locations: Tensor, sigma: float, *, context: bool) -> GaussianMixture:
    """Equal weights and covariances sigma^2 I at `(K, D)` locations."""
    modes, dimension = locations.shape
    covariance = sigma**2 * torch.eye(dimension, dtype=torch.float64)
    covariances = covariance.expand(modes, -1, -1)
    return GaussianMixture(torch.ones(modes), locations, covariances, context=context)


@register_source("ring")
def ring(
    *,
    modes: int = 8,
    radius: float = 1.0,
    sigma: float = 0.05,
    context: bool = True,
) -> GaussianMixture:
    """Gaussian modes with equal weights on a circle, 2-D.

    Mode k sits at the angle 2 pi k / modes, so that all are distinct.

    Args:
        modes: Number of modes.
        radius: Radius of the circle, in data units.
        sigma: Standard deviation of each mode (.01 in the published benchmarks).
        context: Whether draws come with their mode, of 2 to 100, as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    turns = torch.arange(size("modes", modes), dtype=torch.float64)
    angles = 2 * math.pi * turns / modes
    locations = positive("radius", radius) * directions(angles)
    return isotropic_mixture(locations, positive("sigma", sigma), context=context)


@register_source("grid")
def grid(
    *,
    side: int = 5,
    spacing: float = 2.0,
    sigma: float = 0.05,
    context: bool = True,
) -> GaussianMixture:
    """Gaussian modes with equal weights on a square grid centred at the origin, 2-D.

    Args:
        side: Modes along each side; side^2 in all.
        spacing: Distance between neighbours, in data units.
        sigma: Standard deviation of each mode.
        context: Whether draws come with their mode, of 2 to 100, as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    ticks = torch.arange(size("side", side, maximum=SIDE), dtype=torch.float64)
    ticks = ticks - (side - 1) / 2
    locations = positive("spacing", spacing) * torch.cartesian_prod(ticks, ticks)
    return isotropic_mixture(locations, positive("sigma", sigma), context=context)


@register_source("random_mixture")
def random_mixture(
    *,
    modes: int = 10,
    dimension: int = 2,
    layout_seed: int = 0,
    context: bool = True,
) -> GaussianMixture:
    """Gaussian modes with random weights, locations and covariances, in any dimension.

    Locations lie in [-2, 2]^D and keep apart; with d the smallest distance between two of them, the
    standard deviations along the random principal axes are uniform in [d / 20, d / 10]; weights are
    proportional to U[.5, 1.5].

    Args:
        modes: Number of modes.
        dimension: D.
        layout_seed: Fixes weights, locations and covariances.
        context: Whether draws come with their mode, of 2 to 100, as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    _check_layout("random_mixture", modes, dimension)
    generator = stream(layout_seed, "random_mixture")
    locations = 2 * scattered_locations(modes, dimension, generator)
    spread = 1 + uniform(modes, dimension, generator=generator)
    sds = nearest_pair(locations) * spread / 20
    square = normal(modes, dimension, dimension, generator=generator)
    axes, _ = torch.linalg.qr(square)
    covariances = (axes * sds.square()[:, None]) @ axes.mT
    weights = 0.5 + uniform(modes, generator=generator)
    return GaussianMixture(weights, locations, covariances, context=context)


def _check_layout(name: str, modes: int, dimension: int) -> None:
    """Require numbers of modes and dimensions that a random layout is found for, and that fit."""
    size("modes", modes, maximum=SCATTERED)
    size("dimension", dimension)
    matrices(modes, dimension, f"{name} with modes={modes} and dimension={dimension}")


@register_source("gaussian_1d")
def gaussian_1d(*, mean: float = 0.0, sd: float = 1.0) -> Gaussian:
    """One Gaussian on the line, 1-D.

    Args:
        mean: Location, in data units.
        sd: Standard deviation.

    Raises:
        InputError: When an option is out of range.
    """
    return Gaussian(mean, sd)


@register_source("mixture_1d")
def mixture_1d(
    *,
    modes: int = 4,
    spacing: float = 2.0,
    sigma: float = 0.25,
    context: bool = True,
) -> GaussianMixture:
    """Gaussian modes with equal weights and spacing on the line, centred at 0, 1-D.

    Args:
        modes: Number of modes.
        spacing: Distance between neighbours, in data units.
        sigma: Standard deviation of each mode.
        context: Whether draws come with their mode, of 2 to 100, as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    ticks = torch.arange(size("modes", modes), dtype=torch.float64)
    ticks = ticks - (modes - 1) / 2
    locations = positive("spacing", spacing) * ticks[:, None]
    return isotropic_mixture(locations, positive("sigma", sigma), context=context)


@register_source("high_dim_mixture")
def high_dim_mixture(
    *,
    modes: int = 10,
    dimension: int = 64,
    separation: float = 10.0,
    sigma: float = 1.0,
    layout_seed: int = 0,
    context: bool = True,
) -> GaussianMixture:
    """Isotropic Gaussian modes with equal weights at random locations, 64-D or any dimension.

    Args:
        modes: Number of modes.
        dimension: D.
        separation: Distance of the nearest two modes, in units of sigma.
        sigma: Standard deviation of each mode along each axis, in data units.
        layout_seed: Fixes the locations.
        context: Whether draws come with their mode, of 2 to 100, as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    _check_layout("high_dim_mixture", modes, dimension)
    generator = stream(layout_seed, "high_dim_mixture")
    locations = scattered_locations(modes, dimension, generator)
    apart = positive("separation", separation) * positive("sigma", sigma)
    scale = apart / nearest_pair(locations)
    centred = locations - locations.mean(dim=0)
    return isotropic_mixture(scale * centred, sigma, context=context)
