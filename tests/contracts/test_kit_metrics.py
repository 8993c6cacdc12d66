"""Faulty metrics turn the metric checks red."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Estimate, Metric
from genzoo.core.source import SupportsModes
from genzoo.testing import METRIC_CHECKS, CheckError, check_metric
from genzoo.testing.evidence import default_evidence, hostile_evidence


class MeanGap(Metric):
    """|mean of samples - mean of real examples|, over all coordinates.

    Sees a shift. Blind to everything else. Null: 0. Cost: nothing. Not for ranking.
    """

    name, label, unit, direction, optimum = "mean_gap", "mean gap", "data units", "min", 0.0

    def _estimate(self, evidence):
        x = evidence.shared("rows", lambda: evidence.samples.double().flatten(1).mean(1))
        if len(x) < 2:
            return Estimate.absent("needs two samples")
        value = (x.mean() - evidence.reference.double().mean()).abs()
        error = float(x.std()) / math.sqrt(len(x))
        return Estimate(float(value), error, len(x), "difference of means")


class ModelDensity(MeanGap):
    source_needs, model_needs = (SupportsModes,), (SupportsLogProb,)


class Unexplained(MeanGap):
    """|mean of samples - mean of real examples|.

    Sees a shift. Blind to all else. Null: 0. Cost: nothing.
    """


class NoLabel(MeanGap):
    label = ""


class OddDirection(MeanGap):
    direction = "down"


class OddPanel(MeanGap):
    panel = "fast"


class OddQuestion(MeanGap):
    question = "nearest"


class OddNeed(MeanGap):
    source_needs = ("log_prob",)


class BareNumber(MeanGap):
    def _estimate(self, evidence):
        return super()._estimate(evidence).value


class TensorValue(MeanGap):
    def _estimate(self, evidence):
        return dataclasses.replace(super()._estimate(evidence), value=evidence.samples.mean())


class NegativeError(MeanGap):
    def _estimate(self, evidence):
        return dataclasses.replace(super()._estimate(evidence), standard_error=-1.0)


class NoReason(MeanGap):
    def _estimate(self, evidence):
        return Estimate(None)


class NoEstimatorNamed(MeanGap):
    def _estimate(self, evidence):
        return dataclasses.replace(super()._estimate(evidence), estimator="")


class NeedsTheModelSilently(MeanGap):
    def _estimate(self, evidence):
        value = float(evidence.model.sample(10, generator=evidence.generator("x")).mean())
        return Estimate(value, None, 10, "mean")


class GlobalRandomness(MeanGap):
    def _estimate(self, evidence):
        index = torch.randperm(len(evidence.samples))[:10]
        return Estimate(float(evidence.samples[index].mean()), None, 10, "subsample")


class SeedsNumpy(MeanGap):
    def _estimate(self, evidence):
        np.random.seed(0)  # noqa: NPY002
        index = np.random.permutation(len(evidence.samples))[:10]  # noqa: NPY002
        return Estimate(float(evidence.samples[index].mean()), None, 10, "subsample")


class SeedsWhatIsShared(MeanGap):
    def _estimate(self, evidence):
        evidence.shared("seed", lambda: torch.manual_seed(0))
        return super()._estimate(evidence)


class FreshRandomness(MeanGap):
    def _estimate(self, evidence):
        generator = torch.Generator()
        generator.seed()
        index = torch.randperm(len(evidence.samples), generator=generator)[:10]
        return Estimate(float(evidence.samples[index].mean()), None, 10, "subsample")


class ConsumesTheCache(MeanGap):
    def _estimate(self, evidence):
        rows = evidence.shared("rows", lambda: list(evidence.samples.double().flatten(1).mean(1)))
        return Estimate(float(rows.pop()), None, 1, "last row")


class StandardisesInPlace(MeanGap):
    def _estimate(self, evidence):
        evidence.samples -= evidence.samples.mean(0)
        return Estimate(0.0, None, len(evidence.samples), "mean")


class SortsReference(MeanGap):
    def _estimate(self, evidence):
        evidence.reference.copy_(evidence.reference.sort(0).values)
        return super()._estimate(evidence)


class PutsTheModelOnAnotherScale(MeanGap):
    def _estimate(self, evidence):
        if evidence.model is not None:
            evidence.model.standardise(torch.zeros(()), torch.full((), 2.0))
        return super()._estimate(evidence)


class FarFromItsOptimum(MeanGap):
    optimum = 1.0


class BoundOnTheWrongSide(MeanGap):
    def _estimate(self, evidence):
        return dataclasses.replace(super()._estimate(evidence), value=-1.0, bound="upper")


class ErrorTooSmall(MeanGap):
    def _estimate(self, evidence):
        return dataclasses.replace(super()._estimate(evidence), standard_error=1e-6)


class ErrorOfOneSample(MeanGap):
    """The standard deviation of one number is NaN."""

    def _estimate(self, evidence):
        x = evidence.samples.double().flatten(1).mean(1)
        return Estimate(float(x.mean()), float(x.std()), len(x), "mean")


class PairsRows(MeanGap):
    """Needs as many samples as real examples, and says so by an exception."""

    def _estimate(self, evidence):
        return Estimate(float((evidence.samples - evidence.reference).mean()), None, 1, "mean")


class RatioOfSpreads(MeanGap):
    """Infinite for constant real examples."""

    def _estimate(self, evidence):
        spread = evidence.samples.double().var(0, correction=0)
        real_spread = evidence.reference.double().var(0, correction=0)
        ratio = spread / real_spread
        return Estimate(float(ratio.mean()), None, len(evidence.samples), "ratio of variances")


class HalfPrecisionLogDet(MeanGap):
    """torch has no Cholesky decomposition in half precision."""

    def _estimate(self, evidence):
        x = evidence.samples.flatten(1)
        if len(x) < 2:
            return Estimate.absent("needs two samples")
        factor = torch.linalg.cholesky(x.T @ x + 100 * torch.eye(x.shape[1]).to(x))
        return Estimate(float(factor.diagonal().sum()), None, len(x), "Cholesky")


class AddsInItsOwnPrecision(MeanGap):
    def _estimate(self, evidence):
        near = (evidence.samples + 1e7) - 1e7
        return super()._estimate(dataclasses.replace(evidence, samples=near, _cache={}))


class NoUnit(MeanGap):
    unit = ""


class MovesWithTheOrigin(MeanGap):
    def _estimate(self, evidence):
        return super()._estimate(dataclasses.replace(evidence, reference=0 * evidence.reference))


class OfConditions(MeanGap):
    """As MeanGap, where examples come with conditions.

    Sees a shift. Blind to everything else. Null: 0. Cost: nothing. Not for ranking.
    """

    conditional = True

    def _estimate(self, evidence):
        if evidence.sample_context is None:
            return Estimate.absent("no conditions")
        return super()._estimate(evidence)


class NeedsConditionsSilently(MeanGap):
    def _estimate(self, evidence):
        estimate = super()._estimate(evidence)
        if evidence.source.context_spec is not None and estimate.value is not None:
            share = float(evidence.sample_context.mean())
            return dataclasses.replace(estimate, value=share)
        return estimate


class SpoilsConditions(MeanGap):
    def _estimate(self, evidence):
        if evidence.reference_context is not None:
            evidence.reference_context[:, :3] = evidence.reference_context[:, :3].roll(1, 1)
        return super()._estimate(evidence)


class FarFromTheTruthOfConditions(OfConditions):
    optimum = 100.0


class NoUnitWithConditions(OfConditions):
    unit = ""


class AsManyConditionsAsRealOnes(OfConditions):
    def _estimate(self, evidence):
        if evidence.sample_context is not None:
            _ = evidence.sample_context - evidence.reference_context
        return super()._estimate(evidence)


FAULTS = {
    "check_metric_facts": [NoLabel, OddDirection, OddPanel, OddQuestion, OddNeed],
    "check_metric_explained": [Unexplained],
    "check_metric_estimate": [BareNumber, TensorValue, NegativeError, NoReason, NoEstimatorNamed],
    "check_metric_needs": [NeedsTheModelSilently, NeedsConditionsSilently],
    "check_metric_repeats": [
        GlobalRandomness,
        SeedsNumpy,
        SeedsWhatIsShared,
        FreshRandomness,
        ConsumesTheCache,
    ],
    "check_metric_pure": [
        StandardisesInPlace,
        SortsReference,
        PutsTheModelOnAnotherScale,
        SpoilsConditions,
    ],
    "check_metric_truth": [
        FarFromItsOptimum,
        BoundOnTheWrongSide,
        ErrorTooSmall,
        FarFromTheTruthOfConditions,
    ],
    "check_metric_precision": [AddsInItsOwnPrecision],
    "check_metric_units": [NoUnit, MovesWithTheOrigin, NoUnitWithConditions],
    "check_metric_hostile": [
        ErrorOfOneSample,
        PairsRows,
        RatioOfSpreads,
        HalfPrecisionLogDet,
        AsManyConditionsAsRealOnes,
    ],
}

CHECKS = {check.__name__: check for check in METRIC_CHECKS}


@pytest.mark.parametrize("kind", [MeanGap, ModelDensity, OfConditions])
def test_sound_metrics_pass(kind):
    check_metric(kind())


@pytest.mark.parametrize(
    ("check", "kind"), [(check, kind) for check, kinds in FAULTS.items() for kind in kinds]
)
def test_fault_turns_check_red(check, kind):
    with pytest.raises(CheckError):
        CHECKS[check](kind(), default_evidence())


def test_every_check_has_a_fault_that_turns_it_red():
    assert set(FAULTS) == set(CHECKS)


@pytest.mark.parametrize("make", default_evidence())
def test_evidence_is_made_anew_and_alike(make):
    first, second = make(), make()
    assert first.samples.data_ptr() != second.samples.data_ptr()
    assert torch.equal(first.samples, second.samples)
    assert torch.equal(first.reference, second.reference)


def test_hostile_evidence_is_what_it_says():
    cases = dict(hostile_evidence(default_evidence()[0]))
    assert len(cases["one sample"].samples) == 1
    assert len(cases["one real example"].reference) == 1
    assert float(cases["constant samples"].samples.std(0).max()) == 0
    real = cases["one sample"].reference
    assert torch.equal(cases["samples that are the real examples"].samples, real)
    assert cases["half precision"].samples.dtype == torch.float16
    disjoint = cases["disjoint supports"]
    assert float(disjoint.samples.min()) > float(disjoint.reference.max())
