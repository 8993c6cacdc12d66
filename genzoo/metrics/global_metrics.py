"""Two-sample distances as metrics: energy, maximum mean discrepancy, Frechet, exact Wasserstein."""

import dataclasses
import math
from typing import ClassVar

from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import has_training_rows, is_unstructured
from genzoo.metrics import facts
from genzoo.metrics.moments import frechet_distance, null_distance, too_few_for_moments
from genzoo.metrics.pairwise import energy_distance, mmd_test
from genzoo.metrics.real_samples import two_comparable_samples
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import p_text, rng
from genzoo.metrics.transport import wasserstein

ENERGY_ROWS = 5000
MMD_ROWS = 1000


@register_metric("energy", order=51)
class Energy(Metric):
    """Energy distance squared between samples and held-out examples, unbiased.

    2 E|X - Y| - E|X - X'| - E|Y - Y'| over all pairs of at most 5,000 rows of each kind, in data
    units; tables in standard units, asinh((x - median) / IQR), where tails count by the logarithm
    of their size. Sees shift, scale, missing modes. Blind, nearly, to the width of modes that are
    far apart. Null: 0 (the estimate may be negative). Cost: .1 s at 2,500 rows, quadratic. Not for
    high dimension with few rows.

    Szekely and Rizzo 2013.
    """

    name = "energy"
    label = "energy distance²"
    unit = "data units"
    direction = "min"
    question = "closest"
    quick_where: ClassVar = (is_unstructured, has_training_rows)
    optimum = 0.0
    panel = "standard"

    def _estimate(self, evidence: Evidence) -> Estimate:
        x, y = facts.comparable_rows(evidence)
        return energy_distance(x[:ENERGY_ROWS], y[:ENERGY_ROWS])


@register_metric("mmd", order=52)
class MMD(Metric):
    """Maximum mean discrepancy, standardised, the largest over eight Gaussian kernels.

    max over l of MMD^2_l / sd_l, unbiased MMD^2 with exp(-|x - y|^2 / (2 l^2)), l^2 from a quarter
    of the squared distance to the 10th neighbour to 4 times the median, sd over 200 permutations;
    at most 1,000 rows of each kind, in standard units (mean and sd of training rows; tables:
    asinh((x - median) / IQR)). The p-value of the permutation test is in the estimator.

    Sees shift, missing modes, and, unlike a single median bandwidth, the width of modes. Blind to
    rare outliers. It grows with the number of rows. Null: given beside it, the mean over
    permutations (about .7). Cost: 1-2 s. Not for comparing runs of different size.

    Gretton et al. 2012; Schrab et al. 2023 (aggregation over bandwidths).
    """

    name = "mmd"
    label = "MMD² / sd"
    direction = "min"
    question = "closest"
    panel = "standard"
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        x, y, _ = facts.standard_rows(evidence)
        random = rng(evidence.generator("mmd permutations"))
        test = mmd_test(x[:MMD_ROWS], y[:MMD_ROWS], random=random)
        if test is None:
            return Estimate.absent(
                "too few distinct rows for a kernel: 5 of each kind are needed, not all equal"
            )
        name = f"{len(test.bandwidths)} bandwidths, unbiased; {p_text(test.p_value)}"
        return Estimate(test.statistic, test.standard_error, test.n, name, null=test.null)


@register_metric("frechet", order=53)
class Frechet(Metric):
    """Frechet distance between the moments of samples and held-out examples, in squared data units.

    |mu_x - mu_y|^2 + tr(S_x + S_y - 2 (S_x^1/2 S_y S_x^1/2)^1/2) on the raw columns: the
    Wasserstein-2 distance squared of two Gaussians with their means and covariances (no Inception
    features). Sees shift, scale, correlation, missing modes. Blind to everything beyond two
    moments: bridges between modes, shape. Null: given beside it, from the fourth moments of the
    real rows, (1/m + 1/n)(d + (d^2 + d)/4) for a unit normal, mended by halves of them: within a
    tenth with five rows a column. Cost: a few eigenvalue problems of D columns. Tables are compared
    in standard units, asinh((x - median) / IQR), where tails count by the logarithm of their size.
    Not for fewer rows of either kind than 20 or than five for each column that varies: then there
    is no value.

    Dowson and Landau 1982; Heusel et al. 2017.
    """

    name = "frechet"
    label = "Fréchet distance"
    unit = "data units²"
    direction = "min"
    question = "closest"
    limits = (0.0, math.inf)
    panel = "standard"
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        x, y = facts.comparable_rows(evidence)
        reason = too_few_for_moments(len(x), len(y), x.shape[1])
        if reason:
            return Estimate.absent(reason)
        null = evidence.about_real("frechet null", lambda: null_distance(x, len(x), len(y)))
        return frechet_distance(x, y, null)


@register_metric("wasserstein", order=54)
class ExactWasserstein(Metric):
    """Wasserstein-2 distance squared by optimal assignment of at most 1,000 rows.

    min over pairings of the mean |x - y|^2, in squared data units. Sees every difference, in data
    units. Blind, above 5 dimensions, to most of them: the null is 8.3 in 15 and 77 in 64 dimensions
    for unit normals. Null: given beside it, two real samples of as many rows. Cost: .5-1 s. Tables
    are compared in standard units, asinh((x - median) / IQR). Not above 5 dimensions.

    Villani 2009.
    """

    name = "wasserstein"
    label = "W2²"
    unit = "data units²"
    direction = "min"
    question = "closest"
    limits = (0.0, math.inf)
    panel = "full"
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        x, y = facts.comparable_rows(evidence)
        first, second = two_comparable_samples(evidence)
        size = min(len(x), len(y), len(first), len(second))
        null = wasserstein(first[:size], second[:size]).value
        return dataclasses.replace(wasserstein(x[:size], y[:size]), null=null)
