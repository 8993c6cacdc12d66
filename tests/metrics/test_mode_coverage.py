"""Modes: counts, the mass test, the metrics over them."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from genzoo.core.metric import Evidence
from genzoo.core.source import Modes
from genzoo.errors import InputError
from genzoo.metrics import METRICS, high_quality_radius, mass_test, mode_coverage, mode_kl
from genzoo.metrics.modes import high_quality_ceiling, mode_masses, starvation_power
from genzoo.p_values import holm

NAMES = ("high_quality", "modes_captured", "missing_modes", "kl_modes")


def scores(evidence):
    return {name: METRICS.create(name)(evidence) for name in NAMES}


@pytest.mark.parametrize(
    ("dimension", "radius"), [(1, 2.5758), (2, 3.035), (15, 5.530), (64, 9.655)]
)
def test_radius(dimension, radius):
    assert high_quality_radius(dimension) == pytest.approx(radius, abs=5e-4)


@pytest.mark.parametrize(
    ("dimension", "share"), [(1, 0.9973), (2, 0.98889), (15, 0.1225), (64, 0.0)]
)
def test_three_sigma_of_the_papers(dimension, share, kit):
    source = kit["normal"](dimension)
    assert high_quality_ceiling(source.modes(), 3.0) == pytest.approx(share, abs=5e-5)
    x = kit["draws"](source, 4000, 0)
    coverage = mode_coverage(x, source.modes(), radius=3.0)
    assert coverage.high_quality.sum() / 4000 == pytest.approx(
        share, abs=4 * math.sqrt(0.25 / 4000) * (share > 0.01)
    )


@pytest.mark.parametrize("dimension", [2, 15, 64])
def test_truth_reaches_the_ceiling_in_any_dimension(dimension, kit):
    estimate = METRICS.create("high_quality")(kit["make_evidence"](kit["normal"](dimension)))
    assert estimate.ceiling == pytest.approx(0.99)
    assert estimate.value == pytest.approx(0.99, abs=4 * estimate.standard_error)


def test_covariance_is_a_variance_not_a_standard_deviation(kit):
    """Twice the width in the plane: the share inside r is 1 - exp(-r^2 / 8)."""
    estimate = METRICS.create("high_quality")(
        kit["make_evidence"](kit["ring"](), kit["ring"](sd=0.1))
    )
    truth = 1 - math.exp(-(high_quality_radius(2) ** 2) / 8)
    assert estimate.value == pytest.approx(truth, abs=4 * estimate.standard_error)


def test_truth_has_all_modes_in_nearly_all_repetitions(kit):
    ring = kit["ring"]()
    missing = [
        mode_coverage(kit["draws"](ring, 500, s), ring.modes()).starved.sum() for s in range(200)
    ]
    assert np.mean(np.array(missing) > 0) <= 0.05


@pytest.mark.parametrize("kept", [7, 4, 1])
def test_dropped_modes(kept, kit):
    found = scores(kit["make_evidence"](kit["ring"](), kit["ring"](kept)))
    assert found["missing_modes"].value == 8 - kept
    assert found["modes_captured"].value == kept
    assert found["modes_captured"].ceiling == 8
    estimate = found["kl_modes"]
    assert estimate.value == pytest.approx(
        math.log(8 / kept), abs=3 * estimate.standard_error + 1e-9
    )
    assert found["high_quality"].value > 0.98


@pytest.mark.parametrize("kept", [8, 5, 1])
def test_blurred_modes_are_held(kept, kit):
    """Five standard deviations off its mode every sample is rubbish, and its mode is held."""
    ring = kit["ring"]()
    centres, sigma = (
        ring.locations[torch.arange(800) % kept],
        ring.modes().covariances[0, 0, 0].sqrt(),
    )
    x = centres * (1 + 5 * sigma / centres.norm(dim=1, keepdim=True))
    evidence = kit["make_evidence"](ring, transform=lambda _: x.float())
    assert METRICS.create("modes_held")(evidence).value == kept
    assert METRICS.create("modes_captured")(evidence).value == 0


@pytest.mark.parametrize(
    ("lucky", "captured"), [(0, 0), (1, 0), (5, 0), (15, 0), (16, 1), (40, 1), (60, 1), (400, 1)]
)
def test_few_lucky_samples_among_rubbish_hide_no_missing_mode(lucky, captured, kit):
    """Shares of a handful of samples have no power: the 2,500, 312 a mode, tell what lacks."""
    ring = kit["ring"]()
    far = torch.full((2500 - lucky, 2), 5.0, dtype=ring.locations.dtype)
    x = torch.cat([ring.locations[:1].expand(lucky, 2), far])
    found = scores(kit["make_evidence"](ring, transform=lambda _: x.float()))
    assert found["modes_captured"].value == captured
    assert found["missing_modes"].value == 8 - captured


def test_one_lucky_sample_does_not_capture_a_mode(kit):
    ring = kit["ring"]()
    x = torch.cat([kit["draws"](kit["ring"](7), 2499, 0), ring.locations[7:].float()])
    assert mode_coverage(x, ring.modes(), criterion="single").captured.sum() == 8
    assert mode_coverage(x, ring.modes()).captured.sum() == 7


def test_a_mode_at_half_its_weight_is_found(kit):
    starved = kit["Mixture"](kit["ring"]().locations, 0.05, [1.0] * 7 + [0.5])
    for seed in range(5):
        found = scores(kit["make_evidence"](kit["ring"](), starved, seed=seed))
        assert found["missing_modes"].value >= 1
    assert starvation_power(2500, np.full(25, 1 / 25)) > 0.95
    assert starvation_power(300, np.full(100, 0.01)) < 0.1


def test_samples_between_the_modes_capture_none(kit):
    found = scores(kit["make_evidence"](kit["ring"](), kit["Mixture"]([[0.0, 0.0]], 0.1)))
    assert found["high_quality"].value < 0.01
    assert found["modes_captured"].value == 0
    assert found["missing_modes"].value == 8


def test_overlapping_modes_do_not_alarm_the_truth(kit):
    """Modes 1.5 standard deviations apart: the nearest mode is often not the one drawn."""
    source = kit["Mixture"]([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]], 1.0, [0.6, 0.3, 0.1])
    masses, _ = mode_masses(source.modes())
    assert abs(masses - [0.6, 0.3, 0.1]).max() > 0.02
    found = [scores(kit["make_evidence"](source, seed=seed)) for seed in range(20)]
    assert sum(f["missing_modes"].value > 0 for f in found) <= 2
    assert np.mean([f["kl_modes"].value for f in found]) == pytest.approx(0, abs=0.0005)
    assert found[0]["high_quality"].ceiling is None


class Halves(Modes):
    """Left, right, and a middle that belongs to none."""

    weights = torch.tensor([0.5, 0.5], dtype=torch.float64)
    names = ("left", "right")

    def assign(self, x):
        side = (x[:, 0] > 0).long()
        return torch.where(x[:, 0].abs() < 0.1, -1, side)


def test_modes_that_a_rule_assigns():
    x = torch.tensor([[-1.0], [1.0], [0.05], [2.0]])
    coverage = mode_coverage(x, Halves())
    assert coverage.counts.tolist() == [1, 2]
    assert coverage.n == 4


def test_bad_criterion_is_named(kit):
    with pytest.raises(InputError, match="criterion"):
        mode_coverage(torch.zeros(3, 2), kit["ring"]().modes(), criterion="mean")


@given(st.integers(1, 400), st.floats(0.02, 0.98))
def test_tails_agree_with_scipy(n, weight):
    """Twice the smaller tail, by scipy's one-sided tests."""
    count = int(n * 0.3)
    tails = [binomtest(count, n, weight, alternative=side).pvalue for side in ("less", "greater")]
    adjusted, _ = mass_test([count, n - count], [weight, 1 - weight])
    assert adjusted[0] == pytest.approx(min(1, 2 * 2 * min(tails)), rel=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_by_hand(p_values):
    adjusted = holm(np.array(p_values))
    order = np.argsort(p_values)
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, p_values[index] * (len(p_values) - rank)))
        assert adjusted[index] == pytest.approx(running)


