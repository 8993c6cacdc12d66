"""Recordings: what each frame shows, that watching changes nothing, and what is kept on disk."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

import genzoo
from genzoo.api.create import contestant, problem
from genzoo.core.context import ContextSpec
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.data import ArraySource, create_source
from genzoo.errors import InputError
from genzoo.experiment import Contestant, Experiment, run_experiment
from genzoo.experiment.run import experiment_tasks
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.models import MODELS
from genzoo.models.gan import GAN
from genzoo.observation.filming import film, steps_to_keep
from genzoo.observation.frame import PUSHED
from genzoo.observation.stage import CODED, Stage
from genzoo.results.recording_file import recording_bytes, recording_of
from genzoo.results.stored import recording_fault
from genzoo.results.types import FitResult
from genzoo.storage import run_files
from genzoo.testing.specimens import LinearGaussian
from genzoo.training import Trainer


def filmed(model: str, source: str, seeds: int = 3, **fields: object) -> FitResult:
    recipe = Recipe(batch_size=16, learning_rate=1e-3).override(**{"steps": 100, **fields})
    where = create_source(source)
    given = {"context_spec": where.context_spec}
    build = lambda: MODELS.create(model, where.event_shape, given=given)  # noqa: E731
    keep = steps_to_keep(build, recipe.steps, seeds)
    return film(
        Trainer().fit(build, where, range(seeds), recipe, keep=keep),
        where,
        quick_metrics,
        range(seeds),
    )


def test_the_last_frame_shows_the_trained_model() -> None:
    fit = filmed("gan_nonsaturating", "ring")
    for recording in fit.recordings:
        model = fit.run(recording.seed).model
        frame = recording.frame(-1)
        samples = model.sample(400, generator=stream(recording.seed, "frame"))
        np.testing.assert_allclose(frame.arrays["samples"], samples, rtol=1e-5)
        x, y = recording.constants["grid 0"], recording.constants["grid 1"]
        i, j = 7, 20
        logit = model.discriminate(torch.tensor([[x[i], y[j]]])).item()
        assert frame.arrays["discriminator"][i, j] == pytest.approx(expit(logit), rel=1e-5)
        z = torch.zeros(1, 8)
        z[0, 0], z[0, 1] = -2, 2
        corner = model.to_data_units(model.generate({"latent": z}))[0].detach()
        np.testing.assert_allclose(frame.arrays["lattice"][0, -1], corner, rtol=1e-5)


def test_examples_of_many_numbers_are_shown_in_the_plane_of_the_real_ones() -> None:
    (recording,) = filmed("vae", "high_dim_mixture", seeds=1, steps=3).recordings
    plane, real = recording.arrays["plane"], recording.constants["real plane"]
    assert plane.shape == (4, 400, 2)
    assert real.shape == (400, 2)
    stage = Stage.of(create_source("high_dim_mixture"))
    assert stage.directions is not None
    np.testing.assert_allclose(stage.directions.T @ stage.directions, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(
        plane[:, : stage.shown], stage.plane(torch.tensor(recording.arrays["samples"])), rtol=1e-5
    )
    spread = stage.plane(stage.real).var(axis=0)
    widest = np.linalg.eigvalsh(np.cov(stage.real.double().numpy().T, bias=True))[::-1][:2]
    assert spread == pytest.approx(widest, rel=1e-4)


def test_what_is_fitted_after_training_is_fitted_at_each_frame() -> None:
    (recording,) = filmed("autoencoder", "ring", seeds=1, steps=9).recordings
    samples = recording.arrays["samples"]
    assert len(samples) > 5
    assert all(not np.allclose(one, other) for one, other in itertools.pairwise(samples))


def test_columns_of_a_table_weigh_the_same_in_the_plane() -> None:
    x = torch.randn(600, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [1.0, 1e4, 1.0]
    )
    x[:, 2] += 2 * x[:, 0]
    directions = Stage.of(ArraySource(x)).directions
    assert directions is not None
    assert abs(directions[1, 0] * 1e4) < 0.3
    assert "plane" not in filmed("vae", "ring", seeds=1, steps=1).recordings[0].arrays


def test_what_lies_far_out_is_put_five_widths_beyond_the_real_examples() -> None:
    """A column that is a hundred times narrower than another, or more, counts as a hundredth."""
    source = create_source("ring")
    real = torch.tensor([[0.0, 1.0, 7.0], [10.0, 3.0, 7.0]])
    stage = Stage(source, real, ())
    far = torch.tensor([[1e6, 1e6, 1e6], [-1e6, -1e6, -1e6], [60.0, -9.0, 7.5], [4.0, 2.0, 7.0]])
    expected = [[60.0, 13.0, 7.5], [-50.0, -9.0, 6.5], [60.0, -9.0, 7.5], [4.0, 2.0, 7.0]]
    np.testing.assert_allclose(stage.clip(far), expected, rtol=1e-6)
    lost = torch.tensor([[torch.inf, torch.nan, -torch.inf]])
    assert np.isnan(stage.clip(lost)).all()


def test_codes_of_three_numbers_are_shown_about_the_mean_of_the_last_frame() -> None:
    where = create_source("ring")
    build = lambda: LinearGaussian((2,), latent_dim=3)  # noqa: E731
    fit = Trainer().fit(
        build, where, [0], Recipe(steps=3, learning_rate=0.1), keep=steps_to_keep(build, 3, 1)
    )
    (recording,) = film(fit, where, quick_metrics, [0]).recordings
    codes = recording.arrays["codes"]
    assert codes.shape == (len(recording), 300, 2)
    assert np.abs(codes[-1].mean(axis=0)).max() < 1e-3 * codes[-1].std()
    assert np.abs(codes[0].mean(axis=0)).max() > 1e-2 * codes[-1].std()


def test_gradients_are_those_of_log_d() -> None:
    fit = filmed("gan_nonsaturating", "ring", seeds=1)
    (recording,) = fit.recordings
    model = fit.runs[0].model.double()
    assert recording.arrays["gradients"].shape[1:] == (60, 2)
    x = torch.from_numpy(recording.arrays["samples"][-1][:PUSHED]).double()
    step = 1e-5 * torch.eye(2, dtype=torch.float64)
    log_d = lambda at: torch.nn.functional.logsigmoid(model.discriminate(at)).detach()  # noqa: E731
    slope = torch.stack([(log_d(x + h) - log_d(x - h)) / 2e-5 for h in step], dim=1)
    np.testing.assert_allclose(recording.arrays["gradients"][-1], slope, rtol=1e-3, atol=1e-4)


def test_frames_of_a_vae_hold_codes_and_the_decoded_lattice() -> None:
    fit = filmed("vae", "ring", seeds=1)
    (recording,) = fit.recordings
    model = fit.runs[0].model
    real = Stage.of(create_source("ring")).real
    np.testing.assert_allclose(
        recording.arrays["codes"][-1], model.encode(real[:CODED]).detach(), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_array_equal(
        recording.constants["labels"], create_source("ring").modes().assign(real[:CODED])
    )
    assert recording.arrays["lattice"].shape[1:] == (13, 13, 2)
    assert "discriminator" not in recording.arrays


@pytest.mark.parametrize("model", ["gan_minimax", "vae"])
def test_frames_on_the_line_hold_densities(model: str) -> None:
    fit = filmed(model, "gaussian_1d", seeds=1)
    (recording,) = fit.recordings
    grid = recording.constants["grid 0"]
    assert np.trapezoid(recording.constants["data density"], grid) == pytest.approx(1, abs=0.01)
    assert np.trapezoid(recording.arrays["density"][-1], grid) == pytest.approx(1, abs=0.1)
    assert recording.arrays["lattice"].shape[2:] in {(1, 1), (13, 1)}
    assert ("discriminator" in recording.arrays) == (model == "gan_minimax")


def test_a_known_density_is_shown_as_it_is() -> None:
    where = create_source("gaussian_1d")
    build = lambda: LinearGaussian((1,))  # noqa: E731
    fit = Trainer().fit(build, where, [0], Recipe(steps=20), keep=steps_to_keep(build, 20, 1))
    (recording,) = film(fit, where, quick_metrics, [0]).recordings
    grid = torch.from_numpy(recording.constants["grid 0"])[:, None].float()
    expected = fit.runs[0].model.log_prob(grid).detach().exp()
    np.testing.assert_allclose(recording.arrays["density"][-1], expected, rtol=1e-4)


@pytest.mark.parametrize("model", ["flow_matching", "continuous_flow"])
def test_a_density_in_the_plane_that_must_be_solved_is_of_the_last_frame(model: str) -> None:
    fit = genzoo.train(f"{model}:width=4,depth=1", "ring", seeds=1, steps=3)
    (recording,) = fit.recordings
    assert len(recording) > 2
    assert "log density" not in recording.arrays
    grid = torch.from_numpy(
        np.stack(np.meshgrid(*(recording.constants[f"grid {k}"] for k in (0, 1)), indexing="ij"))
    )
    points = grid.reshape(2, -1).T.float()
    expected = fit.runs[0].model.log_prob(points).detach().reshape(grid.shape[1:])
    np.testing.assert_allclose(recording.constants["log density"], expected, rtol=1e-3, atol=1e-3)
    constants = {**recording.constants, "log density": expected[1:].numpy()}
    fault = recording_fault(replace(recording, constants=constants))
    assert fault == "its density does not hold one value for each point of the grid"


def test_on_the_line_it_is_shown_in_every_frame() -> None:
    fit = genzoo.train("flow_matching:width=4,depth=1", "gaussian_1d", seeds=1, steps=3)
    (recording,) = fit.recordings
    assert len(recording.arrays["log density"]) == len(recording)
    assert "log density" not in recording.constants


ON_ALL_KINDS = ("autoencoder", "bigan", "gan_minimax", "vae")
"""One of each kind of film; the others are filmed where thorough tests run."""


def filmings() -> Iterator[object]:
    for model in MODELS.names():
        yield pytest.param(
            model, "ring", marks=() if model in ON_ALL_KINDS else pytest.mark.thorough
        )
    for model, source in itertools.product(ON_ALL_KINDS, ("paintings", "gaussian_1d")):
        yield pytest.param(model, source, marks=() if model == "vae" else pytest.mark.thorough)


@pytest.mark.parametrize(("model", "source"), list(filmings()))
def test_every_model_can_be_filmed_the_same_way_twice(model: str, source: str) -> None:
    first, second = (filmed(model, source, seeds=2, steps=12) for _ in range(2))
    for one, other in zip(first.recordings, second.recordings, strict=True):
        assert one.arrays["samples"].shape[0] == len(one.steps)
        for name in one.arrays:
            np.testing.assert_array_equal(one.arrays[name], other.arrays[name])
        for name in one.values:
            np.testing.assert_array_equal(one.values[name], other.values[name])
    assert all(not run.snapshots for run in first.runs)


def test_all_seeds_are_watched_and_the_median_and_the_worst_are_filmed() -> None:
    fit = filmed("gan_minimax", "ring", seeds=5)
    final = {run.seed: run.watched.series["distance"][-1] for run in fit.runs}
    order = sorted(final, key=final.get)
    assert [recording.seed for recording in fit.recordings] == [order[2], order[4]]
    assert [recording.role for recording in fit.recordings] == ["median", "worst"]
    for run in fit.runs:
        np.testing.assert_array_equal(run.watched.steps, np.arange(0, 101, 5))
        assert set(run.watched.series) == {"distance", "spread", "modes captured", "high quality"}
    for recording in fit.recordings:
        watched = fit.run(recording.seed).watched
        places = np.searchsorted(recording.steps, watched.steps)
        np.testing.assert_array_equal(
            recording.values["distance"][places], watched.series["distance"]
        )


def test_values_are_means_since_the_frame_before() -> None:
    fit = filmed("gan_minimax", "ring", seeds=1)
    (recording,) = fit.recordings
    loss = fit.runs[0].history.series["generator/loss"]
    assert math.isnan(recording.values["generator/loss"][0])
    start, end = recording.steps[-2:]
    assert recording.values["generator/loss"][-1] == pytest.approx(loss[start:end].mean(), rel=1e-6)


def test_a_diverged_seed_is_the_worst_and_is_filmed_until_then() -> None:
    fit = filmed("gan_minimax", "ring", seeds=2, optimiser="sgd", learning_rate=1e18)
    assert all(run.diverged_at is not None for run in fit.runs)
    assert all(
        recording.steps[-1] < fit.run(recording.seed).diverged_at for recording in fit.recordings
    )
    assert np.isfinite(fit.recordings[0].arrays["samples"][0]).all()


def test_a_diverged_seed_is_the_worst_whatever_its_last_frame_shows() -> None:
    where, build = create_source("ring"), lambda: MODELS.create("gan_minimax", (2,))
    fit = Trainer().fit(
        build, where, [0, 1], Recipe(steps=20, batch_size=16), keep=steps_to_keep(build, 20, 2)
    )
    (calm, lost) = fit.runs
    short = {step: weights for step, weights in lost.snapshots.items() if step < 7}
    told = FitResult((replace(lost, diverged_at=7, snapshots=short), calm), fit.recipe)
    recordings = film(told, where, quick_metrics, [0, 1]).recordings
    assert [(recording.seed, recording.role) for recording in recordings] == [
        (0, "median"),
        (1, "worst"),
    ]
    assert recordings[1].steps[-1] == 6


def test_a_recording_survives_the_disk(tmp_path: Path) -> None:
    (recording,) = filmed("gan_minimax", "ring", seeds=1).recordings
    path = tmp_path / "recording.npz"
    path.write_bytes(recording_bytes(recording))
    assert path.stat().st_size < 400_000
    back = recording_of(path.read_bytes(), path)
    assert (back.seed, back.role) == (recording.seed, "median")
    np.testing.assert_array_equal(back.steps, recording.steps)
    for name, values in recording.values.items():
        np.testing.assert_array_equal(back.values[name], values)
    assert back.arrays.keys() == recording.arrays.keys()
    assert back.constants.keys() == recording.constants.keys()
    for name, array in recording.arrays.items():
        np.testing.assert_allclose(back.arrays[name], array, atol=1e-4 * np.ptp(array))
    with np.load(path) as kept:
        older = {name: array for name, array in kept.items() if name != "role"}
    np.savez_compressed(path, **older)
    assert recording_of(path.read_bytes(), path).role is None
    with pytest.raises(InputError, match="damaged"):
        recording_of(b"broken", path)


class Mean(Metric):
    name = "mean"
    label = "mean"
    direction = "target"

    def _estimate(self, evidence: Evidence) -> Estimate:
        return Estimate(float(evidence.samples.double().mean()), 0.1, len(evidence.samples))


def experiment(
    record: bool, model: str = "gan_minimax", seeds: tuple[int, ...] = (0, 1, 2)
) -> Experiment:
    contestants = [contestant(model, {"steps": 30, "batch_size": 8})]
    return Experiment(
        contestants, [problem("ring")], seeds, [Mean()], gauge=quick_metrics if record else None
    )


def test_a_comparison_has_the_same_numbers_with_and_without_recording(tmp_path: Path) -> None:
    plain = run_experiment(experiment(False), tmp_path / "plain")
    recorded = run_experiment(experiment(True), tmp_path / "recorded")
    assert [(s.model, s.seed, s.value) for s in plain.scores] == [
        (s.model, s.seed, s.value) for s in recorded.scores
    ]
    without, task = (
        experiment_tasks(experiment(True), tmp_path / name)[0] for name in ("plain", "recorded")
    )
    assert not without.recordings()
    assert not without.watched()
    assert len(task.recordings()) == 2
    assert sorted(task.watched()) == [0, 1, 2]
    assert run_files.read_weights(task.folder / "seed-0001").keys()


def test_a_fault_in_what_is_shown_does_not_cost_the_training(tmp_path: Path) -> None:
    class Shy(GAN):
        def _discriminate(self, x: torch.Tensor, context: torch.Tensor | None) -> torch.Tensor:
            if len(x) > 1000:
                raise RuntimeError("not on a grid")
            return super()._discriminate(x, context)

    def shy_gan(event_shape: tuple[int, ...], spec: ContextSpec | None) -> Shy:
        plain = MODELS.create("gan_minimax", event_shape)
        parts = {
            "generator": plain.generator,
            "discriminator": plain.discriminator,
            "objective": plain.objective,
        }
        return Shy(event_shape, latent_dim=8, **parts)

    shy = Contestant("shy", shy_gan, Recipe(steps=30, batch_size=8), {"name": "shy"})
    asked = Experiment([shy], [problem("ring")], (0, 1), [Mean()], gauge=quick_metrics)
    table = run_experiment(asked, tmp_path)
    assert {score.status for score in table.scores} == {"finished"}
    task = experiment_tasks(asked, tmp_path)[0]
    assert not task.recordings()
    assert "not on a grid" in (task.folder / "recording-failure.txt").read_text()


def test_train_records_unless_told_not_to(tmp_path: Path) -> None:
    fit = genzoo.train("vae", "ring", seeds=3, steps=10, directory=tmp_path / "run")
    assert len(fit.recordings) == 2
    assert len(list((tmp_path / "run").glob("seed-*/recording.npz"))) == 2
    assert len(list((tmp_path / "run").glob("seed-*/watched.npz"))) == 3
    bare = genzoo.train("vae", "ring", seeds=3, steps=10, record=False)
    assert not bare.recordings
    assert bare.runs[0].watched is None
    for one, other in zip(fit.runs, bare.runs, strict=True):
        assert all(
            torch.equal(one.weights["last"][name], other.weights["last"][name])
            for name in one.weights["last"]
        )
