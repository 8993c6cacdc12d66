"""Recorded losses give the numbers of evaluated ones; what cannot be recorded is evaluated."""

import copy
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genzoo import create_source, list_models
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.core.units import Units
from genzoo.errors import InputError
from genzoo.models import MODELS, recommended_recipe
from genzoo.results.types import FitResult
from genzoo.training import Trainer, TrainingProgress, replay
from genzoo.training.draws import Draws
from genzoo.training.operations import is_of_one_step, make_fx
from genzoo.training.replay import Gradients
from genzoo.training.simplification import TRANSPOSITIONS, simplified
from genzoo.training.stack import Stack
from tests.training.conftest import SHORT


class Plain(GenerativeModel):
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


class NoiseCalledX(Plain):
    """A name that a field of a batch has too."""

    def updates(self) -> tuple[Update, ...]:
        return (Update("fit", type(self).loss, ("net",), {"x": NoiseSpec("normal", (2,))}),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": (self.net(noise["x"]) - batch.x).square().mean()})


class Weighed(Plain):
    """A loss times a number that a recording must not hold."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": (self.net(noise["z"]) - batch.x).square().mean() * self.weight(batch)})

    def weight(self, batch: Batch) -> Any:
        return 1.0


class Counting(Weighed):
    def weight(self, batch: Batch) -> float:
        self.calls += 1
        return self.calls


class CountingLate(Weighed):
    """Not a pure function either, but in the trials it seems to be one."""

    def weight(self, batch: Batch) -> float:
        self.calls += 1
        return 1.0 if self.calls <= 2 + replay.TRIALS else 0.1


class Float(Weighed):
    """Takes the same branch for long."""

    def weight(self, batch: Batch) -> float:
        return 1.0 if float(batch.progress) < 0.5 else 0.1


class List(Weighed):
    def weight(self, batch: Batch) -> float:
        return 1.0 if batch.progress.tolist() < 0.5 else 0.1


class Array(Weighed):
    def weight(self, batch: Batch) -> float:
        return float(np.linalg.norm(self.net[0].weight.detach().numpy()))


class Copied(Weighed):
    def weight(self, batch: Batch) -> Tensor:
        return copy.deepcopy(self.net)(torch.ones(1, 2)).detach().square().sum()


class Rewrapped(Weighed):
    def weight(self, batch: Batch) -> Tensor:
        return nn.Parameter(self.net[0].weight.detach().clone()).square().sum().detach()


class Constant(Weighed):
    """A tensor that is no buffer: who knows who changes it."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = torch.tensor(1.0)

    def weight(self, batch: Batch) -> Tensor:
        return self.factor


class Masking(Plain):
    """The mean over the rows on one side: how many these are, the values say."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": (self.net(noise["z"]) - batch.x)[batch.x[:, 0] > 0].square().mean()})


class MaskingItself(Weighed):
    def weight(self, batch: Batch) -> int:
        mask = batch.x[:, 0] > 0
        return 1 + len(mask[mask])


class Annealed(Weighed):
    """A number that its projection changes."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = 1.0

    def updates(self) -> tuple[Update, ...]:
        return (replace(super().updates()[0], projection=Annealed.anneal),)

    def anneal(self) -> None:
        self.factor *= 0.9

    def weight(self, batch: Batch) -> float:
        return self.factor


class Gathering(Plain):
    """Rows by their numbers: always as many."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        away = (self.net(noise["z"]) - batch.x).square().sum(1)
        return Step({"loss": away[away.argsort()[:3]].mean()})


class Recurrent(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.LSTM(2, 2)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": (self.net(noise["z"])[0] - batch.x).square().mean()})


class Typed(Weighed):
    """k + 1 and k + 1.0 differ in type."""

    def weight(self, batch: Batch) -> Tensor:
        k = torch.arange(2)
        whole = k + 1
        return (self.net(k + 1.0) * whole).sum().detach()


class Lagging(Plain):
    """Its buffers keep what a parameter and a loss were one step before."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("lag", torch.zeros(4))
        self.register_buffer("current", torch.zeros(()))
        self.register_buffer("previous", torch.zeros(()))

    def loss(self, batch: Batch, noise: Noise) -> Step:
        loss = (self.net(noise["z"]) - batch.x).square().mean()
        monitors = {"lag": (self.net[0].bias - self.lag).abs().sum(), "bias": self.net[0].bias[0]}
        state = {"current": loss, "previous": self.current, "lag": self.net[0].bias}
        return Step({"loss": loss}, {**monitors, "previous": self.previous}, state)


Fit = Callable[..., tuple[FitResult, list[bool]]]


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> Fit:
    """A fit with or without recordings, and whether each update was replayed at the end."""

    def run(
        build: Callable[[], GenerativeModel], seeds: list[int], recipe: Recipe, *, record: bool
    ) -> Any:
        made: list[Gradients] = []
        genuine = Gradients.__init__

        def watched(self: Gradients, *arguments: Any, **named: Any) -> None:
            genuine(self, *arguments, **named)
            made.append(self)

        with monkeypatch.context() as patch:
            patch.setattr(Gradients, "__init__", watched)
            return Trainer(engine="replay" if record else "eager").fit(
                build, create_source("ring"), seeds, recipe
            ), [each.replays for each in made]

    return run


def same(one: FitResult, other: FitResult) -> bool:
    weights = [
        [v for run in fit.runs for state in run.weights.values() for v in state.values()]
        for fit in (one, other)
    ]
    series = [
        [torch.tensor(v) for run in fit.runs for v in run.history.series.values()]
        for fit in (one, other)
    ]
    return all(
        torch.equal(a.nan_to_num(7.0), b.nan_to_num(7.0))
        for first, second in (weights, series)
        for a, b in zip(first, second, strict=True)
    )


SMALL = {"width": 8, "depth": 1}
STACKED = ("autoencoder", "gan_r1", "ot_flow_matching", "sngan", "wgan_clip")
ALONE = ("pacgan2", "unrolled_gan", "vae", "wgan_gp")
"""One of each kind of loss and of networks; the others are replayed where thorough tests run."""


def replayed() -> Iterator[object]:
    for name in list_models():
        if not MODELS.create(name, (2,)).updates():
            continue  # it is fitted, and has no loss
        if name in STACKED:
            yield pytest.param(name, [0, 1])
        else:
            yield pytest.param(name, [0], marks=() if name in ALONE else pytest.mark.thorough)


@pytest.mark.parametrize(("name", "seeds"), list(replayed()))
def test_every_registered_model_is_replayed_with_the_same_bits(
    fit: Fit, name: str, seeds: list[int]
) -> None:
    """Networks of one hidden layer, where they may be chosen: a second is recorded as the first."""
    options = {
        option: size for option, size in SMALL.items() if option in MODELS.entry(name).options
    }
    recipe = recommended_recipe(name).override(steps=7, batch_size=16)
    given = {"context_spec": create_source("ring").context_spec}

    def build() -> GenerativeModel:
        return MODELS.create(name, (2,), given=given, **options)

    replayed, found = fit(build, seeds, recipe, record=True)
    evaluated, none = fit(build, seeds, recipe, record=False)
    assert found
    assert all(found)
    assert not any(none)
    assert same(replayed, evaluated)


UNSAFE = [
    Float,
    List,
    Array,
    Copied,
    Rewrapped,
    Constant,
    Masking,
    MaskingItself,
    Annealed,
    Recurrent,
]


@pytest.mark.parametrize("model", UNSAFE)
def test_what_is_no_list_of_operations_is_evaluated(fit: Fit, model: type[Plain]) -> None:
    recipe = Recipe(steps=30, batch_size=8)
    result, found = fit(model, [0], recipe, record=True)
    assert found == [False]
    assert same(result, fit(model, [0], recipe, record=False)[0])


@pytest.mark.parametrize("model", [Gathering, Typed, Lagging])
def test_what_is_one_is_replayed(fit: Fit, model: type[Plain]) -> None:
    recipe = Recipe(steps=30, batch_size=8)
    result, found = fit(model, [0], recipe, record=True)
    assert found == [True]
    assert same(result, fit(model, [0], recipe, record=False)[0])


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("seeds", [[0], [0, 1]])
def test_states_and_monitors_are_of_before_the_step(
    fit: Fit, seeds: list[int], record: bool
) -> None:
    history = (
        fit(Lagging, seeds, Recipe(steps=20, batch_size=8), record=record)[0].runs[0].history.series
    )
    assert (history["fit/lag"][1:] > 0).all()
    assert (history["fit/lag"][1:] + 1e-6 >= np.abs(np.diff(history["fit/bias"]))).all()
    assert history["fit/previous"][2:] == pytest.approx(history["fit/loss"][:-2])


def test_a_loss_that_is_not_pure_is_evaluated_or_named(fit: Fit) -> None:
    assert fit(Counting, [0], Recipe(steps=7, batch_size=8), record=True)[1] == [False]
    with pytest.raises(InputError, match=r"loss of update 'fit' no longer does what it did"):
        fit(CountingLate, [0], Recipe(steps=replay.CHECKED + 1, batch_size=8), record=True)


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("name", ["sngan", pytest.param("wgan_clip", marks=pytest.mark.thorough)])
def test_an_interrupted_fit_is_replayed_to_the_same_bits(
    fit: Fit, tmp_path: Path, monkeypatch, name: str
) -> None:
    recipe = recommended_recipe(name).override(steps=2 * SHORT + 2, batch_size=8)

    def build() -> GenerativeModel:
        return MODELS.create(name, (2,), width=8, depth=1)

    whole, _ = fit(build, [0, 1], recipe, record=False)
    keeping = Trainer(engine="replay", checkpoint=tmp_path / "checkpoint", checkpoint_seconds=0.0)

    class StoppedError(Exception):
        pass

    def stop(progress: TrainingProgress) -> None:
        if progress.step == 2 * SHORT:
            raise StoppedError

    with pytest.raises(StoppedError):
        keeping.fit(build, create_source("ring"), [0, 1], recipe, [stop])
    assert same(keeping.fit(build, create_source("ring"), [0, 1], recipe), whole)


@pytest.mark.parametrize("record", [False, True])
def test_noise_may_be_called_as_a_field_of_the_batch(fit: Fit, record: bool) -> None:
    recipe = Recipe(steps=5, batch_size=8)
    stacked, alone = (
        fit(NoiseCalledX, seeds, recipe, record=record)[0].runs[0] for seeds in ([0, 1], [0])
    )
    assert stacked.history.series["fit/loss"] == pytest.approx(
        alone.history.series["fit/loss"], rel=1e-4
    )


@pytest.mark.parametrize("layer", [lambda: nn.Dropout(0.5), lambda: nn.BatchNorm1d(4)])
def test_layers_that_draw_or_write_give_the_same_numbers(
    fit: Fit, layer: Callable[[], nn.Module]
) -> None:
    recipe = Recipe(steps=70, batch_size=8)
    before = torch.get_rng_state()
    results = [fit(lambda: Plain(layer()), [0], recipe, record=record) for record in (True, False)]
    assert results[0][1] == [True]
    assert same(results[0][0], results[1][0])
    assert torch.equal(torch.get_rng_state(), before)


def test_scores_that_a_penalty_shares_with_the_objective_are_computed_once() -> None:
    model, source = MODELS.create("gan_r1", (2,), depth=3), create_source("ring")
    updates = model.updates()
    draws = Draws(source, updates, [0], 16, Units(torch.zeros(1, 2), torch.ones(1, 2)))
    gradients = Gradients(updates[0], Stack([model], updates), replays=True)
    gradients(draws.batches(updates[0], 0, 10)[0], draws.noise(updates[0])[0])
    assert gradients._operations is not None
    operations = Counter(node.target for node in gradients._operations.module.graph.nodes)
    layers, passes = 4, 3
    assert operations[torch.ops.aten.addmm.default] == layers * passes


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda x: x[x > 0], True),
        (lambda x: (x > 0)[x > 0], True),
        (lambda x: x.nonzero(), True),
        (lambda x: x[x.argsort()], False),
        (lambda x: x[1:], False),
    ],
)
def test_shapes_that_values_decide_are_seen(
    function: Callable[[Tensor], Tensor], wanted: bool
) -> None:
    recording = make_fx(function)(torch.arange(-1.0, 3.0))
    assert any(map(is_of_one_step, recording.graph.nodes)) == wanted


