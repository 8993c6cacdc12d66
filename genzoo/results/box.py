"""The box in which examples are looked at.

The truth fixes it, so that every model is seen in the same box.
"""

import numpy as np

from genzoo.arrays import FloatArray


def box_limits(points: FloatArray) -> list[tuple[float, float]]:
    """Lower and upper limit of each axis for points `(n, D)`.

    All axes have one scale, unless their widths differ more than fivefold.
    """
    limits, widths = [], []
    for column in points.T:
        low, high = padded_range(column, pad=0.12)
        limits.append((low, high))
        widths.append(high - low)
    if max(widths) > 5 * min(widths):
        return limits
    half = max(widths) / 2
    shared = []
    for low, high in limits:
        centre = (low + high) / 2
        shared.append((centre - half, centre + half))
    return shared


def padded_range(values: FloatArray, *, pad: float, tail: float = 0.001) -> tuple[float, float]:
    """The range of some values, widened; never empty.

    Args:
        values: `(n,)`.
        pad: By which share of its width the range is widened on either side.
        tail: The share of values that is left out on either side, where there are more than 100.
    """
    if len(values) > 100:
        low, high = np.quantile(values, [tail, 1 - tail])
    else:
        low, high = values.min(), values.max()
    width = high - low
    if width <= 1e-9 * max(abs(low), abs(high), 1e-300):
        width = max(abs(low), 1.0)
        return float(low - 0.5 * width), float(high + 0.5 * width)
    return float(low - pad * width), float(high + pad * width)
