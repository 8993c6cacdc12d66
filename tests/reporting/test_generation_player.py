"""Samples on their way from noise to data: what a player is given, and what its slider shows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genzoo.reporting import ModelStory, SourceStory, Story, report_page
from genzoo.reporting.payload import TILES, player_data
from genzoo.results.recording import Recording
from tests.figures.examples import GRID, table
from tests.reporting.browser import Page
from tests.reporting.test_payload import ROOM, film, unpacked

TIMES = np.array([0.0, 0.4, 1.0])


def moving(shape: tuple[int, ...]) -> Recording:
    """A film whose samples go to the real examples, in training and at its end in time."""
    plain = film(shape)
    real = plain.constants["real"]
    samples = np.stack([share * real for share in np.linspace(0.7, 1, len(plain))])
    path = np.stack([(0.2 + 0.8 * time) * real for time in TIMES])
    constants = {**plain.constants, "path": path, "path times": TIMES}
    return replace(plain, arrays={"samples": samples}, constants=constants)


def story(*films: Recording, positions: np.ndarray | None = None) -> Story:
    models = {}
    for name, recording in zip(("flow", "vae"), films, strict=False):
        models[name] = ModelStory(recordings=[recording])
    return Story([SourceStory(table(), models, positions)])


@pytest.mark.parametrize("shape", [(2,), (1,), (15,), (1, 4, 4)])
def test_the_way_is_given_as_samples_are(shape):
    positions = GRID if shape == (15,) else None
    (data,) = player_data(story(moving(shape), film(shape), positions=positions), ROOM)
    told, plain = (model["films"]["median"] for model in data["models"])
    assert "path" not in plain
    assert told["path"]["times"] == TIMES.tolist()
    states = unpacked(told["path"]["states"])
    samples = unpacked(told["arrays"]["samples"])
    assert states.shape[1:] == samples.shape[1:]
    if len(shape) == 3:
        assert states.shape[1] == TILES
    for time, shown in zip(TIMES, states, strict=True):
        np.testing.assert_allclose(shown, (0.2 + 0.8 * time) * samples[-1], rtol=1e-3, atol=0.02)


SLIDER = "document.querySelector('.way input')"
PICTURES = "[...document.querySelectorAll('.cards canvas')].map(c => c.toDataURL())"
STEP = "document.querySelector('.controls output').textContent"
TIME = "document.querySelector('.way output').textContent"
SAID = "document.querySelector('.seed').textContent"


def slide(page: Page, to: int) -> list[str]:
    page.run(f"{SLIDER}.value = {to}; {SLIDER}.dispatchEvent(new Event('input'))")
    return list(page.run(PICTURES))


def line_film(recording: Recording) -> Recording:
    """What a film of one number needs beside."""
    grid = np.linspace(-50, 300, 30)
    density = np.ones((len(recording), 30)) / 300
    return replace(
        recording,
        arrays={**recording.arrays, "density": density},
        constants={**recording.constants, "grid 0": grid, "data density": density[0]},
    )


@pytest.mark.thorough
@pytest.mark.parametrize("shape", [(2,), (1,), (15,), (1, 4, 4)])
def test_its_slider_shows_where_samples_are(page: Page, tmp_path: Path, shape) -> None:
    films = [moving(shape), film(shape)]
    if shape == (1,):
        films = [line_film(one) for one in films]
    path = tmp_path / "page.html"
    positions = GRID if shape == (15,) else None
    path.write_text(report_page(story(*films, positions=positions)), encoding="utf-8")
    page.open(path)
    arrived = list(page.run(PICTURES))
    assert page.run(TIME) == "t = 1, the samples"
    last = page.run(STEP)
    steps = "document.querySelector('.controls input')"
    page.run(f"{steps}.value = 2; {steps}.dispatchEvent(new Event('input'))")
    assert page.run(STEP) != last
    half, noise = slide(page, 10), slide(page, 0)
    assert page.run(STEP) == last
    assert page.run(TIME).startswith("t = 0.00")
    assert page.run(SAID).endswith("t = 0.00")
    assert arrived[1] == half[1] == noise[1]
    assert len({arrived[0], half[0], noise[0]}) == 3
    assert slide(page, 8) == half
    assert page.run(SAID).endswith("t = 0.40")
    assert slide(page, 20) == arrived
    slide(page, 0)
    page.run(f"{steps}.value = 2; {steps}.dispatchEvent(new Event('input'))")
    assert page.run(TIME) == "t = 1, the samples"
    assert page.errors == []


@pytest.mark.thorough
def test_a_page_without_such_models_has_no_such_slider(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(report_page(story(film((2,)))), encoding="utf-8")
    page.open(path)
    assert page.run(f"{SLIDER} === null")
    assert page.errors == []