def draws_twice(x: Tensor) -> Tensor:
    return torch.rand_like(x) + torch.rand_like(x)


def writes(x: Tensor) -> Tensor:
    first, second = x + 1, x + 1
    return first.add_(1) * second


@pytest.mark.parametrize("function", [draws_twice, writes])
def test_what_draws_or_writes_is_not_taken_for_computed_twice(
    function: Callable[[Tensor], Tensor],
) -> None:
    x = torch.arange(3.0)
    recording = simplified(make_fx(function)(x))
    generator = torch.random.get_rng_state()
    found = recording(x)
    torch.random.set_rng_state(generator)
    assert torch.equal(found, function(x))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.exp().exp(),
        lambda x: x.neg().neg(),
        lambda x: x.t().t(),
        lambda x: x.t().exp().t(),
    ],
)
def test_only_what_turns_back_is_left_out(function: Callable[[Tensor], Tensor]) -> None:
    x = torch.rand(3, 2)
    recording = simplified(make_fx(function)(x))
    assert torch.equal(recording(x), function(x))


def test_two_transpositions_are_none() -> None:
    x = torch.rand(3, 2)
    recording = simplified(make_fx(lambda x: x.t().t() + 1)(x))
    assert not [node for node in recording.graph.nodes if node.target in TRANSPOSITIONS]


