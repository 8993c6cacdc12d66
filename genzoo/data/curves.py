"""Curves over a grid: what the families share, and the artist's paintings."""

import abc
import math
from typing import final

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.event import check_examples
from genzoo.core.model import Batch
from genzoo.core.source import DataSource, SupportsParameter
from genzoo.data.checks import amount, count, positive, size
from genzoo.data.draws import normal, uniform
from genzoo.data.labels import parameter
from genzoo.data.moved import Moved
from genzoo.data.registry import register_source


class CurveFamily(DataSource):
    """Random curves observed at L positions, plus N(0, noise^2) at each.

    Without noise the curves fill a set of lower dimension than L, and there is no density.

    Args:
        grid: `(L,)` positions.
        noise: Standard deviation of the observation noise, in data units; 0 for none.

    Attributes:
        grid: `(L,)` float64 positions, for pictures.
    """

    def __init__(self, grid: Tensor, noise: float) -> None:
        self.grid = grid.to(torch.float64)
        self.event_shape = (len(grid),)
        self.noise = amount("noise", noise)

    @abc.abstractmethod
    def _curves(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Curves without noise, `(n, L)` float64, and the parameter of each, `(n, 1)`."""

    @final
    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw `(n, L)`.

        Raises:
            InputError: When n < 1.
        """
        y, drawn = self._curves(count("n", n), generator)
        if self.noise:
            y = y + self.noise * normal(*y.shape, generator=generator)
        if self.context_spec is None:
            return Batch(y.to(torch.float32))
        return Batch(y.to(torch.float32), drawn.to(torch.float32))


def positions_of(source: DataSource) -> Tensor | None:
    """The positions `(L,)` of curves, moved ones too; None where examples are no curves."""
    if isinstance(source, Moved):
        return positions_of(source.original)
    if isinstance(source, CurveFamily):
        return source.grid
    return None


class Paintings(CurveFamily, SupportsParameter):
    """y = a x^2 + (a - 1), a ~ U[1, 2), at `points` positions from -1 to 1.

    All curves lie between x^2 and 2 x^2 + 1. Since y + 1 = a u with u = x^2 + 1, the least-squares
    parameter is sum (y + 1) u / sum u^2.

    Args:
        points: L.
        noise: Standard deviation of the observation noise, in data units.
        context: Whether draws come with their a.

    Attributes:
        lower_bound: `(L,)` the curve of a = 1.
        upper_bound: `(L,)` the curve of a = 2.
    """

    parameter_name = "a"
    parameter_mean = 1.5
    parameter_sd = 1 / math.sqrt(12)

    def __init__(self, points: int, noise: float, *, context: bool) -> None:
        positions = size("points", points, 2)
        super().__init__(torch.linspace(-1, 1, positions, dtype=torch.float64), noise)
        self.context_spec = parameter(self.parameter_name, 1.0, 2.0, context)
        self._u = self.grid.square() + 1
        self._u_square = float(self._u @ self._u)
        self.lower_bound = self._u - 1
        self.upper_bound = 2 * self._u - 1

    @final
    def fit_parameter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Least-squares a and the root-mean-square residual, each `(B,)` float64.

        Raises:
            InputError: On a wrong shape, NaN or infinity.
        """
        y = check_examples(x, self.event_shape).to(torch.float64)
        a = (y + 1) @ self._u / self._u_square
        residual = y + 1 - a[:, None] * self._u
        return a, residual.square().mean(dim=1).sqrt()

    @final
    def parameter_cdf(self, value: Tensor) -> Tensor:
        """P(a <= value) = value - 1, between 0 and 1."""
        return (value - 1).clamp(0, 1)

    def _curves(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        a = 1 + uniform(n, 1, generator=generator)
        return a * self._u - 1, a


class NoisyPaintings(Paintings, SupportsLogProb):
    """Paintings with noise s > 0, and their density with a integrated out in closed form.

    With b the least-squares parameter, r^2 the residual sum of squares, U = |u| and Phi the normal
    distribution function, p(y) = (2 pi s^2)^(-(L-1)/2) exp(-r^2 / (2 s^2)) (Phi((2 - b) U / s) -
    Phi((1 - b) U / s)) / U. Given a, p(y | a) = N(y; a u - 1, s^2 I).

    Args:
        points: L.
        noise: s, in data units.
        context: Whether draws come with their a.
    """

    def __init__(self, points: int, noise: float, *, context: bool) -> None:
        super().__init__(points, positive("noise", noise), context=context)

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        if context is not None:
            return self._log_prob_given(x, context)
        b, rms = self.fit_parameter(x)
        size, noise = self.event_size, self.noise
        norm = math.sqrt(self._u_square)
        off = 0.5 * size * (rms / noise).square()
        volume = 0.5 * (size - 1) * math.log(2 * math.pi * noise**2)
        low, high = (1 - b) * norm / noise, (2 - b) * norm / noise
        within = log_normal_interval(low, high)
        return -off - volume + within - math.log(norm)

    def _log_prob_given(self, x: Tensor, a: Tensor) -> Tensor:
        z = (x - (a * self._u - 1)) / self.noise
        volume = 0.5 * self.event_size * math.log(2 * math.pi * self.noise**2)
        return -0.5 * z.square().sum(dim=1) - volume


def log_normal_interval(low: Tensor, high: Tensor) -> Tensor:
    """log(Phi(high) - Phi(low)), accurate in both tails."""
    mirrored = low > 0
    # Phi(high) - Phi(low) = Phi(-low) - Phi(-high), and log Phi is accurate below 0.
    lower = torch.where(mirrored, -high, low)
    upper = torch.where(mirrored, -low, high)
    log_low: Tensor = torch.special.log_ndtr(lower)
    log_high: Tensor = torch.special.log_ndtr(upper)
    return log_high + torch.log1p(-torch.exp(log_low - log_high))


@register_source("paintings")
def paintings(*, points: int = 15, noise: float = 0.0, context: bool = True) -> Paintings:
    """Parabolas y = a x^2 + (a - 1) with a ~ U[1, 2), as 1-D curves.

    Args:
        points: Positions from -1 to 1.
        noise: Standard deviation of the observation noise; 0 for none, and then no density.
        context: Whether draws come with their a as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    if amount("noise", noise):
        return NoisyPaintings(points, noise, context=context)
    return Paintings(points, noise, context=context)
