"""Recorded series over windows of training."""

from collections.abc import Iterable

import numpy as np

from genzoo.arrays import FloatArray


def window_means(values: FloatArray, starts: Iterable[int], ends: Iterable[int]) -> FloatArray:
    """Means of the finite values in windows; NaN where a window has none.

    Args:
        values: `(T,)`.
        starts: The first place of each window.
        ends: The place after the last of each window.
    """
    means = []
    for start, end in zip(starts, ends, strict=True):
        window = values[start:end]
        finite = window[np.isfinite(window)]
        means.append(finite.mean() if len(finite) else np.nan)
    return np.array(means)
