"""Samples with one defect at a time, and the finite source they are held against.

The studies beside it share them.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.model import Batch
from genzoo.core.source import FiniteSource, GaussianModes, SupportsModes
from genzoo.data.mixtures import GaussianMixture

ROWS = 1_250
MODES = 10


class Measured(FiniteSource, SupportsLogProb, SupportsModes):
    """As many training rows as held-out ones, of a mixture whose density and modes are known."""

    def __init__(self, law: GaussianMixture, generator: torch.Generator) -> None:
        self.law = law
        self.event_shape = law.event_shape
        self._train, self._holdout = (law.sample(ROWS, generator=generator) for _ in range(2))

    @property
    def train(self) -> Batch:
        return self._train

    @property
    def holdout(self) -> Batch:
        return self._holdout

    def modes(self) -> GaussianModes:
        return self.law.modes()

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self.law.log_prob(x)


Defect = Callable[[Measured, torch.Generator], Tensor]


def sound(source: Measured, generator: torch.Generator) -> Tensor:
    return source.law.sample(ROWS, generator=generator).x


def reweighted(*weights: float) -> Defect:
    """The first modes with other weights; each of the rest keeps weight 1."""

    def draw(source: Measured, generator: torch.Generator) -> Tensor:
        found = source.law.modes()
        every = torch.ones(MODES, dtype=torch.float64)
        every[: len(weights)] = torch.tensor(weights, dtype=torch.float64)
        kept = every > 0
        law = GaussianMixture(every[kept], found.locations[kept], found.covariances[kept])
        return law.sample(ROWS, generator=generator).x

    return draw


def widened(factor: float) -> Defect:
    def draw(source: Measured, generator: torch.Generator) -> Tensor:
        found = source.law.modes()
        law = GaussianMixture(found.weights, found.locations, factor**2 * found.covariances)
        return law.sample(ROWS, generator=generator).x

    return draw


def lines(source: Measured, generator: torch.Generator) -> Tensor:
    """Each mode collapsed to its first axis."""
    x = sound(source, generator)
    centres = source.law.modes().locations[source.law.modes().assign(x)].to(x)
    offset = x - centres
    offset[:, 1:] = 0
    return centres + offset


def bridges(source: Measured, generator: torch.Generator) -> Tensor:
    """One sample in twenty lies between two modes."""
    x = sound(source, generator)
    locations = source.law.modes().locations.to(x)
    count = ROWS // 20
    ends = torch.rand(count, MODES, generator=generator).argsort(dim=1)[:, :2]
    along = torch.rand(count, 1, generator=generator)
    x[:count] = along * locations[ends[:, 0]] + (1 - along) * locations[ends[:, 1]]
    return x


def copies(share: float) -> Defect:
    def draw(source: Measured, generator: torch.Generator) -> Tensor:
        x = sound(source, generator)
        count = int(share * ROWS)
        x[:count] = source.train.x[torch.randint(ROWS, (count,), generator=generator)]
        return x

    return draw


def shifted(source: Measured, generator: torch.Generator) -> Tensor:
    """Everything moved by half a standard deviation along the first axis."""
    x = sound(source, generator)
    x[:, 0] += 0.5
    return x


DEFECTS: dict[str, Defect] = {
    "a mode missing": reweighted(0.0),
    "a mode at half weight": reweighted(0.5),
    "modes sd x.5": widened(0.5),
    "modes sd x.8": widened(0.8),
    "modes sd x1.1": widened(1.1),
    "modes are lines": lines,
    "5 % between modes": bridges,
    "shift of half a sd": shifted,
    "half are copies": copies(0.5),
}
