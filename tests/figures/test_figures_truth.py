"""What a picture claims is true.

It says which way is better, how many digits count, and where on the plane a value lies.
"""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from genzoo.figures import curve_training_figure, latent_figure, score_figure, shows_goodfellow
from genzoo.figures.film import film_still
from genzoo.figures.points import PointsView
from genzoo.figures.style import DARK, LIGHT
from genzoo.figures.text import text_width, wrap
from genzoo.figures.views import DensityGrid
from genzoo.results.recording import Recording
from genzoo.results.table import Cell, Column, SourceTable

DIRECTIONS = {
    "min": "↓ lower is better",
    "max": "↑ higher is better",
    "target": "◎ nearer the oracle is better",
}


@pytest.mark.parametrize("directions", [["min", "max", "max"], ["target", "min"], ["max"]])
def test_every_panel_says_which_way_is_better_for_its_own_metric(directions, texts):
    columns = tuple(Column(f"m{k}", f"metric {k}", "", way) for k, way in enumerate(directions))
    table = SourceTable(
        "ring", columns, ("vae",), {("vae", one.name): Cell(1.0, 0.9, 1.1) for one in columns}
    )
    said = texts(score_figure(table))
    for column in columns:
        assert said[said.index(column.label) + 1] == DIRECTIONS[column.direction]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (Cell(5.0, 4.4, 5.6, 5, 5), "5.00"),
        (Cell(5.0, 4.0, 6.0, 5, 5), "5.0"),
        (Cell(5.0, 4.9401, 5.0599, 5, 5), "5.000"),
        (Cell(5.0, None, None, 1, 1, error=0.6), "5.00"),
        (Cell(5.0, None, None, 1, 1, error=1.2), "5.0"),
        (Cell(1234.5678, 1222.0, 1247.0, 5, 5), "1,235"),
        (Cell(1.50123, None, None, 1, 1), "1.5"),
    ],
)
def test_a_number_has_two_digits_of_its_half_width(cell, written, texts):
    table = SourceTable("ring", (Column("js", "JS"),), ("vae",), {("vae", "js"): cell})
    assert written in texts(score_figure(table))


def heated(theme):
    x, y = np.linspace(-3, 3, 8), np.linspace(-1, 5, 5)
    values = np.zeros((2, 8, 5))
    values[1, 7, 0], values[1, 0, 4], values[1, 3, 2] = 1.0, 0.25, 0.5
    points = np.stack([np.resize([-3.0, 3.0], 40), np.resize([-1.0, 5.0], 40)], axis=1)
    arrays = {"samples": np.stack([points, points]), "discriminator": values}
    film = Recording(0, np.array([0, 9]), {}, arrays, {"real": points, "grid 0": x, "grid 1": y})
    return film_still({"gan": film}, theme=theme).axes[0].images[0]


@pytest.mark.parametrize(("name", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_the_discriminator_is_drawn_where_it_was_asked(name, theme):
    """Rows of the picture are y from below, its columns x; D = 1 is blue, D = 0 orange."""
    image = heated(name)
    picture = image.get_array()
    assert image.origin == "lower"
    assert image.get_extent() == [-3, 3, -1, 5]
    assert (picture[0, 7], picture[4, 0], picture[2, 3], picture.sum()) == (1.0, 0.25, 0.5, 1.75)
    colours = [image.cmap(image.norm(value))[:3] for value in (0.0, 0.5, 1.0)]
    expected = [theme.palette[1], theme.background, theme.palette[0]]
    np.testing.assert_allclose(colours, [to_rgb(colour) for colour in expected], atol=0.01)


def test_a_density_is_shaded_where_it_is_high():
    x, y = np.linspace(-3, 3, 31), np.linspace(-3, 3, 41)
    grid = DensityGrid((x, y), -3 * (x[:, None] - 1) ** 2 - 3 * (y[None] + 1) ** 2)
    corners = np.array([[-3.0, -3.0], [3.0, 3.0], [-3.0, 3.0], [3.0, -3.0]])
    axes = Figure().add_subplot()
    PointsView(corners, LIGHT, 10, grid).show_truth(axes)
    edges = np.concatenate(
        [path.vertices for shade in axes.collections for path in shade.get_paths()]
    )
    assert (edges.min(0) + edges.max(0)) / 2 == pytest.approx([1, -1], abs=0.1)


def test_half_of_the_mass_lies_in_the_inner_region():
    x = np.linspace(-8, 8, 1601)
    grid = DensityGrid((x,), -(x**2) / 2)
    levels = grid.levels()
    assert levels == sorted(levels)
    for level, mass in zip(levels, (0.99, 0.9, 0.5), strict=True):
        inside = grid.density >= level
        assert grid.density[inside].sum() / grid.density.sum() == pytest.approx(mass, abs=0.01)


def test_a_recording_of_numbers_with_all_that_goodfellow_draws_can_be_drawn():
    arrays = dict.fromkeys(("discriminator", "density", "lattice", "codes"), np.zeros((1, 3)))
    arrays["samples"] = np.zeros((1, 4, 1))
    known = {"data density": np.zeros(3)}

    def drawn(arrays, constants):
        return shows_goodfellow(Recording(0, np.array([0]), {}, arrays, constants))

    assert drawn(arrays, known)
    assert not drawn(arrays, {})
    assert not drawn(arrays | {"samples": np.zeros((1, 4, 2))}, known)
    for name in ("discriminator", "density", "lattice"):
        assert not drawn({key: value for key, value in arrays.items() if key != name}, known)


@pytest.mark.parametrize(
    ("labels", "said"), [(None, ""), ([0, 1, 1], "label"), ([-1, 0, 0], "label")]
)
def test_codes_of_one_number_stand_at_their_labels(labels, said):
    axes = latent_figure({"vae": np.array([[0.0], [1.0], [2.0]])}, labels).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("code", said)
    kinds = [-1, -1, -1] if labels is None else labels
    assert axes.get_ylim() == (min(kinds) - 1, max(kinds) + 1)
    points = np.concatenate([line.get_xydata() for line in axes.lines])
    assert sorted(points.tolist()) == [[float(at), float(kind)] for at, kind in enumerate(kinds)]


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_long_name_keeps_its_first_lines_and_ends_in_an_ellipsis(lines):
    words = [f"word{k}," for k in range(9)]
    width = text_width(words[0]) * 1.5
    found = wrap(" ".join(words), width, lines=lines).split("\n")
    assert found[:-1] == words[: lines - 1]
    assert found[-1] == words[lines - 1] + "…"
    assert wrap(" ".join(words[:lines]), width, lines=lines).split("\n") == words[:lines]


def test_curves_alone_get_the_width_of_two_panels():
    x = np.linspace(-1, 1, 5)
    curves = np.stack([x**2, 2 * x**2])
    one = curve_training_figure(x, 0 * x, 2 * x**2, curves, {}, {}).get_size_inches()
    two = curve_training_figure(x, 0 * x, 2 * x**2, curves, {"vae": curves}, {}).get_size_inches()
    assert one[0] == two[0]
