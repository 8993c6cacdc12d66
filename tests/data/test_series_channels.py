"""Series of several channels: which are scaled position by position, and what that is good for."""

import numpy as np
import pytest

import genzoo
from genzoo.core.noise import stream
from genzoo.data import ArraySource, load_file


def station(n=1200):
    """Days of a weather station `(n, 24, 3)`: pressure (Pa), temperature (K), humidity."""
    random = np.random.default_rng(8)
    hour = np.arange(24) / 24
    phase, amplitude = random.normal(0, 0.3, (n, 1)), random.gamma(4, 1, (n, 1))
    temperature = (
        285 + amplitude * np.sin(2 * np.pi * hour + phase) + random.normal(0, 0.3, (n, 24))
    )
    humidity = np.clip(0.6 - 0.03 * (temperature - 285) + random.normal(0, 0.02, (n, 24)), 0, 1)
    pressure = (
        101_300 + random.normal(0, 800, (n, 1)) + np.cumsum(random.normal(0, 30, (n, 24)), axis=1)
    )
    return np.stack([pressure, temperature, humidity], axis=-1)


def noise(*shape):
    return np.random.default_rng(0).normal(size=shape)


CASES = {
    "channels last": (station(50), "column"),
    "channels first": (station(50).transpose(0, 2, 1), "column"),
    "channels of one unit": (noise(50, 24, 3), "scalar"),
    "spreads eight times apart": (noise(500, 24, 2) * [1, 8], "scalar"),
    "spreads twelve times apart": (noise(500, 24, 2) * [1, 12], "column"),
    "other levels, one spread": (noise(50, 24, 3) + np.array([0, 1e3, 1e5]), "scalar"),
    "a constant channel": (noise(50, 24, 3) * [1, 1, 0] + 0.1, "scalar"),
    "one channel": (noise(50, 24, 1), "scalar"),
    "a channel axis of exactly half": (noise(50, 6, 3) * [1, 1, 100], "column"),
    "a channel axis of more than half": (noise(50, 5, 3) * [1, 1, 100], "scalar"),
    "pictures": (noise(50, 28, 28) * np.geomspace(1, 1e3, 28), "scalar"),
    "small pictures": (noise(50, 8, 8) * np.geomspace(1, 1e3, 8), "scalar"),
    "pictures with channels": (noise(50, 3, 8, 8) * np.reshape([1, 1, 1e3], (3, 1, 1)), "scalar"),
    "table": (noise(50, 3), "column"),
}


@pytest.mark.parametrize(("rows", "expected"), CASES.values(), ids=CASES.keys())
def test_which_examples_are_scaled_position_by_position(rows, expected, tmp_path):
    assert ArraySource(rows).recommended_standardisation == expected
    np.save(tmp_path / "x.npy", rows)
    assert load_file(tmp_path / "x.npy").recommended_standardisation == expected


@pytest.mark.thorough
@pytest.mark.parametrize("axes", [(0, 1, 2), (0, 2, 1)], ids=["channels last", "channels first"])
def test_every_channel_is_learned_to_its_own_scale(axes):
    """After 800 steps of a VAE within a quarter.

    With one scale for all channels, 20 and 650 times too wide.
    """
    x = station()
    fit = genzoo.train("vae", x.transpose(axes), steps=800, record=False)
    samples = fit.run(0).model.sample(1000, generator=stream(0)).numpy().transpose(axes)
    relative = samples.std(axis=0).mean(axis=0) / x.std(axis=0).mean(axis=0)
    assert relative == pytest.approx(1, abs=0.25)
    off = np.abs(samples.mean(axis=0) - x.mean(axis=0)).max(axis=0) / x.std(axis=0).mean(axis=0)
    assert off.max() < 0.25
