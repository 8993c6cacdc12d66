"""Weights kept while training: what they are, and that keeping them changes nothing."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.models import MODELS
from genzoo.results.types import FitResult
from genzoo.training import Trainer, TrainingProgress
from tests.training.conftest import SHORT

pytestmark = pytest.mark.usefixtures("short_chunks")

STEPS = 2 * SHORT + 5
RECIPE = Recipe(steps=STEPS, batch_size=16, learning_rate=1e-3, schedule="constant")
KEPT = [0, 1, SHORT - 1, SHORT, SHORT + 1, STEPS]
KEEP = (*KEPT, 900)


def fit(
    seeds: list[int], keep: tuple[int, ...] = KEEP, trainer: Trainer | None = None, **fields: object
) -> FitResult:
    return (
        fitted(tuple(seeds), keep, **fields)
        if trainer is None
        else train(trainer, seeds, keep, **fields)
    )


def train(
    trainer: Trainer, seeds: Sequence[int], keep: tuple[int, ...], **fields: object
) -> FitResult:
    build = lambda: MODELS.create("gan_minimax", (2,))  # noqa: E731
    return trainer.fit(build, create_source("ring"), seeds, RECIPE.override(**fields), keep=keep)


@cache
def fitted(seeds: tuple[int, ...], keep: tuple[int, ...], **fields: object) -> FitResult:
    """Trained once for all tests that ask for it."""
    return train(Trainer(), seeds, keep, **fields)


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


@pytest.mark.parametrize(("seeds", "averaging"), [([3], 0.9), ([0, 5], None)])
def test_keeping_changes_no_number(seeds: list[int], averaging: float | None) -> None:
    plain, kept = fit(seeds, (), averaging=averaging), fit(seeds, averaging=averaging)
    for seed in seeds:
        assert not plain.run(seed).snapshots
        assert same(plain.run(seed).weights["last"], kept.run(seed).weights["last"])
        for name, values in plain.run(seed).history.series.items():
            np.testing.assert_array_equal(values, kept.run(seed).history.series[name])


@pytest.mark.parametrize("averaging", [None, 0.9])
@pytest.mark.parametrize("step", [1, SHORT - 1, SHORT + 1])
def test_a_snapshot_is_the_state_of_a_fit_that_ends_there(
    step: int, averaging: float | None
) -> None:
    kept = fit([0, 5], averaging=averaging)
    short = fit([0, 5], (), steps=step, averaging=averaging)
    name = "last" if averaging is None else "averaged"
    assert same(kept.run(5).snapshots[step], short.run(5).weights[name])


def test_the_first_snapshot_is_untrained_and_the_last_is_the_result() -> None:
    run = fit([0, 5]).run(5)
    assert list(run.snapshots) == KEPT
    assert same(run.snapshots[STEPS], run.weights["last"])
    assert not same(run.snapshots[0], run.snapshots[1])
    assert same(run.snapshots[0], fit([0, 5], (), steps=0).run(5).weights["last"])


@pytest.mark.parametrize("seeds", [[0], [0, 5]])
def test_snapshots_survive_an_interruption(tmp_path: Path, seeds: list[int]) -> None:
    def interrupt(progress: TrainingProgress) -> None:
        if progress.step >= 2 * SHORT:
            raise KeyboardInterrupt

    build = lambda: MODELS.create("gan_minimax", (2,))  # noqa: E731
    trainer = Trainer(checkpoint=tmp_path / "fit", checkpoint_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(build, create_source("ring"), seeds, RECIPE, [lambda p: None, interrupt], KEEP)
    resumed, whole = fit(seeds, trainer=trainer), fit(seeds)
    for seed in seeds:
        assert list(resumed.run(seed).snapshots) == KEPT
        for step, state in whole.run(seed).snapshots.items():
            assert same(state, resumed.run(seed).snapshots[step])


def test_a_diverged_seed_has_snapshots_of_the_time_before() -> None:
    run = fit([0, 5], optimiser="sgd", learning_rate=1e18).run(0)
    assert run.diverged_at is not None
    assert list(run.snapshots) == [step for step in KEEP if step < run.diverged_at]
