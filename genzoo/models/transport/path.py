"""Paths from noise to data: x_t = alpha_t x_1 + sigma_t x_0, x_0 ~ N(0, I), x_1 ~ data.

Time t runs from 0, noise, to 1, data. alpha grows and sigma falls, so that alpha' sigma - alpha
sigma' > 0 wherever both are positive.
"""

import math

import torch
from torch import Tensor

from genzoo.core.path import Path as Path
from genzoo.errors import InputError

EDGE = 1e-3
"""How far from t = 0 or 1 a path is followed that is singular there."""
OFFSET = 0.008
"""Of the cosine schedule, so that noise does not vanish too fast near the data."""
RHO = 7.0
"""rho of the schedule of Karras et al. (2022)."""


class Linear(Path):
    """alpha = t, sigma = 1 - t: straight lines.

    The path of flow matching (Lipman et al. 2023; Liu, Gong and Liu 2023).
    """

    def alpha(self, t: Tensor) -> Tensor:
        """The time itself."""
        return t

    def sigma(self, t: Tensor) -> Tensor:
        """1 - t."""
        return 1 - t

    def d_alpha(self, t: Tensor) -> Tensor:
        """1."""
        return torch.ones_like(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """-1."""
        return -torch.ones_like(t)


class Trigonometric(Path):
    """alpha = sin(pi t / 2), sigma = cos(pi t / 2) (Albergo and Vanden-Eijnden 2023)."""

    def alpha(self, t: Tensor) -> Tensor:
        """sin(pi t / 2)."""
        return torch.sin(math.pi / 2 * t)

    def sigma(self, t: Tensor) -> Tensor:
        """cos(pi t / 2), which is sin(pi (1 - t) / 2): exactly 0 at t = 1."""
        return torch.sin(math.pi / 2 * (1 - t))

    def d_alpha(self, t: Tensor) -> Tensor:
        """pi / 2 cos(pi t / 2)."""
        return math.pi / 2 * self.sigma(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """-pi / 2 sin(pi t / 2)."""
        return -math.pi / 2 * self.alpha(t)


class VariancePreserving(Path):
    """alpha^2 = exp(-B), sigma^2 = 1 - alpha^2, of a noise rate linear in time (Song et al. 2021).

    With s = 1 - t the rate is beta(s) = beta_min + s (beta_max - beta_min), and B its integral from
    0 to s. A model of discrete time (Ho, Jain and Abbeel 2020) is this one at T equal steps, up to
    O(1 / T). sigma' is infinite at t = 1.

    Args:
        beta_min: Rate at the data.
        beta_max: Rate at the noise.

    Raises:
        InputError: Unless 0 < beta_min <= beta_max.
    """

    last = 1 - EDGE

    def __init__(self, beta_min: float = 0.1, beta_max: float = 20.0) -> None:
        if not 0 < beta_min <= beta_max < math.inf:
            raise InputError(
                f"beta_min and beta_max must be 0 < beta_min <= beta_max, got {beta_min} and "
                f"{beta_max}"
            )
        self.beta_min = beta_min
        self.beta_max = beta_max

    def alpha(self, t: Tensor) -> Tensor:
        """exp(-B / 2)."""
        return torch.exp(-0.5 * self._integral(t))

    def sigma(self, t: Tensor) -> Tensor:
        """(1 - exp(-B))^1/2."""
        return torch.sqrt(-torch.expm1(-self._integral(t)))

    def d_alpha(self, t: Tensor) -> Tensor:
        """It is beta alpha / 2."""
        return 0.5 * self.diffusion(t) * self.alpha(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """-beta alpha^2 / (2 sigma)."""
        return -0.5 * self.diffusion(t) * self.alpha(t) ** 2 / self.sigma(t)

    def diffusion(self, t: Tensor) -> Tensor:
        """The rate beta, as in the reverse-time equation of Song et al. (2021)."""
        return self.beta_min + (1 - t) * (self.beta_max - self.beta_min)

    def _integral(self, t: Tensor) -> Tensor:
        s = 1 - t
        return s * self.beta_min + 0.5 * s**2 * (self.beta_max - self.beta_min)


class Cosine(Path):
    """Variance preserving, alpha a quarter of a cosine (Nichol and Dhariwal 2021).

    alpha = cos(u) / cos(u_0) with u = (1 - t + .008) / 1.008 pi / 2, u_0 its value at t = 1, and
    sigma^2 = 1 - alpha^2. sigma' is infinite at t = 1.
    """

    last = 1 - EDGE
    _start = OFFSET / (1 + OFFSET) * math.pi / 2

    def alpha(self, t: Tensor) -> Tensor:
        """cos(u) / cos(u_0), as a sine: exactly 0 at t = 0."""
        return torch.sin(self._rate() * t) / math.cos(self._start)

    def sigma(self, t: Tensor) -> Tensor:
        """(sin(u + u_0) sin(u - u_0))^1/2 / cos(u_0), which cancels nothing near t = 1."""
        above = self._rate() * (1 - t)
        product = torch.sin(above + 2 * self._start) * torch.sin(above)
        return torch.sqrt(product) / math.cos(self._start)

    def d_alpha(self, t: Tensor) -> Tensor:
        """sin(u) / cos(u_0) pi / 2 / 1.008."""
        rate = self._rate()
        return rate * torch.cos(rate * t) / math.cos(self._start)

    def d_sigma(self, t: Tensor) -> Tensor:
        """-alpha alpha' / sigma."""
        return -self.alpha(t) * self.d_alpha(t) / self.sigma(t)

    def _rate(self) -> float:
        return math.pi / 2 / (1 + OFFSET)


class VarianceExploding(Path):
    """alpha = 1, sigma^(1/rho) linear in time from sigma_max to sigma_min (Karras et al. 2022).

    rho = 7. Noise is never all there is, nor is it ever gone: x_0 alone, times sigma_max, stands
    for the start, and a last step takes sigma_min to 0.

    Args:
        sigma_min: sigma at t = 1.
        sigma_max: sigma at t = 0.

    Raises:
        InputError: Unless 0 < sigma_min < sigma_max.
    """

    def __init__(self, sigma_min: float = 0.002, sigma_max: float = 80.0) -> None:
        if not 0 < sigma_min < sigma_max < math.inf:
            raise InputError(
                "sigma_min and sigma_max must be 0 < sigma_min < sigma_max, got "
                f"{sigma_min} and {sigma_max}"
            )
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self._start: float = sigma_max ** (1 / RHO)
        self._slope: float = sigma_min ** (1 / RHO) - self._start

    def alpha(self, t: Tensor) -> Tensor:
        """1."""
        return torch.ones_like(t)

    def sigma(self, t: Tensor) -> Tensor:
        """(sigma_max^(1/rho) + t (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho."""
        return (self._start + t * self._slope).pow(RHO)

    def d_alpha(self, t: Tensor) -> Tensor:
        """0."""
        return torch.zeros_like(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """It is rho sigma^(1 - 1/rho) (sigma_min^(1/rho) - sigma_max^(1/rho))."""
        root = self._start + t * self._slope
        return RHO * self._slope * root.pow(RHO - 1)

    def input_scale(self, t: Tensor) -> Tensor:
        """(1 + sigma^2)^-1/2, so that data of variance 1 come in at variance 1."""
        return torch.rsqrt(1 + self.sigma(t) ** 2)

    def time_of(self, sigma: Tensor) -> Tensor:
        """The time at which there is this much noise, brought to [0, 1]."""
        t = (sigma.pow(1 / RHO) - self._start) / self._slope
        return t.clamp(0.0, 1.0)
