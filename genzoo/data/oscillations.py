"""Oscillating curves with a random phase and amplitude: sines and damped oscillations."""

import abc
import math
from typing import final

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.data.checks import amount, interval, positive, size
from genzoo.data.curves import CurveFamily
from genzoo.data.draws import directions, normal, uniform
from genzoo.data.labels import parameter
from genzoo.data.quadrature import arc_rule
from genzoo.data.registry import register_source

SMALLEST_NOISE = 0.01
"""The number of quadrature nodes grows as 1 / noise."""
LARGE_AMPLITUDE = 3.0
"""The amplitude that the quadrature is laid out for; a larger one has probability exp(-4.5)."""
RESOLUTION = 1024
"""Parameters that measure how fast the curves change."""
BLOCK_SIZE = 1 << 16
"""Exponents held at a time: they should stay in the cache."""


class RandomPhaseCurves(CurveFamily):
    """y(x) = a b_1(x; theta) + b b_2(x; theta), a and b ~ N(0, 1), theta ~ U[low, high].

    For b_1 and b_2 in quadrature, the phase is uniform and the amplitude sqrt(a^2 + b^2) has the
    Rayleigh law.

    Args:
        points: L, the positions from 0 to 1.
        low: Least theta.
        high: Greatest theta.
        noise: Standard deviation of the observation noise, in data units.
        context: Whether draws come with their theta.
    """

    parameter_name: str

    def __init__(
        self, points: int, low: float, high: float, noise: float, *, context: bool
    ) -> None:
        positions = size("points", points, 2)
        super().__init__(torch.linspace(0, 1, positions, dtype=torch.float64), noise)
        self.low, self.high = low, high
        self.context_spec = parameter(self.parameter_name, low, high, context)

    @abc.abstractmethod
    def _basis(self, theta: Tensor) -> Tensor:
        """b_1 and b_2 for `(m,)` parameters: `(m, L, 2)` float64."""

    @final
    def _curves(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        theta = self.low + (self.high - self.low) * uniform(n, generator=generator)
        amplitudes = normal(n, 2, 1, generator=generator)
        curves = self._basis(theta) @ amplitudes
        return curves[:, :, 0], theta[:, None]


class NoisyRandomPhaseCurves(RandomPhaseCurves, SupportsLogProb):
    """Random-phase curves with noise s > 0, and their density.

    Given theta, y is Gaussian with covariance s^2 I + B B^T (B the L x 2 basis): a and b are
    integrated out in closed form. theta is integrated by Gauss-Legendre panels: against a rule 18
    times finer, log p is in error by less than 1e-8 on the family's own curves, and by less than
    .02 on curves three times as large. Where theta is given there is nothing to integrate.

    Args:
        points: L.
        low: Least theta.
        high: Greatest theta.
        noise: s, in data units, at least .01.
        context: Whether draws come with their theta.
    """

    def __init__(
        self, points: int, low: float, high: float, noise: float, *, context: bool
    ) -> None:
        why = "or 0, for none: the density is integrated numerically"
        amount("noise", noise, SMALLEST_NOISE, why)
        super().__init__(points, low, high, noise, context=context)
        theta = torch.linspace(low, high, RESOLUTION, dtype=torch.float64)
        extremes = LARGE_AMPLITUDE * self._basis(theta).flatten(1) / math.sqrt(2)
        nodes, weights = arc_rule(theta, extremes, noise)
        projections, log_volume = self._whitened(nodes)
        self._projections = projections.permute(1, 2, 0).contiguous()
        self._log_weights = (weights / (high - low)).log() - log_volume

    @final
    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        size, variance = self.event_size, self.noise**2
        constant = 0.5 * size * math.log(2 * math.pi)
        constant += (size - 2) * math.log(self.noise)
        outside = 0.5 * x.square().sum(dim=1) / variance
        if context is not None:
            return self._log_factor(x, context[:, 0]) - outside - constant
        rows = max(1, BLOCK_SIZE // len(self._log_weights))
        blocks = torch.split(x, rows)
        integrals = torch.cat([self._log_integral(block) for block in blocks])
        return integrals - outside - constant

    def _whitened(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """K^-1 B^T / (sqrt(2) s), `(m, 2, L)`, and log det(K), `(m,)`.

        With K K^T = s^2 I + B^T B, y^T cov^-1 y = (|y|^2 - |K^-1 B^T y|^2) / s^2 and det cov =
        s^(2L-4) det(K)^2.
        """
        basis = self._basis(theta)
        gram = self.noise**2 * torch.eye(2, dtype=torch.float64) + basis.mT @ basis
        cholesky = torch.linalg.cholesky(gram)
        projections = torch.linalg.solve_triangular(cholesky, basis.mT, upper=False)
        log_volume: Tensor = cholesky.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        return projections / (math.sqrt(2) * self.noise), log_volume

    def _log_factor(self, y: Tensor, theta: Tensor) -> Tensor:
        """|K^-1 B^T y|^2 / (2 s^2) - log det(K) at the theta of each curve, `(B,)`."""
        projections, log_volume = self._whitened(theta)
        along = (projections @ y[:, :, None])[:, :, 0]
        return along.square().sum(dim=1) - log_volume

    def _log_integral(self, y: Tensor) -> Tensor:
        """log int exp(|K^-1 B^T y|^2 / (2 s^2)) / det(K) f(theta) d theta, `(B,)`."""
        first = y @ self._projections[0]
        second = y @ self._projections[1]
        exponents = torch.addcmul(self._log_weights, first, first)
        exponents.addcmul_(second, second)
        return exponents.logsumexp(dim=1)


class Sines(RandomPhaseCurves):
    """y(x) = a cos(2 pi f (x - 1/2)) + b sin(2 pi f (x - 1/2)).

    a and b ~ N(0, 1), f ~ U[low, high].

    Args:
        points: L, the positions from 0 to 1.
        low: Least frequency, in cycles over the grid.
        high: Greatest frequency.
        noise: Standard deviation of the observation noise, in data units.
        context: Whether draws come with their frequency.
    """

    parameter_name = "frequency"

    def _basis(self, theta: Tensor) -> Tensor:
        return directions(2 * math.pi * theta[:, None] * (self.grid - 0.5))


class NoisySines(Sines, NoisyRandomPhaseCurves):
    """Sines with observation noise, and their density.

    See `Sines` and `NoisyRandomPhaseCurves`.
    """


class DampedOscillations(RandomPhaseCurves):
    """y(x) = exp(-d x) (a cos(2 pi f x) + b sin(2 pi f x)).

    a and b ~ N(0, 1), d ~ U[low, high], and f is fixed.

    Args:
        points: L, the positions from 0 to 1.
        low: Least damping d, per unit of x.
        high: Greatest damping.
        noise: Standard deviation of the observation noise, in data units.
        frequency: f, in cycles over the grid.
        context: Whether draws come with their damping.
    """

    parameter_name = "damping"

    def __init__(
        self,
        points: int,
        low: float,
        high: float,
        noise: float,
        frequency: float,
        *,
        context: bool,
    ) -> None:
        self.frequency = positive("frequency", frequency)
        super().__init__(points, low, high, noise, context=context)

    def _basis(self, theta: Tensor) -> Tensor:
        waves = directions(2 * math.pi * self.frequency * self.grid)
        envelopes = torch.exp(-theta[:, None] * self.grid)
        return envelopes[:, :, None] * waves


class NoisyDampedOscillations(DampedOscillations, NoisyRandomPhaseCurves):
    """Damped oscillations with observation noise, and their density.

    See `DampedOscillations` and `NoisyRandomPhaseCurves`.
    """


@register_source("sines")
def sines(
    *,
    points: int = 40,
    low: float = 1.0,
    high: float = 3.0,
    noise: float = 0.0,
    context: bool = True,
) -> Sines:
    """Sine waves of random amplitude, phase and frequency, as 1-D curves.

    Args:
        points: Positions from 0 to 1.
        low: Least frequency, in cycles over the grid.
        high: Greatest frequency.
        noise: Standard deviation of the observation noise; 0 for none, and then no density.
        context: Whether draws come with their frequency as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    positive("low", low)
    low, high = interval("low", low, "high", high)
    if amount("noise", noise):
        return NoisySines(points, low, high, noise, context=context)
    return Sines(points, low, high, noise, context=context)


@register_source("damped_oscillations")
def damped_oscillations(
    *,
    points: int = 40,
    low: float = 1.0,
    high: float = 6.0,
    frequency: float = 3.0,
    noise: float = 0.0,
    context: bool = True,
) -> DampedOscillations:
    """Decaying oscillations of random amplitude, phase and damping, as 1-D curves.

    Args:
        points: Positions from 0 to 1.
        low: Least damping, per unit of x.
        high: Greatest damping.
        frequency: Cycles over the grid.
        noise: Standard deviation of the observation noise; 0 for none, and then no density.
        context: Whether draws come with their damping as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    low, high = interval("low", low, "high", high)
    amount("low", low)
    if amount("noise", noise):
        return NoisyDampedOscillations(points, low, high, noise, frequency, context=context)
    return DampedOscillations(points, low, high, noise, frequency, context=context)
