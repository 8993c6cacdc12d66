"""Every engine makes the same training, and what cannot be compiled is made step by step."""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, fx, nn
from torch.fx.experimental.proxy_tensor import make_fx

from genzoo import create_source
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.errors import EngineFallback, InputError
from genzoo.models import MODELS, recommended_recipe
from genzoo.results.types import FitResult
from genzoo.training import Trainer, TrainingProgress, compiled, engines, program
from genzoo.training.engines import chosen_engine, least_steps
from genzoo.training.price import FREE, Price
from tests.training.conftest import SHORT

pytestmark = pytest.mark.usefixtures("short_chunks")

STEPS = SHORT + 7
KEPT = (0, 1, 6, STEPS)


def uncompiled(
    module: fx.GraphModule, arguments: Sequence[Tensor], *, templates: bool = False
) -> Callable[..., Any]:
    """What is compiled, called as it is."""
    return module


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler takes seconds; what it is given can be tried without."""
    monkeypatch.setattr(compiled, "compile_graph", uncompiled)
    monkeypatch.setattr(compiled, "has_templates", lambda dtype: True)


@pytest.fixture(autouse=True)
def no_fallback() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", EngineFallback)
        yield


FEWER_STEPS = {"rectified_flow": {"pairing_steps": 1}}
"""Options that make a loss shorter, so that less of the same is traced."""


def small(name: str) -> Callable[[], GenerativeModel]:
    options = {"width": 8, "depth": 1, **FEWER_STEPS.get(name, {})}
    return lambda: MODELS.create(name, (2,), **options)


def trained(
    engine: Any,
    build: Callable[[], GenerativeModel],
    recipe: Recipe,
    seeds: Sequence[int] = (0, 1),
    **options: Any,
) -> FitResult:
    trainer = Trainer(engine=engine, **{"dtype": torch.float64, **options})
    return trainer.fit(build, create_source("ring"), seeds, recipe, (), KEPT)


def require_same(one: FitResult, other: FitResult, rtol: float) -> None:
    for run, twin in zip(one.runs, other.runs, strict=True):
        for name, weights in run.weights.items():
            for key, value in weights.items():
                torch.testing.assert_close(twin.weights[name][key], value, rtol=rtol, atol=rtol)
        assert list(run.snapshots) == list(twin.snapshots) == list(KEPT)
        for step, state in run.snapshots.items():
            for key, value in state.items():
                torch.testing.assert_close(twin.snapshots[step][key], value, rtol=rtol, atol=rtol)
        assert list(run.history.series) == list(twin.history.series)
        np.testing.assert_array_equal(run.history.steps, twin.history.steps)
        for key, values in run.history.series.items():
            np.testing.assert_allclose(twin.history.series[key], values, rtol=1e-4, atol=1e-5)


RECIPES = {
    "adam": {},
    "rmsprop": {"optimiser": "rmsprop", "learning_rate": 1e-3},
    "sgd": {"optimiser": "sgd", "learning_rate": 1e-3},
    "everything": {
        "gradient_clip": 0.1,
        "averaging": 0.9,
        "schedule": "cosine",
        "weight_decay": 0.1,
        "warm_up": 0.2,
    },
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_whole_step_is_what_is_made_turn_by_turn(quick: None, recipe: str) -> None:
    build = small("gan")
    settings = Recipe(steps=STEPS, batch_size=16).override(**RECIPES[recipe])
    require_same(
        trained("replay", build, settings), trained("compiled", build, settings), rtol=1e-8
    )


@pytest.mark.parametrize("name", ["vae", "wgan_gp", "rectified_flow"])
@pytest.mark.parametrize("seeds", [(3,), (0, 1)])
def test_of_several_turns_windows_and_buffers_too(
    quick: None, name: str, seeds: tuple[int, ...]
) -> None:
    recipe = recommended_recipe(name).override(steps=STEPS, batch_size=8)
    build = small(name)
    require_same(
        trained("replay", build, recipe, seeds),
        trained("compiled", build, recipe, seeds),
        rtol=1e-7,
    )


class StoppedError(Exception):
    pass


def test_it_goes_on_to_the_bit(quick: None, tmp_path: Path) -> None:
    recipe = recommended_recipe("vae").override(steps=3 * SHORT + 5, batch_size=8, averaging=0.9)
    build = small("vae")
    whole = trained("compiled", build, recipe)
    keeping = {"checkpoint": tmp_path / "checkpoint", "checkpoint_seconds": 0.0}
    trainer = Trainer(engine="compiled", dtype=torch.float64, **keeping)

    def stop(progress: TrainingProgress) -> None:
        if progress.step == 2 * SHORT:
            raise StoppedError

    with pytest.raises(StoppedError):
        trainer.fit(build, create_source("ring"), [0, 1], recipe, [stop], KEPT[:-1])
    resumed = trainer.fit(build, create_source("ring"), [0, 1], recipe, (), KEPT[:-1])
    for run, twin in zip(whole.runs, resumed.runs, strict=True):
        for key, value in run.weights["averaged"].items():
            assert torch.equal(twin.weights["averaged"][key], value), key


class Line(GenerativeModel):
    """A line fitted by a network."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__((2,))
        self.net = nn.Sequential(nn.Linear(2, 4), *layers, nn.Linear(4, 2))
        self.calls = 0

    def updates(self) -> tuple[Update, ...]:
        return (Update("fit", type(self).loss, ("net",), {"z": NoiseSpec("normal", (2,))}),)

    def sampling_noise(self) -> dict[str, NoiseSpec]:
        return {"z": NoiseSpec("normal", (2,))}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        x: Tensor = self.net(noise["z"])
        return x

    def loss(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": (self.net(noise["z"]) - batch.x).square().mean()})


class Dropping(Line):
    def __init__(self) -> None:
        super().__init__(nn.Dropout(0.5))


class Projected(Line):
    def updates(self) -> tuple[Update, ...]:
        return (replace(super().updates()[0], projection=Projected.clip),)

    def clip(self) -> None:
        for parameter in self.parameters():
            parameter.clamp_(-0.1, 0.1)


class Reading(Line):
    def loss(self, batch: Batch, noise: Noise) -> Step:
        step = super().loss(batch, noise)
        assert float(step.terms["loss"]) >= 0
        return step


class Writing(Line):
    """What begins as zeros does not stay so."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        target = torch.zeros_like(batch.x)
        target[:, 0] = batch.x[:, 0]
        return Step({"loss": (self.net(noise["z"]) - target).square().mean()})


class Lagging(Line):
    """A buffer keeps what another was, and one a part of the weights before the step."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("now", torch.zeros(()))
        self.register_buffer("before", torch.zeros(()))
        self.register_buffer("bias", torch.zeros(4))

    def loss(self, batch: Batch, noise: Noise) -> Step:
        step = super().loss(batch, noise)
        state = {"now": self.now + 1, "before": self.now.detach()}
        return Step(step.terms, state={**state, "bias": self.net[0].bias.detach()})


class Counting(Line):
    """Later it does something else."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        self.calls += 1
        factor = 1.0 if self.calls < 12 else 2.0
        return Step({"loss": factor * (self.net(noise["z"]) - batch.x).square().mean()})


RECIPE = Recipe(steps=20, batch_size=4)
WHY = {
    Dropping: "draws numbers of its own",
    Projected: "has a projection",
    Reading: "cannot be recorded",
}


@pytest.mark.parametrize("build", WHY)
def test_what_cannot_be_compiled_is_made_step_by_step(
    quick: None, build: Callable[[], GenerativeModel]
) -> None:
    with pytest.warns(EngineFallback, match=WHY[build]) as heard:
        fallen = trained("compiled", build, RECIPE, [0])
    assert len([one for one in heard if one.category is EngineFallback]) == 1
    same = trained("replay", build, RECIPE, [0])
    for run, twin in zip(same.runs, fallen.runs, strict=True):
        assert twin.makings == run.makings
        for key, value in run.weights["last"].items():
            assert torch.equal(twin.weights["last"][key], value), key


def broken(*given: Any, templates: bool = False) -> Callable[..., Any]:
    raise OSError("no compiler here\nand more")


def wrong_rows(
    module: fx.GraphModule, arguments: Sequence[Tensor], *, templates: bool = False
) -> Callable[..., Any]:
    return lambda *inputs: [1.1 * row for row in module(*inputs)]


def wrong_values(
    module: fx.GraphModule, arguments: Sequence[Tensor], *, templates: bool = False
) -> Callable[..., Any]:
    def call(*inputs: Tensor) -> Any:
        before = inputs[0].clone()
        rows = module(*inputs)
        inputs[0].add_(inputs[0] - before, alpha=0.1)
        return rows

    return call


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (broken, "no compiler here"),
        (wrong_rows, "gives other numbers"),
        (wrong_values, "gives other numbers"),
    ],
)
def test_a_compiler_that_fails_costs_no_training(
    monkeypatch: pytest.MonkeyPatch, make: Any, reason: str
) -> None:
    monkeypatch.setattr(compiled, "compile_graph", make)
    monkeypatch.setattr(compiled, "has_templates", lambda dtype: False)
    with pytest.warns(EngineFallback, match=reason):
        fallen = trained("compiled", Line, RECIPE, [0])
    same = trained("eager", Line, RECIPE, [0])
    weights = fallen.runs[0].weights["last"]
    assert all(torch.equal(weights[key], v) for key, v in same.runs[0].weights["last"].items())


def test_where_templates_fail_the_library_makes_products(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_templates(
        module: fx.GraphModule, arguments: Sequence[Tensor], *, templates: bool = False
    ) -> Callable[..., Any]:
        if templates:
            raise RuntimeError("no template for this\nand more")
        return module

    expected = trained("compiled", Line, RECIPE, [0])
    monkeypatch.setattr(compiled, "compile_graph", without_templates)
    with pytest.warns(EngineFallback, match="torch's library, .* failed .*no template for this"):
        found = trained("compiled", Line, RECIPE, [0])
    assert found.runs[0].makings[0].engine == "compiled"
    require_same(expected, found, rtol=1e-8)


def test_what_writes_to_tensors_is_compiled_as_it_is(quick: None) -> None:
    expected = trained("eager", Writing, RECIPE, [0])
    require_same(expected, trained("compiled", Writing, RECIPE, [0]), rtol=1e-8)


def test_buffers_are_given_what_was(quick: None) -> None:
    for seeds in ([0], [0, 1]):
        expected = trained("eager", Lagging, RECIPE, seeds)
        require_same(expected, trained("compiled", Lagging, RECIPE, seeds), rtol=1e-8)


def swapped(a: Tensor, b: Tensor) -> list[Tensor]:
    return [b, a, a + 1]


def part(a: Tensor, b: Tensor) -> list[Tensor]:
    return [a - 1, a[:1].clone().reshape(-1), b]


def shown(a: Tensor, b: Tensor) -> list[Tensor]:
    return [a - 1, b, a.view(1, 2)]


def plain(a: Tensor, b: Tensor) -> list[Tensor]:
    return [a - b, b, torch.stack([a, b])]


@pytest.mark.parametrize(
    ("step", "expected"), [(swapped, True), (part, True), (shown, True), (plain, False)]
)
def test_a_step_that_hands_values_on_does_not_write_in_place(
    step: Callable[..., list[Tensor]], expected: bool
) -> None:
    module = make_fx(step)(torch.ones(2), torch.zeros(2))
    assert compiled.hands_on(module, count=2) == expected


def test_a_loss_that_changes_later_is_found(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "CHECKED", 2 * SHORT)
    with pytest.raises(InputError, match="no longer does what it did"):
        trained("compiled", Counting, RECIPE.override(steps=20 * program.CHECKED), [0])


def test_auto_follows_from_steps_and_what_they_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "has_compiler", lambda: True)

    def unasked() -> Price:
        raise AssertionError("what a step costs decides nothing here")

    assert chosen_engine("auto", 999, "cpu", unasked) == "eager"
    assert chosen_engine("compiled", 1, "cpu", unasked) == "compiled"
    assert least_steps("compiled", "cuda", unasked) == math.inf
    for seconds in (1e-4, 0.007, 1.0):
        price = partial(Price, seconds, 100.0)
        least = int(least_steps("compiled", "cpu", price))
        assert least == max(1000, math.ceil(43.5 / seconds))
        assert chosen_engine("auto", least, "cpu", price) == "compiled"
        assert chosen_engine("auto", least - 1, "cpu", price) != "compiled"
    # A model without a price cannot be compiled.
    assert chosen_engine("auto", 10**9, "cpu", lambda: FREE) == "replay"


def test_without_a_compiler_auto_replays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert chosen_engine("auto", 10**6, "cpu", partial(Price, 1.0, 10.0)) == "replay"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(
        InputError, match="engine must be one of auto, eager, replay, compiled, captured"
    ):
        trained("fast", Line, RECIPE, [0])


@pytest.mark.thorough
@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_compiled_for_real_buffers_are_given_what_was(seeds: tuple[int, ...]) -> None:
    # The compiler leaves out copies of what is written to afterwards.
    expected = trained("eager", Lagging, RECIPE, seeds)
    found = trained("compiled", Lagging, RECIPE, seeds)
    assert found.runs[0].makings[0].engine == "compiled"
    require_same(expected, found, rtol=1e-8)


@pytest.mark.thorough
@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
@pytest.mark.parametrize(
    ("name", "dtype", "rtol"),
    [("gan", torch.float64, 1e-8), ("gan", torch.float32, 1e-4), ("gan_r1", torch.float32, 1e-4)],
)
def test_compiled_for_real_it_is_near_and_repeats_to_the_bit(
    name: str, dtype: torch.dtype, rtol: float, seeds: tuple[int, ...]
) -> None:
    recipe = Recipe(steps=STEPS, batch_size=16, averaging=0.9)
    build = small(name)
    one, other = (trained("compiled", build, recipe, seeds, dtype=dtype) for _ in range(2))
    require_same(trained("replay", build, recipe, seeds, dtype=dtype), one, rtol=rtol)
    assert one.runs[0].makings[0].engine == "compiled"
    for run, twin in zip(one.runs, other.runs, strict=True):
        for key, value in run.weights["last"].items():
            assert torch.equal(twin.weights["last"][key], value), key
