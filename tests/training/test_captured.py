"""The engine for GPUs: all but the capture itself runs here, by a plain call of the same steps."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import genzoo
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise
from genzoo.core.recipe import Recipe
from genzoo.errors import EngineFallback, InputError
from genzoo.models import MODELS, recommended_recipe
from genzoo.training import Trainer, TrainingProgress, captured, compiled, engines
from genzoo.training.captured import STEPS as TOGETHER
from genzoo.training.draws import CHUNK
from genzoo.training.engines import EngineName, chosen_engine, least_steps
from genzoo.training.price import FREE
from tests.training.test_engines import KEPT, Line, Projected, require_same, trained, uncompiled

STEPS = KEPT[-1]
ENGINES: tuple[EngineName, ...] = ("captured", "replay")
RECIPE = Recipe(steps=STEPS, batch_size=4).override(
    averaging=0.9, gradient_clip=0.1, schedule="cosine", weight_decay=0.1
)


class Levelled(Line):
    """Its loss writes to a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("level", torch.zeros(2))
        self.level: Tensor

    def loss(self, batch: Batch, noise: Noise) -> Step:
        level = 0.9 * self.level + 0.1 * batch.x.mean(0)
        error = self.net(noise["z"]) - batch.x - self.level
        return Step({"loss": error.square().mean()}, {"far": error.abs().max()}, {"level": level})


class Everything(Levelled):
    """Several turns of an update too, and another in the second half."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.Linear(2, 2)

    def updates(self) -> tuple[Update, ...]:
        (update,) = super().updates()
        second = Update("other", Everything.second_loss, ("other",), update.noise, window=(0.5, 1))
        return (replace(update, steps=2), second)

    def second_loss(self, batch: Batch, noise: Noise) -> Step:
        error = self.other(noise["z"]) - batch.x * (1 + batch.progress)
        return Step({"loss": error.square().mean(), "size": noise["z"].square().mean()})


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine may be asked for without a GPU."""
    monkeypatch.setattr(engines, "has_graphs", lambda device: True)


@pytest.fixture(autouse=True)
def no_fallback() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", EngineFallback)
        yield


