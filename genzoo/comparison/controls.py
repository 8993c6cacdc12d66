"""Rows that are no models: the truth itself, and a model that collapsed."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor

from genzoo.core.noise import stream
from genzoo.core.source import DataSource, SupportsModes, SupportsModeSampling, real_sample

CELLS = 8
"""k-means cells where no modes are known."""


def oracle(source: DataSource, n: int, seed: int) -> Tensor:
    """A perfect model: real examples, disjoint from the ones that rows are held against."""
    return real_sample(source, n, generator=stream(seed, "real"))[1]


def single_mode(source: DataSource, n: int, seed: int) -> Tensor:
    """A collapsed model: real examples of one mode only.

    The mode is the heaviest known one; where none are known, the fullest of `CELLS` k-means cells of real examples.
    """
    generator = stream(seed, "single mode")
    if isinstance(source, SupportsModes) and isinstance(source, SupportsModeSampling):
        return source.sample_mode(int(source.modes().weights.argmax()), n, generator=generator).x
    belongs = _heaviest_mode(source) if isinstance(source, SupportsModes) else _fullest_cell(source, generator)
    kept: list[Tensor] = []
    while sum(len(part) for part in kept) < n:
        x = source.sample(4 * n, generator=generator).x
        kept.append(x[belongs(x)])
    return torch.cat(kept)[:n]


CONTROLS: dict[str, Callable[[DataSource, int, int], Tensor]] = {"oracle": oracle, "single_mode": single_mode}


def _heaviest_mode(source: SupportsModes) -> Callable[[Tensor], Tensor]:
    modes = source.modes()
    heaviest = int(modes.weights.argmax())
    return lambda x: modes.assign(x) == heaviest


def _fullest_cell(source: DataSource, generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    x = source.sample(2000, generator=generator).x.flatten(1).double().numpy()
    cells = min(CELLS, len(np.unique(x, axis=0)))
    state = int(torch.randint(2**31, (), generator=generator))
    means = KMeans(cells, n_init=1, random_state=state).fit(x)
    fullest = int(np.bincount(means.labels_).argmax())
    return lambda y: torch.from_numpy(means.predict(y.flatten(1).double().numpy()) == fullest)
