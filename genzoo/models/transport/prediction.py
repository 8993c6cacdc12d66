"""What a network predicts of x_t = alpha x_1 + sigma x_0, and what follows from it.

Data x_1, noise x_0, velocity alpha' x_1 + sigma' x_0 and score -x_0 / sigma are one thing: with x_t
and t, each gives all others wherever alpha and sigma are positive. In expectation given x_t it is
the marginal score and velocity that a network learns.
"""

import abc
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from genzoo.errors import InputError
from genzoo.models.transport.path import EDGE, Path


@dataclass(frozen=True)
class Coefficients:
    """A path at the times of a batch, each `(B, 1, ..., 1)` or 0-d, to stand beside x_t.

    Attributes:
        alpha: How much data.
        sigma: How much noise.
        d_alpha: Its derivative.
        d_sigma: Its derivative.
    """

    alpha: Tensor
    sigma: Tensor
    d_alpha: Tensor
    d_sigma: Tensor

    @classmethod
    def of(cls, path: Path, t: Tensor) -> "Coefficients":
        """Those of a path at times t."""
        return cls(path.alpha(t), path.sigma(t), path.d_alpha(t), path.d_sigma(t))

    def position(self, ends: "Ends") -> Tensor:
        """x_t."""
        return self.alpha * ends.data + self.sigma * ends.noise

    def velocity(self, ends: "Ends") -> Tensor:
        """dx_t / dt at fixed ends."""
        return self.d_alpha * ends.data + self.d_sigma * ends.noise

    def size(self) -> Tensor:
        """S = (alpha^2 + sigma^2)^1/2, the standard deviation of x_t for data of variance 1."""
        return torch.sqrt(self.alpha**2 + self.sigma**2)

    def rotation(self) -> Tensor:
        """alpha' sigma - alpha sigma', which is positive."""
        return self.d_alpha * self.sigma - self.alpha * self.d_sigma


@dataclass(frozen=True)
class Ends:
    """The two ends of a path that passes through some x_t.

    Attributes:
        data: x_1, or what is thought of it, `(B, *event_shape)`.
        noise: x_0.
    """

    data: Tensor
    noise: Tensor


class Prediction(abc.ABC):
    """What a model predicts of the ends of a path.

    A network adds to the best linear guess, in units of what that leaves: then it has numbers of
    size 1 to learn at all times, and its errors are not enlarged where alpha or sigma is small, as
    the preconditioning of Karras et al. (2022) has it.

    Attributes:
        needs_data: Whether it tells nothing of x_1 where alpha = 0.
        needs_noise: Whether it tells nothing of x_0, or is infinite, where sigma = 0.
    """

    needs_data: ClassVar[bool] = False
    needs_noise: ClassVar[bool] = False

    @abc.abstractmethod
    def target(self, ends: Ends, at: Coefficients) -> Tensor:
        """What the output is to be."""

    @abc.abstractmethod
    def ends(self, output: Tensor, x_t: Tensor, at: Coefficients) -> Ends:
        """The inverse: both ends, from an output and x_t."""

    @abc.abstractmethod
    def unit(self, at: Coefficients) -> Tensor:
        """The standard deviation of what `guess` leaves, of data of variance 1."""

    def guess(self, x_t: Tensor, at: Coefficients) -> Tensor:
        """The best linear prediction from x_t, of data of mean 0 and variance 1."""
        share = x_t / at.size() ** 2
        return self.target(Ends(at.alpha * share, at.sigma * share), at)

    def error(self, at: Coefficients) -> Tensor:
        """|error of the prediction| / |error of x_1| that follows from it, where sigma > 0.

        The best linear guess of x_1 leaves sigma / S.
        """
        return self.unit(at) * at.size() / at.sigma

    def weight(self, at: Coefficients) -> Tensor:
        """The weight of the squared error that belongs to it; by default 1."""
        return torch.ones_like(at.alpha)

    def interval(self, path: Path) -> tuple[float, float]:
        """The times from and to which it can be followed on a path."""
        first, last = path.first, path.last
        if self.needs_data and float(path.alpha(torch.tensor(first))) == 0:
            first += EDGE
        if self.needs_noise and float(path.sigma(torch.tensor(last))) == 0:
            last -= EDGE
        return first, last


class Velocity(Prediction):
    """v = alpha' x_1 + sigma' x_0 (Lipman et al. 2023)."""

    def target(self, ends: Ends, at: Coefficients) -> Tensor:
        """alpha' x_1 + sigma' x_0."""
        return at.velocity(ends)

    def ends(self, output: Tensor, x_t: Tensor, at: Coefficients) -> Ends:
        """Two equations, x_t and v, with two unknowns."""
        data = at.sigma * output - at.d_sigma * x_t
        noise = at.d_alpha * x_t - at.alpha * output
        return Ends(data / at.rotation(), noise / at.rotation())

    def unit(self, at: Coefficients) -> Tensor:
        """(alpha' sigma - alpha sigma') / S."""
        return at.rotation() / at.size()


