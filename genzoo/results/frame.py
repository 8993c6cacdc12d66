"""The box in which examples are looked at: the truth fixes it, so that every model is seen in the same one."""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]


def frame_limits(points: FloatArray) -> list[tuple[float, float]]:
    """Axis limits for points `(n, D)`: one scale on all axes, unless their widths differ more than fivefold."""
    limits = [padded_range(column, pad=0.12) for column in points.T]
    widths = [high - low for low, high in limits]
    if max(widths) > 5 * min(widths):
        return limits
    half = max(widths) / 2
    return [((low + high) / 2 - half, (low + high) / 2 + half) for low, high in limits]


def padded_range(values: FloatArray, *, pad: float, tail: float = 0.001) -> tuple[float, float]:
    """The range of all but the outermost `tail` on either side, widened by the share `pad`; never empty."""
    low, high = (
        np.quantile(values, [tail, 1 - tail]) if len(values) > 100 else (values.min(), values.max())
    )
    width = high - low
    if width <= 1e-9 * max(abs(low), abs(high), 1e-300):
        width = max(abs(low), 1.0)
        return float(low - 0.5 * width), float(high + 0.5 * width)
    return float(low - pad * width), float(high + pad * width)
