"""About how long a training takes, from the operations of its losses."""

from collections.abc import Callable

import torch

from genzoo.core.counted_operations import COUNTED, CountedOperations
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import draw_noise, stream
from genzoo.core.recipe import Recipe

WITH_GRADIENT = 3
"""A loss and its gradient cost about three times the loss."""
APART = 3e-4
"""Nominal seconds of an optimiser step beside that, for all seeds together."""


def step_price(build: Callable[[], GenerativeModel], recipe: Recipe, seeds: int) -> float:
    """About how many core-seconds a step of seeds takes that are trained together.

    Of a model whose code raises an exception nothing: its training meets the same one, and reports
    it.

    Args:
        build: Makes an untrained model.
        recipe: How it is trained.
        seeds: How many.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            return _nominal(build(), recipe, seeds)
        except Exception:
            return 0.0


def compiling_price(build: Callable[[], GenerativeModel], recipe: Recipe, seeds: int) -> float:
    """Of the price of a step, what can be compiled.

    Nothing where an update has a projection, which may be any code.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            projected = any(update.projection for update in build().updates())
        except Exception:
            return 0.0
    return 0.0 if projected else step_price(build, recipe, seeds)


def _nominal(model: GenerativeModel, recipe: Recipe, seeds: int) -> float:
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
        share = update.steps * (end - start)
        loss = operations.seconds(recipe.batch_size * seeds)
        total += share * (WITH_GRADIENT * loss + APART)
    return total
