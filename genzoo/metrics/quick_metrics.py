"""Cheap numbers about a sample, to be watched while a model trains: milliseconds for a thousand examples."""

from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor

from genzoo.core.noise import stream
from genzoo.core.source import DataSource, GaussianModes, SupportsModes
from genzoo.metrics.modes import count_modes, mass_test, mode_masses
from genzoo.metrics.rows import Array, as_rows, rng
from genzoo.metrics.sliced import directions
from genzoo.metrics.units import constant_columns, data_units, table_units

PROJECTIONS = 32
LEVELS = 200
"""Quantiles at which projections are compared."""


def quick_metrics(source: DataSource, real: Tensor) -> Callable[[Tensor], Mapping[str, float]]:
    """Read a source once, and return a function from generated examples `(n, *event_shape)` to cheap numbers.

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
        The function; its numbers are NaN where a sample is not finite.
    """
    x = as_rows(real)
    constant = constant_columns(x)
    kept = np.ones_like(constant) if constant.all() else ~constant
    units = (
        table_units(x, kept) if source.recommended_standardisation == "column" else data_units(kept)
    )
    x = units.apply(x)
    axes = directions(
        1 if x.shape[1] == 1 else PROJECTIONS, x.shape[1], rng(stream(0, "gauge directions"))
    )
    target = _quantiles(axes, x)
    variance = float(x.var(axis=0).sum())
    modes = source.modes() if isinstance(source, SupportsModes) else None
    masses = None if modes is None else mode_masses(modes)[1]

    def read(samples: Tensor) -> dict[str, float]:
        y = samples.detach().cpu().double().numpy().reshape(len(samples), -1)
        if not np.isfinite(y).all():
            return dict.fromkeys(names, float("nan"))
        standard = units.apply(y)
        values = {
            "distance": float(np.sqrt(((_quantiles(axes, standard) - target) ** 2).mean())),
            "spread": float(np.sqrt(standard.var(axis=0).sum() / variance))
            if variance > 0
            else float("nan"),
        }
        if modes is not None and masses is not None:
            _, counts = count_modes(samples, modes)
            values["modes captured"] = float(
                ((counts > 0) & ~mass_test(counts, masses, len(y))[1]).sum()
            )
            if isinstance(modes, GaussianModes):
                values["high quality"] = float(counts.sum() / len(y))
        return values

    names = ("distance", "spread", *(("modes captured",) if modes is not None else ()))
    names += ("high quality",) if isinstance(modes, GaussianModes) else ()
    return read


def _quantiles(axes: Array, rows: Array) -> Array:
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    ordered = np.sort(axes @ rows.T, axis=1)
    place = np.minimum((levels * ordered.shape[1]).astype(int), ordered.shape[1] - 1)
    return np.asarray(ordered[:, place])
