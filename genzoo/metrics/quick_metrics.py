"""Cheap numbers about a sample, to be watched while a model trains.

They take milliseconds for a thousand examples.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from genzoo.arrays import Array
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, GaussianModes, Modes, SupportsModes
from genzoo.metrics.modes import count_modes, mass_test, mode_masses
from genzoo.metrics.rows import (
    as_rows,
    rng,
)
from genzoo.metrics.sliced import directions
from genzoo.metrics.units import ColumnUnits, constant_columns, data_units, table_units

PROJECTIONS = 32
LEVELS = 200
"""Quantiles at which projections are compared."""


def quick_metrics(source: DataSource, real: Tensor) -> Callable[[Tensor], Mapping[str, float]]:
    """Read a source once, and return a function from generated examples to cheap numbers.

    - "distance": root of the mean squared distance of 200 quantiles along 32 fixed directions, a
      coarse sliced Wasserstein-2 distance, in data units (for tables in standard units, see
      `genzoo.metrics.units`).
    - "spread": root of the total variance over that of the real examples: near 0 where all samples
      are alike.
    - "modes captured" and "high quality", where the source knows its modes: as the metrics
      `modes_captured` and `high_quality` define them, with as many samples as are given.

    Args:
        source: What was to be learned.
        real: Real examples `(m, *event_shape)`.

    Returns:
        The function, which takes examples `(n, *event_shape)`. Its numbers are NaN where a sample
        is not finite.
    """
    shape = _read_shape(as_rows(real), source)
    modes = None
    if isinstance(source, SupportsModes):
        modes = _read_modes(source)

    def read(samples: Tensor) -> dict[str, float]:
        y = samples.detach().cpu().double().numpy().reshape(len(samples), -1)
        if not np.isfinite(y).all():
            return dict.fromkeys(names, float("nan"))
        values = shape.numbers(y)
        if modes is not None:
            values |= modes.numbers(samples)
        return values

    names = ["distance", "spread"]
    if modes is not None:
        names += modes.names
    return read


@dataclass(frozen=True)
class _RealShape:
    """How real examples lie in space.

    Attributes:
        units: Units in which real and generated examples are compared.
        axes: Directions `(P, C)` along which they are compared, in these units.
        quantiles: Quantiles of the real examples along each direction, `(P, 200)`.
        variance: Variance of the real examples, summed over columns.
    """

    units: ColumnUnits
    axes: Array
    quantiles: Array
    variance: float

    def numbers(self, y: Array) -> dict[str, float]:
        """Distance and spread of generated rows `(n, D)` in data units."""
        standard = self.units.apply(y)
        gaps = _quantiles(self.axes, standard) - self.quantiles
        spread = float("nan")
        if self.variance > 0:
            spread = float(np.sqrt(standard.var(axis=0).sum() / self.variance))
        return {"distance": float(np.sqrt((gaps**2).mean())), "spread": spread}


def _read_shape(real: Array, source: DataSource) -> _RealShape:
    varies = ~constant_columns(real)
    if not varies.any():
        varies = np.ones_like(varies)
    units = data_units(varies)
    if source.recommended_standardisation == "column":
        units = table_units(real, varies)
    x = units.apply(real)
    columns = x.shape[1]
    count = PROJECTIONS if columns > 1 else 1
    axes = directions(count, columns, rng(stream(0, "gauge directions")))
    return _RealShape(units, axes, _quantiles(axes, x), float(x.var(axis=0).sum()))


@dataclass(frozen=True)
class _KnownModes:
    """The K modes of a source.

    Attributes:
        modes: The modes.
        masses: Share of the truth's samples of high quality that is nearest to each, `(K,)`.
    """

    modes: Modes
    masses: Array

    @property
    def names(self) -> list[str]:
        """Names of the numbers."""
        if isinstance(self.modes, GaussianModes):
            return ["modes captured", "high quality"]
        return ["modes captured"]

    def numbers(self, samples: Tensor) -> dict[str, float]:
        """The number of modes captured and, for Gaussian modes, the share of high quality."""
        n = len(samples)
        _, counts = count_modes(samples, self.modes)
        _, starved = mass_test(counts, self.masses, n)
        values = {"modes captured": float(((counts > 0) & ~starved).sum())}
        if isinstance(self.modes, GaussianModes):
            values["high quality"] = float(counts.sum() / n)
        return values


def _read_modes(source: SupportsModes) -> _KnownModes:
    modes = source.modes()
    _, masses = mode_masses(modes)
    return _KnownModes(modes, masses)


def _quantiles(axes: Array, rows: Array) -> Array:
    """Quantiles at 200 levels of rows `(n, C)` along each of P axes, `(P, 200)`."""
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    ordered = np.sort(axes @ rows.T, axis=1)
    n = ordered.shape[1]
    place = np.minimum((levels * n).astype(int), n - 1)
    return np.asarray(ordered[:, place])