class Data(Prediction):
    """x_1: the denoiser."""

    needs_noise = True

    def target(self, ends: Ends, at: Coefficients) -> Tensor:
        """x_1."""
        return ends.data

    def ends(self, output: Tensor, x_t: Tensor, at: Coefficients) -> Ends:
        """x_0 = (x_t - alpha x_1) / sigma."""
        return Ends(output, (x_t - at.alpha * output) / at.sigma)

    def unit(self, at: Coefficients) -> Tensor:
        """sigma / S."""
        return at.sigma / at.size()


class NoisePrediction(Prediction):
    """x_0 (Ho, Jain and Abbeel 2020)."""

    needs_data = True

    def target(self, ends: Ends, at: Coefficients) -> Tensor:
        """x_0."""
        return ends.noise

    def ends(self, output: Tensor, x_t: Tensor, at: Coefficients) -> Ends:
        """x_1 = (x_t - sigma x_0) / alpha."""
        return Ends((x_t - at.sigma * output) / at.alpha, output)

    def unit(self, at: Coefficients) -> Tensor:
        """alpha / S."""
        return at.alpha / at.size()


class Score(Prediction):
    """The gradient of log p(x_t | x_1), which is -x_0 / sigma (Song et al. 2021)."""

    needs_data = True
    needs_noise = True

    def target(self, ends: Ends, at: Coefficients) -> Tensor:
        """-x_0 / sigma."""
        return -ends.noise / at.sigma

    def ends(self, output: Tensor, x_t: Tensor, at: Coefficients) -> Ends:
        """x_0 = -sigma s, x_1 = (x_t + sigma^2 s) / alpha."""
        return Ends((x_t + at.sigma**2 * output) / at.alpha, -at.sigma * output)

    def unit(self, at: Coefficients) -> Tensor:
        """alpha / (sigma S)."""
        return at.alpha / (at.sigma * at.size())

    def weight(self, at: Coefficients) -> Tensor:
        """sigma^2, which makes it the squared error of x_0."""
        return at.sigma**2


class Preconditioned(Prediction):
    """The F of x_1 = c_skip x_t + c_out F (Karras et al. 2022), for data of variance 1.

    With S^2 = alpha^2 + sigma^2 they are c_skip = alpha / S^2 and c_out = sigma / S, so that F has
    variance 1 at all times; weight 1 of its error is weight 1 / c_out^2 of that of x_1. For alpha
    = 1 these are the paper's with sigma_data = 1. On a path that preserves variance F is v of
    Salimans and Ho (2022) with its sign turned.
    """

    def target(self, ends: Ends, at: Coefficients) -> Tensor:
        """(x_1 - c_skip x_t) / c_out = (sigma x_1 - alpha x_0) / S."""
        return (at.sigma * ends.data - at.alpha * ends.noise) / at.size()

    def ends(self, output: Tensor, x_t: Tensor, at: Coefficients) -> Ends:
        """(x_1, x_0) is (x_t, S F) turned back by the angle between alpha and sigma."""
        size = at.size()
        data = at.alpha * x_t + at.sigma * size * output
        noise = at.sigma * x_t - at.alpha * size * output
        return Ends(data / size**2, noise / size**2)

    def unit(self, at: Coefficients) -> Tensor:
        """1."""
        return torch.ones_like(at.alpha)


PREDICTIONS: dict[str, Prediction] = {
    "velocity": Velocity(),
    "noise": NoisePrediction(),
    "data": Data(),
    "score": Score(),
    "preconditioned": Preconditioned(),
}
"""By the names that options use."""


class Weighting(abc.ABC):
    """How much the squared error of an output counts at a time."""

    @abc.abstractmethod
    def weight(self, prediction: Prediction, at: Coefficients) -> Tensor:
        """The weight, in the shape of the coefficients."""


class OwnWeighting(Weighting):
    """That which belongs to the prediction."""

    def weight(self, prediction: Prediction, at: Coefficients) -> Tensor:
        """That of the prediction."""
        return prediction.weight(at)


class MinSNR(Weighting):
    """min(SNR, gamma) of the error of x_1, SNR = alpha^2 / sigma^2 (Hang et al. 2023).

    It is brought to the output, so that a loss is the same whatever is predicted.

    Args:
        gamma: Largest weight.

    Raises:
        InputError: When gamma is not positive.
    """

    def __init__(self, gamma: float = 5.0) -> None:
        if not gamma > 0:
            raise InputError(f"gamma of min-SNR must be positive, got {gamma}")
        self.gamma = gamma

    def weight(self, prediction: Prediction, at: Coefficients) -> Tensor:
        """min(SNR, gamma) / error^2."""
        ratio = (at.alpha / at.sigma) ** 2
        return ratio.clamp(max=self.gamma) / prediction.error(at) ** 2
