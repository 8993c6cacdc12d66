"""Exact optimal transport between two samples."""

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from genzoo.arrays import Array
from genzoo.core.metric import Estimate
from genzoo.metrics.rows import (
    as_pair,
    block_error,
)

MOST_ROWS = 1000


def wasserstein(x: Any, y: Any) -> Estimate:
    """Wasserstein-2 distance squared between equal numbers of rows, by optimal assignment.

    It is biased upwards. The rows beyond the smaller sample, and beyond 1,000, are left out: the
    bias depends on the number, so compare at one number only, and with the null. Standard error:
    spread over twelfths of both samples.

    Args:
        x: Real examples `(m, *event_shape)`.
        y: Generated examples `(n, *event_shape)`.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    x, y = as_pair(x, y)
    size = min(len(x), len(y), MOST_ROWS)
    x, y = x[:size], y[:size]
    error = block_error(_assignment_cost, x, y)
    return Estimate(_assignment_cost(x, y), error, size, f"optimal assignment of {size} rows")


def _assignment_cost(x: Array, y: Array) -> float:
    centre = x.mean(axis=0)
    costs = cdist(x - centre, y - centre, "sqeuclidean")
    rows, columns = linear_sum_assignment(costs)
    return float(np.mean(costs[rows, columns]))
