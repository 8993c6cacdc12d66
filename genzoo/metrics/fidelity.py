"""Precision, recall, density and coverage: neighbour balls of one sample around points of the other."""

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np

from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import is_unstructured
from genzoo.metrics import facts
from genzoo.metrics.balls import (
    COVERAGE_NEAREST,
    PRECISION_NEAREST,
    Tenths,
    ball_counts,
    ball_radii,
    expected_coverage,
    held_without_tenths,
    inside_others,
    without_tenths,
)
from genzoo.metrics.memorisation import finite_rows
from genzoo.metrics.neighbours import nearest
from genzoo.metrics.real_samples import two_real_samples
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    BLOCKS,
    Array,
    Mask,
    as_pair,
    block_error,
    jackknife_error,
    share_standard_error,
    standard_error,
    total_error,
)

FEWEST_ROWS = 10
FEWEST_BLOCKS = 3
FEW_ROWS = 500
NULL_PARTS = 6


def precision(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of generated y inside the ball of some real x, which reaches to its k-th real neighbour."""
    x, y = as_pair(x, y)
    return _share(
        ball_counts(x, ball_radii(x, nearest_rank)[0], y).containing > 0, f"k = {nearest_rank}"
    )


def recall(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of real x inside the ball of some generated y, which reaches to its k-th generated neighbour."""
    x, y = as_pair(x, y)
    found = _share(
        ball_counts(y, ball_radii(y, nearest_rank)[0], x).containing > 0, f"k = {nearest_rank}"
    )
    return Estimate(found.value, found.standard_error, len(y), found.estimator)


def density(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Mean number of real balls around a generated point, divided by k.

    Its null is that of a real point among the balls of the others, sum_j K_j / (k m), where the
    ball of x_j holds K_j other real points: 1 without ties at the k-th neighbour, and more with
    them.
    """
    x, y = as_pair(x, y)
    radii, tied = ball_radii(x, nearest_rank)
    counts = ball_counts(x, radii, y).containing / nearest_rank
    if not tied:
        return Estimate(
            float(counts.mean()), standard_error(counts), len(y), f"k = {nearest_rank}", null=1.0
        )
    own = (ball_counts(x, radii, x).containing - 1) / nearest_rank
    error = total_error([standard_error(counts), standard_error(own)])
    return Estimate(
        float(counts.mean()),
        error,
        len(y),
        f"k = {nearest_rank}, with ties",
        null=float(own.mean()),
    )


def coverage(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Share of real balls that hold a generated point.

    With ties at the k-th neighbour, the null is the mean over permutations of "real" and
    "generated" among all points around each centre: a ball is empty when the G_j points up to the
    k-th, and those as far as it, are all real.
    """
    x, y = as_pair(x, y)
    radii, tied = ball_radii(x, nearest_rank)
    found = _share(ball_counts(x, radii, y).held > 0, f"k = {nearest_rank}")
    if not tied:
        null = expected_coverage(len(x), len(y), nearest_rank)
        return Estimate(found.value, found.standard_error, len(y), found.estimator, null=null)
    rank = min(nearest_rank, len(x) - 1)
    pool = np.concatenate([x, y])
    reach = nearest(x, pool, rank + 1).distances[:, -1]
    sizes, repeats = np.unique(ball_counts(x, reach, pool).held - 1, return_counts=True)
    covered = [expected_coverage(len(x), len(y), int(size)) for size in sizes]
    null = float(np.average(covered, weights=repeats))
    return Estimate(
        found.value, found.standard_error, len(y), f"{found.estimator}, with ties", null=null
    )


def _share(hits: Mask, estimator: str) -> Estimate:
    count, n = int(hits.sum()), len(hits)
    return Estimate(count / n, share_standard_error(count, n), n, estimator)


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
        found = self._measure(x, y)
        error = max(found.standard_error or 0.0, self._spread(found, x, y))
        return dataclasses.replace(
            found, standard_error=error, estimator=f"{found.estimator}, exact balls"
        )

    def _spread(self, found: Estimate, x: Array, y: Array) -> float:
        """Standard error that knows that neighbouring balls overlap, and that a few rows are near to many others.

        The larger one of two. The first is from disjoint parts of at least ten rows. The second is
        the mean of the error of independent rows and of a jackknife, which counts such rows nearly
        twice; it takes at most 500 rows of each kind, and is scaled to the size by the root of n.
        """
        return max(self._over_blocks(x, y), self._over_tenths(x, y))

    def _over_blocks(self, x: Array, y: Array) -> float:
        blocks = min(max(min(len(x), len(y)) // FEWEST_ROWS, 1), BLOCKS)
        if blocks < FEWEST_BLOCKS:
            return 0.0
        return block_error(lambda a, b: self._measure(a, b).value or 0.0, x, y, blocks) or 0.0

    def _over_tenths(self, x: Array, y: Array) -> float:
        size = min(len(x), len(y))
        step = math.ceil(size / FEW_ROWS)
        x, y = np.ascontiguousarray(x[::step]), np.ascontiguousarray(y[::step])
        independent = self._measure(x, y).standard_error or 0.0
        return 0.5 * (independent + jackknife_error(*self._left_out(x, y))) / math.sqrt(step)


class SupportMetric(FidelityMetric):
    """Base of precision and recall, whose null is measured."""

    def _estimate(self, evidence: Evidence) -> Estimate:
        found = super()._estimate(evidence)
        if found.value is None:
            return found
        x, y, _ = facts.standard_rows(evidence)
        size = self._rows_of_balls(x, y)
        null = evidence.shared(("share inside others", size), lambda: _usual_share(evidence, size))
        return dataclasses.replace(found, null=null)

    def _rows_of_balls(self, x: Array, y: Array) -> int:
        """How many rows make the balls."""
        raise NotImplementedError


def _usual_share(evidence: Evidence, size: int) -> float:
    """Mean of `inside_others` over parts of so many real rows: of all rows of a file, or of three fresh draws."""
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
    """Density: how many neighbour balls of held-out examples a sample lies in, on average, over k = 5.

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
        found = density(x, y)
        return dataclasses.replace(found, ceiling=found.null)

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

    def _spread(self, found: Estimate, x: Array, y: Array) -> float:
        """Of few rows, the mean of the error of a share and of a jackknife over tenths of both samples.

        It is within a fifth of the spread of coverage at equal laws, for 33 to 200 rows in 1, 3 and
        15 dimensions.
        """
        few = min(len(x), len(y)) <= FEW_ROWS
        return self._over_tenths(x, y) if few else self._over_blocks(x, y)
