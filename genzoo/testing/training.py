"""Checks of a model in training, through the one trainer."""

import dataclasses
from functools import partial

import numpy as np
import torch

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.results.types import TrainedRun
from genzoo.testing.specimens import Rows
from genzoo.testing.support import (
    Build,
    build_seeded,
    group_of,
    require,
    require_close,
    require_equal,
)
from genzoo.training import Trainer

STEPS = 5
SEEDS = (0, 1, 2)
BRIEF = 120
"""Steps that take a model away from where training starts."""


def check_training(build: Build) -> None:
    """A few steps change every parameter, record finite losses, and end in a model that samples."""
    start = _fit(build, SEEDS[:1], steps=0)[0]
    end = _fit(build, SEEDS[:1])[0]
    require(
        end.diverged_at is None,
        f"training diverged at step {end.diverged_at} of {STEPS}",
    )
    before = dict(start.model.named_parameters())
    still = []
    for name, value in end.model.named_parameters():
        if torch.equal(value, before[name]):
            still.append(name)
    require(not still, f"{STEPS} training steps did not change {', '.join(still)}")
    for update in end.model.updates():
        series = end.history.series.get(f"{update.name}/loss")
        recorded = series is not None and bool(np.isfinite(series).any())
        require(
            recorded,
            f"the history has no column {update.name}/loss with finite numbers",
        )
    x = end.model.sample(4, generator=stream(0, "check"))
    require(
        bool(torch.isfinite(x).all()),
        "the trained model samples NaN or infinity",
    )


def check_training_groups(build: Build) -> None:
    """Each update, run without the others, changes its own group and nothing else."""
    start = dict(_fit(build, SEEDS[:1], steps=0)[0].model.named_parameters())
    for update in build_seeded(build).updates():
        model = _fit(partial(_build_solo, build, update.name), SEEDS[:1])[0].model
        group = group_of(model, update)
        for name, value in model.named_parameters():
            if name not in group:
                what = f"{name}, which update {update.name!r} must not change"
                require_equal(value.detach(), start[name].detach(), what)
        moved = any(not torch.equal(value, start[name]) for name, value in group.items())
        require(moved, f"update {update.name!r} changed nothing in its group")


def check_training_seeds(build: Build) -> None:
    """In float64, seeds trained together end where the first and the last end alone."""
    stacked = _fit(build, SEEDS)
    for place in (0, -1):
        together, seed = stacked[place], SEEDS[place]
        alone = _fit(build, (seed,))[0]
        for name, value in alone.weights["last"].items():
            what = f"{name} after {STEPS} steps of seed {seed} among others and alone"
            require_close(
                together.weights["last"][name],
                value,
                what,
                rtol=1e-7,
                atol=1e-9,
            )


def train_briefly(build: Build) -> GenerativeModel:
    """A model after some steps on stretched normal rows, in float64.

    So it is away from the point where training starts: there small weights let a decoder ignore its
    code, and layers that start at 0 make a flow the identity.
    """
    source = _source(build, stretch=3.0)
    recipe = Recipe(steps=BRIEF, batch_size=64, learning_rate=1e-2, standardisation="none")
    return Trainer(dtype=torch.float64).fit(build, source, [0], recipe).runs[0].model


def _source(build: Build, stretch: float = 1.0) -> Rows:
    """Normal rows that suit the model, with conditions of its own."""
    model = build_seeded(build)
    return Rows(model.event_shape, stretch, model.context_spec)


def _build_solo(build: Build, name: str) -> GenerativeModel:
    """A model that has one update only, run at every step, and trains that update's group alone."""
    model = build()
    chosen = [update for update in model.updates() if update.name == name]
    only = dataclasses.replace(chosen[0], window=(0.0, 1.0))
    model.updates = lambda: (only,)  # type: ignore[method-assign]
    model.requires_grad_(False)
    for parameter in group_of(model, only).values():
        parameter.requires_grad_(True)
    return model


def _fit(build: Build, seeds: tuple[int, ...], *, steps: int = STEPS) -> tuple[TrainedRun, ...]:
    source = _source(build)
    recipe = Recipe(steps=steps, batch_size=8, learning_rate=0.01, standardisation="none")
    return Trainer(dtype=torch.float64).fit(build, source, seeds, recipe).runs
