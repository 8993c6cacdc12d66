"""What samples pass through from noise to data, as it is told and as a recording keeps it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import genzoo
from genzoo.core.noise import stream
from genzoo.data import ArraySource
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.observation.frame import frame_of
from genzoo.observation.generation import FEWEST_TIMES, TIMES, recorded_path
from genzoo.observation.stage import Stage
from genzoo.results.recording_file import recording_bytes, recording_of
from genzoo.results.stored import recording_fault

SMALL = {"width": 4, "depth": 1}


def moved(name: str = "flow_matching", shape: tuple[int, ...] = (2,), **options: object):
    """A model in units of its own."""
    model = MODELS.create(name, shape, **SMALL, **options)
    model.standardise(torch.full(shape, 3.0), torch.full(shape, 0.5))
    return model.requires_grad_(False)


@pytest.mark.parametrize("name", ["flow_matching", "ddpm", "edm"])
def test_the_way_leads_from_noise_to_what_is_sampled(name):
    model = moved(name, sampler_steps=5)
    path = genzoo.generation_path(model, 50, generator=stream(1, "way"))
    assert path.states.shape == (len(path.times), 50, 2)
    assert path.times[0] == 0
    assert path.times[-1] == 1
    assert torch.equal(path.states[-1], model.sample(50, generator=stream(1, "way")))
    noise = model.sampling_noise()["start"].draw(50, generator=stream(1, "way"))
    start = model.path.sigma(path.times[0]) * noise
    torch.testing.assert_close(path.states[0], 3 + 0.5 * start)


def test_what_has_no_way_is_refused():
    with pytest.raises(InputError, match="VAE has no velocity"):
        genzoo.generation_path(MODELS.create("vae", (2,)), 3)
    for n in (0, 4097):
        with pytest.raises(InputError, match="n must be from 1 to 4,096"):
            genzoo.generation_path(moved(), n)


@pytest.mark.parametrize(
    ("source", "shown"),
    [("ring", "samples"), ("gaussian_1d", "samples"), ("high_dim_mixture", "plane")],
)
def test_a_recording_keeps_the_way_of_the_samples_of_its_last_frame(source, shown):
    where = genzoo.create_source(source)
    stage, model = Stage.of(where), moved(shape=where.event_shape)
    kept = recorded_path(model, stage, 7)
    frame = dict(frame_of(model, stage, 7))
    np.testing.assert_array_equal(kept["path"][-1], frame[shown])
    assert len(kept["path"]) == len(kept["path times"]) <= TIMES
    assert kept["path times"][[0, -1]].tolist() == [0, 1]
    assert (np.diff(kept["path times"]) > 0).all()
    assert np.diff(kept["path times"]).max() < 0.1
    whole = genzoo.generation_path(model, len(frame[shown]), generator=stream(7, "frame"))
    show = stage.plane if shown == "plane" else stage.clip
    for time, states in zip(kept["path times"], kept["path"], strict=True):
        place = int((whole.times - time).abs().argmin())
        np.testing.assert_array_equal(states, show(whole.states[place]))


def test_large_images_are_shown_at_fewer_times():
    source = ArraySource(np.random.default_rng(0).random((60, 3, 28, 28)))
    model = moved(shape=source.event_shape)
    stage = Stage.of(source)
    kept = recorded_path(model, stage, 0)
    assert FEWEST_TIMES <= len(kept["path"]) < TIMES
    assert kept["path"].shape[2:] == source.event_shape


def test_others_keep_no_way():
    assert (
        recorded_path(MODELS.create("vae", (2,)), Stage.of(genzoo.create_source("ring")), 0) == {}
    )


def test_a_film_holds_it_and_damage_is_noticed(tmp_path):
    fit = genzoo.train("flow_matching:width=4,sampler_steps=3", "ring", steps=2)
    (recording,) = fit.recordings
    stored = recording_of(recording_bytes(recording), tmp_path)
    times = stored.constants["path times"]
    assert times.tolist() == pytest.approx(recording.constants["path times"].tolist())
    last = recording.arrays["samples"][-1]
    np.testing.assert_allclose(stored.constants["path"][-1], last, atol=1e-3)
    for name, wrong in (
        ("path", stored.constants["path"][1:]),
        ("path", stored.constants["path"][:, 1:]),
        ("path times", times[::-1]),
        ("path times", times[:0]),
    ):
        damaged = replace(stored, constants={**stored.constants, name: wrong})
        assert "path" in recording_fault(damaged)
