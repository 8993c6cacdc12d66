"""How far an estimator may be off, so that no lead is claimed that is smaller."""

import numpy as np

from genzoo.statistics.case import Case

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
"""Of the classifiers' bound on JS, in nats, by dimension up to which, whether log p is known, and n: the largest of the
page of the accuracy of the estimators."""


def margin(case: Case, metric: str) -> float:
    """What may separate the means of two equally good rows beside chance.

    From the table of the classifiers' biases where it has the case; with fewer examples than any of
    the table, its bias grows like 1 / n. Otherwise the distance of the oracle's mean from what the
    metric calls perfect at this n.
    """
    oracle = case.series("oracle", metric)
    seen = 0.0
    if oracle is not None:
        gap = np.abs(oracle.values - oracle.nulls)
        seen = (
            float(abs(np.nanmean(oracle.values - oracle.nulls))) if np.isfinite(gap).any() else 0.0
        )
    if metric not in CLASSIFIERS or oracle is None or oracle.ruler is None or not oracle.bounded:
        return seen
    known = tabulated_bias(case.dimension, case.has_density, oracle.ruler[2])
    return seen if known is None else max(seen, known)


def tabulated_bias(dimension: int, has_density: bool, n: int) -> float | None:
    """The largest known bias of the classifiers' bound on JS, or None above 64 dimensions."""
    row = next((LARGEST_BIAS[most, has_density] for most in (2, 15, 64) if dimension <= most), None)
    if row is None:
        return None
    smaller = [size for size in row if size <= n]
    return row[max(smaller)] if smaller else row[min(row)] * min(row) / n
