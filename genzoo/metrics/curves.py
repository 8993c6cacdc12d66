"""Metrics of curve families: the law of the fitted parameter, and the distance off the family."""

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import torch

from genzoo.arrays import Array
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import SupportsParameter
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    standard_error,
)

KS_MEAN, KS_SD = 0.8687, 0.2603
"""Mean and standard deviation of sqrt(n) D_n under the Kolmogorov law."""
KS_95 = 1.3581


def ks_distance(values: Array, cdf: Callable[[Array], Array]) -> Estimate:
    """Kolmogorov-Smirnov distance sup |F_n - F| of values `(n,)` from a distribution function.

    Null: .8687 / sqrt(n). Standard error: that of the null law where the distance is within its 95
    % quantile, and otherwise the binomial one at the place of the largest gap.
    """
    ordered = np.sort(values)
    n = len(ordered)
    truth = cdf(ordered)
    above = np.arange(1, n + 1) / n - truth
    below = truth - np.arange(n) / n
    top, bottom = int(above.argmax()), int(below.argmax())
    if above[top] >= below[bottom]:
        distance, empirical = float(above[top]), (top + 1) / n
    else:
        distance, empirical = float(below[bottom]), bottom / n
    if distance <= KS_95 / np.sqrt(n):
        error = KS_SD / np.sqrt(n)
    else:
        error = np.sqrt(empirical * (1 - empirical) / n)
    null = float(KS_MEAN / np.sqrt(n))
    return Estimate(distance, float(error), n, "exact supremum", null=null)


def standard_deviation(values: Array) -> Estimate:
    """Standard deviation with its delta-method error sqrt((m_4 - s^4) / (4 s^2 n))."""
    n = len(values)
    if n < 2:
        return Estimate.absent(f"too few rows: {n}, a standard deviation needs 2")
    centred = values - values.mean()
    variance = float(centred @ centred / (n - 1))
    spread = max(float((centred**4).mean()) - variance**2, 0.0)
    error = 0.0
    if variance > 0:
        error = float(np.sqrt(spread / (4 * variance * n)))
    return Estimate(float(np.sqrt(variance)), error, n, "sample standard deviation")


class ParameterMetric(Metric):
    """Base of the metrics that need a curve family."""

    source_needs: ClassVar = (SupportsParameter,)

    def _family(self, evidence: Evidence) -> SupportsParameter:
        source = evidence.source
        if not isinstance(source, SupportsParameter):
            raise TypeError(
                f"{self.name} needs a source with a curve parameter, got {type(source).__name__}"
            )
        return source

    def _fit(self, evidence: Evidence) -> tuple[Array, Array]:
        """Fitted parameter and residual of each sample."""

        def compute() -> tuple[Array, Array]:
            parameter, residual = self._family(evidence).fit_parameter(evidence.samples)
            return parameter.to(torch.float64).numpy(), residual.to(torch.float64).numpy()

        return evidence.shared("fitted parameter", compute)


@register_metric("parameter_mean", order=30)
class ParameterMean(ParameterMetric):
    """Mean of the curve parameter fitted to each sample by least squares.

    (1/n) sum_i a_i with a_i = arg min_a |y_i - f_a|^2; the target is the true mean. Sees a shift of
    the law of the parameter. Blind to its width, to collapse onto the mean and to everything off
    the family: read it with `parameter_sd`, `parameter_ks` and `residual`. Null: the true mean.
    Cost: nothing. Not on its own.

    Gauss 1809 (least squares).
    """

    name = "parameter_mean"
    label = "parameter mean"
    direction = "target"

    def _estimate(self, evidence: Evidence) -> Estimate:
        values, _ = self._fit(evidence)
        mean, error = float(values.mean()), standard_error(values)
        truth = self._family(evidence).parameter_mean
        return Estimate(mean, error, len(values), "least squares", null=truth, ceiling=truth)


@register_metric("parameter_sd", order=31)
class ParameterSD(ParameterMetric):
    """Standard deviation of the curve parameter fitted to each sample by least squares.

    sqrt(sum_i (a_i - mean)^2 / (n - 1)) with a_i = arg min_a |y_i - f_a|^2; the target is the true
    one. Sees collapse and excess width of the law of the parameter. Blind to shift and shape. Null:
    the true standard deviation. Standard error: delta method from the fourth moment. Cost: nothing.
    Not for a single sample, nor on its own.

    Gauss 1809 (least squares).
    """

    name = "parameter_sd"
    label = "parameter sd"
    direction = "target"
    question = "covering"
    limits = (0.0, math.inf)

    def _estimate(self, evidence: Evidence) -> Estimate:
        values, _ = self._fit(evidence)
        truth = self._family(evidence).parameter_sd
        return dataclasses.replace(standard_deviation(values), null=truth, ceiling=truth)


@register_metric("parameter_ks", order=32)
class ParameterKS(ParameterMetric):
    """Kolmogorov-Smirnov distance of the fitted curve parameter from its true law, sup |F_n - F|.

    Sees collapse (onto the median: .5), shift and shape of the law of the parameter. Blind to noise
    off the family. Null: .87 / sqrt(n), .017 at 2,500 samples. Cost: a sort. Not for comparing runs
    of different size.

    Kolmogorov 1933; Smirnov 1948.
    """

    name = "parameter_ks"
    label = "parameter KS"
    direction = "min"
    question = "closest"
    limits = (0.0, 1.0)
    optimum = 0.0
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        family = self._family(evidence)
        values, _ = self._fit(evidence)
        return ks_distance(values, lambda a: family.parameter_cdf(torch.from_numpy(a)).numpy())


@register_metric("residual", order=33)
class Residual(ParameterMetric):
    """Distance of samples from the curve family: root of the mean squared residual of the fit.

    sqrt of the mean over samples and points of (y - f_a(x))^2, in data units; what the precision of
    the samples rounds away counts as 0. Sees noise and shapes outside the family. Blind to collapse
    and to the law of the parameter. Null: the noise of the source, exactly 0 where it has none.
    Standard error: delta method. Cost: nothing. Not on its own: a single repeated curve scores 0.

    Ramsay and Silverman 2005.
    """

    name = "residual"
    label = "off the family"
    unit = "data units"
    direction = "min"
    question = "good"
    limits = (0.0, math.inf)

    def _estimate(self, evidence: Evidence) -> Estimate:
        size = float(evidence.samples.double().square().mean().sqrt())
        rounding = torch.finfo(evidence.samples.dtype).eps * size
        _, residual = self._fit(evidence)
        squares = np.where(residual <= rounding, 0.0, residual**2)
        root = float(np.sqrt(squares.mean()))
        error = standard_error(squares)
        if error is not None:
            error = error / (2 * root) if root > 0 else 0.0
        ceiling = None if isinstance(evidence.source, SupportsLogProb) else 0.0
        return Estimate(root, error, len(squares), "least squares", ceiling=ceiling)