def test_steps_in_place_are_those_of_the_other_engines(
    everywhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = (0, 1)
    monkeypatch.setattr(compiled, "compile_graph", uncompiled)
    monkeypatch.setattr(compiled, "fast_products", lambda module, **options: module)
    found = trained("captured", Everything, RECIPE, seeds)
    assert found.runs[0].makings[0].engine == "captured"
    require_same(trained("eager", Everything, RECIPE, seeds), found, rtol=1e-8)
    # The operations are the same here, and so are the bits.
    same = trained("compiled", Everything, RECIPE, seeds)
    for run, twin in zip(same.runs, found.runs, strict=True):
        for weights in run.weights:
            for key, value in run.weights[weights].items():
                assert torch.equal(twin.weights[weights][key], value), (weights, key)
        for name, values in run.history.series.items():
            assert values.tobytes() == twin.history.series[name].tobytes(), name


class StoppedError(Exception):
    pass


def test_it_goes_on_to_the_bit(everywhere: None, tmp_path: Path) -> None:
    recipe = RECIPE.override(steps=CHUNK + TOGETHER + 1)
    keeping: dict[str, Any] = {"checkpoint": tmp_path / "c", "checkpoint_seconds": 0.0}
    trainer = Trainer(engine="captured", **keeping)
    given = (Levelled, genzoo.create_source("ring"), [4], recipe)
    whole = trainer.fit(*given)
    trainer.discard_checkpoints()

    def stop(progress: TrainingProgress) -> None:
        if progress.step == CHUNK:
            raise StoppedError

    with pytest.raises(StoppedError):
        trainer.fit(*given, [stop])
    resumed = trainer.fit(*given)
    for run, twin in zip(whole.runs, resumed.runs, strict=True):
        assert list(run.history.steps) == list(twin.history.steps)
        for key, value in run.weights["averaged"].items():
            assert torch.equal(twin.weights["averaged"][key], value), key


class Broken(captured.PlainCall):
    def __init__(self, call: Any) -> None:
        super().__init__(call)
        raise RuntimeError("operation not permitted when stream is capturing\nand more")


class Empty(captured.PlainCall):
    """A graph with nothing in it."""

    def replay(self) -> None: ...

    def __init__(self, call: Any) -> None:
        call()


@pytest.mark.parametrize(
    ("graph", "build", "reason"),
    [
        (Broken, Line, "cannot be captured .RuntimeError: operation not permitted when stream is"),
        (Empty, Line, "the captured step gives other numbers"),
        (captured.PlainCall, Projected, "has a projection"),
    ],
)
def test_what_cannot_be_captured_is_made_step_by_step(
    everywhere: None, monkeypatch: pytest.MonkeyPatch, graph: Any, build: Any, reason: str
) -> None:
    monkeypatch.setattr(captured, "PlainCall", graph)
    recipe = Recipe(steps=20, batch_size=4)
    with pytest.warns(EngineFallback, match=f"engine captured: .*{reason}") as heard:
        fallen = trained("captured", build, recipe, [0])
    assert len([one for one in heard if one.category is EngineFallback]) == 1
    same = trained("replay", build, recipe, [0])
    assert fallen.runs[0].makings == same.runs[0].makings
    for key, value in same.runs[0].weights["last"].items():
        assert torch.equal(fallen.runs[0].weights["last"][key], value), key


def test_it_is_chosen_on_a_gpu_alone() -> None:
    assert chosen_engine("auto", 1000, "cuda:1", lambda: FREE) == "captured"
    assert chosen_engine("auto", 999, "cuda", lambda: FREE) == "eager"
    assert chosen_engine("captured", 1, "cuda", lambda: FREE) == "captured"
    assert least_steps("captured", "cpu", lambda: FREE) == math.inf
    with pytest.raises(InputError, match="captured needs a GPU, and the device is cpu: train on"):
        trained("captured", Line, RECIPE)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
@pytest.mark.parametrize("seeds", [(3,), (0, 1, 2)])
def test_captured_for_real_it_is_near_and_repeats_to_the_bit(seeds: tuple[int, ...]) -> None:
    one, other = (trained("captured", Everything, RECIPE, seeds, device="cuda") for _ in range(2))
    assert one.runs[0].makings[0].engine == "captured"
    require_same(trained("eager", Everything, RECIPE, seeds), one, rtol=1e-8)
    for run, twin in zip(one.runs, other.runs, strict=True):
        for key, value in run.weights["last"].items():
            assert torch.equal(twin.weights["last"][key], value), key


NAMES = []
for name in MODELS.names():
    # Spline flows hold masks of truth values.
    marks = [] if name == "neural_spline_flow" else [pytest.mark.thorough]
    NAMES.append(pytest.param(name, marks=marks))


@pytest.mark.parametrize("name", NAMES)
def test_every_registered_model_is_trained_as_by_replay(everywhere: None, name: str) -> None:
    """Up to weights whose gradient is 0 but for rounding, which Adam scales up."""
    source = genzoo.create_source("ring")

    def build() -> GenerativeModel:
        return MODELS.create(name, (2,), given={"context_spec": source.context_spec})

    recipe = recommended_recipe(name).override(steps=TOGETHER + 1, batch_size=8)
    with warnings.catch_warnings():
        # A projection may be any code.
        warnings.simplefilter("ignore", EngineFallback)
        fits = [Trainer(engine=engine).fit(build, source, [0, 1], recipe) for engine in ENGINES]
    for one, other in zip(*(fit.runs for fit in fits), strict=True):
        weights = dict(one.model.named_parameters())
        for key, value in other.model.named_parameters():
            apart = (weights[key] - value).detach().abs().flatten()
            assert float(apart.median()) < 1e-5
