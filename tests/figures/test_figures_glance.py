"""The zoo at a glance, and who leads in it; the still of a film."""

import dataclasses

import numpy as np
import pytest

from genzoo.errors import InputError
from genzoo.figures.film import film_still, save_film
from genzoo.figures.glance import glance_figure, leading
from genzoo.results.recording import Recording
from genzoo.results.table import Cell, Column, SourceTable
from tests.figures.examples import verdict

COLUMNS = (
    Column("bound", "bound", ranked=False),
    Column("js", "JS", "nats"),
    Column("training_seconds", "training"),
)


def cell(mean: float, group: str = "") -> Cell:
    return Cell(mean, mean - 0.01, mean + 0.01, 10, 10, group=group)


def table(
    leaders=("gan",), standing="best", decider="js", source: str = "ring", **changes
) -> SourceTable:
    rows = ("vae", "gan", "flow", "oracle", "single_mode")
    means = (0.3, 0.1, 0.2, 0.001, 0.6)
    cells = {
        (row, "js"): cell(mean, group)
        for row, mean, group in zip(rows, means, "babcc", strict=True)
    }
    cells |= {(row, name): cell(1.0) for row in rows for name in ("bound", "training_seconds")}
    said = verdict(tuple(leaders), standing, decider)
    return dataclasses.replace(SourceTable(source, COLUMNS, rows, cells, verdict=said), **changes)


@pytest.mark.parametrize(
    ("leaders", "standing", "stars"),
    [(("gan",), "best", "★"), (("gan", "flow"), "lead", "☆☆"), ((), "none", ""), ((), "level", "")],
)
def test_who_leads_is_what_the_verdict_says(leaders, standing, stars, texts):
    lead = leading(table(leaders, standing))
    assert (lead.column.name, lead.best, lead.standing, lead.settled) == (
        "js",
        leaders,
        standing,
        standing == "best",
    )
    shown = texts(glance_figure([table(leaders, standing)]))
    assert "".join(text[0] for text in shown if text.startswith(("★ 0", "☆ 0"))) == stars


def test_the_metric_that_decides_is_shown(texts):
    columns = (Column("js", "JS", "nats"), Column("energy", "energy"))
    cells = table().cells | {("gan", "energy"): cell(7.0), ("vae", "energy"): cell(9.0)}
    given = table(decider="energy", columns=columns, cells=cells)
    assert leading(given).column.name == "energy"
    assert "★ 7.0000 ± 0.0100" in texts(glance_figure([given]))


def test_one_model_alone_is_shown_beside_the_controls_without_a_star(texts):
    alone = table((), "unranked", rows=("vae", "oracle", "single_mode"))
    assert leading(alone) is None
    said = texts(glance_figure([alone]))
    assert "JS [nats] ↓" in said
    assert {"0.300 ± 0.010", "0.600 ± 0.010"} <= set(said)
    assert not any(text.startswith(("★ 0", "☆ 0")) for text in said)


def test_nobody_leads_where_nothing_decides():
    assert leading(table((), "none", "")) is None
    assert leading(table(verdict=None)) is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_glance_can_be_read(theme, check_readable, texts):
    unranked = table(
        (),
        "none",
        "",
        columns=(COLUMNS[0],),
        source="a source with a rather long name:modes=12,radius=2",
    )
    figure = glance_figure(
        [table(), table(("gan", "flow"), "lead", source="grid"), unranked], theme=theme
    )
    check_readable(figure)
    shown = texts(figure)
    assert (
        sum(text.startswith("★") for text in shown) == 2
    )  # one cell, and the caption that explains it
    assert sum(text.startswith("☆") for text in shown) == 2
    depth = {patch.get_xy(): patch.get_alpha() for patch in figure.axes[0].patches}
    assert depth[-0.5, 0.5] > depth[-0.5, 1.5] > depth[-0.5, -0.5] == 0
    assert depth[-0.5, 2.5] == max(depth.values())


def test_the_glance_needs_a_table():
    with pytest.raises(InputError, match="at least one table"):
        glance_figure([])


def recording(shape: tuple[int, ...], seed: int = 0, last: int = 20) -> Recording:
    rng = np.random.default_rng(seed)
    steps = np.array([0, 5, last])
    arrays = {"samples": rng.normal(size=(3, 40, *shape))}
    constants = {"real": rng.normal(size=(40, *shape))}
    if shape == (2,):
        arrays["discriminator"] = rng.uniform(size=(3, 8, 8))
        constants |= {"grid 0": np.linspace(-3, 3, 8), "grid 1": np.linspace(-3, 3, 8)}
    return Recording(seed, steps, {"modes captured": np.array([0.0, 3.0, 8.0])}, arrays, constants)


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (1, 6, 6)])
def test_a_still_can_be_read(shape, check_readable, texts):
    films = {"vae": recording(shape), "gan": recording(shape, 1, last=50)}
    for step, said, modes in ((None, "step 50 of 50", "8 modes"), (7, "step 7 of 50", "3 modes")):
        figure = film_still(films, step)
        check_readable(figure)
        assert said in texts(figure)
        assert texts(figure).count(modes) == 2


def test_examples_of_many_numbers_are_drawn_in_the_plane_that_was_recorded(texts):
    rng = np.random.default_rng(0)
    given = recording((5,))
    arrays = {**given.arrays, "plane": rng.normal(size=(3, 200, 2))}
    flat = dataclasses.replace(
        given, arrays=arrays, constants={**given.constants, "real plane": arrays["plane"][0]}
    )
    figure = film_still({"vae": flat})
    drawn = np.concatenate([line.get_xydata() for line in figure.axes[0].lines])
    assert np.isin(arrays["plane"][2], drawn).all()
    assert "principal components" in " ".join(" ".join(texts(figure)).split())
    assert "principal" not in " ".join(texts(film_still({"vae": recording((2,))})))


def test_curves_are_drawn_as_curves():
    figure = film_still({"vae": recording((5,))}, positions=np.linspace(0, 1, 5))
    assert len(figure.axes[0].collections) >= 2


def test_a_film_has_every_step_and_holds_the_last(tmp_path):
    from PIL import Image

    path = save_film(
        tmp_path / "a" / "film.gif",
        {"vae": recording((2,)), "gan": recording((2,), 1, last=50)},
        dpi=40,
    )
    with Image.open(path) as film:
        assert film.n_frames >= 4
        first = np.asarray(film.convert("RGB")).copy()
        film.seek(3)
        assert not np.array_equal(first, np.asarray(film.convert("RGB")))
    assert [file.name for file in path.parent.iterdir()] == ["film.gif"]


def test_mistakes_about_films_are_one_sentence(tmp_path, monkeypatch):
    films = {"vae": recording((2,))}
    with pytest.raises(InputError, match=r"\.gif or \.mp4"):
        save_film(tmp_path / "film.avi", films)
    with pytest.raises(InputError, match="at least one model"):
        save_film(tmp_path / "film.gif", {})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="needs ffmpeg"):
        save_film(tmp_path / "film.mp4", films)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        save_film(tmp_path / "file" / "film.gif", films)
