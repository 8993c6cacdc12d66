"""A film of training: what one seed of a model showed at chosen steps."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genzoo.arrays import FloatArray
from genzoo.core.context import ContextSpec
from genzoo.core.source import DataSource
from genzoo.results.shown_condition import shown_values

Role = Literal["median", "worst"]
ROLES: tuple[Role, Role] = ("median", "worst")
"""Which of the seeds that were watched a recording shows."""

FRAMES = 40
"""Frames of a recording, at most."""

Gauge = Callable[[DataSource, Tensor], Callable[[Tensor], Mapping[str, float]]]
"""Makes the cheap numbers that are watched: `gauge(source, real)(generated)`, numbers by name.

`real` and `generated` are examples `(m, *event_shape)`. Among the numbers must be "distance",
smaller where the model is better: it decides which seeds are shown.
"""


@dataclass(frozen=True)
class Frame:
    """One moment of a recording.

    Attributes:
        step: Steps done.
        values: Numbers by name.
        arrays: Arrays by name, as in `Recording.arrays` without the first dimension.
    """

    step: int
    values: Mapping[str, float]
    arrays: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Recording:
    """Frames of one seed, in data units.

    Attributes:
        seed: The seed.
        steps: `(F,)`, increasing; 0 is before training.
        values: By name `(F,)`: the gauges of each frame, and losses and monitors, each the mean
            over the steps since the frame before.
        arrays: By name `(F, ...)`. Always "samples" `(F, n, *event_shape)`, from the same noise in
            each frame. For flat examples of more than two numbers "plane" `(F, m, 2)`, samples in
            the plane of the first two principal components of the real examples. Where the model
            has them: "discriminator", D on the grid; "log density" in nats on the grid; "density"
            of 1-D examples, estimated from samples where the model has none; "lattice", the image
            of a regular grid of latents, `(F, R, C, D)`, C = 1 where the latent is one number;
            "gradients" `(F, m, D)` of log D at the first m samples; "codes" `(F, m, 1 or 2)` of the
            first m real examples.
        constants: By name: "real" examples, and "real plane" where samples are shown in the plane;
            "grid 0" and "grid 1", the values along the axes of the grid; "labels" `(m,)`, the mode
            of each coded example, -1 for none; "data density" on the grid. Of a conditional model
            also conditions in data units: "context" `(m, C)`, m >= n, of the samples in each frame
            and of the real examples in the same places; "lattice context" `(1, C)`, the one that
            the lattice is for. "labels" are then classes where there are no modes. Of a model with
            a velocity also "path", the way of the last frame's samples from noise, `(K, n,
            *event_shape)` or where there is a plane `(K, m, 2)`, and its "path times" `(K,)`, from
            0 to 1. Where a density in the plane is too dear for every frame, "log density" is that
            of the last.
        role: Which of the seeds that were trained with it this is, by final distance; of one seed
            alone, the median. None for recordings that were stored without it. `by_role` decides
            which recording is shown.
    """

    seed: int
    steps: npt.NDArray[np.int64]
    values: Mapping[str, FloatArray]
    arrays: Mapping[str, FloatArray]
    constants: Mapping[str, FloatArray]
    role: Role | None = None
    context_spec: ContextSpec | None = None

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def given(self) -> FloatArray | None:
        """What pictures show of "context", as `shown_values`; None for an unconditional model."""
        if self.context_spec is None:
            return None
        context = torch.from_numpy(np.asarray(self.constants["context"], dtype=np.float64))
        return shown_values(self.context_spec, context)

    def frame(self, position: int) -> Frame:
        """The frame at a position."""
        values = {}
        for name, column in self.values.items():
            values[name] = float(column[position])
        arrays = {name: array[position] for name, array in self.arrays.items()}
        return Frame(int(self.steps[position]), values, arrays)


def frame_steps(steps: int, frames: int = FRAMES) -> tuple[int, ...]:
    """Steps to look at: 0, then ever wider apart, and from then on evenly to the last.

    Half of the frames are evenly spaced. The others are spaced evenly in log(step) and fill the
    first of these gaps, where most happens. With pure logarithmic spacing the second half of
    training would have four frames of forty.

    >>> frame_steps(2000, 10)
    (0, 1, 4, 20, 89, 400, 800, 1200, 1600, 2000)
    >>> frame_steps(3)
    (0, 1, 2, 3)
    """
    if steps < frames:
        return tuple(range(steps + 1))
    even = even_steps(steps, frames // 2)
    first = even[1]
    count = frames - len(even)
    early = [round(first ** (i / count)) for i in range(count)]
    return tuple(sorted({*even, *early}))


def even_steps(steps: int, count: int = FRAMES // 2) -> tuple[int, ...]:
    """0 and then `count` steps evenly spaced to the last, fewer where there are not as many.

    They are among `frame_steps`.

    >>> even_steps(2000, 5)
    (0, 400, 800, 1200, 1600, 2000)
    """
    count = min(count, steps)
    if not count:
        return (0,)
    spaced = [round(steps * k / count) for k in range(1, count + 1)]
    return tuple(sorted({0, *spaced}))


def affordable_frames(numbers: int, budget: int = 2**27) -> int:
    """How many frames of a stack of models may be kept in memory before they are looked at.

    Args:
        numbers: Parameters and buffers of all seeds together.
        budget: Numbers that may be kept.
    """
    return max(2, min(FRAMES, budget // max(numbers, 1)))


def median_and_worst(distances: Mapping[int, float]) -> tuple[int, ...]:
    """The seeds of a median and of the largest distance.

    NaN, as of a diverged seed, counts as largest.

    >>> median_and_worst({0: 0.3, 1: 0.1, 2: math.nan, 3: 0.2})
    (3, 2)
    >>> median_and_worst({7: 0.3})
    (7,)
    """
    order = _from_best(distances)
    return tuple(dict.fromkeys((order[(len(order) - 1) // 2], order[-1])))


def by_role(
    recordings: Sequence[Recording], distances: Mapping[int, float] | None = None
) -> dict[Role, Recording]:
    """Which recording is shown as the median seed and which as the worst.

    This is the one place that decides it. Where there is one recording of each role, they say so
    themselves. There may be none (older files have no roles) or more (seeds were trained in several
    batches with two recordings each). Then the worst is the last of them by final distance, and the
    median the one nearest, in that order, to the median of all seeds. One recording alone is both.

    Args:
        recordings: Of one model on one source.
        distances: By seed, the final distance of all that were watched, NaN where a seed diverged.
            By default those of the recordings; a recording that ends before the others is of a
            seed that diverged.

    Returns:
        Both roles, or nothing where there is no recording.
    """
    if not recordings:
        return {}
    by_own_role: dict[Role | None, Recording] = {}
    watched: dict[int, tuple[npt.NDArray[np.int64], FloatArray]] = {}
    for recording in recordings:
        by_own_role[recording.role] = recording
        watched[recording.seed] = (recording.steps, recording.values["distance"])
    if len(recordings) == len(ROLES) and set(ROLES) <= by_own_role.keys():
        return {"median": by_own_role["median"], "worst": by_own_role["worst"]}
    by_seed = final_distances(watched)
    by_seed.update(distances or {})
    order = _from_best(by_seed)
    middle = order.index(median_and_worst(by_seed)[0])
    filmed = sorted(recordings, key=lambda recording: order.index(recording.seed))
    median = min(filmed, key=lambda recording: abs(order.index(recording.seed) - middle))
    return {"median": median, "worst": filmed[-1]}


def final_distances(
    watched: Mapping[int, tuple[npt.NDArray[np.int64], FloatArray]],
) -> dict[int, float]:
    """The last distance of each seed; NaN where it ends before the others, for it diverged.

    Args:
        watched: By seed, steps and the distance at each.
    """
    last = 0
    for steps, _ in watched.values():
        last = max(last, int(steps[-1]))
    final: dict[int, float] = {}
    for seed, (steps, distances) in watched.items():
        final[seed] = math.nan
        if int(steps[-1]) == last:
            final[seed] = float(distances[-1])
    return final


def _from_best(distances: Mapping[int, float]) -> list[int]:
    """Seeds by distance, equal ones by number; those without a distance last."""

    def place(seed: int) -> tuple[bool, float, int]:
        distance = distances[seed]
        if math.isnan(distance):
            return True, math.inf, seed
        return False, distance, seed

    return sorted(distances, key=place)


LARGEST = 65_534
"""The code of the largest number of a column; the least has code 0."""
NO_NUMBER = 65_535
"""The code of NaN."""


def pack(array: FloatArray) -> tuple[npt.NDArray[np.uint16], FloatArray]:
    """Numbers in 16 bits, in even steps between the least and the largest of each column.

    A column is one place of the last axis. NaN stays NaN, and infinity becomes NaN.

    Returns:
        Codes of the array's shape, and the range `(2, columns)`.
    """
    table = np.asarray(array, dtype=np.float64)
    columns = table.shape[-1] if table.ndim else 1
    flat = table.reshape(-1, columns)
    finite = np.where(np.isfinite(flat), flat, np.nan)
    filled = np.isfinite(finite).any(axis=0)
    low, high = np.zeros(columns), np.zeros(columns)
    if filled.any():
        low[filled] = np.nanmin(finite[:, filled], axis=0)
        high[filled] = np.nanmax(finite[:, filled], axis=0)
    steps = np.rint((finite - low) / _width(low, high) * LARGEST)
    codes = np.where(np.isfinite(finite), steps, NO_NUMBER)
    return codes.astype(np.uint16).reshape(table.shape), np.stack([low, high])


def unpack(codes: npt.NDArray[np.uint16], limits: FloatArray) -> FloatArray:
    """The inverse of `pack`, up to half of a 65,534th of each column's range."""
    low, high = limits
    values = low + codes / LARGEST * _width(low, high)
    return np.where(codes == NO_NUMBER, np.nan, values).astype(np.float32)


def _width(low: FloatArray, high: FloatArray) -> FloatArray:
    """The width of each column's range, 1 where the column is constant."""
    return np.where(high > low, high - low, 1.0)


def pick(steps: Iterable[int], wanted: Iterable[int]) -> tuple[int, ...]:
    """Those steps that are wanted, in order."""
    return tuple(sorted(set(steps) & set(wanted)))
