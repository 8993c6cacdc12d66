"""Pictures of generation, of fields and of densities, against what is known of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

import genzoo
from genzoo import figures
from genzoo.api.model_pictures import CELLS, EXACT
from genzoo.core.noise import stream
from genzoo.errors import InputError
from genzoo.figures.generation import MOMENTS
from genzoo.models import MODELS
from genzoo.results.recording import Recording

TIMES = np.array([0.0, 0.3, 0.72, 1.0])


def film(seed=0):
    """Examples that stand at their time."""
    rng = np.random.default_rng(seed)
    real = rng.normal(size=(40, 2))
    path = np.stack([np.full((40, 2), time) for time in TIMES])
    values = {"distance": np.ones(2)}
    arrays = {"samples": np.stack([real, path[-1]])}
    constants = {"real": real, "path": path, "path times": TIMES}
    return Recording(seed, np.arange(2), values, arrays, constants, "median")


def test_a_film_of_generation_shows_where_the_sampler_is_at_each_time():
    way = figures.on_the_way(film())
    assert len(way) == MOMENTS + 1
    for step, states in zip(way.steps, way.arrays["samples"], strict=True):
        latest = TIMES[step / 100 + 1e-9 >= TIMES][-1]
        assert (states == latest).all()
    plain = film()
    del plain.constants["path"]
    with pytest.raises(InputError, match="no way from noise to data"):
        figures.on_the_way(plain)


def labels(figure):
    return [text.get_text() for text in figure.texts if text.get_text().startswith("t = ")]


def test_a_sheet_says_the_time_of_each_panel():
    figure = figures.generation_sheet({"a": film(), "b": film(1)})
    assert labels(figure) == ["t = 0.00", "t = 0.25", "t = 0.50", "t = 0.75", "t = 1.00"] * 2
    # In each panel the points of the real examples come first.
    shown = [axes.lines[1].get_xdata()[0] for axes in figure.axes[:5]]
    assert shown == [0.0, 0.0, 0.3, 0.72, 1.0]
    with pytest.raises(InputError, match="needs the recording of a model with a velocity"):
        figures.generation_sheet({})


def test_films_and_sheets_of_generation_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr("genzoo.figures.film.HOLD", 0)
    monkeypatch.setattr("genzoo.figures.generation.MOMENTS", 4)
    for name in ("a.gif", "a.png"):
        assert figures.save_generation(tmp_path / name, {"a": film()}).read_bytes()
    with pytest.raises(InputError, match=r"\.gif or \.mp4"):
        figures.save_generation(tmp_path / "a.txt", {"a": film()})


def test_a_model_that_was_trained_is_filmed_on_its_way(tmp_path):
    moving = genzoo.train("flow_matching:width=4,sampler_steps=2", "ring", steps=2)
    assert genzoo.film(moving, tmp_path / "way.png", generation=True).exists()
    still = genzoo.train("gaussian", "ring")
    with pytest.raises(InputError, match="it takes one with a velocity"):
        genzoo.film(still, tmp_path / "way.gif", generation=True)


def panels(figure):
    """The arrows of each panel, and where they begin."""
    found = []
    for axes in figure.axes:
        (arrows,) = (item for item in axes.collections if isinstance(item, Quiver))
        found.append((arrows.XY, np.c_[arrows.U, arrows.V]))
    return found


def two_gaussians():
    """One Gaussian in the plane, and a model of other units whose path leads to it."""
    source = genzoo.create_source("ring:modes=1,radius=2,sigma=0.3")
    model = MODELS.create("flow_matching", (2,), width=4, depth=1, sampler_steps=20, spacing=1.0)
    model.standardise(torch.tensor([0.5, -0.5]), torch.tensor(1.5))
    return source, model


def exact(model, source, x, t):
    """The velocity in data units, by hand: a Gaussian on straight lines, in the model's units."""
    (mean,) = source.modes().locations.double()
    shift, scale = model.shift.double(), model.scale.double()
    deviation, mean = 0.3 / scale, (mean - shift) / scale
    z = (torch.as_tensor(x) - shift) / scale
    pull = (t * deviation**2 - (1 - t)) / (t**2 * deviation**2 + (1 - t) ** 2)
    return (scale * (mean + pull * (z - t * mean))).numpy()


