"""The criterion of the papers, counted by hand and against its exact values."""

import numpy as np
import pytest
import torch

from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.core.source import real_sample
from genzoo.data import create_source
from genzoo.metrics import METRICS


def scored(name, samples, source):
    reference, _ = (part.x for part in real_sample(source, 100, generator=stream(0, "real")))
    return METRICS.create(name)(Evidence(samples, reference, source))


def placed(source, sigmas):
    """For each mode, samples at these distances from its centre, in its own standard deviations."""
    locations = source.modes().locations
    return torch.cat(
        [locations[k] + torch.tensor([[0.05 * r, 0.0]]) for k, rs in sigmas.items() for r in rs]
    ).float()


def test_one_sample_within_three_sigma_captures_a_mode():
    source = create_source("ring")
    samples = placed(source, {0: [0.0] * 50, 1: [2.99], 2: [3.01], 5: [-2.9, 3.2]})
    modes = scored("published_modes", samples, source)
    assert modes.value == 3
    assert modes.ceiling == 8
    assert scored("published_high_quality", samples, source).value == pytest.approx(52 / 54)
    assert scored("modes_captured", samples, source).value == 1


def test_the_truth_reaches_the_ceiling_of_the_papers():
    source = create_source("ring:sigma=0.01")
    samples = source.sample(50_000, generator=stream(1, "truth")).x
    quality = scored("published_high_quality", samples, source)
    assert quality.ceiling == pytest.approx(1 - np.exp(-4.5), rel=1e-9)
    assert abs(quality.value - quality.ceiling) < 4 * quality.standard_error
    assert scored("published_modes", samples, source).value == 8


def test_the_error_is_that_of_repeated_sampling():
    source = create_source("ring")
    rng = np.random.default_rng(0)
    shares = np.array([0.9, 0.0995, 0.0005, 0, 0, 0, 0, 0])
    counts = rng.multinomial(1000, shares, size=400)
    spread = (counts > 0).sum(axis=1).std()
    near = {k: [0.0] * c for k, c in enumerate([900, 99, 1, 0, 0, 0, 0, 0])}
    assert (
        0.5 * spread
        < scored("published_modes", placed(source, near), source).standard_error
        < 1.5 * spread
    )


def test_modes_without_a_radius_are_captured_by_the_nearest_sample():
    source = create_source("veegan_mixture:dimension=20,noisy=5")
    samples = source.modes().centres[[3, 3, 6]].float() + 0.1
    assert scored("published_modes", samples, source).value == 2
    assert "radius" in scored("published_high_quality", samples, source).reason
