"""Rows that are no models: the truth itself, and a model that collapsed."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import (
    DataSource,
    SupportsModes,
    SupportsModeSampling,
    SupportsParameter,
    real_sample,
)
from genzoo.statistics.deciders import ALMOST_RIGHT

CELLS = 8
"""k-means cells where no modes are known."""
NOISE = 0.05
"""Of the control of almost right samples: its standard deviation, as a share of the spread."""
NORMAL_IQR = 1.349
"""Interquartile range of a normal law, in standard deviations."""


def oracle(source: DataSource, n: int, seed: int) -> Batch:
    """A perfect model: real examples, disjoint from the ones that rows are held against."""
    return real_sample(source, n, generator=stream(seed, "real"))[1]


def single_mode(source: DataSource, n: int, seed: int) -> Batch:
    """A collapsed model: real examples of one mode only.

    The mode is the heaviest known one; where none are known, the fullest of `CELLS` k-means cells
    of real examples. It makes that one whatever it is asked for: conditions are those of `oracle`.
    """
    return Batch(_one_mode(source, n, seed), oracle(source, n, seed).context)


def _one_mode(source: DataSource, n: int, seed: int) -> Tensor:
    generator = stream(seed, "single mode")
    if isinstance(source, SupportsModes) and isinstance(source, SupportsModeSampling):
        return source.sample_mode(int(source.modes().weights.argmax()), n, generator=generator).x
    if isinstance(source, SupportsModes):
        belongs = _heaviest_mode(source)
    else:
        belongs = _fullest_cell(source, generator)
    parts: list[Tensor] = []
    count = 0
    while count < n:
        x = source.sample(4 * n, generator=generator).x
        parts.append(x[belongs(x)])
        count += len(parts[-1])
    return torch.cat(parts)[:n]


def noisy_oracle(source: DataSource, n: int, seed: int) -> Batch:
    """A model that is almost right: the examples of `oracle` with normal noise.

    Its standard deviation is `NOISE` of the spread of each column; a column that does not vary gets
    none. The spread is the interquartile range in units of that of a normal law, so that a few
    large numbers do not drown the rest, and the standard deviation where half of the column is one
    value.
    """
    real = oracle(source, n, seed)
    x = real.x
    columns = x.double().numpy()
    low, high = np.quantile(columns, [0.25, 0.75], axis=0)
    normal_spread = (high - low) / NORMAL_IQR
    spread = np.where(high > low, normal_spread, columns.std(axis=0))
    noise = torch.randn(x.shape, generator=stream(seed, "noisy oracle"))
    noisy = x + NOISE * torch.from_numpy(spread).to(x.dtype) * noise
    return Batch(noisy, real.context)


def needs_almost_right(source: DataSource) -> bool:
    """Whether it takes almost right samples to know if JS still tells good models apart.

    Where a density is known the classifier of JS knows it too; on a family of curves the law of the
    parameter decides.
    """
    return not isinstance(source, SupportsLogProb | SupportsParameter)


CONTROLS: dict[str, Callable[[DataSource, int, int], Batch]] = {
    "oracle": oracle,
    "single_mode": single_mode,
    ALMOST_RIGHT: noisy_oracle,
}


def _heaviest_mode(source: SupportsModes) -> Callable[[Tensor], Tensor]:
    """Tells which examples `(B, *event_shape)` belong to the heaviest mode, `(B,)` bool."""
    modes = source.modes()
    heaviest = int(modes.weights.argmax())
    return lambda x: modes.assign(x) == heaviest


def _fullest_cell(source: DataSource, generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    """Tells which examples `(B, *event_shape)` lie in the fullest k-means cell, `(B,)` bool."""
    from sklearn.cluster import KMeans  # a second that only who asks for cells pays

    points = _as_points(source.sample(2000, generator=generator).x)
    cells = min(CELLS, len(np.unique(points, axis=0)))
    state = int(torch.randint(2**31, (), generator=generator))
    means = KMeans(cells, n_init=1, random_state=state).fit(points)
    fullest = int(np.bincount(means.labels_).argmax())
    return lambda x: torch.from_numpy(means.predict(_as_points(x)) == fullest)


def _as_points(x: Tensor) -> npt.NDArray[np.float64]:
    """Examples as points `(B, D)`."""
    return np.asarray(x.flatten(1).double().numpy())
