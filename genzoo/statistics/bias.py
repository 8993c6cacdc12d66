"""How far an estimator may be off, so that no lead is claimed that is smaller."""

from collections.abc import Mapping

import numpy as np

from genzoo.statistics.case import Case, Series

CLASSIFIERS = ("js", "js_stack")
"""Metrics whose bounds come from classifiers; their bias is in the table."""

LARGEST_BIAS = {
    (2, True): {2_500: 0.0074, 10_000: 0.0049},
    (2, False): {2_500: 0.0129, 10_000: 0.0090},
    (15, True): {2_500: 0.0042, 10_000: 0.0005},
    (15, False): {2_500: 0.0089, 10_000: 0.0035},
    (64, True): {2_500: 0.0129, 10_000: 0.0024},
    (64, False): {2_500: 0.0183, 10_000: 0.0065},
}
"""How far the classifiers' bound on JS may be off, in nats.

By the dimension up to which it holds and whether log p is known, and then by n; each is the largest
on the page of the accuracy of the estimators.
"""


def margin(case: Case, metric: str) -> float:
    """What may separate the means of two equally good rows beside chance.

    From the table of the classifiers' biases where it has the case; with fewer examples than any of
    the table, its bias grows like 1 / n. Otherwise the distance of the oracle's mean from what the
    metric calls perfect at this n.
    """
    oracle = case.series("oracle", metric)
    if oracle is None:
        return 0.0
    off = _off(oracle)
    if metric not in CLASSIFIERS or oracle.ruler is None or not oracle.bounded:
        return off
    bias = tabulated_bias(case.dimension, case.has_density, oracle.ruler[2])
    if bias is None:
        return off
    return max(off, bias)


def tabulated_bias(dimension: int, has_density: bool, n: int) -> float | None:
    """The largest known bias of the classifiers' bound on JS, or None above 64 dimensions."""
    for most in (2, 15, 64):
        if dimension <= most:
            return _bias_at(LARGEST_BIAS[most, has_density], n)
    return None


def _bias_at(biases: Mapping[int, float], n: int) -> float:
    """The bias at n from those at some n: of the nearest below; below all, as 1 / n."""
    smaller = [size for size in biases if size <= n]
    if smaller:
        return biases[max(smaller)]
    least = min(biases)
    return biases[least] * least / n


def _off(oracle: Series) -> float:
    """How far the oracle's mean is from what the metric calls perfect; 0 where that is unknown."""
    gaps = oracle.values - oracle.nulls
    if not np.isfinite(gaps).any():
        return 0.0
    return float(abs(np.nanmean(gaps)))
