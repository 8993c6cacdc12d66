"""Budgets: what is computed from updates and recipe is what the trainer does."""

import dataclasses
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genzoo.core.budget import Budget, budget_of
from genzoo.core.model import Update
from genzoo.core.recipe import Recipe
from genzoo.data import ArraySource, create_source
from genzoo.models import MODELS, recommended_recipe
from genzoo.testing.specimens import LinearGAN, StandardNormal
from genzoo.training import Trainer, replay


def count(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Counts the calls of losses, and the examples of one seed that they are given."""
    seen = {"updates": 0, "examples": 0}
    call = replay.Gradients.__call__

    def counting(self, batch, noise):
        seen["updates"] += 1
        seen["examples"] += batch.x.shape[0]
        return call(self, batch, noise)

    monkeypatch.setattr(replay.Gradients, "__call__", counting)
    return seen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("autoencoder", Budget(2000, 2000, 128_000)),
        ("vae", Budget(2500, 2500, 640_000)),
        ("gan_minimax", Budget(2000, 4000, 256_000)),
        ("gan_nonsaturating", Budget(2000, 4000, 256_000)),
        ("gan_minimax:discriminator_steps=3", Budget(2000, 8000, 768_000)),
    ],
)
def test_the_recommended_recipes_cost_what_is_known(name: str, expected: Budget) -> None:
    name, _, options = name.partition(":discriminator_steps=")
    model = MODELS.create(name, (2,), **({"discriminator_steps": int(options)} if options else {}))
    assert budget_of(model.updates(), recommended_recipe(name)) == expected


def names() -> Iterator[object]:
    """The first of each class and kind of updates; the others are counted where thorough tests run.

    The kind is what is declared: by budgets, a wrong one could hide the model that shows it.
    """
    seen = set()
    for name in MODELS.names():
        model = MODELS.create(name, (2,))
        declared = tuple((each.steps, each.window, each.reads_data) for each in model.updates())
        kind = (type(model), declared)
        yield pytest.param(name, marks=pytest.mark.thorough if kind in seen else ())
        seen.add(kind)


@pytest.mark.parametrize("name", list(names()))
def test_every_model_reads_and_updates_as_often_as_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = count(monkeypatch)
    recipe = recommended_recipe(name).override(steps=3, batch_size=12)
    ring = create_source("ring")
    given = {"context_spec": ring.context_spec}
    fit = Trainer().fit(lambda: MODELS.create(name, (2,), given=given), ring, [0], recipe)
    updates = fit.runs[0].model.updates()
    budget = budget_of(updates, recipe)
    assert (budget.steps, budget.updates, budget.examples_seen) == (
        3 if updates else 0,
        seen["updates"],
        seen["examples"],
    )


class Staged(LinearGAN):
    """The discriminator takes k steps in a part of the training; the generator reads no data."""

    steps = 1
    windows = ((0.0, 1.0), (0.0, 1.0))
    generator_reads = False

    def updates(self) -> tuple[Update, ...]:
        first, second = super().updates()
        return (
            dataclasses.replace(first, steps=self.steps, window=self.windows[0]),
            dataclasses.replace(second, window=self.windows[1], reads_data=self.generator_reads),
        )


def staged(k: int, windows: tuple[tuple[float, float], ...], reads: bool) -> type[Staged]:
    return type("Chosen", (Staged,), {"steps": k, "windows": windows, "generator_reads": reads})


edges = st.tuples(
    st.sampled_from((0.0, 0.1, 0.3, 1 / 3, 0.7)), st.sampled_from((0.1, 0.3, 2 / 3, 0.9, 1.0))
)


@settings(max_examples=40)
@given(
    k=st.integers(1, 3),
    windows=st.tuples(edges, edges),
    reads=st.booleans(),
    steps=st.integers(0, 13),
    batch=st.integers(1, 9),
)
def test_windows_steps_in_a_row_and_updates_without_data(k, windows, reads, steps, batch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        seen = count(patch)
        recipe = Recipe(steps=steps, batch_size=batch)
        kind = staged(k, windows, reads)
        Trainer().fit(lambda: kind((2,)), StandardNormal((2,)), [0], recipe)
    budget = budget_of(kind((2,)).updates(), recipe)
    assert budget == Budget(steps, seen["updates"], seen["examples"])


def test_a_batch_larger_than_the_file_is_drawn_with_replacement_and_counts_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = count(monkeypatch)
    recipe = Recipe(steps=5, batch_size=40)
    Trainer().fit(lambda: LinearGAN((1,)), ArraySource(torch.randn(12, 1)), [0], recipe)
    assert (
        seen["examples"] == 2 * 5 * 40 == budget_of(LinearGAN((1,)).updates(), recipe).examples_seen
    )


def test_a_diverged_run_costs_what_it_did() -> None:
    updates = staged(2, ((0.0, 1.0), (0.5, 1.0)), False)((2,)).updates()
    recipe = Recipe(steps=10, batch_size=8)
    assert budget_of(updates, recipe, 3) == Budget(3, 6, 48)
    assert budget_of(updates, recipe, 7) == Budget(7, 14 + 2, 112)
    assert budget_of(updates, recipe, 99) == budget_of(updates, recipe) == Budget(10, 25, 160)


def test_nothing_is_spent_without_steps_or_without_updates() -> None:
    assert budget_of(LinearGAN((2,)).updates(), Recipe(steps=0)) == Budget(0, 0, 0)
    assert budget_of((), Recipe(steps=500)) == Budget(0, 0, 0)
