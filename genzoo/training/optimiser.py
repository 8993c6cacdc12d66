"""Optimiser steps on the flat vectors of a stack."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from genzoo.core.model import Update
from genzoo.core.recipe import Recipe
from genzoo.training.stack import Stack


class UpdateOptimiser:
    """The optimiser of one update: element-wise, so that each seed in a flat vector is stepped on its own.

    Args:
        update: Whose parameters to step.
        stack: Where they live.
        recipe: Optimiser, learning rate, schedule and clipping.
    """

    def __init__(self, update: Update, stack: Stack, recipe: Recipe) -> None:
        self.stack = stack
        self.recipe = recipe
        self.rate = recipe.rate(update.name)
        self.groups = stack.groups_of(update.name)
        flats = [group.flat for group in self.groups]
        if recipe.optimiser == "adam":
            self.torch: torch.optim.Optimizer = torch.optim.Adam(
                flats, lr=self.rate, betas=recipe.betas, fused=True
            )
        elif recipe.optimiser == "rmsprop":
            self.torch = torch.optim.RMSprop(flats, lr=self.rate)
        else:
            self.torch = torch.optim.SGD(flats, lr=self.rate)

    def step(self, gradients: Sequence[Tensor], progress: float) -> Tensor:
        """Step along the gradients of the sum over seeds; no seed's gradient sees another's parameters.

        Returns:
            The gradient's norm of each seed before clipping, `(S,)`.
        """
        norms = seed_norms(gradients, self.stack.size)
        if self.recipe.gradient_clip is not None:
            gradients = clip_each_seed(gradients, norms, self.recipe.gradient_clip)
        position = 0
        for group in self.groups:
            part = gradients[position : position + len(group.views)]
            torch.cat([gradient.reshape(-1) for gradient in part], out=group.gradient)
            group.flat.grad = group.gradient
            position += len(group.views)
        if self.recipe.schedule == "cosine":
            for settings in self.torch.param_groups:
                settings["lr"] = self.rate * cosine(progress, self.recipe.final_learning_rate)
        self.torch.step()
        return norms

    def tensors(self) -> dict[str, Tensor]:
        """The optimiser's state, by position and name."""
        state = self.torch.state_dict()["state"]
        return {f"{i}.{name}": value for i, entry in state.items() for name, value in entry.items()}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """The inverse of `tensors`."""
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            position, _, name = key.partition(".")
            state.setdefault(int(position), {})[name] = value
        self.torch.load_state_dict({**self.torch.state_dict(), "state": state})


def seed_norms(gradients: Sequence[Tensor], seeds: int) -> Tensor:
    """The Euclidean norm of each seed's gradient, over all tensors of that seed together, `(S,)`.

    Args:
        gradients: Each `(S, *shape)`, or `(*shape)` for one seed.
        seeds: S.
    """
    parts = [torch.linalg.vector_norm(gradient.reshape(seeds, -1), dim=1) for gradient in gradients]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(parts), dim=0)
    return norms


def clip_each_seed(gradients: Sequence[Tensor], norms: Tensor, largest: float) -> list[Tensor]:
    """Scale each seed's gradient to a norm of at most `largest`.

    Args:
        gradients: Each `(S, *shape)`, or `(*shape)` for one seed.
        norms: Of each seed, `(S,)`.
        largest: The largest norm.
    """
    factors = (largest / norms.clamp_min(1e-12)).clamp(max=1.0)
    return [
        (gradient.reshape(len(norms), -1) * factors[:, None]).reshape(gradient.shape)
        for gradient in gradients
    ]


def cosine(progress: float, final: float) -> float:
    """final + (1 - final)(1 + cos(pi progress)) / 2 (Loshchilov and Hutter 2017)."""
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))
