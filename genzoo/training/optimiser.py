"""Optimiser steps on the flat vectors of a stack."""

from collections.abc import Sequence

import torch
from torch import Tensor

from genzoo.core.model import Update
from genzoo.core.recipe import Recipe
from genzoo.training.formulas import MEMORIES, formula_of, numbers_of
from genzoo.training.schedule import factor
from genzoo.training.stack import Stack
from genzoo.training.state import State


class UpdateOptimiser:
    """The optimiser of one update.

    It sees one flat vector for each group of parameters, which holds all layers and all seeds. A
    step of a fused Adam is then one operation; one for each layer would cost more than networks as
    small as these take to evaluate. The optimisers are element-wise, so that each seed in a vector
    is stepped on its own.

    Weight decay shrinks every parameter of the groups just before it is stepped, in the order of
    Loshchilov and Hutter 2019, algorithm 2; a projection and the average of weights come after. A
    parameter of several updates decays by each.

    Args:
        update: The update whose parameters it steps.
        stack: Where they live.
        recipe: Optimiser, learning rate, schedule, weight decay and clipping.
    """

    def __init__(self, update: Update, stack: Stack, recipe: Recipe) -> None:
        self.stack = stack
        self.recipe = recipe
        self.rate = recipe.rate(update.name)
        self.decay = recipe.decay(update.name)
        self.window = update.window
        self.groups = stack.groups_of(update.name)
        flats = [group.flat for group in self.groups]
        self.torch = _torch_optimiser(recipe, flats, self.rate)
        self._names = MEMORIES[recipe.optimiser]
        # Steps that were made, once they are known: a GPU would have to be waited for.
        self._made: int | None = None

    def step(self, gradients: Sequence[Tensor], progress: float) -> Tensor:
        """Step along the gradients of the sum over seeds.

        No seed's gradient sees another's parameters.

        Args:
            gradients: One for each parameter of the groups, `(S, *shape)`, or `(*shape)` for one
                seed.
            progress: From 0 at the first step of training towards 1, for the schedule, which runs
                over the window of the update.

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
        rate = self._rate_at(progress)
        for settings in self.torch.param_groups:
            settings["lr"] = rate
        if self.decay:
            for group in self.groups:
                group.flat.mul_(1 - rate * self.decay)
        self.torch.step()
        self._made = None
        return norms

    @property
    def positions(self) -> list[int]:
        """Where its groups stand among those of the stack."""
        groups = list(self.stack.groups.values())
        return [groups.index(group) for group in self.groups]

    @property
    def memory(self) -> list[Tensor]:
        """What it remembers of each group; nothing before its first step, or `begin`."""
        remembered: list[Tensor] = []
        for group in self.groups:
            of_group = self.torch.state.get(group.flat, {})
            remembered += [of_group[name] for name in self._names if name in of_group]
        return remembered

    def begin(self) -> None:
        """Have the memory of no step yet, where there is none."""
        for group in self.groups:
            if self._names and not self.torch.state.get(group.flat):
                begun = {name: torch.zeros_like(group.flat) for name in self._names}
                steps = torch.zeros((), device=group.flat.device)
                self.torch.state[group.flat] = {"step": steps, **begun}

    def numbers(self, progress: float, ahead: int) -> list[float]:
        """What `stepped` takes for a step.

        Args:
            progress: As for `step`.
            ahead: Which step it is after the last that was made, counted from 1.
        """
        rate = self._rate_at(progress)
        if self._made is None:
            self._made = 0
            for remembered in self.torch.state.values():
                self._made = int(remembered.get("step", 0))
        return [*numbers_of(self.recipe, rate, self._made + ahead), 1 - rate * self.decay]

    def stepped(
        self,
        flats: list[Tensor],
        gradients: Sequence[Tensor],
        memory: Sequence[Tensor],
        numbers: Tensor,
    ) -> tuple[list[Tensor], Tensor]:
        """`step` as a function: nothing is written to but the list of vectors.

        Args:
            flats: The vectors of all groups of the stack; those of its own are replaced.
            gradients: As for `step`.
            memory: As `memory`.
            numbers: See `numbers`.

        Returns:
            The memory after the step, and the norms.
        """
        norms = seed_norms(gradients, self.stack.size)
        if self.recipe.gradient_clip is not None:
            gradients = clip_each_seed(gradients, norms, self.recipe.gradient_clip)
        formula = formula_of(self.recipe)
        left, held = iter(gradients), iter(memory)
        after: list[Tensor] = []
        for position, group in zip(self.positions, self.groups, strict=True):
            parts = [next(left).reshape(-1) for _ in group.views]
            own = [next(held) for _ in self._names]
            flat = flats[position]
            if self.decay:
                flat = flat * numbers[2]
            flats[position], own = formula(flat, torch.cat(parts), own, numbers)
            after += own
        return after, norms

    def advance(self, steps: int) -> None:
        """Count steps that `stepped` made."""
        if self._made is not None:
            self._made += steps
        for remembered in self.torch.state.values():
            if "step" in remembered:
                remembered["step"] += steps

    def _rate_at(self, progress: float) -> float:
        """The learning rate, by how far training is."""
        start, end = self.window
        within = (progress - start) / (end - start)
        step = 1 / (self.recipe.steps * (end - start))
        return self.rate * factor(self.recipe, within, step)

    def state(self) -> State:
        """What the optimiser remembers of earlier steps, by the position of a group and a name."""
        tensors: dict[str, Tensor] = {}
        for position, remembered in self.torch.state_dict()["state"].items():
            for name, value in remembered.items():
                tensors[f"{position}.{name}"] = value
        return State(tensors)

    def load_state(self, state: State) -> None:
        """Go on from what it remembered."""
        remembered: dict[int, dict[str, Tensor]] = {}
        for key, value in state.tensors.items():
            position, _, name = key.partition(".")
            remembered.setdefault(int(position), {})[name] = value
        self.torch.load_state_dict({**self.torch.state_dict(), "state": remembered})
        self._made = None


def _torch_optimiser(recipe: Recipe, flats: list[Tensor], rate: float) -> torch.optim.Optimizer:
    if recipe.optimiser == "adam":
        return torch.optim.Adam(flats, lr=rate, betas=recipe.betas, fused=True)
    if recipe.optimiser == "rmsprop":
        return torch.optim.RMSprop(flats, lr=rate)
    return torch.optim.SGD(flats, lr=rate)


def seed_norms(gradients: Sequence[Tensor], seeds: int) -> Tensor:
    """The Euclidean norm of each seed's gradient, over all tensors of that seed together, `(S,)`.

    Args:
        gradients: Each `(S, *shape)`, or `(*shape)` for one seed.
        seeds: S.
    """
    parts: list[Tensor] = []
    for gradient in gradients:
        parts.append(torch.linalg.vector_norm(gradient.reshape(seeds, -1), dim=1))
    norms: Tensor = torch.linalg.vector_norm(torch.stack(parts), dim=0)
    return norms


def clip_each_seed(gradients: Sequence[Tensor], norms: Tensor, largest: float) -> list[Tensor]:
    """Scale each seed's gradient to a norm of at most `largest`.

    Args:
        gradients: Each `(S, *shape)`, or `(*shape)` for one seed.
        norms: The norm of each seed's gradient, `(S,)`.
        largest: The largest norm.
    """
    factors = (largest / norms.clamp_min(1e-12)).clamp(max=1.0)
    clipped: list[Tensor] = []
    for gradient in gradients:
        rows = gradient.reshape(len(norms), -1)
        clipped.append((rows * factors[:, None]).reshape(gradient.shape))
    return clipped
