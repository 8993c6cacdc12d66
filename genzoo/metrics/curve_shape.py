"""Metrics of curve families beyond the mean of the parameter.

Divergences of the parameter, the band of real curves, functional principal components.
"""

import math
from typing import Any

import numpy as np
import torch

from genzoo.arrays import Array
from genzoo.core.metric import Estimate, Evidence
from genzoo.core.source import DataSource, FiniteSource
from genzoo.metrics import refinement
from genzoo.metrics.curves import ParameterMetric
from genzoo.metrics.histogram import cells_of_law, histogram_size, with_tails
from genzoo.metrics.refinement import Divergence, refined
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    as_rows,
    reference_rows,
    sample_rows,
    share_standard_error,
)

FRESH = 10_000
"""Real curves drawn for the band and the components."""
GROUPS = 10
FEWEST_ROWS = 20
"""Samples below which a histogram is off by more than its error."""


def total_variance(x: Any) -> float:
    """Sum over points of the variance of curves `(n, L)`."""
    rows = as_rows(x)
    if len(rows) < 2:
        return 0.0
    return float(rows.var(axis=0, ddof=1).sum())


def first_component_share(x: Any) -> float | None:
    """Share of the total variance in the first functional principal component.

    None for curves that do not vary.
    """
    rows = as_rows(x)
    spectrum = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    total = spectrum.sum()
    if not total > 0:
        return None
    return float(spectrum[0] / total)


def inside_band(x: Any, real: Any) -> Array:
    """1 for curves that lie wholly within the pointwise range of real ones, else 0, `(n,)`."""
    rows, band = as_rows(x), as_rows(real)
    slack = 1e-6 * np.ptp(band, axis=0)
    inside = (rows >= band.min(axis=0) - slack) & (rows <= band.max(axis=0) + slack)
    return np.asarray(inside.all(axis=1), dtype=np.float64)


class CurveMetric(ParameterMetric):
    """Base of the metrics here."""

    panel = "standard"

    def _real(self, evidence: Evidence) -> Array:
        """10,000 fresh real curves; the reference of a finite source."""
        source: DataSource = evidence.source
        if isinstance(source, FiniteSource):
            return reference_rows(evidence)
        generator = evidence.generator("fresh curves")

        def compute() -> Array:
            return as_rows(source.sample(FRESH, generator=generator).x)

        return evidence.about_real("fresh curves", compute)

    def _divergence(self, evidence: Evidence, divergence: Divergence) -> Estimate:
        """A divergence of the law of the samples' parameter from the true one.

        It is taken over a histogram with exact cell masses.
        """
        family, n = self._family(evidence), len(evidence.samples)
        if n < FEWEST_ROWS:
            return Estimate.absent(f"too few rows: {n}, a histogram needs {FEWEST_ROWS} samples")
        parameter = family.fit_parameter(evidence.reference)[0]

        def cdf(values: Array) -> Array:
            below = family.parameter_cdf(torch.from_numpy(values))
            return np.asarray(below.numpy(), dtype=np.float64)

        def masses_between(edges: Array) -> Array:
            return np.diff(cdf(edges))

        low, high = float(parameter.min()), float(parameter.max())
        cells = cells_of_law(cdf, low, high, histogram_size(n))
        if cells is None:
            return Estimate.absent("the real curves do not vary")
        edges, _ = cells
        values = self._fit(evidence)[0]
        below = cdf(values)
        on = (below > 0) & (below < 1)
        outside = int((~on).sum())
        return refined(divergence, values[on], with_tails(cdf, edges), masses_between, outside)


@register_metric("parameter_js", order=34)
class ParameterJS(CurveMetric):
    """Jensen-Shannon divergence of the law of the fitted parameter from the true one, in nats.

    JS = KL(q || m) / 2 + KL(p || m) / 2 with m = (p + q) / 2, over a histogram with exact cell
    masses from the distribution function, its cells halved where the laws differ within them,
    bias-corrected. Sees collapse, shift, shape of the law of the parameter. Blind to noise off the
    family, for which see `residual`: for noiseless families the divergence of the curves themselves
    is log 2 for any noise. Null: 0. Cost: some hundredths of a second. Not for curves that are far
    off the family: their parameter means little.

    Lin 1991.
    """

    name = "parameter_js"
    label = "parameter JS"
    unit = "nats"
    direction = "min"
    question = "closest"
    limits = (-math.inf, math.log(2))
    optimum = 0.0

    def _estimate(self, evidence: Evidence) -> Estimate:
        return self._divergence(evidence, refinement.JS)


