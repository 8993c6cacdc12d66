"""Arcs in the plane blurred by Gaussian noise: two moons, swiss roll, spirals; and circles, in closed form."""

import abc
import math
from typing import final

import torch
from torch import Tensor

from genzoo.core.source import SupportsModes
from genzoo.data.checks import ARMS, amount, at_most, positive, size
from genzoo.data.components import ComponentMixture, DensityModes
from genzoo.data.quadrature import arc_rule
from genzoo.data.registry import register_source
from genzoo.errors import InputError

SMALLEST_NOISE = 0.005
"""The number of quadrature nodes grows as 1 / noise."""
RESOLUTION = 4096
"""Points that measure the length of an arc."""
TURNS = 30
"""Of a spiral, at most: its density takes as many points as its length has widths of the noise."""
BLOCK_SIZE = 1 << 16
"""Exponents held at a time: they should stay in the cache."""


class NoisyArcs(ComponentMixture):
    """K congruent arcs with equal weights, plus isotropic noise.

    p(x) = (1/K) sum_k int f(t) N(x; c_k(t), noise^2 I) dt over [low, high], in data units, by
    quadrature. Against a rule 24 times finer, log p is in error by less than 1e-8 within 8 noise of
    an arc, and by less than a share 1e-3 of
    |log p| anywhere else.

    Args:
        arms: K.
        low: Least parameter.
        high: Greatest parameter.
        noise: Standard deviation of the noise along each axis, at least .005.
    """

    def __init__(self, arms: int, low: float, high: float, noise: float) -> None:
        super().__init__((2,), torch.ones(arms))
        self.low, self.high = low, high
        self.noise = amount(
            "noise", noise, SMALLEST_NOISE, "the density is integrated along the arc"
        )
        t = torch.linspace(low, high, RESOLUTION, dtype=torch.float64)
        nodes, weights = arc_rule(t, self._positions(t)[0], self.noise)
        positions, variance = self._positions(nodes), self.noise**2
        # -|x - c|^2 / 2 = x . c - |c|^2 / 2 - |x|^2 / 2: the first two for all nodes at once, the
        # last outside the sum.
        self._slopes = (positions / variance).mT.contiguous()
        log_weights = (weights * self._parameter_density(nodes)).log() - math.log(
            2 * math.pi * variance
        )
        self._offsets = log_weights - positions.square().sum(dim=2) / (2 * variance)

    @abc.abstractmethod
    def _positions(self, t: Tensor) -> Tensor:
        """c_k(t) for `(m,)` parameters: `(K, m, 2)`."""

    @abc.abstractmethod
    def _parameter_density(self, t: Tensor) -> Tensor:
        """f(t), `(m,)`."""

    @abc.abstractmethod
    def _parameter_quantile(self, u: Tensor) -> Tensor:
        """The inverse of the distribution function of t, `(m,)`."""

    @final
    def _draw(self, components: Tensor, generator: torch.Generator) -> Tensor:
        n = len(components)
        t = self._parameter_quantile(torch.rand(n, generator=generator, dtype=torch.float64))
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return self._positions(t)[components, torch.arange(n)] + self.noise * noise

    @final
    def _component_log_prob(self, x: Tensor) -> Tensor:
        rows = max(1, BLOCK_SIZE // self._offsets.shape[1])
        integrals = torch.cat([self._log_integrals(block) for block in torch.split(x, rows)])
        return integrals - x.square().sum(dim=1, keepdim=True) / (2 * self.noise**2)

    def _log_integrals(self, x: Tensor) -> Tensor:
        """log int f(t) exp((x . c_k(t) - |c_k(t)|^2 / 2) / noise^2) dt / (2 pi noise^2), `(B, K)`."""
        arms = zip(self._offsets, self._slopes, strict=True)
        return torch.stack(
            [torch.addmm(offset, x, slope).logsumexp(dim=1) for offset, slope in arms], dim=1
        )


class TwoMoons(NoisyArcs, SupportsModes):
    """Two half circles: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t ~ U[0, pi], plus N(0, noise^2 I).

    The law that scikit-learn's `make_moons` tends to as its number of points grows (there t is a
    regular grid).

    Args:
        noise: Standard deviation along each axis, in data units.
    """

    def __init__(self, noise: float) -> None:
        super().__init__(2, 0.0, math.pi, noise)

    def modes(self) -> DensityModes:
        """The moons, each with weight 1/2."""
        return DensityModes(self, ("outer moon", "inner moon"))

    def _positions(self, t: Tensor) -> Tensor:
        outer = torch.stack([t.cos(), t.sin()], dim=1)
        return torch.stack([outer, torch.tensor([1.0, 0.5], dtype=t.dtype) - outer])

    def _parameter_density(self, t: Tensor) -> Tensor:
        return torch.full_like(t, 1 / math.pi)

    def _parameter_quantile(self, u: Tensor) -> Tensor:
        return math.pi * u


class SwissRoll(NoisyArcs):
    """A spiral of constant parameter density: t (cos t, sin t) / 5, t ~ U[3 pi / 2, 9 pi / 2], plus N(0, noise^2 I).

    The first and third coordinates of scikit-learn's `make_swiss_roll`, divided by 5.

    Args:
        noise: Standard deviation along each axis, in data units.
    """

    def __init__(self, noise: float) -> None:
        super().__init__(1, 1.5 * math.pi, 4.5 * math.pi, noise)

    def _positions(self, t: Tensor) -> Tensor:
        return (t[:, None] / 5 * torch.stack([t.cos(), t.sin()], dim=1))[None]

    def _parameter_density(self, t: Tensor) -> Tensor:
        return torch.full_like(t, 1 / (self.high - self.low))

    def _parameter_quantile(self, u: Tensor) -> Tensor:
        return self.low + (self.high - self.low) * u


class Spirals(NoisyArcs, SupportsModes):
    """Spiral arms t (cos, sin)(t + 2 pi k / arms) / 3, t = 2 pi turns sqrt(u), u ~ U[0, 1], plus N(0, noise^2 I).

    The square root makes the points about evenly dense along an arm: f(t) = 2 t / (2 pi turns)^2.

    Args:
        arms: Number of arms.
        turns: Turns of each arm; its outer radius is 2 pi turns / 3.
        noise: Standard deviation along each axis, in data units.
    """

    def __init__(self, arms: int, turns: float, noise: float) -> None:
        self.arms = size("arms", arms, maximum=ARMS)
        super().__init__(
            self.arms, 0.0, 2 * math.pi * at_most("turns", positive("turns", turns), TURNS), noise
        )

    def modes(self) -> DensityModes:
        """The arms, with equal weights."""
        return DensityModes(self, tuple(f"arm {k}" for k in range(self.arms)))

    def _positions(self, t: Tensor) -> Tensor:
        offsets = 2 * math.pi * torch.arange(self.arms, dtype=t.dtype) / self.arms
        angles = t + offsets[:, None]
        return t[:, None] / 3 * torch.stack([angles.cos(), angles.sin()], dim=2)

    def _parameter_density(self, t: Tensor) -> Tensor:
        return 2 * t / self.high**2

    def _parameter_quantile(self, u: Tensor) -> Tensor:
        return self.high * u.sqrt()


class Circles(ComponentMixture, SupportsModes):
    """Two concentric circles of radius 1 and `inner`, plus N(0, noise^2 I), with equal weights.

    With rho = |x|, each circle of radius r has the closed form
    log p_r(x) = -log(2 pi noise^2) - (rho - r)^2 / (2 noise^2) + log i0e(rho r / noise^2),
    i0e being the exponentially scaled Bessel function exp(-z) I_0(z).

    Args:
        inner: Radius of the inner circle, in data units, below 1.
        noise: Standard deviation along each axis, in data units.
    """

    def __init__(self, inner: float, noise: float) -> None:
        super().__init__((2,), torch.ones(2))
        self.noise = positive("noise", noise)
        if not 0 < inner < 1:
            raise InputError(
                f"inner must lie between 0 and 1, the radius of the outer circle, got {inner}"
            )
        self._radii = torch.tensor([1.0, inner], dtype=torch.float64)

    def modes(self) -> DensityModes:
        """The circles, each with weight 1/2."""
        return DensityModes(self, ("outer circle", "inner circle"))

    def _component_log_prob(self, x: Tensor) -> Tensor:
        rho: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        variance = self.noise**2
        angular: Tensor = torch.special.i0e(rho * self._radii / variance).log()
        return (
            angular
            - (rho - self._radii).square() / (2 * variance)
            - math.log(2 * math.pi * variance)
        )

    def _draw(self, components: Tensor, generator: torch.Generator) -> Tensor:
        angles = 2 * math.pi * torch.rand(len(components), generator=generator, dtype=torch.float64)
        points = self._radii[components, None] * torch.stack([angles.cos(), angles.sin()], dim=1)
        return points + self.noise * torch.randn(
            points.shape, generator=generator, dtype=torch.float64
        )


@register_source("two_moons")
def two_moons(*, noise: float = 0.1) -> TwoMoons:
    """Two interleaved half circles with Gaussian noise, as scikit-learn's make_moons, 2-D.

    Args:
        noise: Standard deviation along each axis, in data units.

    Raises:
        InputError: When an option is out of range.
    """
    return TwoMoons(noise)


@register_source("swiss_roll")
def swiss_roll(*, noise: float = 0.2) -> SwissRoll:
    """One spiral with Gaussian noise, as scikit-learn's make_swiss_roll seen from above, 2-D.

    Args:
        noise: Standard deviation along each axis, in data units.

    Raises:
        InputError: When an option is out of range.
    """
    return SwissRoll(noise)


@register_source("spirals")
def spirals(*, arms: int = 2, turns: float = 1.5, noise: float = 0.1) -> Spirals:
    """Interleaved spiral arms with Gaussian noise, 2-D.

    Args:
        arms: Number of arms.
        turns: Turns of each arm.
        noise: Standard deviation along each axis, in data units.

    Raises:
        InputError: When an option is out of range.
    """
    return Spirals(arms, turns, noise)


@register_source("circles")
def circles(*, inner: float = 0.5, noise: float = 0.08) -> Circles:
    """Two concentric circles with Gaussian noise, 2-D.

    Args:
        inner: Radius of the inner circle; the outer one has radius 1.
        noise: Standard deviation along each axis, in data units.

    Raises:
        InputError: When an option is out of range.
    """
    return Circles(inner, noise)
