"""Metrics of sources that know their modes: quality, coverage and the balance between modes."""

import dataclasses
import math
from typing import ClassVar

from genzoo.arrays import Array
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import GaussianModes, Modes, SupportsModes
from genzoo.metrics.expected_coverage import expected_modes, mode_kl_of_truth, unseen_goes_unnoticed
from genzoo.metrics.modes import (
    LEVEL,
    ModeCoverage,
    high_quality_ceiling,
    mass_test,
    mode_coverage,
    mode_kl,
    mode_masses,
    resampled_error,
    starvation_power,
)
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    rng,
    share_standard_error,
)


class ModeMetric(Metric):
    """Base of metrics that need a source with modes; of an outside sample they count all rows."""

    source_needs: ClassVar = (SupportsModes,)

    def _modes(self, evidence: Evidence) -> Modes:
        source = evidence.source
        if not isinstance(source, SupportsModes):
            raise TypeError(f"{self.name} needs a source with modes, got {type(source).__name__}")
        return evidence.about_real("modes", source.modes)

    def _coverage(self, evidence: Evidence) -> ModeCoverage:
        modes = self._modes(evidence)
        return evidence.shared("mode coverage", lambda: mode_coverage(evidence.all_samples, modes))

    def _masses(self, evidence: Evidence) -> tuple[Array, Array]:
        modes = self._modes(evidence)
        return evidence.about_real("mode masses", lambda: mode_masses(modes))

    def _errors(self, evidence: Evidence) -> tuple[float, float]:
        coverage, masses = self._coverage(evidence), self._masses(evidence)[1]
        random = rng(evidence.generator("mode bootstrap"))

        def compute() -> tuple[float, float]:
            return resampled_error(coverage.high_quality, masses, coverage.n, random)

        return evidence.shared("mode errors", compute)

    def _quality(self, evidence: Evidence) -> float | None:
        """Share of the truth that is of high quality.

        In closed form for Gaussian modes; that of the real sample for modes that reject.
        """
        modes = self._modes(evidence)
        if isinstance(modes, GaussianModes):
            return evidence.about_real("quality ceiling", lambda: high_quality_ceiling(modes))
        if not modes.rejects:
            return None
        belongs = evidence.about_real("real modes", lambda: modes.assign(evidence.reference) >= 0)
        return float(belongs.double().mean())

    def _too_few(self, evidence: Evidence) -> bool:
        """Whether there are too few samples to find any mode missing."""
        coverage, masses = self._coverage(evidence), self._masses(evidence)[1]
        return unseen_goes_unnoticed(coverage.n, masses, LEVEL)

    def _test_name(self, coverage: ModeCoverage, masses: Array) -> str:
        power = starvation_power(int(coverage.high_quality.sum()), masses)
        return (
            f"exact binomial, Holm 5 %; power {power:.2f} for the lightest mode at half its weight"
        )


@register_metric("high_quality", order=20)
class HighQuality(ModeMetric):
    """Share of samples of high quality: near enough to a mode, or recognised as of some mode.

    Near is a Mahalanobis distance from the nearest mode below sqrt(chi2_{D,.99}): 3.035 / 5.530 /
    9.655 in 2 / 15 / 64 dimensions, so that the truth reaches .99 in any dimension (3 sigma, the
    rule of the papers, gives .989 / .12 / 0). Read it against that ceiling, not against 1. Where a
    classifier tells the modes (`digits`), the share of samples that it recognises as of some mode,
    against the same share of the real sample. Standard error: binomial.

    Sees bridges, outliers and wide modes. Blind to missing modes, collapse and narrow modes (a
    model narrower than the truth exceeds the ceiling). Null: the ceiling. Cost: nothing. Not for
    sources without known modes.

    Srivastava et al. 2017 (VEEGAN); Lin et al. 2018 (PacGAN).
    """

    name = "high_quality"
    label = "high quality"
    direction = "target"
    question = "good"
    limits = (0.0, 1.0)

    def _estimate(self, evidence: Evidence) -> Estimate:
        modes = self._modes(evidence)
        gaussian = isinstance(modes, GaussianModes)
        if not gaussian and not modes.rejects:
            return Estimate.absent("the modes have no radius")
        coverage = self._coverage(evidence)
        count, n = int(coverage.high_quality.sum()), coverage.n
        ceiling = self._quality(evidence)
        name = "recognised by a classifier; ceiling of the real sample"
        if gaussian:
            name = "chi-square .99 radius"
        error = share_standard_error(count, n)
        return Estimate(count / n, error, n, name, null=ceiling, ceiling=ceiling)


