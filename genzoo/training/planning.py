"""Which steps come next, with all that is drawn for them."""

from collections.abc import Sequence

from torch import Tensor

from genzoo.core.model import Batch, Update
from genzoo.training.draws import Draws
from genzoo.training.steps import PlannedStep, Turn

Inputs = tuple[list[Batch], list[dict[str, Tensor]]]
"""The batches and the noise of an update, for each of its optimiser steps in a chunk."""


def planned(
    updates: Sequence[Update], draws: Draws, first: int, count: int, steps: int
) -> list[PlannedStep]:
    """The steps of the next chunk.

    Args:
        updates: The model's updates.
        draws: Where their batches and noise come from; a whole chunk is drawn.
        first: The first of the steps, counted from 0.
        count: How many of the chunk are made.
        steps: Of the whole training.
    """
    inputs: dict[str, Inputs] = {}
    for update in updates:
        inputs[update.name] = draws.inputs(update, first, steps)
    plan: list[PlannedStep] = []
    for i in range(count):
        progress = (first + i) / steps
        turns: list[Turn] = []
        for update in active(updates, progress):
            turns += _turns(update, inputs[update.name], i)
        plan.append(PlannedStep(first + i + 1, progress, turns))
    return plan


def active(updates: Sequence[Update], progress: float) -> list[Update]:
    """Those that have turns when training is so far, from 0 to 1."""
    return [update for update in updates if update.window[0] <= progress < update.window[1]]


def _turns(update: Update, inputs: Inputs, step: int) -> list[Turn]:
    """The turns of an update in the step at a position of a chunk."""
    batches, noise = inputs
    turns: list[Turn] = []
    for j in range(step * update.steps, (step + 1) * update.steps):
        logged = j + 1 == (step + 1) * update.steps
        turns.append(Turn(update, batches[j], noise[j], logged))
    return turns