def test_equal_means_the_same_numbers_and_missing_ones_in_the_same_places() -> None:
    one = torch.tensor([1.0, math.nan, 3.0])
    assert replay._equal(one, one.clone())
    for other in (
        [0.5, math.nan, 3.0],
        [1.5, math.nan, 3.0],
        [1.0, 2.0, 3.0],
        [math.nan, math.nan, 3.0],
    ):
        assert not replay._equal(one, torch.tensor(other))
    assert not replay._equal(one, one[:2])


@pytest.mark.parametrize("size", [0.0, 0.5, 100.0])
def test_near_is_relative_to_the_largest(size: float) -> None:
    one = torch.tensor([size, -size / 2, math.nan])
    within = 0.9 * replay.FAR * (1 + size)
    assert replay._near(one, one + within)
    assert replay._near(one, one - within)
    assert not replay._near(one, one + 1.2 * within)
    assert not replay._near(one, one - 1.2 * within)


def test_every_hundredth_step_is_evaluated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[int] = []
    call = [0]
    genuine = Gradients.__call__, Gradients._checked

    def counted(self: Gradients, *arguments: Any) -> Any:
        call[0] = self._calls
        return genuine[0](self, *arguments)

    def checking(self: Gradients, *arguments: Any, **named: Any) -> Any:
        checked.append(call[0])
        return genuine[1](self, *arguments, **named)

    monkeypatch.setattr(Gradients, "__call__", counted)
    monkeypatch.setattr(Gradients, "_checked", checking)
    Trainer(engine="replay").fit(
        Plain, create_source("ring"), [0], Recipe(steps=2 * replay.CHECKED + 5, batch_size=4)
    )
    assert checked == [*range(1, replay.TRIALS + 1), replay.CHECKED, 2 * replay.CHECKED]
