"""Units in which metrics compare rows: an invertible transform of every column, fitted to rows that are not scored."""

from dataclasses import dataclass

import numpy as np
import torch

from genzoo.core.units import centre_and_width
from genzoo.metrics.rows import Array, Mask

ROUNDING = 1e-7
"""A range below this share of the numbers themselves is rounding: half the last digit of single precision."""


@dataclass(frozen=True)
class Units:
    """Standard units of D columns, C of which vary: z = (x - centre) / scale, for tables asinh of that.

    The scale is never that of a scored sample: rows scaled by themselves differ from equal ones
    that are not, the more the fewer rows and the more columns there are (150 rows of 784 columns: a
    JS of .27 between equal laws).

    Linear units are made of mean and standard deviation. Those of tables are asinh((x - median) /
    IQR): near the median linear, in the tails logarithmic, so that neither a heavy tail nor one
    wrong cell sets the scale, and large numbers still differ by their size. The interquartile range
    of a mostly constant column is 0: it gets the next wider range, 10 to 90 %, 5 to 95 %, 1 to 99
    %, least to largest, and if all of them are 0, the scale 1.

    Burbidge, Magee and Robb 1988 (the transform).

    Attributes:
        centre: `(D,)`.
        scale: `(D,)`, positive.
        kept: `(D,)`, the C columns that vary. Constant ones carry no distribution and are left out.
        logarithmic: Whether asinh is taken.
    """

    centre: Array
    scale: Array
    kept: Mask
    logarithmic: bool = False

    def apply(self, rows: Array) -> Array:
        """Rows `(n, D)` in data units as rows `(n, C)` in these units."""
        linear: Array = (rows[:, self.kept] - self.centre[self.kept]) / self.scale[self.kept]
        return np.arcsinh(linear) if self.logarithmic else linear

    def inverse(self, rows: Array) -> Array:
        """Rows `(n, C)` in these units as the varying columns `(n, C)` in data units."""
        linear = np.sinh(rows) if self.logarithmic else rows
        return np.asarray(linear * self.scale[self.kept] + self.centre[self.kept])

    def log_volume(self, rows: Array) -> Array:
        """What a log-density in data units gains in these units at rows `(n, D)`: log |dx / dz|, `(n,)`."""
        volume = np.full(len(rows), float(np.log(self.scale[self.kept]).sum()))
        if self.logarithmic:
            linear = (rows[:, self.kept] - self.centre[self.kept]) / self.scale[self.kept]
            volume += 0.5 * np.log1p(linear**2).sum(axis=1)
        return volume


def data_units(kept: Mask) -> Units:
    """Columns that vary, in data units."""
    return Units(np.zeros(len(kept)), np.ones(len(kept)), kept)


def linear_units(rows: Array, kept: Mask) -> Units:
    """Mean and standard deviation of the rows `(n, D)`.

    A column that varies elsewhere but not in these rows gets the root of the mean variance of the
    others.
    """
    scale = rows.std(axis=0)
    some = scale > ROUNDING * np.abs(rows).max(axis=0)
    usual = float(np.sqrt((scale[some] ** 2).mean())) if some.any() else 1.0
    return Units(rows.mean(axis=0), np.where(some, scale, usual), kept)


def table_units(rows: Array, kept: Mask) -> Units:
    """asinh((x - median) / IQR), with median and interquartile range of the rows `(n, D)`, see `centre_and_width`."""
    centre, width = (np.asarray(part.numpy()) for part in centre_and_width(torch.from_numpy(rows)))
    return Units(centre, np.where(width > 0, width, 1.0), kept, logarithmic=True)


def constant_columns(*parts: Array) -> Mask:
    """`(D,)` whether each column has one value, to rounding, in all parts `(n, D)` together."""
    low = np.min([part.min(axis=0) for part in parts], axis=0)
    high = np.max([part.max(axis=0) for part in parts], axis=0)
    return np.asarray(high - low <= ROUNDING * np.maximum(np.abs(low), np.abs(high)))
