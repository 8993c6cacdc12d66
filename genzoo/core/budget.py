"""What a training costs in examples and optimiser steps.

It is known from the model's updates and the recipe alone.
"""

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
        examples_seen: Examples that the losses read from the data: a batch for each update that
            reads data. An example counts each time that it is read. What is fitted in closed form,
            before or after training, does not count.
    """

    steps: int
    updates: int
    examples_seen: int


def budget_of(updates: Sequence[Update], recipe: Recipe, done: int | None = None) -> Budget:
    """What a run costs.

    updates = sum over the model's updates of (training steps in its window) * (its optimiser steps
    in a row); examples = batch size * the same sum over the updates that read data.

    Args:
        updates: The model's updates; none for a model that is fitted in closed form, which costs
            nothing here.
        recipe: How it is trained.
        done: Training steps that were done, where the run diverged before the end; None for all of
            them.
    """
    if not updates:
        return Budget(0, 0, 0)
    steps = recipe.steps
    if done is not None:
        steps = min(done, recipe.steps)
    made, batches = 0, 0
    for update in updates:
        count = _active(update, steps, recipe.steps) * update.steps
        made += count
        if update.reads_data:
            batches += count
    return Budget(steps, made, batches * recipe.batch_size)


def _active(update: Update, done: int, steps: int) -> int:
    """In how many of the first `done` of `steps` training steps an update takes its turn."""
    start, end = update.window
    progress = np.arange(done) / max(steps, 1)
    return int(((start <= progress) & (progress < end)).sum())
