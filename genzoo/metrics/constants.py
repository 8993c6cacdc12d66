"""Columns that never change in the data: no distribution to compare, but a fact that samples can miss."""

import math
from typing import ClassVar

import numpy as np

from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import is_a_table
from genzoo.metrics import facts
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import Array, Mask, reference_rows, sample_rows

TOLERANCE = 1e-6
"""Of the size of a column, by which samples may miss its constant; of 1 where the constant is 0."""
NAMED = 5
"""Columns that the estimator names."""


def missed_constants(constants: Array, y: Array) -> tuple[Mask, Array]:
    """Which columns of generated rows `(n, D)` differ from their constant `(D,)`, and the root mean square differences.

    A column differs where some row is off by more than 1e-6 of the constant; of 1 where the
    constant is 0.
    """
    gaps = np.abs(y - constants)
    allowed = TOLERANCE * np.where(constants == 0, 1.0, np.abs(constants))
    return np.asarray(gaps.max(axis=0) > allowed), np.asarray(np.sqrt((gaps**2).mean(axis=0)))


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
        names = [
            f"column {place + 1} by {gap:.2g}"
            for place, gap in zip(places[missed], size[missed], strict=True)
        ]
        more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
        found = ", ".join([*names[:NAMED], *more]) or "none differs"
        return Estimate(
            float(len(names)),
            None,
            len(y),
            f"{len(places)} constant in the data; {found}",
            null=0.0,
        )
