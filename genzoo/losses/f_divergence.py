"""f-divergences and their variational lower bounds (Nowozin, Cseke and Tomioka 2016)."""

import abc
import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus


class FDivergence(abc.ABC):
    """D_f(p || q) = E_q[f(p / q)], f convex with f(1) = 0, in nats where f has a logarithm.

    For any function T into the domain of the conjugate f*, D_f >= E_p[T] - E_q[f*(T)], with
    equality at T = f'(p / q). A network's free output v becomes such a T by an increasing
    activation, T = g_f(v).

    Attributes:
        label: As it is called in a history: "KL".
        reach: `conjugate_of` and `activation` are finite in float32 for |v| up to this size.
    """

    label: ClassVar[str]
    reach: ClassVar[float] = 1e4

    @abc.abstractmethod
    def f(self, u: Tensor) -> Tensor:
        """The generator function f, for u > 0."""

    @abc.abstractmethod
    def derivative(self, u: Tensor) -> Tensor:
        """f'(u), u > 0: the optimal T at a density ratio u = p / q."""

    @abc.abstractmethod
    def conjugate(self, t: Tensor) -> Tensor:
        """f*(t) = sup_u (u t - f(u)), for t in its domain."""

    @abc.abstractmethod
    def activation(self, v: Tensor) -> Tensor:
        """g_f(v), from the real line into the domain of f*."""

    @abc.abstractmethod
    def conjugate_of(self, v: Tensor) -> Tensor:
        """f*(g_f(v)), without the cancellation that one after the other would suffer."""


class RatioDivergence(FDivergence):
    """An f-divergence whose optimal v determines the density ratio: f' is invertible."""

    @abc.abstractmethod
    def log_ratio(self, v: Tensor) -> Tensor:
        """log u for which v is optimal: g_f(v) = f'(u)."""

    @abc.abstractmethod
    def optimum(self, log_ratio: Tensor) -> Tensor:
        """The optimal v at a log-ratio; the inverse of `log_ratio`."""


@dataclass(frozen=True)
class KullbackLeibler(RatioDivergence):
    """KL(p || q), f(u) = u log u, f*(t) = exp(t - 1), g_f(v) = v."""

    label: ClassVar[str] = "KL"
    reach: ClassVar[float] = 80.0

    def f(self, u: Tensor) -> Tensor:
        """Value u log u."""
        return u * u.log()

    def derivative(self, u: Tensor) -> Tensor:
        """1 + log u."""
        return 1 + u.log()

    def conjugate(self, t: Tensor) -> Tensor:
        """exp(t - 1)."""
        return (t - 1).exp()

    def activation(self, v: Tensor) -> Tensor:
        """Value v."""
        return v

    def conjugate_of(self, v: Tensor) -> Tensor:
        """exp(v - 1)."""
        return (v - 1).exp()

    def log_ratio(self, v: Tensor) -> Tensor:
        """Value v - 1."""
        return v - 1

    def optimum(self, log_ratio: Tensor) -> Tensor:
        """1 + log u."""
        return 1 + log_ratio


@dataclass(frozen=True)
class ReverseKullbackLeibler(RatioDivergence):
    """KL(q || p), f(u) = -log u, f*(t) = -1 - log(-t) for t < 0, g_f(v) = -exp(-v)."""

    label: ClassVar[str] = "reverse KL"
    reach: ClassVar[float] = 80.0

    def f(self, u: Tensor) -> Tensor:
        """-log u."""
        return -u.log()

    def derivative(self, u: Tensor) -> Tensor:
        """-1 / u."""
        return -1 / u

    def conjugate(self, t: Tensor) -> Tensor:
        """-1 - log(-t)."""
        return -1 - (-t).log()

    def activation(self, v: Tensor) -> Tensor:
        """-exp(-v)."""
        return -(-v).exp()

    def conjugate_of(self, v: Tensor) -> Tensor:
        """Value v - 1."""
        return v - 1

    def log_ratio(self, v: Tensor) -> Tensor:
        """Value v."""
        return v

    def optimum(self, log_ratio: Tensor) -> Tensor:
        """log u."""
        return log_ratio


