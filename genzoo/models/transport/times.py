"""At which times a network is trained: a law of t, made of one noise number for each example."""

import abc
from typing import ClassVar, Literal

import torch
from torch import Tensor

from genzoo.core.noise import NoiseSpec
from genzoo.errors import InputError
from genzoo.models.checks import not_negative
from genzoo.models.transport.path import Path, VarianceExploding


class Times(abc.ABC):
    """A law of training times.

    Attributes:
        distribution: That of the noise number.
    """

    distribution: ClassVar[Literal["normal", "uniform"]]

    @property
    def noise(self) -> NoiseSpec:
        """One number for each example."""
        return NoiseSpec(self.distribution)

    @abc.abstractmethod
    def share(self, noise: Tensor, path: Path) -> Tensor:
        """Times in [0, 1], of any shape."""


class Uniform(Times):
    """t ~ U[0, 1)."""

    distribution = "uniform"

    def share(self, noise: Tensor, path: Path) -> Tensor:
        """The number itself."""
        return noise


class LogitNormal(Times):
    """logit(t) ~ N(mean, deviation^2): fewer times near the ends (Esser et al. 2024).

    Args:
        mean: Above 0, more times near the data.
        deviation: The larger, the nearer to the ends.

    Raises:
        InputError: When the deviation is negative.
    """

    distribution = "normal"

    def __init__(self, mean: float = 0.0, deviation: float = 1.0) -> None:
        not_negative(deviation=deviation)
        self.mean = mean
        self.deviation = deviation

    def share(self, noise: Tensor, path: Path) -> Tensor:
        """1 / (1 + exp(-mean - deviation e))."""
        return torch.sigmoid(self.mean + self.deviation * noise)


class LogNormalNoise(Times):
    """log sigma ~ N(mean, deviation^2), on a path of variance exploding (Karras et al. 2022).

    Args:
        mean: Of log sigma; the paper has -1.2.
        deviation: Of log sigma; the paper has 1.2.

    Raises:
        InputError: When the deviation is negative.
    """

    distribution = "normal"

    def __init__(self, mean: float = -1.2, deviation: float = 1.2) -> None:
        not_negative(deviation=deviation)
        self.mean = mean
        self.deviation = deviation

    def share(self, noise: Tensor, path: Path) -> Tensor:
        """The time at which there is noise exp(mean + deviation e).

        Raises:
            InputError: When the path is another.
        """
        if not isinstance(path, VarianceExploding):
            raise InputError(
                "times log_normal need a path of variance exploding: "
                "take times uniform or logit_normal"
            )
        return path.time_of(torch.exp(self.mean + self.deviation * noise))
