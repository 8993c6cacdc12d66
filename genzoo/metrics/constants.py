"""Columns that never change in the data: no law to compare, but a fact that samples can miss."""

import math
from typing import ClassVar

import numpy as np

from genzoo.arrays import Array, Indices, Mask
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import is_a_table
from genzoo.metrics import facts
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    reference_rows,
    sample_rows,
)

TOLERANCE = 1e-6
"""Share of its constant by which samples of a column may miss it; of 1 where the constant is 0."""
NAMED = 5
"""Columns that the estimator names."""


def missed_constants(constants: Array, y: Array) -> tuple[Mask, Array]:
    """Which columns of generated rows differ from their constant, and by how much.

    A column differs where some row is off by more than 1e-6 of the constant; of 1 where the
    constant is 0.

    Args:
        constants: What each column should be, `(D,)`.
        y: Generated rows `(n, D)`.

    Returns:
        Which columns differ, and the root mean square differences, `(D,)` each.
    """
    gaps = np.abs(y - constants)
    allowed = TOLERANCE * np.where(constants == 0, 1.0, np.abs(constants))
    missed = np.asarray(gaps.max(axis=0) > allowed)
    return missed, np.asarray(np.sqrt((gaps**2).mean(axis=0)))


@register_metric("constant_columns", order=55)
class ConstantColumns(Metric):
    """Number of columns that are constant in the data and not in the samples.

    count(max_i |y_i - c| > 1e-6 |c|) over the columns whose training rows and held-out examples all
    equal c (where c is 0: > 1e-6). Constant columns carry no distribution, so distances and
    classifiers leave them out and what samples do there stands here: the estimator names the
    columns, counted from 1, with the root mean square of y - c.

    Sees noise and wrong values where the data have none. Blind to all other columns, and to how
    much the difference matters. Null: 0. Standard error: none, a count. Cost: nothing. Not for
    ranking models.

    Fisher 1922 (a statistic that does not vary carries no information).
    """

    name = "constant_columns"
    label = "constant columns"
    direction = "min"
    limits = (0.0, math.inf)
    optimum = 0.0
    panel = "standard"
    alarm = "not constant where the data are"
    ranked = False
    question = "good"
    quick_where: ClassVar = (is_a_table,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        places = np.flatnonzero(facts.constant(evidence))
        if not len(places):
            return Estimate.absent("no column of the data is constant")
        y = sample_rows(evidence)[:, places]
        missed, size = missed_constants(reference_rows(evidence)[0, places], y)
        names = _names(places[missed], size[missed])
        estimator = f"{len(places)} constant in the data; {names}"
        return Estimate(float(missed.sum()), None, len(y), estimator, null=0.0)


def _names(places: Indices, gaps: Array) -> str:
    """The first few columns that differ, counted from 1, and how many more do."""
    if not len(places):
        return "none differs"
    names = []
    for place, gap in zip(places[:NAMED], gaps[:NAMED], strict=True):
        names.append(f"column {place + 1} by {gap:.2g}")
    if len(places) > NAMED:
        names.append(f"{len(places) - NAMED} more")
    return ", ".join(names)
