"""About how long a training takes, from the operations of its losses."""

import torch

from genzoo.core.counted_operations import COUNTED, CountedOperations
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import draw_noise, stream
from genzoo.core.recipe import Recipe

WITH_GRADIENT = 3
"""A loss and its gradient cost about three times the loss."""
APART = 3e-4
"""Nominal seconds of an optimiser step beside that, for all seeds together."""


def nominal_training(model: GenerativeModel, recipe: Recipe, seeds: int) -> float:
    """About how many core-seconds seeds take that are trained together.

    It orders tasks, the longest first, and tells how much of a comparison is done.

    Args:
        model: An untrained one; it is not changed.
        recipe: How it is trained.
        seeds: How many.
    """
    generator = stream(0, "price")
    x = torch.randn(COUNTED, *model.event_shape, generator=generator)
    context = None
    if model.context_spec is not None:
        context = model.context_spec.to_model(model.context_spec.draw(COUNTED, generator=generator))
    batch = Batch(x, context, torch.zeros(()))
    total = 0.0
    for update in model.updates():
        noise = draw_noise(update.noise, COUNTED, generator=generator, like=x)
        operations = CountedOperations()
        with operations:
            update.loss(model, batch, noise)
        start, end = update.window
        steps = recipe.steps * update.steps * (end - start)
        loss = operations.seconds(recipe.batch_size * seeds)
        total += steps * (WITH_GRADIENT * loss + APART)
    return total