def test_family_wise_error_of_the_mass_test():
    random = np.random.default_rng(0)
    weights = np.full(25, 1 / 25)
    alarms = [
        (mass_test(random.multinomial(2500, weights), weights)[0] <= 0.05).any() for _ in range(400)
    ]
    assert np.mean(alarms) < 0.08


@pytest.mark.parametrize("shares", [[0.25] * 4, [0.4, 0.3, 0.2, 0.1], [0.5, 0.5, 0.0, 0.0]])
def test_mode_kl_is_unbiased_and_its_error_covers(shares):
    random = np.random.default_rng(0)
    shares, weights = np.array(shares), np.full(4, 0.25)
    found = [mode_kl(random.multinomial(400, shares), weights) for _ in range(400)]
    values = np.array([f.value for f in found])
    some = shares > 0
    truth = shares[some] @ np.log(shares[some] / 0.25)
    assert values.mean() == pytest.approx(truth, abs=0.002)
    assert np.mean([f.standard_error for f in found]) == pytest.approx(values.std(), rel=0.35)
    hits = np.mean(
        [abs(f.value - truth) <= NormalDist().inv_cdf(0.975) * f.standard_error for f in found]
    )
    assert hits > 0.9


def test_bootstrap_error_of_the_counts_covers(kit):
    """A mode at 60 % of its weight, few samples: the missing modes vary, and the error says so."""
    truth = kit["ring"]()
    model = kit["Mixture"](truth.locations, 0.05, [1.0] * 7 + [0.6])
    found = [
        METRICS.create("missing_modes")(kit["make_evidence"](truth, model, n=500, seed=s))
        for s in range(60)
    ]
    spread = np.std([f.value for f in found])
    assert 0.5 * spread < np.mean([f.standard_error for f in found]) < 2 * spread


def test_nothing_to_count():
    assert mode_kl([0, 0], [0.5, 0.5]).value is None
    assert "weight 0" in mode_kl([1, 1], [1.0, 0.0]).reason


def test_sources_without_a_radius_say_so(kit):
    class Source(kit["Unknown"], kit["SupportsModes"]):
        def modes(self):
            return Halves()

    source = Source(kit["normal"](1))
    evidence = Evidence(kit["draws"](source, 100, 0), kit["draws"](source, 100, 1), source)
    assert METRICS.create("high_quality")(evidence).reason == "the modes have no radius"
    assert METRICS.create("modes_captured")(evidence).value == 2
