"""Metrics of modes that a classifier tells, and of many modes with few samples a mode."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.core.source import Modes, SupportsModes, real_sample
from genzoo.data import create_source
from genzoo.metrics import METRICS, mode_kl, panel
from genzoo.metrics.expected_coverage import expected_modes, mode_kl_of_truth, unseen_goes_unnoticed
from genzoo.testing.specimens import StandardNormal

MODES = ("high_quality", "modes_captured", "missing_modes", "kl_modes")


def scores(source, samples, reference):
    evidence = Evidence(samples, reference, source)
    return {metric.name: metric(evidence) for metric in panel(",".join(MODES))}


def test_a_thousand_modes_and_2500_samples_show_918():
    assert expected_modes(2500, np.full(1000, 1e-3)) == pytest.approx(1000 * (1 - 0.999**2500))
    assert round(expected_modes(2500, np.full(1000, 1e-3))) == 918


@given(st.integers(1, 3000), st.lists(st.floats(0.05, 1), min_size=2, max_size=30))
def test_expected_modes_is_a_sum_over_modes(n, weights):
    shares = np.array(weights) / sum(weights)
    assert expected_modes(n, shares) == pytest.approx((1 - (1 - shares) ** n).sum())


@pytest.mark.parametrize(("n", "size"), [(2500, 1000), (300, 10), (60, 100)])
def test_what_the_truth_gets_on_many_modes(n, size):
    random = np.random.default_rng(0)
    weights = random.uniform(0.5, 1.5, size)
    weights /= weights.sum()
    drawn = random.multinomial(n, weights, 1500)
    found = np.array([mode_kl(counts, weights).value for counts in drawn])
    mean, spread = mode_kl_of_truth(n, weights)
    assert abs(found.mean() - mean) < 4 * spread / np.sqrt(1500)
    assert spread == pytest.approx(found.std(), rel=0.08)
    occupied = (drawn > 0).sum(axis=1)
    assert (
        abs(occupied.mean() - expected_modes(n, weights))
        < 4 * occupied.std() / np.sqrt(1500) + 1e-3
    )


def test_when_a_missing_mode_goes_unnoticed():
    assert unseen_goes_unnoticed(2500, np.full(1000, 1e-3), 0.05)
    assert not unseen_goes_unnoticed(2500, np.full(100, 1e-2), 0.05)


@pytest.fixture(scope="module", params=["digits", "stacked_digits"])
def case(request):
    source = create_source(request.param)
    reference, oracle = (part.x for part in real_sample(source, 2500, generator=stream(0, "real")))
    return source, reference, oracle


def test_the_truth_is_at_its_own_values(case):
    for name, found in scores(case[0], case[2], case[1]).items():
        if found.value is not None:
            assert abs(found.value - found.null) <= 4 * found.standard_error + 0.02, name


def test_real_images_are_recognised_as_often_as_the_ceiling_says(case):
    source, reference, oracle = case
    found = METRICS.create("high_quality")(Evidence(oracle, reference, source))
    share = float((source.modes().assign(reference) >= 0).double().mean())
    assert found.ceiling == share < 1
    noise = torch.rand(oracle.shape, generator=stream(0, "noise"))
    assert METRICS.create("high_quality")(Evidence(noise, reference, source)).value == 0


def test_a_dropped_digit_is_missed():
    source = create_source("digits")
    reference, oracle = (part.x for part in real_sample(source, 2500, generator=stream(0, "real")))
    kept = oracle[source.modes().assign(oracle) != 3]
    found = scores(source, kept, reference)
    assert found["modes_captured"].value == 9
    assert found["missing_modes"].value == 1
    assert found["kl_modes"].value > 0.05


def test_half_of_the_triples():
    source = create_source("stacked_digits")
    reference, oracle = (part.x for part in real_sample(source, 4500, generator=stream(0, "real")))
    index = source.modes().assign(oracle)
    kept = oracle[(index >= 0) & (index % 10 < 5)][:2500]
    found = scores(source, kept, reference[:2500])
    assert found["modes_captured"].value < 500 < found["modes_captured"].ceiling
    assert found["kl_modes"].value == pytest.approx(np.log(2), abs=0.05)
    assert found["missing_modes"].value is None
    assert "too few" in found["missing_modes"].reason


class Signs(Modes):
    """Two modes that leave nothing out."""

    weights = torch.tensor([0.5, 0.5], dtype=torch.float64)
    names = ("below", "above")

    def assign(self, x):
        return (x.flatten(1)[:, 0] > 0).long()


class Signed(StandardNormal, SupportsModes):
    def modes(self):
        return Signs()


def test_modes_that_reject_nothing_have_no_quality():
    x = torch.randn(200, 2, generator=stream(0))
    found = scores(Signed((2,)), x[:100], x[100:])
    assert found["high_quality"].value is None
    assert found["modes_captured"].value == 2
