"""Units in which metrics compare rows: an invertible transform of every column.

It is fitted to rows that are not scored.
"""

from dataclasses import dataclass

import numpy as np
import torch

from genzoo.arrays import Array, Mask
from genzoo.core.units import centre_and_width

ROUNDING = 1e-7
"""A range below this share of the numbers themselves is rounding.

It is about half the last digit of single precision.
"""


@dataclass(frozen=True)
class ColumnUnits:
    """Standard units of D columns, C of which vary: z = (x - centre) / scale, for tables asinh(z).

    The scale is never that of a scored sample. Rows scaled by their own spread differ from rows of
    the same law that are not: the more, the fewer rows and the more columns there are (150 rows of
    784 columns: a JS of .27 between equal laws).

    Linear units are made of mean and standard deviation. Those of tables are asinh((x - median) /
    IQR). They are linear near the median and logarithmic in the tails: neither a heavy tail nor one
    wrong cell sets the scale, and large numbers still differ by their size. The interquartile range
    of a mostly constant column is 0. Such a column gets the next wider range: 10 to 90 %, 5 to 95
    %, 1 to 99 %, least to largest. If all of them are 0, its scale is 1.

    Burbidge, Magee and Robb 1988 (the transform).

    Attributes:
        centre: `(D,)`, in data units.
        scale: `(D,)`, positive, in data units.
        kept: `(D,)`, true for the C columns that vary. Constant ones carry no distribution and are
            left out.
        logarithmic: Whether asinh is taken.
    """

    centre: Array
    scale: Array
    kept: Mask
    logarithmic: bool = False

    def apply(self, rows: Array) -> Array:
        """Rows `(n, D)` in data units as rows `(n, C)` in these units."""
        linear = self._linear(rows)
        if self.logarithmic:
            return np.arcsinh(linear)
        return linear

    def inverse(self, rows: Array) -> Array:
        """Rows `(n, C)` in these units as the varying columns `(n, C)` in data units."""
        linear = rows
        if self.logarithmic:
            linear = np.sinh(rows)
        return np.asarray(linear * self.scale[self.kept] + self.centre[self.kept])

    def log_volume(self, rows: Array) -> Array:
        """What log p in data units gains in these units at rows `(n, D)`: log |dx / dz|, `(n,)`."""
        volume = np.full(len(rows), float(np.log(self.scale[self.kept]).sum()))
        if self.logarithmic:
            linear = self._linear(rows)
            volume += 0.5 * np.log1p(linear**2).sum(axis=1)
        return volume

    def _linear(self, rows: Array) -> Array:
        """(x - centre) / scale of the columns that vary, `(n, C)`."""
        centred = rows[:, self.kept] - self.centre[self.kept]
        return np.asarray(centred / self.scale[self.kept])


def data_units(kept: Mask) -> ColumnUnits:
    """Columns that vary, in data units."""
    return ColumnUnits(np.zeros(len(kept)), np.ones(len(kept)), kept)


def linear_units(rows: Array, kept: Mask) -> ColumnUnits:
    """Mean and standard deviation of the rows `(n, D)`.

    A column that varies elsewhere but not in these rows gets the root of the mean variance of the
    others.
    """
    scale = rows.std(axis=0)
    varies = scale > ROUNDING * np.abs(rows).max(axis=0)
    usual = 1.0
    if varies.any():
        usual = float(np.sqrt((scale[varies] ** 2).mean()))
    return ColumnUnits(rows.mean(axis=0), np.where(varies, scale, usual), kept)


def table_units(rows: Array, kept: Mask) -> ColumnUnits:
    """asinh((x - median) / IQR), median and IQR of the rows `(n, D)` by `centre_and_width`."""
    median, width = centre_and_width(torch.from_numpy(rows))
    scale = np.asarray(width.numpy())
    scale = np.where(scale > 0, scale, 1.0)
    return ColumnUnits(np.asarray(median.numpy()), scale, kept, logarithmic=True)


def constant_columns(*parts: Array) -> Mask:
    """`(D,)` whether each column has one value, to rounding, in all parts `(n, D)` together."""
    low = np.min([part.min(axis=0) for part in parts], axis=0)
    high = np.max([part.max(axis=0) for part in parts], axis=0)
    size = np.maximum(np.abs(low), np.abs(high))
    return np.asarray(high - low <= ROUNDING * size)
