"""What a training costs in examples and optimiser steps, known from the model's updates and the recipe alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genzoo.core.model import Update
from genzoo.core.recipe import Recipe


@dataclass(frozen=True)
class Budget:
    """The work of one run.

    Attributes:
        steps: Training steps.
        updates: Optimiser updates, of all networks together.
        examples_seen: Examples that the losses read from the data, each time that one is read: a
            batch for each update that reads data. What is fitted in closed form, before or after
            training, does not count.
    """

    steps: int
    updates: int
    examples_seen: int


def budget_of(updates: Sequence[Update], recipe: Recipe, done: int | None = None) -> Budget:
    """What a run costs.

    updates = sum over the model's updates of (training steps in its window) * (its optimiser steps
    in a row); examples = batch size * the same sum over the updates that read data.

    Args:
        updates: Of the model; none for a model that is fitted in closed form, which costs nothing
            here.
        recipe: How it is trained.
        done: Training steps that were done, where the run diverged before the end; None for all of
            them.
    """
    if not updates:
        return Budget(0, 0, 0)
    steps = recipe.steps if done is None else min(done, recipe.steps)
    made = [_active(update, steps, recipe.steps) * update.steps for update in updates]
    read = sum(count for update, count in zip(updates, made, strict=True) if update.reads_data)
    return Budget(steps, sum(made), read * recipe.batch_size)


def _active(update: Update, done: int, steps: int) -> int:
    """In how many of the first `done` of `steps` training steps an update takes its turn."""
    start, end = update.window
    progress = np.arange(done) / max(steps, 1)
    return int(((start <= progress) & (progress < end)).sum())
