"""Pairs of laws whose divergences are known, and evidence made of their draws: shared by the studies beside it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.special import expit, xlogy
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource
from genzoo.data.mixtures import GaussianMixture

EXACT_DRAWS = 2_000_000


class Unknown(DataSource):
    """Draws of a law, without anything known of it."""

    def __init__(self, law: GaussianMixture) -> None:
        self.law = law
        self.event_shape = law.event_shape

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        return self.law.sample(n, generator=generator)


class Known(GenerativeModel, SupportsLogProb):
    """A law as a trained model with a density."""

    def __init__(self, law: GaussianMixture) -> None:
        super().__init__(law.event_shape)
        self.law = law

    def updates(self) -> tuple:
        return ()

    def sampling_noise(self) -> dict:
        return {}

    def generate(self, noise: object, context: Tensor | None = None) -> Tensor:
        raise NotImplementedError("draw from the law itself")

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self.law.log_prob(x)


@dataclass(frozen=True)
class Case:
    """The data follow p, the model q; `closed` holds the divergences that have a closed form."""

    name: str
    p: GaussianMixture
    q: GaussianMixture
    closed: Mapping[str, float] = field(default_factory=dict)

    @property
    def dimension(self) -> int:
        return self.p.event_size

    def evidence(self, n: int, repeat: int, known: str) -> Evidence:
        """n real and n generated examples; `known` says whose density the metric may use: "both", "data", "none"."""
        generator = stream(repeat, f"study {self.name}")
        real, fake = (law.sample(n, generator=generator).x for law in (self.p, self.q))
        source = Unknown(self.p) if known == "none" else self.p
        return Evidence(fake, real, source, Known(self.q) if known == "both" else None, seed=repeat)

    def exact(self) -> dict[str, float]:
        """Divergences: closed forms, and otherwise averages over many draws with both densities."""
        return self.by_draws() | dict(self.closed)

    def by_draws(self) -> dict[str, float]:
        """Divergences from many draws of each law, by averages over both densities."""
        generator = stream(0, f"exact {self.name}")
        log_ratio = []
        for law in (self.p, self.q):
            blocks = (law.sample(50_000, generator=generator).x.double() for _ in range(EXACT_DRAWS // 50_000))
            log_ratio.append(np.concatenate([(self.p.log_prob(x) - self.q.log_prob(x)).numpy() for x in blocks]))
        at_p, at_q = log_ratio
        h = expit(np.concatenate(log_ratio))
        tv = abs(2 * h - 1).mean()
        js = math.log(2) + (xlogy(h, h) + xlogy(1 - h, 1 - h)).mean()
        return {
            "js": float(js),
            "kl": float(-at_q.mean()),
            "forward_kl": float(at_p.mean()),
            "total_variation": float(tv),
            "hellinger": float((1 - 2 * np.sqrt(h * (1 - h))).mean()),
            "accuracy": float((1 + tv) / 2),
        }


def normal(dimension: int, shift: float = 0.0, sd: float = 1.0) -> GaussianMixture:
    location = torch.zeros(1, dimension, dtype=torch.float64)
    location[0, 0] = shift
    return GaussianMixture(
        torch.ones(1), location, (sd**2 * torch.eye(dimension, dtype=torch.float64)).expand(1, -1, -1)
    )


def modes(
    dimension: int, count: int = 10, kept: int | None = None, sd: float = 1.0, shift: float = 0.0
) -> GaussianMixture:
    """Unit modes 10 apart at least (on a circle in 2-D, at random above), the first `kept` of them, widths times sd."""
    if dimension == 2:
        angle = 2 * math.pi * torch.arange(count, dtype=torch.float64) / count
        radius = 10 / (2 * math.sin(math.pi / count))
        locations = radius * torch.stack([angle.cos(), angle.sin()], 1)
    else:
        generator = stream(dimension, "modes of a study")
        locations = torch.randn(count, dimension, generator=generator, dtype=torch.float64)
        locations *= 10 / float(torch.pdist(locations).min())
    locations = locations[:kept] + shift
    covariances = (sd**2 * torch.eye(dimension, dtype=torch.float64)).expand(len(locations), -1, -1)
    return GaussianMixture(torch.ones(len(locations)), locations, covariances)
