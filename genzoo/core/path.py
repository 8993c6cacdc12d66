"""Paths from noise to data: x_t = alpha_t x_1 + sigma_t x_0, x_0 ~ N(0, I), x_1 ~ data.

Time t runs from 0, noise, to 1, data. alpha grows and sigma falls, so that alpha' sigma - alpha
sigma' > 0 wherever both are positive.
"""

import abc
from typing import ClassVar

import torch
from torch import Tensor


class Path(abc.ABC):
    """alpha and sigma as functions of time.

    Each method takes times of any shape in [first, last] and returns that shape.

    Attributes:
        first: The least time at which all four are finite.
        last: The largest.
    """

    first: ClassVar[float] = 0.0
    last: ClassVar[float] = 1.0

    @abc.abstractmethod
    def alpha(self, t: Tensor) -> Tensor:
        """How much of the data is in x_t."""

    @abc.abstractmethod
    def sigma(self, t: Tensor) -> Tensor:
        """How much noise is in x_t: its standard deviation."""

    @abc.abstractmethod
    def d_alpha(self, t: Tensor) -> Tensor:
        """d alpha / dt."""

    @abc.abstractmethod
    def d_sigma(self, t: Tensor) -> Tensor:
        """d sigma / dt."""

    def diffusion(self, t: Tensor) -> Tensor:
        """g^2 > 0, the variance that a stochastic sampler adds in a unit of time.

        By default it is -2 sigma sigma', the rate at which the path takes variance away.
        """
        return -2 * self.sigma(t) * self.d_sigma(t)

    def input_scale(self, t: Tensor) -> Tensor:
        """What x_t is multiplied by before a network sees it."""
        return torch.ones_like(t)
