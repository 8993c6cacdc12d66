"""The cheap numbers watched in training, against the metrics and closed forms they abbreviate."""

import numpy as np
import pytest
import torch

from genzoo.core.noise import stream
from genzoo.core.source import real_sample
from genzoo.data import create_source
from genzoo.metrics.modes import mode_coverage
from genzoo.metrics.quick_metrics import quick_metrics


def drawn(name: str, n: int = 1000, seed: int = 0):
    source = create_source(name)
    return source, [part.x for part in real_sample(source, n, generator=stream(seed, "real"))]


@pytest.mark.parametrize("name", ["ring", "ring:modes=3,sigma=0.5", "grid"])
@pytest.mark.parametrize("kept", [1.0, 0.3])
def test_modes_and_quality_are_those_of_the_metrics(name, kept):
    source, (real, other) = drawn(name)
    noise = 0.3 * torch.randn(other.shape, generator=stream(1, "noise"))
    samples = torch.where(
        torch.rand(len(other), 1, generator=stream(2, "kept")) < kept, other, other[:1] + noise
    )
    values = quick_metrics(source, real)(samples)
    coverage = mode_coverage(samples, source.modes())
    assert values["modes captured"] == coverage.captured.sum()
    assert values["high quality"] == coverage.high_quality.sum() / len(samples)


def test_distance_of_a_shift_and_spread_of_a_scaling():
    source, (real, _) = drawn("ring")
    read = quick_metrics(source, real)
    assert read(real)["distance"] == 0
    assert read(real)["spread"] == pytest.approx(1)
    shift = torch.tensor([3.0, 4.0])
    assert read(real + shift)["distance"] == pytest.approx(5 / np.sqrt(2), rel=1e-6)
    centred = real - real.mean(0)
    assert read(real.mean(0) + 0.25 * centred)["spread"] == pytest.approx(0.25, rel=1e-6)
    assert read(real[:1].expand(500, 2))["spread"] < 1e-9


def test_the_truth_is_nearer_than_one_mode_and_far_from_nothing_else():
    source, (real, other) = drawn("ring")
    read = quick_metrics(source, real)
    one = other[source.modes().assign(other) == 0]
    assert read(other)["distance"] < 0.1 < read(one)["distance"]
    assert read(one)["modes captured"] == 1


def test_a_table_is_measured_in_standard_units():
    source, (real, other) = drawn("ring")
    source.recommended_standardisation = "column"
    units = torch.tensor([1.0, 1000.0])
    plain, scaled = (
        quick_metrics(source, real)(other),
        quick_metrics(source, real * units)(other * units),
    )
    assert scaled["distance"] == pytest.approx(plain["distance"], rel=1e-4)


def test_what_is_not_finite_is_not_a_number():
    source, (real, other) = drawn("ring")
    broken = other.clone()
    broken[3, 0] = torch.inf
    values = quick_metrics(source, real)(broken)
    assert set(values) == set(quick_metrics(source, real)(other))
    assert all(np.isnan(value) for value in values.values())


def test_a_source_without_modes_has_distance_and_spread():
    source, (real, other) = drawn("paintings")
    assert set(quick_metrics(source, real)(other)) == {"distance", "spread"}


def test_an_empty_mode_is_not_captured_however_few_samples_there_are():
    source, (real, other) = drawn("ring")
    one = other[source.modes().assign(other) == 0]
    assert quick_metrics(source, real)(one[:5])["modes captured"] == 1