def test_arrows_are_velocities_in_data_units_on_one_scale():
    source, model = two_gaussians()
    figure = genzoo.field_figure(model, source, name="mine", generator=stream(0, "arrows"))
    shown = panels(figure)
    times = [float(label.removeprefix("t = ")) for label in labels(figure)]
    assert times == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 0.9, 0.9]
    assert EXACT in [text.get_text() for text in figure.texts]
    for t, own, known in zip(times[::2], shown[::2], shown[1::2], strict=True):
        points, arrows = own
        with torch.no_grad():
            velocity = model.velocity(torch.from_numpy(points).float(), t).numpy()
        scale = np.linalg.norm(arrows) / np.linalg.norm(velocity)
        np.testing.assert_allclose(arrows, scale * velocity, rtol=1e-3, atol=1e-4)
        points, arrows = known
        np.testing.assert_allclose(
            arrows, scale * exact(model, source, points, t), rtol=1e-3, atol=1e-4
        )


def test_the_exact_law_stands_beneath_the_exact_arrows():
    source, model = two_gaussians()
    figure = genzoo.field_figure(model, source, generator=stream(0, "arrows"))
    last = figure.axes[-1].lines[1].get_xydata()
    (mean,) = source.modes().locations
    centre = 0.9 * mean + 0.1 * model.shift
    np.testing.assert_allclose(last.mean(axis=0), centre, atol=0.1)


def test_what_cannot_be_drawn_as_arrows_is_refused():
    with pytest.raises(InputError, match="a velocity without conditions, got VAE"):
        genzoo.field_figure(MODELS.create("vae", (2,)), "ring")
    with pytest.raises(InputError, match=r"in the plane, of examples of shape \(2,\)"):
        genzoo.field_figure(MODELS.create("flow_matching", (1,)), "gaussian_1d")
    panel = figures.FieldPanel(0.5, *np.ones((3, 4, 2)))
    with pytest.raises(InputError, match=r"got \[1, 2\] panels"):
        figures.field_sheet({"a": [panel], "b": [panel, panel]}, np.ones((4, 2)))


def test_heat_maps_are_densities_in_data_units():
    fit = genzoo.train("gaussian", "ring:radius=7")
    source = genzoo.create_source("ring:radius=7")
    (model,) = fit.models
    figure = genzoo.density_figure({"gaussian": model}, source, title="Densities on ring")
    truth, own = (mesh for axes in figure.axes for mesh in axes.collections)
    assert isinstance(own, QuadMesh)
    assert truth.get_clim() == own.get_clim() == (0, pytest.approx(truth.get_array().max()))
    points = torch.from_numpy(own.get_coordinates().reshape(-1, 2)).float()
    for mesh, law in ((truth, source), (own, model)):
        values = np.asarray(mesh.get_array()).reshape(-1)
        assert len(values) == CELLS**2
        np.testing.assert_allclose(values, law.log_prob(points).exp(), rtol=1e-3, atol=1e-9)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert any(text.endswith("outside") for text in said)


def test_a_density_that_fills_its_frame_says_nothing_and_one_without_truth_its_own_peak():
    axis = np.linspace(-5, 5, 41)
    log_density = -(axis[:, None] ** 2 + axis**2) / 2 - np.log(2 * np.pi)
    grid = figures.DensityGrid((axis, axis), log_density)
    figure = figures.density_sheet({"a": grid, "b": grid}, theme="dark")
    assert not [text for axes in figure.axes for text in axes.texts]
    caption = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert "from 0 to 0.159 (brightest), the highest of all" in caption
    for wrong in ({}, {"a": replace(grid, axes=(axis,), log_density=log_density[0])}):
        with pytest.raises(InputError, match="a grid of two axes"):
            figures.density_sheet(wrong)


def test_heat_maps_need_a_density_in_the_plane():
    with pytest.raises(InputError, match="mine has no density"):
        genzoo.density_figure({"mine": MODELS.create("vae", (2,))}, "ring")
    with pytest.raises(InputError, match=r"of shape \(2,\), got \(1,\)"):
        genzoo.density_figure({}, "gaussian_1d")


def test_a_comparison_draws_them(tmp_path, monkeypatch):
    for name in ("glance_figure", "samples_sheet", "score_figure", "loss_curves"):
        monkeypatch.setattr(figures, name, lambda *_, **words: Figure())
    monkeypatch.setattr("genzoo.api.compare.write_page", lambda *_: None)
    models = ["flow_matching:width=4,sampler_steps=2", "gaussian"]
    settings = {"seeds": 1, "steps": 2, "metrics": "energy", "record": False}
    genzoo.compare(models, ["ring"], out=tmp_path, **settings)
    drawn = {path.name for path in (tmp_path / "figures").glob("*.png")}
    assert {"density-ring.png"} == {name for name in drawn if name.startswith("density")}
    assert len([name for name in drawn if name.startswith("field-ring-flow_matching")]) == 1
