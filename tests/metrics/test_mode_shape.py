"""The width of modes."""

import numpy as np
import pytest
import torch

from genzoo.core.source import GaussianModes
from genzoo.metrics import METRICS, mode_widths

SKEWED = torch.tensor([[4.0, 1.0], [1.0, 1.0]])


def skewed_modes():
    locations = torch.tensor([[0.0, 0.0], [60.0, 0.0], [0.0, 60.0]])
    return GaussianModes(torch.ones(3) / 3, locations, SKEWED.repeat(3, 1, 1))


def skewed_draws(seed, n=900, factor=1.0):
    generator = torch.Generator().manual_seed(seed)
    noise = (
        torch.randn(n, 2, generator=generator, dtype=torch.float64)
        @ torch.linalg.cholesky(SKEWED.double()).T
    )
    return skewed_modes().locations[torch.arange(n) % 3] + factor * noise


def test_truth_is_not_rejected_more_often_than_the_level():
    alarms = [mode_widths(skewed_draws(seed), skewed_modes()).wrong.any() for seed in range(200)]
    assert np.mean(alarms) < 0.09


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_ten_per_cent_is_found_at_2500_samples(factor, kit):
    for seed in range(4):
        evidence = kit["make_evidence"](kit["ring"](), kit["ring"](sd=0.05 * factor), seed=seed)
        assert METRICS.create("wrong_widths")(evidence).value >= 1


def test_the_ratio_is_one_of_variances():
    found = mode_widths(skewed_draws(0, 9000, 1.5), skewed_modes())
    assert found.pooled == pytest.approx(2.25, abs=4 * found.pooled_error)
    assert found.ratio == pytest.approx(2.25, abs=0.2)
    assert found.wrong.all()


def test_the_error_is_the_spread():
    found = [mode_widths(skewed_draws(seed, 300), skewed_modes()) for seed in range(150)]
    assert np.mean([f.pooled_error for f in found]) == pytest.approx(
        np.std([f.pooled for f in found]), rel=0.2
    )


@pytest.mark.parametrize(("n", "known"), [(6, False), (9, False), (10, True)])
def test_the_error_of_few_samples_is_not_known(n, known):
    """Of two samples of a mode the squares are equal whatever they are."""
    assert (mode_widths(skewed_draws(0, n), skewed_modes()).pooled_error is not None) == known


def test_a_shift_of_the_modes_is_not_a_width():
    assert not mode_widths(skewed_draws(0) + 1.0, skewed_modes()).wrong.any()


def test_reasons(kit):
    overlapping = kit["Mixture"]([[0.0, 0.0], [1.5, 0.0]], 1.0)
    assert (
        METRICS.create("mode_variance")(kit["make_evidence"](overlapping, n=50)).reason
        == "the modes overlap"
    )
    one = kit["make_evidence"](kit["ring"](), n=1)
    assert "2 samples" in METRICS.create("wrong_widths")(one).reason
