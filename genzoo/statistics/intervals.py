"""Statistics over seeds."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


def t_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Mean and Student t interval of independent values.

    mean +- t_{(1 + level)/2, n - 1} s / sqrt(n). Over seeds this holds its level where a percentile
    bootstrap of a mean does not (.75 / .85 / .91 at n = 3 / 5 / 10 for a nominal .95).

    Args:
        values: At least one value; with only one, the interval is infinite.
        level: Nominal coverage.

    Returns:
        Mean, lower end, upper end.
    """
    x = np.asarray(values, dtype=np.float64)
    mean = float(x.mean())
    if len(x) < 2:
        return mean, -math.inf, math.inf
    quantile = stats.t.ppf((1 + level) / 2, len(x) - 1)
    half = float(quantile * x.std(ddof=1) / math.sqrt(len(x)))
    return mean, mean - half, mean + half