@dataclass(frozen=True)
class Pearson(RatioDivergence):
    """Pearson's chi^2, the integral of (p - q)^2 / q.

    f(u) = (u - 1)^2, f*(t) = t^2/4 + t, g_f(v) = v.
    """

    label: ClassVar[str] = "Pearson chi2"

    def f(self, u: Tensor) -> Tensor:
        """(u - 1)^2."""
        return (u - 1).square()

    def derivative(self, u: Tensor) -> Tensor:
        """2 (u - 1)."""
        return 2 * (u - 1)

    def conjugate(self, t: Tensor) -> Tensor:
        """t^2/4 + t."""
        return t.square() / 4 + t

    def activation(self, v: Tensor) -> Tensor:
        """Value v."""
        return v

    def conjugate_of(self, v: Tensor) -> Tensor:
        """v^2/4 + v."""
        return v.square() / 4 + v

    def log_ratio(self, v: Tensor) -> Tensor:
        """log(1 + v/2), the ratio kept above 1e-6, as v may fall below -2, where there is none."""
        return (1 + v / 2).clamp_min(1e-6).log()

    def optimum(self, log_ratio: Tensor) -> Tensor:
        """2 (u - 1)."""
        return 2 * log_ratio.expm1()


@dataclass(frozen=True)
class SquaredHellinger(RatioDivergence):
    """Integral of (sqrt p - sqrt q)^2, twice the squared Hellinger distance.

    f(u) = (sqrt u - 1)^2, f*(t) = t / (1 - t) for t < 1, g_f(v) = 1 - exp(-v).
    """

    label: ClassVar[str] = "squared Hellinger"
    reach: ClassVar[float] = 80.0

    def f(self, u: Tensor) -> Tensor:
        """(sqrt u - 1)^2."""
        return (u.sqrt() - 1).square()

    def derivative(self, u: Tensor) -> Tensor:
        """1 - 1 / sqrt u."""
        return 1 - u.rsqrt()

    def conjugate(self, t: Tensor) -> Tensor:
        """t / (1 - t)."""
        return t / (1 - t)

    def activation(self, v: Tensor) -> Tensor:
        """1 - exp(-v)."""
        return -(-v).expm1()

    def conjugate_of(self, v: Tensor) -> Tensor:
        """exp(v) - 1."""
        return v.expm1()

    def log_ratio(self, v: Tensor) -> Tensor:
        """Value 2 v."""
        return 2 * v

    def optimum(self, log_ratio: Tensor) -> Tensor:
        """(log u) / 2."""
        return 0.5 * log_ratio


@dataclass(frozen=True)
class JensenShannon(RatioDivergence):
    """JS(p, q), at most log 2.

    f(u) = (u log u - (u + 1) log((u + 1)/2)) / 2, f*(t) = -log(2 - exp(2 t)) / 2 and g_f(v) = (log
    2 - softplus(-v)) / 2. The f printed by Nowozin et al. is twice this one and gives 2 JS.
    """

    label: ClassVar[str] = "JS"

    def f(self, u: Tensor) -> Tensor:
        """(u log u - (u + 1) log((u + 1)/2)) / 2."""
        return 0.5 * (u * u.log() - (u + 1) * ((u + 1) / 2).log())

    def derivative(self, u: Tensor) -> Tensor:
        """log(2 u / (u + 1)) / 2."""
        return 0.5 * (2 * u / (u + 1)).log()

    def conjugate(self, t: Tensor) -> Tensor:
        """-log(2 - exp(2 t)) / 2."""
        return -0.5 * (2 - (2 * t).exp()).log()

    def activation(self, v: Tensor) -> Tensor:
        """(log 2 + log sigmoid(v)) / 2."""
        return 0.5 * (math.log(2) + logsigmoid(v))

    def conjugate_of(self, v: Tensor) -> Tensor:
        """(softplus(v) - log 2) / 2."""
        return 0.5 * (softplus(v) - math.log(2))

    def log_ratio(self, v: Tensor) -> Tensor:
        """Value v."""
        return v

    def optimum(self, log_ratio: Tensor) -> Tensor:
        """log u."""
        return log_ratio


@dataclass(frozen=True)
class TotalVariation(FDivergence):
    """TV(p, q), half the integral of |p - q|.

    f(u) = |u - 1|/2, f*(t) = t for |t| <= 1/2, g_f(v) = tanh(v)/2. The optimal T is sign(p - q)/2:
    it tells the larger density and not the ratio.
    """

    label: ClassVar[str] = "TV"

    def f(self, u: Tensor) -> Tensor:
        """|u - 1|/2."""
        return 0.5 * (u - 1).abs()

    def derivative(self, u: Tensor) -> Tensor:
        """sign(u - 1)/2."""
        return 0.5 * (u - 1).sign()

    def conjugate(self, t: Tensor) -> Tensor:
        """Value t."""
        return t

    def activation(self, v: Tensor) -> Tensor:
        """tanh(v)/2."""
        return 0.5 * torch.tanh(v)

    def conjugate_of(self, v: Tensor) -> Tensor:
        """tanh(v)/2."""
        return 0.5 * torch.tanh(v)
