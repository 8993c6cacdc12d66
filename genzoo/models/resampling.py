"""Models that keep the training examples: a kernel density, and plain copies of them."""

import abc
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.event import check_event_shape
from genzoo.core.log_sums import log_sum_exp
from genzoo.core.model import GenerativeModel, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.models.checks import not_negative
from genzoo.models.registry import register_model

BLOCK = 512
"""Examples whose distances to all kept ones are computed at a time."""
JUDGED = 400
"""Kept examples by which a bandwidth is judged, each by the density of all others."""
BANDWIDTHS = 30
"""Bandwidths that are tried, from `NARROWEST` to 1 in model units, evenly by their logarithm."""
NARROWEST = 1e-3


class Resampling(GenerativeModel, abc.ABC):
    """Keeps the training examples in a buffer `(n, *event_shape)` in model units.

    It is empty until `prepare` fills it.

    Args:
        event_shape: Shape of one example.
    """

    rows: Tensor

    def __init__(self, event_shape: tuple[int, ...]) -> None:
        super().__init__(event_shape)
        self.register_buffer("rows", torch.zeros(1, *self.event_shape))

    @property
    def evaluations(self) -> int:
        """There is no network."""
        return 0

    def updates(self) -> tuple[Update, ...]:
        """None: `prepare` does it all."""
        return ()

    def prepare(
        self, x: Tensor, *, generator: torch.Generator, context: Tensor | None = None
    ) -> None:
        """Keep the training examples."""
        self.rows = x.detach().clone()

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """A choice of training example."""
        return {"row": NoiseSpec("uniform")}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """A training example, each as likely."""
        n = len(self.rows)
        index = (noise["row"] * n).long().clamp(max=n - 1)
        return self.rows[index]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Have as many rows as the stored model."""
        stored = state_dict.get(f"{prefix}rows")
        if stored is not None and stored.shape[1:] == self.rows.shape[1:]:
            self.rows = torch.empty_like(stored).to(self.shift)
        super()._load_from_state_dict(state_dict, prefix, *rest)


class Memoriser(Resampling):
    """Samples are training examples, drawn with replacement: what copying looks like in a table."""

    note = "samples are training rows: it only copies"


class KernelDensity(Resampling, SupportsLogProb):
    """p(x) = (1/n) sum_i N(x; x_i, h^2 I) over training examples, in model units.

    Rosenblatt 1956; Parzen 1962.

    Args:
        event_shape: Shape of one example.
        bandwidth: h; 0 for the one under which training examples are likeliest, each by the
            density of all others (Duin 1976).

    Raises:
        InputError: When the bandwidth is negative.
    """

    bandwidth: Tensor

    def __init__(self, event_shape: tuple[int, ...], *, bandwidth: float = 0.0) -> None:
        super().__init__(event_shape)
        not_negative(bandwidth=bandwidth)
        self.fixed = bandwidth > 0
        self.register_buffer("bandwidth", torch.tensor(bandwidth or 1.0))

    def prepare(
        self, x: Tensor, *, generator: torch.Generator, context: Tensor | None = None
    ) -> None:
        """Keep the training examples and choose the bandwidth."""
        super().prepare(x, generator=generator)
        if self.fixed or len(x) < 2:
            return
        judged = torch.randperm(len(x), generator=generator)[:JUDGED]
        squares = self._squares(x[judged])
        # An example is no evidence for itself.
        squares[torch.arange(len(judged)), judged] = math.inf
        tried = torch.logspace(math.log10(NARROWEST), 0, BANDWIDTHS, dtype=torch.float64)
        fits: list[float] = []
        for bandwidth in tried:
            fits.append(float(self._kernel_sum(squares, bandwidth).mean()))
        best = int(torch.tensor(fits).argmax())
        self.bandwidth.copy_(tried[best])

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """A choice of training example, and the way from it."""
        return {**super().sampling_noise(), "kernel": NoiseSpec("normal", self.event_shape)}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """x_i + h e."""
        return super().generate(noise) + self.bandwidth * noise["kernel"]

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        bandwidth = self.bandwidth.double()
        blocks: list[Tensor] = []
        for block in torch.split(x, BLOCK):
            sums = self._kernel_sum(self._squares(block), bandwidth)
            blocks.append(sums - math.log(len(self.rows)))
        return torch.cat(blocks)

    def _squares(self, x: Tensor) -> Tensor:
        """Squared distances to the kept examples, `(B, n)` float64."""
        distances = torch.cdist(
            x.flatten(1).double(),
            self.rows.flatten(1).double(),
            compute_mode="donot_use_mm_for_euclid_dist",
        )
        return distances.square()

    def _kernel_sum(self, squares: Tensor, bandwidth: Tensor) -> Tensor:
        """log sum_i N(x; x_i, h^2 I) in nats, `(B,)`."""
        constant = self.event_size * (bandwidth.log() + 0.5 * math.log(2 * math.pi))
        return log_sum_exp(-0.5 * squares / bandwidth**2) - constant


@register_model("memoriser")
def memoriser(event_shape: tuple[int, ...]) -> Memoriser:
    """Returns training examples at random: the model that every test of copying must name.

    Args:
        event_shape: Shape of one example.
    """
    return Memoriser(check_event_shape(event_shape))


@register_model("kde")
def kde(event_shape: tuple[int, ...], *, bandwidth: float = 0.0) -> KernelDensity:
    """Gaussian kernel density, its bandwidth chosen by leave-one-out likelihood (Parzen 1962).

    Args:
        event_shape: Shape of one example.
        bandwidth: Standard deviation of the kernel, in model units; 0 to choose it.

    Raises:
        InputError: When the bandwidth is negative.
    """
    return KernelDensity(check_event_shape(event_shape), bandwidth=bandwidth)
