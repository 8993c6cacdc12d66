"""Precision, recall, density and coverage: neighbour balls of one sample around points of the other."""

import dataclasses
import math
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.metrics import facts
from genzoo.metrics.neighbours import BLOCK, nearest, suits_tree
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import Array, Mask, as_pair, block_error, share_standard_error, standard_error

PRECISION_NEAREST, COVERAGE_NEAREST = 3, 5
FEWEST_ROWS = 10


class Balls(NamedTuple):
    """Balls around the members of one sample, against the points of another.

    Attributes:
        containing: `(n,)` number of balls that hold each point.
        occupied: `(m,)` whether each ball holds a point.
    """

    containing: Array
    occupied: Mask


def ball_counts(centres: Array, radii: Array, points: Array) -> Balls:
    """Which points lie in which balls, without holding all distances at once.

    Args:
        centres: `(m, D)`.
        radii: `(m,)`; a point at just the radius is inside.
        points: `(n, D)`.
    """
    radii = radii * (1 + 1e-9)
    if suits_tree(points):
        inside = cKDTree(points).query_ball_point(centres, radii, return_sorted=False)
        sizes = np.array([len(part) for part in inside])
        members = np.concatenate([np.asarray(part, dtype=np.int64) for part in inside])
        return Balls(np.bincount(members, minlength=len(points)).astype(np.float64), sizes > 0)
    containing, occupied = np.zeros(len(points)), np.zeros(len(centres), dtype=np.bool_)
    middle = points.mean(axis=0)
    points, centres = points - middle, centres - middle
    squares = (points**2).sum(axis=1)
    step = max(1, BLOCK // len(points))
    for start in range(0, len(centres), step):
        block = centres[start : start + step]
        table = (block**2).sum(axis=1)[:, None] + squares - 2 * block @ points.T
        hit = table <= (radii[start : start + step] ** 2)[:, None]
        containing += hit.sum(axis=0)
        occupied[start : start + step] = hit.any(axis=1)
    return Balls(containing, occupied)


def precision(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of generated y inside the ball of some real x, which reaches to its k-th real neighbour."""
    x, y = as_pair(x, y)
    return _share(ball_counts(x, _radii(x, nearest_rank), y).containing > 0, f"k = {nearest_rank}")


def recall(x: Any, y: Any, nearest_rank: int = PRECISION_NEAREST) -> Estimate:
    """Share of real x inside the ball of some generated y, which reaches to its k-th generated neighbour."""
    x, y = as_pair(x, y)
    found = _share(ball_counts(y, _radii(y, nearest_rank), x).containing > 0, f"k = {nearest_rank}")
    return Estimate(found.value, found.standard_error, len(y), found.estimator)


def density(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Mean number of real balls around a generated point, divided by k; 1 on average at equal laws."""
    x, y = as_pair(x, y)
    counts = ball_counts(x, _radii(x, nearest_rank), y).containing / nearest_rank
    return Estimate(float(counts.mean()), standard_error(counts), len(y), f"k = {nearest_rank}", null=1.0)


def coverage(x: Any, y: Any, nearest_rank: int = COVERAGE_NEAREST) -> Estimate:
    """Share of real balls that hold a generated point."""
    x, y = as_pair(x, y)
    found = _share(ball_counts(x, _radii(x, nearest_rank), y).occupied, f"k = {nearest_rank}")
    null = expected_coverage(len(x), len(y), nearest_rank)
    return Estimate(found.value, found.standard_error, len(y), found.estimator, null=null)


def expected_coverage(m: int, n: int, nearest_rank: int = COVERAGE_NEAREST) -> float:
    """Coverage of m real examples by n draws of the same law: 1 - prod_{j<k} (m - 1 - j) / (m - 1 + n - j)."""
    j = np.arange(min(nearest_rank, m - 1))
    return float(1 - np.prod((m - 1 - j) / (m - 1 + n - j)))


def _radii(rows: Array, rank: int) -> Array:
    rank = min(rank, len(rows) - 1)
    return nearest(rows, rows, rank, same=True).distances[:, -1] if rank else np.zeros(len(rows))


def _share(hits: Mask, estimator: str) -> Estimate:
    count, n = int(hits.sum()), len(hits)
    return Estimate(count / n, share_standard_error(count, n), n, estimator)


class FidelityMetric(Metric):
    """Base of the four: real and generated rows in the standard units of the real columns."""

    panel = "standard"
    depends_on_n = True

    def _measure(self, x: Array, y: Array) -> Estimate:
        raise NotImplementedError

    def _estimate(self, evidence: Evidence) -> Estimate:
        x, y, _ = facts.standard_rows(evidence)
        fewest = min(len(x), len(y))
        if fewest < FEWEST_ROWS:
            return Estimate.absent(f"too few rows: {fewest}, neighbour balls need {FEWEST_ROWS} of each kind")
        found = self._measure(x, y)
        spread = block_error(lambda a, b: self._measure(a, b).value or 0.0, x, y)
        error = max(found.standard_error or 0.0, spread or 0.0)
        null = found.null if found.null is not None else self._null(evidence)
        return dataclasses.replace(found, standard_error=error, null=null, estimator=f"{found.estimator}, exact balls")

    def _null(self, evidence: Evidence) -> float | None:
        """What a second real sample scores: fresh draws, or halves of the held-out rows of a finite source."""

        def compute() -> float | None:
            first, second = facts.two_real_samples(evidence)
            return self._measure(first, second).value if min(len(first), len(second)) >= FEWEST_ROWS else None

        return evidence.shared(("null", self.name), compute)


@register_metric("precision", order=70)
class Precision(FidelityMetric):
    """Improved precision: share of samples inside the neighbour ball of some held-out example.

    count(min_j |y - x_j| / r_j <= 1) / n, r_j the distance of real example x_j to its 3rd real neighbour; columns in
    standard units. Null: given beside it, from real against real at these sizes (near 1 in 2 dimensions, .8 in 15).

    Sees rubbish between and around modes. Blind to missing modes and to collapse: a contracted model scores 1. Read
    it with `recall` and `coverage`. Cost: a neighbour search. Not where the reference holds outliers: one alone,
    with its large ball, makes rubbish count as good.

    Kynkaanniemi et al. 2019.
    """

    name = "precision"
    label = "precision"
    direction = "max"
    limits = (0.0, 1.0)

    def _measure(self, x: Array, y: Array) -> Estimate:
        return precision(x, y)


@register_metric("recall", order=71)
class Recall(FidelityMetric):
    """Improved recall: share of held-out examples inside the neighbour ball of some sample.

    count(min_i |x - y_i| / r_i <= 1) / m, r_i the distance of sample y_i to its 3rd neighbour among them; columns in
    standard units. Null: given beside it, from real against real at these sizes.

    Sees narrow and missing modes. Blind to rubbish: outliers have large balls and raise it. Cost: a neighbour
    search. Not on its own.

    Kynkaanniemi et al. 2019.
    """

    name = "recall"
    label = "recall"
    direction = "max"
    limits = (0.0, 1.0)

    def _measure(self, x: Array, y: Array) -> Estimate:
        return recall(x, y)


@register_metric("density", order=72)
class Density(FidelityMetric):
    """Density: how many neighbour balls of held-out examples a sample lies in, on average, over k = 5.

    sum_i count_j(|y_i - x_j| <= r_j) / (k n). Sees rubbish, less upset by real outliers than precision. Blind to
    missing modes; a model contracted onto the densest parts scores far above 1 (122 at half the width in 64
    dimensions), which is a fault and not a merit: the target is 1. Null: 1, exactly. Cost: a neighbour search. Not on
    its own.

    Naeem et al. 2020.
    """

    name = "density"
    label = "density"
    direction = "target"
    limits = (0.0, math.inf)
    optimum = 1.0

    def _measure(self, x: Array, y: Array) -> Estimate:
        return dataclasses.replace(density(x, y), ceiling=1.0)


@register_metric("coverage", order=73)
class Coverage(FidelityMetric):
    """Coverage: share of held-out examples whose neighbour ball (k = 5) holds a sample.

    count(min_i |x - y_i| / r <= 1) / m. Null: 1 - prod_{j<5} (m - 1 - j) / (m - 1 + n - j), .969 at m = n whatever
    the dimension. Sees missing modes. Blind to contraction in high dimension (it rises to 1 there) and to rubbish.
    Cost: a neighbour search. Not on its own.

    Naeem et al. 2020.
    """

    name = "coverage"
    label = "coverage"
    direction = "max"
    limits = (0.0, 1.0)

    def _measure(self, x: Array, y: Array) -> Estimate:
        return coverage(x, y)
