"""Pictures of examples with conditions: each in the colour, or in the row, of what it is given."""

import numpy as np
import pytest
import torch
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.patches import StepPatch

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate, Field
from genzoo.core.model import Batch
from genzoo.errors import InputError
from genzoo.figures import (
    Conditioned,
    density_grid,
    film_still,
    recorded_goodfellow_figure,
    samples_sheet,
    with_conditions,
)
from genzoo.figures.images import tile_images
from genzoo.figures.style import DARK, LIGHT, contrast
from genzoo.results.recording import Recording
from tests.figures.examples import GRID, paintings, spread

DOSE = Covariate("dose", 1.0, 3.0)


def kinds(count: int) -> Category:
    return Category("kind", tuple(f"kind {k}" for k in range(count)))


def points(field: Field, given: np.ndarray, shift: float = 0.0) -> Conditioned:
    """Examples whose first number is what is given."""
    return Conditioned(np.c_[given + shift, spread(len(given))], given, field)


def shown(axes) -> PathCollection:
    return [found for found in axes.collections if isinstance(found, PathCollection)][-1]


def hexes(colours) -> list[str]:
    return [to_hex(colour).upper() for colour in colours]


@pytest.mark.parametrize("count", [3, 25])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_points_have_the_colour_of_their_class(count, theme, texts, check_readable):
    given = np.arange(150.0) % count
    truth = points(kinds(count), given)
    asked = points(kinds(count), given[::-1], shift=0.1)
    rows = {"cvae": asked, "vae": truth.x, "b": truth.x, "c": truth.x}
    name = "dark" if theme is DARK else "light"
    figure = samples_sheet({"ring": truth}, {"ring": rows}, theme=name, max_points=100)
    check_readable(figure)
    for axes, shift in ((figure.axes[0], 0.0), (figure.axes[1], 0.1)):
        dots = shown(axes)
        classes = np.rint(dots.get_offsets()[:, 0] - shift).astype(int)
        assert len(classes) == 100
        assert hexes(dots.get_facecolor()) == [theme.palette[k % 8] for k in classes]
    assert hexes([figure.axes[2].lines[-1].get_color()]) == [theme.palette[1]]
    said = texts(figure)
    assert "kind:" in said
    assert ("kind 2" in said, "kind 9" in said, "kind 10" in said) == (True, count == 25, False)
    assert ("and 15 more" in said) == (count == 25)
    assert any("Colours repeat after 8" in text for text in said) == (count == 25)


def test_a_key_counts_the_classes_for_which_there_is_no_room(texts, check_readable):
    field = Category("species", tuple(f"a rather long name, {k}" for k in range(9)))
    truth = points(field, np.arange(90.0) % 9)
    figure = samples_sheet({"s": truth, "t": truth}, {"s": {"a": truth}, "t": {"a": truth}})
    check_readable(figure)
    said = texts(figure)
    named = sum("a rather long" in text for text in said)
    assert {"s, species:", "t, species:"} <= set(said)
    assert f"and {9 - named // 2} more" in said
    assert 2 <= named < 18


@pytest.mark.parametrize("name", ["light", "dark"])
def test_curves_run_along_the_colours_of_their_number(name, texts, check_readable):
    curves = paintings(60)
    given = 1 + 2 * (curves[:, 7] - curves[:, 7].min()) / np.ptp(curves[:, 7])
    truth = Conditioned(curves, given, DOSE)
    figure = samples_sheet(
        {"s": truth}, {"s": {"cvae": truth, "vae": curves}}, grids={"s": GRID}, theme=name
    )
    check_readable(figure)
    of_row = []
    for axes in figure.axes[:3]:
        (lines,) = [found for found in axes.collections if isinstance(found, LineCollection)]
        of_row.append(lines)
    middles = np.array([segment[7, 1] for segment in of_row[1].get_segments()])
    brightness = [contrast(colour, "black") for colour in hexes(of_row[1].get_colors())]
    assert np.array_equal(np.argsort(middles), np.argsort(brightness))
    assert len(of_row[2].get_colors()) == 1
    assert {"dose:", "1", "3"} <= set(texts(figure))


def test_ramps_are_seen_on_their_ground_and_brighten():
    for theme in (LIGHT, DARK):
        assert min(contrast(colour, theme.background) for colour in theme.ramp) > 2
        levels = [contrast(colour, "black") for colour in theme.ramp]
        assert levels == sorted(levels)
        assert not set(theme.ramp) & set(theme.palette)


def test_numbers_have_a_line_for_each_class_and_one_for_all_without_classes():
    x = np.r_[np.full(30, 0.2), np.full(70, 0.8)][:, None]
    given = np.repeat([0.0, 1.0], [30, 70])
    for field, areas in ((kinds(2), [0.3, 0.7]), (Covariate("dose", 0, 1), [1.0])):
        truth = Conditioned(x, given, field)
        grid = density_grid(x, lambda at: -np.abs(at[:, 0]), size=9)
        figure = samples_sheet({"s": truth}, {"s": {"a": truth}}, densities={"s": grid})
        steps = [found for found in figure.axes[1].patches if isinstance(found, StepPatch)]
        assert [float((s.get_data()[0] * np.diff(s.get_data()[1])).sum()) for s in steps] == (
            pytest.approx(areas)
        )


