"""The steps of optimisers as pure functions of flat vectors, for engines that compile them.

They are what `torch.optim` computes, up to rounding.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from genzoo.core.recipe import Recipe

EPSILON = 1e-8
"""Beside the root of a second moment, as torch has it by default."""
SMOOTHING = 0.99
"""Decay of the second moment of RMSprop, as torch has it by default."""

Formula = Callable[[Tensor, Tensor, Sequence[Tensor], Tensor], tuple[Tensor, list[Tensor]]]
"""From parameters, gradient, memory and the numbers of a step to parameters and memory."""


def formula_of(recipe: Recipe) -> Formula:
    """The step of a recipe's optimiser."""
    if recipe.optimiser == "adam":
        return _adam(*recipe.betas)
    if recipe.optimiser == "rmsprop":
        return _rmsprop
    return _sgd


def numbers_of(recipe: Recipe, rate: float, step: int) -> tuple[float, float]:
    """What a formula takes of the learning rate and of the count of steps.

    Args:
        recipe: Its optimiser.
        rate: The learning rate.
        step: Counted from 1.
    """
    if recipe.optimiser != "adam":
        return rate, 1.0
    first, second = recipe.betas
    # Moments that began at 0 are too small by these factors (Kingma and Ba 2015).
    return rate / (1 - first**step), (1 - second**step) ** -0.5


def _adam(first: float, second: float) -> Formula:
    def step(
        flat: Tensor, gradient: Tensor, memory: Sequence[Tensor], numbers: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        mean, square = memory
        mean = mean + (gradient - mean) * (1 - first)
        square = second * square + (1 - second) * gradient**2
        size = square.sqrt() * numbers[1] + EPSILON
        return flat - numbers[0] * mean / size, [mean, square]

    return step


def _rmsprop(
    flat: Tensor, gradient: Tensor, memory: Sequence[Tensor], numbers: Tensor
) -> tuple[Tensor, list[Tensor]]:
    square = SMOOTHING * memory[0] + (1 - SMOOTHING) * gradient**2
    return flat - numbers[0] * gradient / (square.sqrt() + EPSILON), [square]


def _sgd(
    flat: Tensor, gradient: Tensor, memory: Sequence[Tensor], numbers: Tensor
) -> tuple[Tensor, list[Tensor]]:
    return torch.sub(flat, numbers[0] * gradient), []


MEMORIES: Mapping[str, tuple[str, ...]] = {
    "adam": ("exp_avg", "exp_avg_sq"),
    "rmsprop": ("square_avg",),
    "sgd": (),
}
"""What torch's optimisers remember of each vector, in the order of the formulas."""
