"""Schedules of the learning rate: factors of it, by how far training is."""

import math
from collections.abc import Sequence

from genzoo.core.recipe import Recipe


def factor(recipe: Recipe, progress: float, step: float) -> float:
    """What a recipe multiplies the initial learning rate by.

    Args:
        recipe: Its schedule and warm-up, whose factors are multiplied.
        progress: From 0 at the first step towards 1.
        step: How much it grows by in a step.
    """
    found = 1.0
    if recipe.schedule == "cosine":
        found = cosine(progress, recipe.final_learning_rate)
    if recipe.schedule == "step":
        found = stepped(progress, recipe.milestones, recipe.step_factor)
    if recipe.warm_up > 0:
        found *= warming(progress + step, recipe.warm_up)
    return found


def cosine(progress: float, final: float) -> float:
    """final + (1 - final)(1 + cos(pi progress)) / 2 (Loshchilov and Hutter 2017)."""
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))


def stepped(progress: float, milestones: Sequence[float], factor: float) -> float:
    """factor^k once k milestones are reached."""
    reached = [progress >= milestone for milestone in milestones]
    return factor ** sum(reached)


def warming(progress: float, length: float) -> float:
    """progress / length, at most 1 (Goyal et al. 2017)."""
    return min(1.0, progress / length)