@register_metric("modes_captured", order=21)
class ModesCaptured(ModeMetric):
    """Number of modes captured: with high-quality samples, not significantly below its weight.

    Exact two-sided binomial test of every mode's count of high-quality samples, Holm-adjusted at 5
    %; nor is a mode captured by less than a twentieth of its mass. One lucky sample does not
    capture a mode; in the papers' count, which `mode_coverage(..., criterion="single")` gives, it
    does. With so few samples a mode that none could be found missing (n < K log(40 K) or so), a
    mode is captured by one sample. Standard error: multinomial bootstrap.

    Sees missing and starved modes. Blind to the shape of a mode and, with few samples, to mild
    starvation: the estimator says the power. Null and ceiling: sum_k 1 - (1 - w_k)^n, the modes
    that as many draws of the truth show: all of a few, 918 of 1000 at n = 2,500. Cost: .01 s (1000
    modes: .1 s). Not for comparing samples of different size.

    Srivastava et al. 2017 (VEEGAN); Holm 1979.
    """

    name = "modes_captured"
    label = "modes captured"
    direction = "max"
    question = "covering"
    limits = (0.0, math.inf)
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        coverage, masses = self._coverage(evidence), self._masses(evidence)[1]
        quality = self._quality(evidence)
        if quality is None:
            quality = 1.0
        seen = expected_modes(coverage.n * quality, masses)
        name = self._test_name(coverage, masses)
        if self._too_few(evidence):
            name = "some sample; too few a mode for a test of its mass"
        return Estimate(
            value=float(coverage.captured.sum()),
            standard_error=self._errors(evidence)[0],
            n=coverage.n,
            estimator=name,
            null=seen,
            ceiling=seen,
        )


@register_metric("missing_modes", order=22)
class MissingModes(ModeMetric):
    """Number of modes whose mass is significantly below their weight.

    sum_k [p_k <= .05 and n_k < m w_k, or n_k < n w_k / 20], p_k the exact two-sided binomial
    p-value of every mode's count n_k of the m high-quality samples, Holm-adjusted. All modes, when
    no sample is of high quality. Standard error: multinomial bootstrap. Absent where so few samples
    could show none missing.

    Sees missing and starved modes. Blind to the shape of modes; the estimator says its power. Null:
    0, with probability above .95. Cost: .01 s. Not for few samples a mode.

    Holm 1979.
    """

    name = "missing_modes"
    label = "missing modes"
    direction = "min"
    question = "covering"
    limits = (0.0, math.inf)
    optimum = 0.0
    alarm = "modes missing"
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        coverage, masses = self._coverage(evidence), self._masses(evidence)[1]
        if self._too_few(evidence):
            return Estimate.absent(
                f"too few samples: {coverage.n} cannot show that any of "
                f"{len(masses)} modes is missing"
            )
        return Estimate(
            value=float(coverage.starved.sum()),
            standard_error=self._errors(evidence)[1],
            n=coverage.n,
            estimator=self._test_name(coverage, masses),
            null=0.0,
        )


@register_metric("kl_modes", order=23)
class KLModes(ModeMetric):
    """Kullback-Leibler divergence of the histogram over modes from the true weights, in nats.

    sum_k q_k log(q_k / w_k) - (occupied modes - 1) / (2 n), q_k the share of samples nearest to
    mode k. A model that keeps k of K equal modes scores log(K / k). Standard error: first- and
    second-order delta method, and at least what draws of the truth vary by.

    Sees missing and unbalanced modes. Blind to quality and to the shape of modes. Null: what as
    many draws of the truth get, exactly: 0 after the correction, but for many modes and few samples
    (.04 for 1000 and 2,500). Cost: nothing. Not for comparing sources with different numbers of
    modes.

    Che et al. 2017; Lin et al. 2018 (PacGAN, "reverse KL"); Miller 1955 (bias).
    """

    name = "kl_modes"
    label = "KL(modes)"
    unit = "nats"
    direction = "min"
    question = "covering"
    optimum = 0.0
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        masses, _ = self._masses(evidence)
        estimate = mode_kl(self._coverage(evidence).counts, masses)
        if estimate.value is None or estimate.standard_error is None:
            return estimate
        null, spread = mode_kl_of_truth(estimate.n, masses)
        error = max(estimate.standard_error, spread)
        return dataclasses.replace(estimate, standard_error=error, null=null)


@register_metric("modes_held", order=24)
class ModesHeld(ModeMetric):
    """Number of modes whose mass, of samples however blurred, is not significantly too small.

    sum_k [n_k > 0 and not (p_k <= .05 and n_k < n w_k)], n_k the samples nearest to mode k, p_k the
    exact two-sided binomial p-value, Holm-adjusted: `modes_captured` without its demand of quality,
    as events of training count. For models in the middle of training, whose samples are still wider
    than the modes. Standard error: multinomial bootstrap.

    Sees missing and starved modes. Blind to quality: rubbish spread evenly over all cells holds
    every mode. Null and ceiling: sum_k 1 - (1 - w_k)^n, the modes that as many draws of the truth
    show. Cost: .01 s. Not on its own.

    Holm 1979.
    """

    name = "modes_held"
    label = "modes held"
    direction = "max"
    question = "covering"
    panel = "full"
    limits = (0.0, math.inf)
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        coverage, masses = self._coverage(evidence), self._masses(evidence)[0]
        _, starved = mass_test(coverage.counts, masses)
        held = (coverage.counts > 0) & ~starved
        random = rng(evidence.generator("held bootstrap"))
        error, _ = resampled_error(coverage.counts, masses, 0, random)
        seen = expected_modes(coverage.n, masses)
        name = "exact binomial, Holm 5 %"
        value = float(held.sum())
        return Estimate(value, error, coverage.n, name, null=seen, ceiling=seen)
