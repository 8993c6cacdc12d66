"""What a player is given of conditional models, and how it draws them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.figures.style import LIGHT
from genzoo.reporting import ModelStory, SourceStory, Story, report_page
from genzoo.reporting.payload import TILES, player_data
from genzoo.results.recording import Recording
from tests.figures.examples import GRID, spread, table
from tests.reporting.browser import Page

KINDS = ContextSpec((Category("kind", tuple("abcdefghijkl")),))
DOSE = ContextSpec((Covariate("dose", 0.0, 1.0),))
FRAMES, ROOM = 3, 10**7
COUNT = 36


def film(shape: tuple[int, ...], spec: ContextSpec | None = None, **arrays: Any) -> Recording:
    """Examples that stand where their class or number says."""
    given = np.arange(COUNT) % 12 / 12
    event = len(shape)
    x = given.reshape(-1, *[1] * event) * np.ones((COUNT, *shape))
    if shape == (2,):
        x = np.c_[given, spread(COUNT)]
    samples = np.stack([x] * FRAMES)
    constants = {"real": x}
    if spec is KINDS:
        constants |= {"context": np.eye(12)[np.rint(12 * given).astype(int)]}
        constants |= {"lattice context": np.eye(12)[[2]]}
    elif spec is DOSE:
        constants |= {"context": given[:, None], "lattice context": np.array([[0.5]])}
    if shape == (1,):
        grid = np.linspace(-0.2, 1.2, 30)
        constants |= {"grid 0": grid, "data density": np.ones(30)}
        arrays = {"density": np.ones((FRAMES, 30)), **arrays}
    values = {"distance": np.ones(FRAMES)}
    return Recording(
        0, np.arange(FRAMES), values, {"samples": samples, **arrays}, constants, "median", spec
    )


def story(*films: Recording, positions: np.ndarray | None = None) -> Story:
    models = {}
    for name, recording in zip(("vae", "gan_minimax", "flow"), films, strict=False):
        models[name] = ModelStory(recordings=[recording])
    return Story([SourceStory(table(), models, positions)])


def test_classes_and_numbers_are_told_with_what_they_mean() -> None:
    lattice = np.zeros((FRAMES, 2, 2, 2))
    gradients = np.zeros((FRAMES, 4, 2))
    films = (film((2,)), film((2,), KINDS, lattice=lattice), film((2,), KINDS, gradients=gradients))
    (data,) = player_data(story(*films), ROOM)
    assert data["condition"] == KINDS.to_dict()[0]
    assert data["given"] == [k % 12 for k in range(COUNT)]
    told = [model["films"]["median"].get("conditional") for model in data["models"]]
    assert told == [None, True, True]
    assert "latent grid of a conditional model is for kind = c." in data["note"]
    assert "its values are not drawn" in data["note"]
    (data,) = player_data(story(film((2,), DOSE)), ROOM)
    assert data["given"] == pytest.approx([k % 12 / 12 for k in range(COUNT)], abs=1e-3)
    assert data["condition"] == {"name": "dose", "low": 0.0, "high": 1.0}
    assert data["note"] == ""


def test_all_images_of_the_classes_are_given_and_few_of_others() -> None:
    (data,) = player_data(story(film((1, 4, 4)), film((1, 4, 4), KINDS)), ROOM)
    counts = [m["films"]["median"]["arrays"]["samples"]["shape"][1] for m in data["models"]]
    assert counts == [TILES, COUNT]
    assert data["real"]["shape"][0] == COUNT


def test_a_source_without_conditional_models_is_told_as_ever() -> None:
    (data,) = player_data(story(film((2,))), ROOM)
    assert set(data) == {"source", "kind", "real", "box", "models"}
    assert set(data["models"][0]["films"]["median"]) == {"seed", "steps", "values", "arrays"}


def test_modes_that_were_rounded_to_sixteen_bits_are_read_as_they_were() -> None:
    recording = film((2,))
    recording.constants["labels"] = np.array([-1.0, 1.9999, 3.00002])  # type: ignore[index]
    (data,) = player_data(story(recording), ROOM)
    assert data["labels"] == [-1, 2, 3]


HUES = """(() => { const c = document.querySelectorAll('.cards canvas')[%d];
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, hues = {};
  for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200) {
    const h = '#' + [d[i], d[i+1], d[i+2]].map(v => v.toString(16).padStart(2, '0')).join('');
    hues[h.toUpperCase()] = (hues[h.toUpperCase()] || 0) + 1; }
  return hues; })()"""


@pytest.mark.thorough
def test_the_page_draws_classes_in_their_colours_and_rows(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(report_page(story(film((2,)), film((2,), KINDS))), encoding="utf-8")
    page.open(path)
    key = page.run("document.querySelector('.key').textContent")
    assert key.startswith("Conditional models are coloured by kind, real examples paler: a b")
    assert key.endswith("and 2 more")
    page.run("document.querySelector('input[value=real]').click()")
    plain, coloured = (set(page.run(HUES % card)) for card in (0, 1))
    assert {nearest(hue) for hue in coloured} == set(LIGHT.palette)
    assert {nearest(hue) for hue in plain} == {LIGHT.palette[0]}
    assert page.errors == []


def nearest(hue: str) -> str:
    """The colour of the palette that is nearest."""
    value = np.array([int(hue[i : i + 2], 16) for i in (1, 3, 5)])
    apart = {}
    for colour in LIGHT.palette:
        other = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        apart[colour] = np.abs(value - other).sum()
    return min(apart, key=apart.__getitem__)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("shape", "spec", "positions", "said"),
    [
        ((1, 4, 4), KINDS, None, "a row for each class of the label kind"),
        ((1, 4, 4), DOSE, None, "in order of dose"),
        ((15,), DOSE, GRID, "coloured by dose: 0"),
        ((1,), KINDS, None, "coloured by kind"),
    ],
)
def test_every_kind_is_drawn_without_a_fault(
    page: Page,
    tmp_path: Path,
    shape: tuple[int, ...],
    spec: ContextSpec,
    positions: np.ndarray | None,
    said: str,
) -> None:
    path = tmp_path / "page.html"
    films = film(shape), film(shape, spec)
    path.write_text(report_page(story(*films, positions=positions)), encoding="utf-8")
    page.open(path)
    assert said in page.run("document.querySelector('.key').textContent")
    plain, conditional = (page.run(HUES % card) for card in (0, 1))
    assert plain
    assert conditional
    assert plain != conditional
    assert page.errors == []