@register_metric("parameter_kl", order=35)
class ParameterKL(CurveMetric):
    """Kullback-Leibler divergence of the law of the fitted parameter from the true one, in nats.

    sum_k q_k log(q_k / p_k) over a histogram with exact cell masses p_k, halved where the laws
    differ within them, bias-corrected; a lower bound where samples lie beyond all cells. Sees shift
    and excess width of the law of the parameter; infinite, and then absent with its reason, where
    the true law is bounded and samples lie outside. Blind to noise off the family and, nearly, to
    missing parts. Null: 0. Cost: nothing. Not for curves that are far off the family: their
    parameter means little.

    Kullback and Leibler 1951.
    """

    name = "parameter_kl"
    label = "parameter KL"
    unit = "nats"
    direction = "min"
    question = "closest"
    optimum = 0.0

    def _estimate(self, evidence: Evidence) -> Estimate:
        return self._divergence(evidence, refinement.KL)


@register_metric("band_share", order=36)
class BandShare(CurveMetric):
    """Share of samples that lie wholly within the pointwise range of 10,000 real curves.

    count(min_j x_j(t) <= y(t) <= max_j x_j(t) at every t) / n. Sees curves that leave the band.
    Blind to collapse and to the shape of curves inside it: shuffled points stay inside. Null: the
    same share of the held-out curves, given beside it. Cost: a draw of 10,000 curves. Not on its
    own.

    Lopez-Pintado and Romo 2009 (bands of curves).
    """

    name = "band_share"
    label = "inside the band"
    direction = "max"
    question = "good"
    limits = (0.0, 1.0)

    def _estimate(self, evidence: Evidence) -> Estimate:
        real = self._real(evidence)
        inside = inside_band(sample_rows(evidence), real)
        count, n = int(inside.sum()), len(inside)
        error = share_standard_error(count, n)
        null = float(inside_band(reference_rows(evidence), real).mean())
        return Estimate(count / n, error, n, f"range of {len(real)} real curves", null=null)


@register_metric("curve_variance", order=37)
class CurveVariance(CurveMetric):
    """Total variance of the samples as curves, over that of 10,000 real ones; the target is 1.

    sum_t var(y(t)) / sum_t var(x(t)). Sees collapse and excess width. Blind to shape: curves of the
    right variance in the wrong directions. Null: 1. Standard error: from fourth moments. Cost:
    nothing. Not for a single sample, nor on its own.

    Ramsay and Silverman 2005.
    """

    name = "curve_variance"
    label = "curve variance"
    direction = "target"
    question = "covering"
    limits = (0.0, math.inf)
    optimum = 1.0

    def _estimate(self, evidence: Evidence) -> Estimate:
        rows, real = sample_rows(evidence), self._real(evidence)
        truth = total_variance(real)
        if truth == 0:
            return Estimate.absent("the real curves do not vary")
        if len(rows) < 2:
            return Estimate.absent("too few rows: 2 are needed")
        ratio = total_variance(rows) / truth
        of_rows = _squared_deviations(rows).var() / len(rows) / truth**2
        of_truth = _squared_deviations(real).var() / len(real) / truth**2
        error = float(np.sqrt(of_rows + ratio**2 * of_truth))
        name = f"against {len(real)} real curves"
        return Estimate(ratio, error, len(rows), name, null=1.0, ceiling=1.0)


def _squared_deviations(rows: Array) -> Array:
    """Squared distance of each row `(n, D)` from their mean, `(n,)`."""
    return np.asarray(((rows - rows.mean(axis=0)) ** 2).sum(axis=1))


@register_metric("curve_component", order=38)
class CurveComponent(CurveMetric):
    """Share of the samples' total variance in their first functional principal component.

    lambda_1 / sum_k lambda_k of the covariance of the curves: 1 for a family that is linear in its
    parameter, such as the paintings. The target is the share of real curves. Sees noise and
    variation in directions that real curves do not have. Blind to collapse. Null and ceiling: the
    share among 10,000 real curves. Standard error: jackknife. Cost: ten small singular value
    decompositions. Not for samples that do not vary.

    Ramsay and Silverman 2005.
    """

    name = "curve_component"
    label = "first component"
    direction = "target"
    question = "good"
    limits = (0.0, 1.0)

    def _estimate(self, evidence: Evidence) -> Estimate:
        rows, real = sample_rows(evidence), self._real(evidence)
        share, truth = first_component_share(rows), first_component_share(real)
        if share is None:
            return Estimate.absent("the samples do not vary")
        error = _component_error(rows)
        return Estimate(share, error, len(rows), "singular values", null=truth, ceiling=truth)


def _component_error(rows: Array) -> float | None:
    """Jackknife error of the share of the first component; None where some rest does not vary."""
    groups = min(GROUPS, len(rows))
    if groups < 2:
        return None
    without = []
    for group in range(groups):
        share = first_component_share(np.delete(rows, slice(group, None, groups), axis=0))
        if share is None:
            return None
        without.append(share)
    return float(np.sqrt((groups - 1) * np.var(without)))
