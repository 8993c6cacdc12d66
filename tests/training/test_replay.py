"""Recorded losses give the numbers of evaluated ones to the bit; what cannot be recorded safely is evaluated."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from genzoo import create_source, list_models
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.core.results import FitResult
from genzoo.models import MODELS, recommended_recipe
from genzoo.training import Trainer, replay, trainer
from genzoo.training.draws import Draws
from genzoo.training.replay import Gradients
from genzoo.training.stack import Stack


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


class Counting(Plain):
    """Not a pure function: it weighs its loss by how often it was asked."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        self.calls += 1
        return Step({"loss": (self.net(noise["z"]) - batch.x).square().mean() * self.calls})


class Deciding(Plain):
    """Looks at a number before it says what to compute."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        away = (self.net(noise["z"]) - batch.x).square().mean()
        return Step({"loss": away if float(batch.x.sum()) > 0 else 2 * away})


class Masking(Plain):
    """The mean over the rows on one side: how many these are, the values say."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": (self.net(noise["z"]) - batch.x)[batch.x[:, 0] > 0].square().mean()})


class Gathering(Plain):
    """Rows by their numbers: always as many."""

    def loss(self, batch: Batch, noise: Noise) -> Step:
        away = (self.net(noise["z"]) - batch.x).square().sum(1)
        return Step({"loss": away[away.argsort()[:3]].mean()})


Fit = Callable[..., tuple[FitResult, list[bool]]]


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> Fit:
    """A fit with or without recordings, and which updates were recorded."""

    def run(build: Callable[[], GenerativeModel], seeds: list[int], recipe: Recipe, *, record: bool) -> Any:
        found: list[bool] = []
        genuine = Gradients.record

        def watched(self: Gradients, *arguments: Any) -> bool:
            found.append(genuine(self, *arguments))
            return found[-1]

        with monkeypatch.context() as patch:
            patch.setattr(trainer, "WORTH_RECORDING", 1 if record else recipe.steps + 1)
            patch.setattr(Gradients, "record", watched)
            return Trainer().fit(build, create_source("ring"), seeds, recipe), found

    return run


def same(one: FitResult, other: FitResult) -> bool:
    weights = [
        [v for run in fit.runs for state in run.weights.values() for v in state.values()] for fit in (one, other)
    ]
    series = [[torch.tensor(v) for run in fit.runs for v in run.history.series.values()] for fit in (one, other)]
    return all(
        torch.equal(a.nan_to_num(7.0), b.nan_to_num(7.0))
        for first, second in (weights, series)
        for a, b in zip(first, second, strict=True)
    )


STACKED = ("autoencoder", "bigan", "gan_r1", "gdpp", "sngan", "unrolled_gan", "vae", "wgan_clip")


@pytest.mark.parametrize(("name", "seeds"), [(n, [0]) for n in list_models()] + [(n, [0, 1]) for n in STACKED])
def test_every_registered_model_is_replayed_with_the_same_bits(fit: Fit, name: str, seeds: list[int]) -> None:
    recipe = recommended_recipe(name).override(steps=5, batch_size=16)
    replayed, found = fit(lambda: MODELS.create(name, (2,)), seeds, recipe, record=True)
    evaluated, none = fit(lambda: MODELS.create(name, (2,)), seeds, recipe, record=False)
    assert found
    assert all(found)
    assert not none
    assert same(replayed, evaluated)


@pytest.mark.parametrize("model", [Deciding, Counting])
def test_what_is_no_list_of_operations_is_evaluated(fit: Fit, model: type[Plain]) -> None:
    recipe = Recipe(steps=5, batch_size=8)
    result, found = fit(model, [0], recipe, record=True)
    assert found == [False]
    if model is Deciding:
        assert same(result, fit(model, [0], recipe, record=False)[0])


@pytest.mark.parametrize("record", [False, True])
def test_noise_may_be_called_as_a_field_of_the_batch(fit: Fit, record: bool) -> None:
    recipe = Recipe(steps=5, batch_size=8)
    stacked, alone = (fit(NoiseCalledX, seeds, recipe, record=record)[0].runs[0] for seeds in ([0, 1], [0]))
    assert stacked.history.series["fit/loss"] == pytest.approx(alone.history.series["fit/loss"], rel=1e-4)


def test_no_shape_is_taken_over_from_the_batches_of_the_trial() -> None:
    for model, wanted in ((Masking(), False), (Gathering(), True)):
        gradients = Gradients(model.updates()[0], Stack([model], model.updates()))
        batches = [Batch(torch.tensor([[1.0, 0], [2, 0], [-1, 1], [-3, 1]]) * scale) for scale in (1, 2, 3)]
        noise = [{"z": torch.randn(4, 2, generator=torch.Generator().manual_seed(i))} for i in range(3)]
        assert gradients.record(batches, noise) == wanted


@pytest.mark.parametrize("layer", [lambda: nn.Dropout(0.5), lambda: nn.BatchNorm1d(4)])
def test_layers_that_draw_or_write_give_the_same_numbers(fit: Fit, layer: Callable[[], nn.Module]) -> None:
    recipe = Recipe(steps=70, batch_size=8)
    before = torch.get_rng_state()
    results = [fit(lambda: Plain(layer()), [0], recipe, record=record) for record in (True, False)]
    assert results[0][1] == [True]
    assert same(results[0][0], results[1][0])
    assert torch.equal(torch.get_rng_state(), before)


def test_scores_that_a_penalty_shares_with_the_objective_are_computed_once() -> None:
    model, source = MODELS.create("gan_r1", (2,), depth=3), create_source("ring")
    updates = model.updates()
    stack = Stack([model], updates)
    draws = Draws(source, updates, [0], 16, torch.zeros(1, 2), torch.ones(1, 2))
    gradients = Gradients(updates[0], stack)
    assert gradients.record(draws.batches(updates[0], 0, 10)[:3], draws.noise(updates[0])[:3])
    assert gradients._recording is not None
    operations = Counter(node.target for node in gradients._recording.graph.nodes)
    layers, passes = 4, 3
    assert operations[torch.ops.aten.addmm.default] == layers * passes


def draws_twice(x: Tensor) -> Tensor:
    return torch.rand_like(x) + torch.rand_like(x)


def writes(x: Tensor) -> Tensor:
    first, second = x + 1, x + 1
    return first.add_(1) * second


@pytest.mark.parametrize("function", [draws_twice, writes])
def test_what_draws_or_writes_is_not_taken_for_computed_twice(function: Callable[[Tensor], Tensor]) -> None:
    x = torch.arange(3.0)
    recording = replay.simplified(replay.make_fx(function)(x))
    generator = torch.random.get_rng_state()
    found = recording(x)
    torch.random.set_rng_state(generator)
    assert torch.equal(found, function(x))
