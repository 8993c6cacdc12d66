"""Numbers as they were printed: the decimal grid of a column, and rows in single precision."""

import numpy as np

from genzoo.arrays import Array

DECIMALS = range(-6, 7)
PRECISION = 24
"""Bits of a number in single precision."""
TELLING = 0.1
"""Rounding error in steps of a grid beyond which any number seems to be on it."""


def decimals(rows: Array) -> Array:
    """The fewest decimals, -6 to 6, that print each column of `(n, D)` in single precision, `(D,)`.

    Infinity where no such grid shows: in constant columns, and with seven digits or more, as any
    number seems to be on a grid so fine.
    """
    fewest = np.full(rows.shape[1], np.inf)
    varies = np.ptp(rows, axis=0) > 0
    for count in DECIMALS:
        open_ones = np.flatnonzero(np.isinf(fewest) & varies)
        steps = rows[:, open_ones] * 10.0**count
        slack = np.abs(steps) * 2.0 ** (1 - PRECISION)
        on_grid = (np.abs(steps - np.rint(steps)) <= slack).all(axis=0)
        is_telling = slack.max(axis=0) < TELLING
        fewest[open_ones[on_grid & is_telling]] = count
    return fewest


def printed(rows: Array, places: Array) -> Array:
    """Rows `(n, D)` as whole numbers of steps of their decimal grids, or in single precision.

    Args:
        rows: Any numbers, `(n, D)`.
        places: Decimals of the grid of each column, `(D,)`; infinite for single precision.
    """
    mantissa, exponent = np.frexp(rows)
    single = np.ldexp(np.rint(np.ldexp(mantissa, PRECISION)), exponent - PRECISION)
    on_grid = np.isfinite(places)
    step_count = 10.0 ** np.where(on_grid, places, 0.0)
    steps = np.rint(rows * step_count)
    return np.asarray(np.where(on_grid, steps, single), dtype=np.float64)