def levels(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The grey level of each place of tiled 4 x 4 images."""
    return np.array([[picture[5 * r + 1, 5 * c + 1] for c in range(columns)] for r in range(rows)])


def test_images_stand_in_a_row_for_each_class(texts, check_readable):
    given = np.array([2.0, 0, 1, 1, 0, 2, 1, 1, 1, 1, 0, 0])
    x = given[:, None, None, None] * np.ones((12, 1, 4, 4))
    truth = Conditioned(x, given, kinds(3))
    figure = samples_sheet({"s": truth}, {"s": {"cvae": truth, "vae": x}})
    check_readable(figure)
    expected = [[0.0] * 4 + [0.5], [0.5] * 5, [1.0] * 2 + [0.5] * 3]
    for axes in figure.axes[:2]:
        assert levels(axes.images[0].get_array(), 3, 5) == pytest.approx(np.array(expected))
    plain = tile_images(x, (0.0, 2.0), columns=5, rows=5)
    np.testing.assert_allclose(figure.axes[2].images[0].get_array(), plain)
    said = texts(figure)
    assert {"kind", "kind 0", "kind 2"} <= set(said)
    assert "kind:" not in said
    assert "a row for each class of the label kind" in " ".join(said).replace("\n", " ")


def test_images_with_a_number_stand_in_its_order():
    given = np.array([3.0, 1.0, 2.0])
    x = given[:, None, None, None] * np.ones((3, 1, 4, 4))
    truth = Conditioned(x, given, DOSE)
    figure = samples_sheet({"s": truth}, {"s": {"a": truth}})
    first = levels(figure.axes[1].images[0].get_array(), 1, 3)[0]
    assert first == pytest.approx([0, 0.5, 1])


def test_conditions_of_samples_that_are_not_finite_are_left_out_with_them():
    truth = points(kinds(3), np.array([0.0, 1, 2, 1]))
    lost = points(kinds(3), np.array([0.0, 1, 2, 1]))
    lost.x[1] = np.nan
    figure = samples_sheet({"s": truth}, {"s": {"a": lost}})
    colours = hexes(figure.axes[1].collections[-1].get_facecolor())
    assert colours == [LIGHT.palette[k] for k in (0, 2, 1)]
    with pytest.raises(InputError, match=r"given of the samples of 'a'.*\(4,\), got \(3,\)"):
        samples_sheet({"s": truth}, {"s": {"a": Conditioned(truth.x, [0, 1, 2], kinds(3))}})


def test_what_is_shown_of_a_batch_is_its_first_label():
    spec = ContextSpec((DOSE, kinds(2)))
    batch = Batch(torch.zeros(2, 2), torch.tensor([[1.5, 0, 1], [2.5, 1, 0]]))
    drawn = with_conditions(batch, spec)
    assert (drawn.field, list(drawn.given)) == (kinds(2), [1, 0])
    assert with_conditions(batch, None) is batch.x
    assert with_conditions(Batch(batch.x), spec) is batch.x


def recording(spec: ContextSpec | None, samples: np.ndarray, given: np.ndarray) -> Recording:
    constants = {"real": samples[0]}
    if spec is not None:
        constants |= {"context": np.eye(spec.width)[given.astype(int)]}
    values = {"distance": np.array([1.0]), "modes captured": np.array([2.0])}
    arrays = {"samples": samples, "density": samples, "lattice": samples}
    return Recording(0, np.array([4]), values, arrays, constants, "median", spec)


@pytest.mark.parametrize("images", [False, True])
def test_a_still_shows_conditional_models_beside_others(images, texts, check_readable):
    given = np.arange(30.0) % 3
    x = points(kinds(3), given).x
    if images:
        x = given[:, None, None, None] * np.ones((30, 1, 4, 4))
    spec = ContextSpec((kinds(3),))
    films = {"vae": recording(None, x[None], given), "cvae": recording(spec, x[None], given)}
    figure = film_still(films, rows=["vae", "cvae"])
    check_readable(figure)
    said = texts(figure)
    if images:
        rows = levels(figure.axes[1].images[0].get_array(), 3, 5)
        assert rows == pytest.approx(np.array([[0.0] * 5, [0.5] * 5, [1.0] * 5]))
        assert "a row for each class of the label kind" in " ".join(said).replace("\n", " ")
        return
    assert "kind:" in said
    real, dots = figure.axes[1].collections
    expected = [LIGHT.palette[int(k)] for k in given]
    assert hexes(dots.get_facecolor()) == expected
    pale = 0.3 * dots.get_facecolor()[:, :3] + 0.7
    assert real.get_facecolor()[:, :3] == pytest.approx(pale)
    assert not figure.axes[0].collections


def test_figure_1_refuses_a_conditional_model():
    film = recording(ContextSpec((kinds(3),)), np.zeros((1, 3, 1)), np.arange(3.0))
    with pytest.raises(InputError, match="judges an example by its condition, kind"):
        recorded_goodfellow_figure(film)
