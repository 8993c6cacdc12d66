"""Numbers as they were printed: the decimal grid of a column, and equality of rows in single precision."""

import numpy as np

from genzoo.metrics.rows import Array

DECIMALS = range(-6, 7)
PRECISION = 24
"""Bits of a number in single precision."""
TELLING = 0.1
"""Rounding error in steps of a grid beyond which any number seems to be on it."""


def decimals(rows: Array) -> Array:
    """The fewest decimals, -6 to 6, with which each column of `(n, D)` can be printed in single precision, `(D,)`.

    Infinity where no such grid shows: in constant columns, and with seven digits or more, as any
    number seems to be on a grid so fine.
    """
    fewest, varies = np.full(rows.shape[1], np.inf), np.ptp(rows, axis=0) > 0
    for count in DECIMALS:
        open_ones = np.flatnonzero(np.isinf(fewest) & varies)
        steps = rows[:, open_ones] * 10.0**count
        slack = np.abs(steps) * 2.0 ** (1 - PRECISION)
        fits = (np.abs(steps - np.rint(steps)) <= slack).all(axis=0) & (slack.max(axis=0) < TELLING)
        fewest[open_ones[fits]] = count
    return fewest


def printed(rows: Array, places: Array) -> Array:
    """Rows `(n, D)` in steps of the grids of so many decimals `(D,)`; in single precision where these are infinite."""
    mantissa, exponent = np.frexp(rows)
    single = np.ldexp(np.rint(np.ldexp(mantissa, PRECISION)), exponent - PRECISION)
    on_grid = np.isfinite(places)
    steps = np.rint(rows * 10.0 ** np.where(on_grid, places, 0.0))
    return np.asarray(np.where(on_grid, steps, single), dtype=np.float64)
