"""How often a training is looked at: frames by the clock, looks by operations.

A word is said on what is done.
"""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import genzoo
from genzoo.api.create import problem
from genzoo.core.counted_operations import CountedOperations
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.recipe import Recipe
from genzoo.core.velocity import SupportsVelocity
from genzoo.data import create_source
from genzoo.experiment import Contestant, Experiment, run_experiment
from genzoo.experiment.run import experiment_tasks
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.models import MODELS
from genzoo.observation import live, viewing
from genzoo.observation.filming import film, steps_to_keep
from genzoo.observation.viewing import affordable, film_seconds, nominal_seconds, thinned
from genzoo.results.recording import even_steps
from genzoo.results.types import FitResult
from genzoo.testing.specimens import LinearGaussian
from genzoo.testing.support import build_ready
from genzoo.training import Trainer, TrainingProgress


class Clock:
    """A clock that moves only when told to."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


def made(monkeypatch: pytest.MonkeyPatch, count: int, seconds: float, *costs: float) -> list[int]:
    """Positions in the order in which frames are made.

    Each frame takes the next of the costs, and all further ones the last.
    """
    clock, found = Clock(), []
    monkeypatch.setattr(viewing, "time", clock)
    for position in affordable(count, seconds):
        found.append(position)
        clock.now += costs[min(len(found), len(costs)) - 1]
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 10, 27, 40])
def test_cheap_films_keep_every_frame(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    assert sorted(made(monkeypatch, count, 10, 0.01)) == list(range(count))
    assert sorted(made(monkeypatch, count, 10, 9.0, 0.01)) == list(
        range(count)
    )  # the first carries a warm-up


@pytest.mark.parametrize(("cost", "frames"), [(9.0, 2), (60.0, 2), (2.0, 5), (1.0, 10), (0.5, 20)])
def test_dear_films_keep_as_many_even_frames_as_fit(
    monkeypatch: pytest.MonkeyPatch, cost: float, frames: int
) -> None:
    found = made(monkeypatch, 40, 10, cost)
    assert found[:2] == [0, 39]
    assert len(set(found)) == len(found) == frames
    gaps = np.diff(sorted(found))
    assert gaps.max() - gaps.min() <= 1


def test_frames_that_become_dear_end_the_film_with_those_made_spread_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = made(monkeypatch, 40, 10, 0.01, 0.01, 3.0)
    assert len(found) == 9
    assert np.diff(sorted(found)).max() <= 10


def test_what_a_film_may_take_grows_with_training() -> None:
    assert film_seconds(1.0) == 4
    assert film_seconds(1000.0) == 100


def test_looks_follow_from_the_operations_of_the_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deep(LinearGaussian):
        loops = 0

        def generate(self, noise: dict[str, Tensor], context: Tensor | None = None) -> Tensor:
            x = super().generate(noise, context)
            for _ in range(self.loops):
                x = x + torch.zeros(())
            return x

    monkeypatch.setattr(viewing, "LOOK_SECONDS", 0.05)
    steps, model = even_steps(2000), Deep((2,))
    assert thinned(steps, model, 1000) == steps
    model.loops = 200
    assert thinned(steps, model, 1000) == steps[::2]
    model.loops = 600
    assert thinned(steps, model, 1000) == steps[::4]
    assert thinned((0, 3, 7, 9), model, 1000) == (0, 3, 7, 9)
    model.loops = 3000
    assert thinned((0, 3, 7, 9), model, 1000) == (0, 9)
    assert thinned((0,), model, 1000) == (0,)


def test_the_multiplications_of_networks_are_counted() -> None:
    wide = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Linear(5, 4))
    image = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.ConvTranspose2d(3, 2, 2, stride=2)
    )
    for network, x, expected in (
        (wide, torch.zeros(7, 8), 7 * (40 + 20)),
        (image, torch.zeros(1, 1, 4, 4), 432 + 384),
    ):
        counter = CountedOperations()
        with counter, torch.no_grad():
            network(x)
        assert counter.multiplications == expected
        assert counter.operations >= 2
        assert counter.elements >= network(x).numel()


DEAR_ON_IMAGES = {
    "gaussian": "a covariance of all pairs of pixels",
    "gaussian_mixture": "as many covariances as components",
    "maf": "a pass for each pixel",
    "neural_spline_flow": "a pass for each pixel",
    "real_nvp": "networks that are masked for each pixel",
}
"""Models of which large images are watched less often, and why."""


@pytest.mark.parametrize("name", MODELS.names())
def test_every_registered_model_keeps_all_its_looks(name: str) -> None:
    model = build_ready(lambda: MODELS.create(name, (2,)), dtype=torch.float32)
    if isinstance(model, SupportsVelocity):
        # It takes a pass for each step of its sampler.
        assert nominal_seconds(model, 1000) < viewing.LOOK_SECONDS / 10
        return
    assert nominal_seconds(model, 1000) < viewing.LOOK_SECONDS / 20
    if name not in DEAR_ON_IMAGES:
        shape = (3, 28, 28)
        large = build_ready(lambda: MODELS.create(name, shape), dtype=torch.float32)
        assert nominal_seconds(large, 1000) < viewing.LOOK_SECONDS / 20


CLOCK = Clock()
TAKEN = 0.05


class Slow(LinearGaussian):
    """Its density takes its time, on that clock."""

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        CLOCK.now += TAKEN
        return super()._log_prob(x, context)


def filmed(kind: type[LinearGaussian], said: list[str] | None = None) -> FitResult:
    source, build = create_source("ring"), lambda: kind((2,))
    fit = Trainer().fit(
        build, source, [0, 1, 2], Recipe(steps=100), keep=steps_to_keep(build, 100, 3)
    )
    return film(fit, source, quick_metrics, [0, 1, 2], (said if said is not None else []).append)


def test_a_slow_density_costs_frames_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "time", CLOCK)
    monkeypatch.setattr(viewing, "FRAME_SECONDS", 6 * TAKEN)
    monkeypatch.setattr(viewing, "FRAME_SHARE", 0.0)  # of the seconds of training, which are real
    slow, fast = filmed(Slow), filmed(LinearGaussian)
    for one, other in zip(slow.recordings, fast.recordings, strict=True):
        assert (one.seed, one.role) == (other.seed, other.role)
        assert len(one) == 6 < len(other)
        assert (one.steps[0], one.steps[-1]) == (0, 100)
        kept = np.searchsorted(other.steps, one.steps)
        for name, array in one.arrays.items():
            np.testing.assert_array_equal(array, other.arrays[name][kept])
        np.testing.assert_array_equal(one.values["distance"], other.values["distance"][kept])
        assert one.values["elbo/loss"].shape == one.steps.shape
    for one, other in zip(slow.runs, fast.runs, strict=True):
        for name, series in one.watched.series.items():
            np.testing.assert_array_equal(series, other.watched.series[name])


def test_it_says_what_it_looks_at() -> None:
    said: list[str] = []
    fit = filmed(LinearGaussian, said)
    assert said[:2] == ["watching seed 0, look 1 of 21", "watching seed 0, look 2 of 21"]
    frames, seed = len(fit.recordings[0]), fit.recordings[0].seed
    assert f"filming seed {seed}, frame {frames} of {frames}" in said
    assert len(said) == 3 * 21 + sum(map(len, fit.recordings))


class Mean(Metric):
    name = "mean"
    label = "mean"
    direction = "target"

    def _estimate(self, evidence: Evidence) -> Estimate:
        return Estimate(float(evidence.samples.double().mean()), 0.1, len(evidence.samples))


class TiredError(Exception):
    """Raised by an observer that has heard enough."""


@pytest.mark.parametrize("stop", [KeyboardInterrupt, TiredError])
def test_a_comparison_can_be_stopped_between_frames(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    heard: list[str] = []

    def observe(progress) -> None:
        heard.append(progress.message)
        if "frame 3" in progress.message:
            raise stop

    linear = Contestant(
        "linear",
        lambda shape, spec: LinearGaussian(shape),
        Recipe(steps=30, batch_size=8),
        {"name": "linear"},
    )
    asked = Experiment([linear], [problem("ring")], (0, 1), [Mean()], gauge=quick_metrics)
    if stop is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            run_experiment(asked, tmp_path, observer=observe)
    else:
        run_experiment(
            asked, tmp_path, observer=observe
        )  # an exception takes the row down, as everywhere
    assert any("linear on ring: filming seed" in message for message in heard)
    assert not any("frame 4" in message for message in heard)
    assert not (experiment_tasks(asked, tmp_path)[0].folder / "recording-failure.txt").exists()


def test_training_alone_says_it_too_where_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    def observe(progress: TrainingProgress) -> None:
        lines.append(progress.summary)

    genzoo.train("vae", "ring", steps=30, observers=[observe])
    assert len(lines) == 1
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    lines.clear()
    genzoo.train("vae", "ring", steps=30, observers=[observe])
    assert lines[1].startswith("step 30 of 30, vae ")
    assert lines[1].endswith("watching seed 0, look 1 of 21")
    assert sum("filming seed 0, frame" in line for line in lines) > 20
    assert all(one <= other for one, other in itertools.pairwise([line[:10] for line in lines]))
