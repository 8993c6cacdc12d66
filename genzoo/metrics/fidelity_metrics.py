"""Precision, recall, density and coverage as metrics, with errors that allow for overlaps."""

import dataclasses
import math
from typing import ClassVar

import numpy as np

from genzoo.arrays import Array
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import is_unstructured
from genzoo.metrics import facts
from genzoo.metrics.balls import (
    COVERAGE_NEAREST,
    PRECISION_NEAREST,
    Tenths,
    held_without_tenths,
    inside_others,
    without_tenths,
)
from genzoo.metrics.fidelity import coverage, density, precision, recall
from genzoo.metrics.memorisation import finite_rows
from genzoo.metrics.real_samples import two_real_samples
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    BLOCKS,
    block_error,
    jackknife_error,
)

FEWEST_ROWS = 10
"""Rows of each kind below which neighbour balls say nothing."""
FEWEST_BLOCKS = 3
FEW_ROWS = 500
"""Rows of each kind, at most, for the jackknife."""
NULL_PARTS = 6
"""Parts of the real rows, at most, over which the null is averaged."""


class FidelityMetric(Metric):
    """Base of the four: real and generated rows in the standard units of the real columns."""

    panel = "standard"
    depends_on_n = True

    def _measure(self, x: Array, y: Array) -> Estimate:
        raise NotImplementedError

    def _left_out(self, x: Array, y: Array) -> Tenths:
        raise NotImplementedError

    def _estimate(self, evidence: Evidence) -> Estimate:
        x, y, _ = facts.standard_rows(evidence)
        fewest = min(len(x), len(y))
        if fewest < FEWEST_ROWS:
            return Estimate.absent(
                f"too few rows: {fewest}, neighbour balls need {FEWEST_ROWS} of each kind"
            )
        estimate = self._measure(x, y)
        error = max(estimate.standard_error or 0.0, self._spread(x, y))
        name = f"{estimate.estimator}, exact balls"
        return dataclasses.replace(estimate, standard_error=error, estimator=name)

    def _spread(self, x: Array, y: Array) -> float:
        """Standard error that allows for balls that overlap, and for rows near to many others.

        The larger one of two. The first is from disjoint parts of at least ten rows. The second is
        the mean of the error of independent rows and of a jackknife, which counts such rows nearly
        twice; it takes at most 500 rows of each kind, and is scaled to the size by the root of n.
        """
        return max(self._over_blocks(x, y), self._over_tenths(x, y))

    def _over_blocks(self, x: Array, y: Array) -> float:
        blocks = min(max(min(len(x), len(y)) // FEWEST_ROWS, 1), BLOCKS)
        if blocks < FEWEST_BLOCKS:
            return 0.0

        def value(some_x: Array, some_y: Array) -> float:
            return self._measure(some_x, some_y).value or 0.0

        return block_error(value, x, y, blocks) or 0.0

    def _over_tenths(self, x: Array, y: Array) -> float:
        size = min(len(x), len(y))
        step = math.ceil(size / FEW_ROWS)
        x = np.ascontiguousarray(x[::step])
        y = np.ascontiguousarray(y[::step])
        independent = self._measure(x, y).standard_error or 0.0
        without_x, without_y = self._left_out(x, y)
        jackknife = jackknife_error(without_x, without_y)
        return 0.5 * (independent + jackknife) / math.sqrt(step)


class SupportMetric(FidelityMetric):
    """Base of precision and recall, whose null is measured."""

    def _estimate(self, evidence: Evidence) -> Estimate:
        estimate = super()._estimate(evidence)
        if estimate.value is None:
            return estimate
        x, y, _ = facts.standard_rows(evidence)
        size = self._rows_of_balls(x, y)
        null = evidence.about_real(
            ("share inside others", size), lambda: _usual_share(evidence, size)
        )
        return dataclasses.replace(estimate, null=null)

    def _rows_of_balls(self, x: Array, y: Array) -> int:
        """How many rows make the balls."""
        raise NotImplementedError


def _usual_share(evidence: Evidence, size: int) -> float:
    """Mean of `inside_others` over parts of so many real rows.

    The rows are all those of a file, or the reference and two fresh draws.
    """
    rows = finite_rows(evidence)
    if rows is None:
        reference, _, _ = facts.standard_rows(evidence)
        real = [reference, *two_real_samples(evidence)]
    else:
        train, holdout, _ = rows
        real = [holdout, train]
    pool = np.concatenate(real)
    parts = max(1, min(len(pool) // size, NULL_PARTS))
    shares = [inside_others(pool[part * size : (part + 1) * size]) for part in range(parts)]
    return float(np.mean(shares))


@register_metric("precision", order=70)
class Precision(SupportMetric):
    """Improved precision: share of samples inside the neighbour ball of some held-out example.

    count(min_j |y - x_j| / r_j <= 1) / n, r_j the distance of real example x_j to its 3rd real
    neighbour; columns in standard units. Null: given beside it (near 1 in 2 dimensions, .8 in 15):
    the share of m real rows inside the ball of another one, as a mean over up to six parts of m
    rows of a file, or over three fresh draws; with ties too. Standard error: the larger of one over
    parts and one that leaves out tenths.

    Sees rubbish between and around modes. Blind to missing modes and to collapse: a contracted
    model scores 1. Read it with `recall` and `coverage`. Balls larger than five times their .99
    quantile are cut to that, so that a lone outlier does not make rubbish count as good. Cost: a
    neighbour search. Not where outliers are many.

    Kynkaanniemi et al. 2019.
    """

    name = "precision"
    label = "precision"
    direction = "max"
    question = "good"
    quick_where: ClassVar = (is_unstructured,)
    limits = (0.0, 1.0)

    def _measure(self, x: Array, y: Array) -> Estimate:
        return precision(x, y)

    def _left_out(self, x: Array, y: Array) -> Tenths:
        return without_tenths(x, y, PRECISION_NEAREST, lambda balls: balls > 0)

    def _rows_of_balls(self, x: Array, y: Array) -> int:
        return len(x)


@register_metric("recall", order=71)
class Recall(SupportMetric):
    """Improved recall: share of held-out examples inside the neighbour ball of some sample.

    count(min_i |x - y_i| / r_i <= 1) / m, r_i the distance of sample y_i to its 3rd neighbour among
    them; columns in standard units. Null: given beside it: the share of real rows, as many as there
    are samples, inside the ball of another one, as a mean over up to six such parts of a file, or
    over three fresh draws; with ties too. Standard error: as for `precision`.

    Sees narrow and missing modes. Blind to rubbish: outliers have large balls and raise it. Cost: a
    neighbour search. Not on its own.

    Kynkaanniemi et al. 2019.
    """

    name = "recall"
    label = "recall"
    direction = "max"
    question = "covering"
    quick_where: ClassVar = (is_unstructured,)
    limits = (0.0, 1.0)

    def _measure(self, x: Array, y: Array) -> Estimate:
        return recall(x, y)

    def _left_out(self, x: Array, y: Array) -> Tenths:
        without_y, without_x = without_tenths(y, x, PRECISION_NEAREST, lambda balls: balls > 0)
        return without_x, without_y

    def _rows_of_balls(self, x: Array, y: Array) -> int:
        return len(y)


@register_metric("density", order=72)
class Density(FidelityMetric):
    """Density: mean number of neighbour balls of held-out examples around a sample, over k = 5.

    sum_i count_j(|y_i - x_j| <= r_j) / (k n). Sees rubbish, less upset by real outliers than
    precision. Blind to missing modes; a model contracted onto the densest parts scores far above 1
    (122 at half the width in 64 dimensions), which is a fault and not a merit: the target is the
    null. Null: 1, exactly; more where neighbours are at equal distance (whole numbers, yes and no),
    as balls then hold more than k: the mean number of other held-out examples in a ball, over k.
    Cost: a neighbour search. Not on its own.

    Naeem et al. 2020.
    """

    name = "density"
    label = "density"
    direction = "target"
    question = "good"
    limits = (0.0, math.inf)

    def _measure(self, x: Array, y: Array) -> Estimate:
        estimate = density(x, y)
        return dataclasses.replace(estimate, ceiling=estimate.null)

    def _left_out(self, x: Array, y: Array) -> Tenths:
        return without_tenths(x, y, COVERAGE_NEAREST, lambda balls: balls / COVERAGE_NEAREST)


@register_metric("coverage", order=73)
class Coverage(FidelityMetric):
    """Coverage: share of held-out examples whose neighbour ball (k = 5) holds a sample.

    count(min_i |x - y_i| / r <= 1) / m. Null: 1 - prod_{j<5} (m - 1 - j) / (m - 1 + n - j), .969 at
    m = n whatever the dimension; where neighbours are at equal distance, the mean over permutations
    of real and generated. Sees missing modes. Blind to contraction in high dimension (it rises to 1
    there) and to rubbish. Cost: a neighbour search. Not on its own.

    Naeem et al. 2020.
    """

    name = "coverage"
    label = "coverage"
    direction = "max"
    question = "covering"
    quick_where: ClassVar = (is_unstructured,)
    limits = (0.0, 1.0)

    def _measure(self, x: Array, y: Array) -> Estimate:
        return coverage(x, y)

    def _left_out(self, x: Array, y: Array) -> Tenths:
        return held_without_tenths(x, y, COVERAGE_NEAREST)

    def _spread(self, x: Array, y: Array) -> float:
        """Of few rows the mean of the error of a share and of a jackknife over tenths of both.

        It is within a fifth of the spread of coverage at equal laws, for 33 to 200 rows in 1, 3 and
        15 dimensions.
        """
        if min(len(x), len(y)) <= FEW_ROWS:
            return self._over_tenths(x, y)
        return self._over_blocks(x, y)
