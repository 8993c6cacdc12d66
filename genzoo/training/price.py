"""About how long a training takes, from the operations of its losses."""

from collections.abc import Callable
from typing import NamedTuple

import torch

from genzoo.core.counted_operations import COUNTED, CountedOperations
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import draw_noise, stream
from genzoo.core.recipe import Recipe
from genzoo.training.process_state import drawing_from

WITH_GRADIENT = 3
"""An operation and its gradient cost about three times the operation."""
APART = 3e-4
"""Nominal seconds of an optimiser step beside that, for all seeds together."""


class Price(NamedTuple):
    """What a training step costs that is replayed, with all of its seeds.

    Attributes:
        seconds: Nominal core-seconds.
        operations: How many tensor operations it has.
    """

    seconds: float
    operations: float


FREE = Price(0.0, 0.0)


def step_price(build: Callable[[], GenerativeModel], recipe: Recipe, seeds: int) -> Price:
    """About what a step of seeds costs that are trained together.

    Of a model whose code raises an exception nothing: its training meets the same one, and reports
    it.

    Args:
        build: Makes an untrained model.
        recipe: How it is trained.
        seeds: How many.
    """
    return _price(build, recipe, seeds, compiled=False)


def compiling_price(build: Callable[[], GenerativeModel], recipe: Recipe, seeds: int) -> Price:
    """Of the price of a step, what can be compiled.

    Nothing where an update has a projection, which may be any code.
    """
    return _price(build, recipe, seeds, compiled=True)


def _price(
    build: Callable[[], GenerativeModel], recipe: Recipe, seeds: int, *, compiled: bool
) -> Price:
    with drawing_from(stream(0, "price")), torch.enable_grad():
        try:
            model = build().float()
            if compiled and any(update.projection for update in model.updates()):
                return FREE
            return _nominal(model, recipe, seeds)
        except Exception:
            return FREE


def _nominal(model: GenerativeModel, recipe: Recipe, seeds: int) -> Price:
    generator = stream(0, "price")
    x = torch.randn(COUNTED, *model.event_shape, generator=generator)
    context = None
    if model.context_spec is not None:
        context = model.context_spec.to_model(model.context_spec.draw(COUNTED, generator=generator))
    batch = Batch(x, context, torch.zeros(()))
    seconds = operations = 0.0
    for update in model.updates():
        noise = draw_noise(update.noise, COUNTED, generator=generator, like=x)
        counted = CountedOperations(WITH_GRADIENT)
        with counted:
            update.loss(model, batch, noise)
        start, end = update.window
        share = update.steps * (end - start)
        seconds += share * (counted.seconds(recipe.batch_size * seeds) + APART)
        operations += counted.operations
    return Price(seconds, operations)
