"""Evidence and the rules by which a metric is absent."""

import math

import pytest
import torch

from genzoo.core.capabilities import SupportsElbo, SupportsLogProb
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.noise import stream
from genzoo.core.source import SupportsModes, SupportsParameter
from genzoo.errors import InputError
from genzoo.testing.specimens import LinearGAN, LinearGaussian, StandardNormal, ThreeModes


def evidence(source=None, model=None, **fields):
    source = source or StandardNormal((2,))
    return Evidence(
        torch.zeros(3, *source.event_shape),
        torch.zeros(4, *source.event_shape),
        source,
        model,
        **fields,
    )


class Zero(Metric):
    name, label, direction = "zero", "zero", "min"

    def _estimate(self, evidence):
        return Estimate(0.0, n=len(evidence.samples))


@pytest.mark.parametrize(
    ("needs", "given", "reason"),
    [
        ({"source_needs": (SupportsModes,)}, {}, "no known modes"),
        ({"source_needs": (SupportsParameter,)}, {}, "no curve parameter"),
        ({"model_needs": (SupportsElbo,)}, {}, "samples only"),
        ({"model_needs": (SupportsElbo,)}, {"model": LinearGAN((2,))}, "no likelihood bound"),
        ({"model_needs": (SupportsLogProb,)}, {"model": LinearGAN((2,))}, "no density"),
        ({"source_needs": (SupportsModes,), "model_needs": (SupportsElbo,)}, {}, "no known modes"),
    ],
)
def test_what_is_missing_is_said(needs, given, reason):
    estimate = type("Needing", (Zero,), needs)()(evidence(**given))
    assert estimate == Estimate.absent(reason)
    assert estimate.value is None


def test_what_is_there_is_used():
    needing = type(
        "Needing", (Zero,), {"source_needs": (SupportsModes,), "model_needs": (SupportsLogProb,)}
    )
    assert needing()(evidence(ThreeModes(), LinearGaussian((2,)))) == Estimate(0.0, n=3)


@pytest.mark.parametrize("field", ["samples", "reference"])
@pytest.mark.parametrize(
    "x", [torch.zeros(3, 3), torch.zeros(0, 2), torch.full((2, 2), math.nan)], ids=str
)
def test_evidence_is_checked(field, x):
    fields = {"samples": torch.zeros(3, 2), "reference": torch.zeros(3, 2), field: x}
    with pytest.raises(InputError, match=field):
        Evidence(**fields, source=StandardNormal((2,)))


def test_what_is_shared_is_computed_once():
    given, calls = evidence(), []
    for _ in range(3):
        assert given.shared(("a", 1), lambda: calls.append(1) or "value") == "value"
    assert given.shared(("a", 2), lambda: None) is None
    assert given.shared(("a", 2), lambda: "not None") is None
    assert len(calls) == 1
    assert evidence().shared(("a", 1), lambda: "another") == "another"


def test_each_estimator_has_a_stream_of_its_own_for_each_seed():
    seeds = {
        evidence(seed=seed).generator(name).initial_seed()
        for seed in (0, 1)
        for name in ("folds", "slices")
    }
    assert len(seeds) == 4
    again = evidence(seed=1).generator("folds")
    assert torch.equal(
        torch.rand(3, generator=again), torch.rand(3, generator=stream(1, "metric", "folds"))
    )


def test_what_a_metric_declares_by_saying_nothing():
    said = {name: getattr(Zero, name) for name in Metric.__annotations__ if name in vars(Metric)}
    assert said == {
        "conditional": False,
        "unit": "",
        "optimum": None,
        "limits": (-math.inf, math.inf),
        "panel": "quick",
        "alarm": "",
        "ranked": True,
        "question": "",
        "depends_on_n": False,
        "quick_where": (),
        "source_needs": (),
        "model_needs": (),
    }
    assert Zero().compares_samples
