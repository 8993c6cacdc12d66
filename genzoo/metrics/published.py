"""The criterion by which papers on mode collapse count modes, beside genzoo's own."""

import math

import numpy as np
import torch
from torch import Tensor

from genzoo.core.metric import Estimate, Evidence
from genzoo.core.source import GaussianModes
from genzoo.metrics.mode_metrics import ModeMetric
from genzoo.metrics.modes import ModeCoverage, high_quality_ceiling, mode_coverage
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import share_standard_error

RADIUS = 3.0
"""Standard deviations from the nearest centre within which papers speak of high quality."""
PUBLISHED_SAMPLES = 2500
"""Samples on which papers count."""


class PublishedMetric(ModeMetric):
    """Base of the metrics that follow Srivastava et al. 2017 and Lin et al. 2018 to the letter.

    They do so in the number of samples too.
    """

    def _published(self, evidence: Evidence) -> ModeCoverage:
        modes = self._modes(evidence)

        def compute() -> ModeCoverage:
            samples = _published_samples(evidence)
            return mode_coverage(samples, modes, radius=RADIUS, criterion="single")

        return evidence.shared("published coverage", compute)

    def _name(self, rule: str, coverage: ModeCoverage) -> str:
        """The rule by which samples count, and their number where papers have another."""
        if coverage.n == PUBLISHED_SAMPLES:
            return rule
        return f"{rule}; n {coverage.n:,}, published with {PUBLISHED_SAMPLES:,}"


@register_metric("published_modes", order=28)
class PublishedModes(PublishedMetric):
    """Number of modes with at least one sample within 3 standard deviations, as papers count them.

    Each sample counts for its nearest mode; where modes have no radius, at any distance. For
    comparison with published tables, at their 2,500 samples; `modes_captured` asks for more than
    one lucky sample. Standard error: of the number of occupied cells, the root of sum_k m_k (1 -
    m_k) with m_k = (1 - p_k)^n the chance that no sample falls into mode k.

    Sees modes without any sample. Blind to starved modes and to quality. Null: all modes. Cost:
    nothing. Not for ranking models that reach all modes.

    Srivastava et al. 2017 (VEEGAN); Lin et al. 2018 (PacGAN).
    """

    name = "published_modes"
    label = "modes (1 sample)"
    direction = "max"
    question = "covering"
    limits = (0.0, math.inf)
    panel = "full"

    def _estimate(self, evidence: Evidence) -> Estimate:
        coverage = self._published(evidence)
        modes = self._modes(evidence)
        rule = "one within 3 sigma" if isinstance(modes, GaussianModes) else "nearest to one"
        missed = (1 - coverage.high_quality / coverage.n) ** coverage.n
        error = float(np.sqrt((missed * (1 - missed)).sum()))
        value, ceiling = float(coverage.captured.sum()), float(len(modes))
        return Estimate(value, error, coverage.n, self._name(rule, coverage), ceiling=ceiling)


@register_metric("published_high_quality", order=29)
class PublishedHighQuality(PublishedMetric):
    """Share of samples within 3 standard deviations of the nearest centre, as papers count them.

    q = #{x: min_k |x - mu_k|_k < 3} / n with the Mahalanobis distance |.|_k of mode k. The truth
    itself reaches the chi-square probability of 9: .989 in 2 dimensions, .118 in 15. For comparison
    with published tables; `high_quality` has a ceiling of .99 in any dimension. Standard error:
    binomial.

    Sees bridges, outliers and wide modes. Blind to missing modes and to narrow ones. Null: the
    ceiling. Cost: nothing. Not for high dimensions.

    Srivastava et al. 2017 (VEEGAN); Lin et al. 2018 (PacGAN).
    """

    name = "published_high_quality"
    label = "within 3 σ"
    direction = "target"
    question = "good"
    limits = (0.0, 1.0)
    panel = "full"

    def _estimate(self, evidence: Evidence) -> Estimate:
        modes = self._modes(evidence)
        if not isinstance(modes, GaussianModes):
            return Estimate.absent("the modes have no radius")
        coverage = self._published(evidence)
        count, n = int(coverage.high_quality.sum()), coverage.n
        ceiling = high_quality_ceiling(modes, RADIUS)
        error = share_standard_error(count, n)
        name = self._name("3 sigma", coverage)
        return Estimate(count / n, error, n, name, null=ceiling, ceiling=ceiling)


def _published_samples(evidence: Evidence) -> Tensor:
    """2,500 samples, or as many as there are.

    Where the evidence has fewer, they are drawn from all of the same outside sample.
    """
    x = evidence.samples
    if len(x) < PUBLISHED_SAMPLES and evidence.every is not None:
        generator = evidence.generator("published samples")
        x = evidence.every[torch.randperm(len(evidence.every), generator=generator)]
    return x[:PUBLISHED_SAMPLES]
