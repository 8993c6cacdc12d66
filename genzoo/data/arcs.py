"""Curves in the plane blurred by Gaussian noise: two moons, swiss roll, spirals and circles."""

import abc
import math
from typing import final

import torch
from torch import Tensor

from genzoo.core.log_sums import log_sum_exp
from genzoo.data.checks import ARMS, amount, at_most, positive, size
from genzoo.data.components import ComponentMixture, DensityModes, numbered_names
from genzoo.data.draws import directions, normal, uniform
from genzoo.data.labels import MODE, SupportsModeLabels, label
from genzoo.data.quadrature import arc_rule
from genzoo.data.registry import register_source
from genzoo.errors import InputError

SMALLEST_NOISE = 0.005
"""The number of quadrature nodes grows as 1 / noise."""
RESOLUTION = 4096
"""Points that measure the length of an arc."""
TURNS = 30
"""Of a spiral, at most: its density takes as many points as its length has widths of the noise."""
MOONS = ("outer moon", "inner moon")
CIRCLES = ("outer circle", "inner circle")
BLOCK_SIZE = 1 << 16
"""Exponents held at a time: they should stay in the cache."""


class NoisyArcs(ComponentMixture):
    """K congruent arcs with equal weights, plus isotropic noise.

    p(x) = (1/K) sum_k int f(t) N(x; c_k(t), noise^2 I) dt over [low, high], in data units, by
    quadrature. Against a rule 24 times finer, log p is in error by less than 1e-8 within 8 noise of
    an arc, and by less than a share 1e-3 of |log p| anywhere else.

    Args:
        arms: K.
        low: Least parameter.
        high: Greatest parameter.
        noise: Standard deviation of the noise along each axis, at least .005.
    """

    def __init__(
        self,
        arms: int,
        low: float,
        high: float,
        noise: float,
    ) -> None:
        super().__init__((2,), torch.ones(arms))
        self.low, self.high = low, high
        why = "the density is integrated along the arc"
        self.noise = amount("noise", noise, SMALLEST_NOISE, why)
        t = torch.linspace(low, high, RESOLUTION, dtype=torch.float64)
        first_arc = self._positions(t)[0]
        nodes, weights = arc_rule(t, first_arc, self.noise)
        positions = self._positions(nodes)
        variance = self.noise**2
        # -|x - c|^2 / 2 = x . c - |c|^2 / 2 - |x|^2 / 2: the first two for all nodes at once, the
        # last outside the sum.
        self._slopes = (positions / variance).mT.contiguous()
        log_weights = (weights * self._parameter_density(nodes)).log()
        log_weights = log_weights - math.log(2 * math.pi * variance)
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
        t = self._parameter_quantile(uniform(n, generator=generator))
        noise = normal(n, 2, generator=generator)
        points = self._positions(t)[components, torch.arange(n)]
        return points + self.noise * noise

    @final
    def _component_log_prob(self, x: Tensor) -> Tensor:
        rows = max(1, BLOCK_SIZE // self._offsets.shape[1])
        blocks = torch.split(x, rows)
        integrals = torch.cat([self._log_integrals(block) for block in blocks])
        outside = x.square().sum(dim=1, keepdim=True) / (2 * self.noise**2)
        return integrals - outside

    def _log_integrals(self, x: Tensor) -> Tensor:
        """The logarithm of each arm's integral, without the factor that x alone decides, `(B, K)`.

        log int f(t) exp((x . c_k(t) - |c_k(t)|^2 / 2) / noise^2) dt / (2 pi noise^2).
        """
        integrals: list[Tensor] = []
        for offset, slope in zip(self._offsets, self._slopes, strict=True):
            integrals.append(log_sum_exp(torch.addmm(offset, x, slope)))
        return torch.stack(integrals, dim=1)


class TwoMoons(NoisyArcs, SupportsModeLabels):
    """Two half circles: (cos t, sin t) and (1 - cos t, 1/2 - sin t), blurred.

    t ~ U[0, pi], and N(0, noise^2 I) is added. The law that scikit-learn's `make_moons` tends to as
    its number of points grows (there t is a regular grid).

    Args:
        noise: Standard deviation along each axis, in data units.
        context: Whether draws come with their moon.
    """

    def __init__(self, noise: float, *, context: bool) -> None:
        super().__init__(2, 0.0, math.pi, noise)
        self.context_spec = label(MODE, MOONS, context)

    def modes(self) -> DensityModes:
        """The moons, each with weight 1/2."""
        return DensityModes(self, MOONS)

    def _positions(self, t: Tensor) -> Tensor:
        outer = directions(t)
        inner = torch.tensor([1.0, 0.5], dtype=t.dtype) - outer
        return torch.stack([outer, inner])

    def _parameter_density(self, t: Tensor) -> Tensor:
        return torch.full_like(t, 1 / math.pi)

    def _parameter_quantile(self, u: Tensor) -> Tensor:
        return math.pi * u


class SwissRoll(NoisyArcs):
    """A spiral of constant parameter density: t (cos t, sin t) / 5, blurred.

    t ~ U[3 pi / 2, 9 pi / 2], and N(0, noise^2 I) is added. The first and third coordinates of
    scikit-learn's `make_swiss_roll`, divided by 5.

    Args:
        noise: Standard deviation along each axis, in data units.
    """

    def __init__(self, noise: float) -> None:
        super().__init__(1, 1.5 * math.pi, 4.5 * math.pi, noise)

    def _positions(self, t: Tensor) -> Tensor:
        arc = t[:, None] / 5 * directions(t)
        return arc[None]

    def _parameter_density(self, t: Tensor) -> Tensor:
        return torch.full_like(t, 1 / (self.high - self.low))

    def _parameter_quantile(self, u: Tensor) -> Tensor:
        return self.low + (self.high - self.low) * u


class Spirals(NoisyArcs, SupportsModeLabels):
    """Spiral arms t (cos, sin)(t + 2 pi k / arms) / 3, blurred.

    t = 2 pi turns sqrt(u), u ~ U[0, 1], and N(0, noise^2 I) is added. The square root makes the
    points about evenly dense along an arm: f(t) = 2 t / (2 pi turns)^2.

    Args:
        arms: Number of arms.
        turns: Turns of each arm; its outer radius is 2 pi turns / 3.
        noise: Standard deviation along each axis, in data units.
        context: Whether draws come with their arm.
    """

    def __init__(self, arms: int, turns: float, noise: float, *, context: bool) -> None:
        self.arms = size("arms", arms, maximum=ARMS)
        turns = at_most("turns", positive("turns", turns), TURNS)
        super().__init__(self.arms, 0.0, 2 * math.pi * turns, noise)
        self._names = numbered_names("arm", self.arms)
        self.context_spec = label(MODE, self._names, context)

    def modes(self) -> DensityModes:
        """The arms, with equal weights."""
        return DensityModes(self, self._names)

    def _positions(self, t: Tensor) -> Tensor:
        offsets = 2 * math.pi * torch.arange(self.arms, dtype=t.dtype) / self.arms
        angles = t + offsets[:, None]
        return t[:, None] / 3 * directions(angles)

    def _parameter_density(self, t: Tensor) -> Tensor:
        return 2 * t / self.high**2

    def _parameter_quantile(self, u: Tensor) -> Tensor:
        return self.high * u.sqrt()


class Circles(ComponentMixture, SupportsModeLabels):
    """Two concentric circles of radius 1 and `inner`, plus N(0, noise^2 I), with equal weights.

    With rho = |x|, each circle of radius r has the closed form
    log p_r(x) = -log(2 pi noise^2) - (rho - r)^2 / (2 noise^2) + log i0e(rho r / noise^2),
    i0e being the exponentially scaled Bessel function exp(-z) I_0(z).

    Args:
        inner: Radius of the inner circle, in data units, below 1.
        noise: Standard deviation along each axis, in data units.
        context: Whether draws come with their circle.
    """

    def __init__(self, inner: float, noise: float, *, context: bool) -> None:
        super().__init__((2,), torch.ones(2))
        self.context_spec = label(MODE, CIRCLES, context)
        self.noise = positive("noise", noise)
        if not 0 < inner < 1:
            raise InputError(
                f"inner must lie between 0 and 1, the radius of the outer circle, got {inner}"
            )
        self._radii = torch.tensor([1.0, inner], dtype=torch.float64)

    def modes(self) -> DensityModes:
        """The circles, each with weight 1/2."""
        return DensityModes(self, CIRCLES)

    def _component_log_prob(self, x: Tensor) -> Tensor:
        rho: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        variance = self.noise**2
        angular: Tensor = torch.special.i0e(rho * self._radii / variance).log()
        radial = (rho - self._radii).square() / (2 * variance)
        return angular - radial - math.log(2 * math.pi * variance)

    def _draw(self, components: Tensor, generator: torch.Generator) -> Tensor:
        n = len(components)
        angles = 2 * math.pi * uniform(n, generator=generator)
        points = self._radii[components, None] * directions(angles)
        return points + self.noise * normal(n, 2, generator=generator)


@register_source("two_moons")
def two_moons(*, noise: float = 0.1, context: bool = True) -> TwoMoons:
    """Two interleaved half circles with Gaussian noise, as scikit-learn's make_moons, 2-D.

    Args:
        noise: Standard deviation along each axis, in data units.
        context: Whether draws come with their moon as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    return TwoMoons(noise, context=context)


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
def spirals(
    *,
    arms: int = 2,
    turns: float = 1.5,
    noise: float = 0.1,
    context: bool = True,
) -> Spirals:
    """Interleaved spiral arms with Gaussian noise, 2-D.

    Args:
        arms: Number of arms.
        turns: Turns of each arm.
        noise: Standard deviation along each axis, in data units.
        context: Whether draws come with their arm as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    return Spirals(arms, turns, noise, context=context)


@register_source("circles")
def circles(*, inner: float = 0.5, noise: float = 0.08, context: bool = True) -> Circles:
    """Two concentric circles with Gaussian noise, 2-D.

    Args:
        inner: Radius of the inner circle; the outer one has radius 1.
        noise: Standard deviation along each axis, in data units.
        context: Whether draws come with their circle as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    return Circles(inner, noise, context=context)
