"""A whole training step as a pure function of tensors, made of the recorded operations of losses.

Gradients, norms, clipping, the optimiser, buffers, projections, averages and the rows of the
history are one function, so that a compiler sees all of it. Only draws are made outside.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genzoo.training.history_log import columns_of
from genzoo.training.operations import Operations
from genzoo.training.steps import PlannedStep, Training

NUMBERS = 3
"""How many numbers the optimiser takes in a turn."""


@dataclass
class Values:
    """What a step changes.

    Attributes:
        flats: One vector for each group of parameters.
        memories: What each optimiser remembers, by update.
        averages: Averaged vectors, where there are any.
        buffers: By name.
    """

    flats: list[Tensor]
    memories: dict[str, list[Tensor]]
    averages: list[Tensor]
    buffers: dict[str, Tensor]

    @classmethod
    def of(cls, training: Training) -> "Values":
        """The tensors that are written to in training."""
        memories: dict[str, list[Tensor]] = {}
        for name, optimiser in training.optimisers.items():
            memories[name] = optimiser.memory
        stack = training.stack
        return cls(list(stack.flats), memories, list(training.averages), dict(stack.buffers))

    @property
    def tensors(self) -> list[Tensor]:
        """All of them, in one order."""
        remembered: list[Tensor] = []
        for memory in self.memories.values():
            remembered += memory
        return [*self.flats, *remembered, *self.averages, *self.buffers.values()]

    def like(self, tensors: Sequence[Tensor]) -> "Values":
        """Others in the same places: the inverse of `tensors`."""
        left = iter(tensors)
        flats = taken(left, len(self.flats))
        memories: dict[str, list[Tensor]] = {}
        for name, memory in self.memories.items():
            memories[name] = taken(left, len(memory))
        averages = taken(left, len(self.averages))
        buffers = dict(zip(self.buffers, left, strict=True))
        return Values(flats, memories, averages, buffers)


class WholeStep:
    """The turns of a training step as a function.

    Args:
        training: What steps change; only its shapes and names are read.
        operations: The recorded loss and gradients of each update, by its name.
        step: One whose turns are those of all that the function is called for.

    Attributes:
        columns: The names of the columns of the rows, by update, once the function was called.
    """

    def __init__(
        self, training: Training, operations: Mapping[str, Operations], step: PlannedStep
    ) -> None:
        self.training = training
        self.operations = operations
        self.turns = step.turns
        self.columns: dict[str, list[str]] = {}

    def __call__(
        self, values: Values, inputs: Sequence[Sequence[Tensor]], numbers: Tensor
    ) -> tuple[Values, list[Tensor]]:
        """The values after a step, and its rows of the history.

        Args:
            values: Those before.
            inputs: `Turn.tensors` of each turn.
            numbers: See `numbers`.
        """
        stack = self.training.stack
        flats = list(values.flats)
        memories = dict(values.memories)
        buffers = dict(values.buffers)
        rows: list[Tensor] = []
        for i, turn in enumerate(self.turns):
            name = turn.update.name
            outcome = self.operations[name]([*inputs[i], *stack.state_of(flats, buffers)])
            own = numbers[NUMBERS * i : NUMBERS * (i + 1)]
            optimiser = self.training.optimisers[name]
            memories[name], norms = optimiser.stepped(flats, outcome.gradients, memories[name], own)
            buffers.update(outcome.step.state)
            if turn.logged:
                columns = columns_of(outcome, norms)
                self.columns[name] = list(columns)
                rows.append(torch.stack(list(columns.values())))
        averages: list[Tensor] = []
        for average, flat in zip(values.averages, flats, strict=False):
            averages.append(average + (flat - average) * numbers[-1])
        return Values(flats, memories, averages, buffers), rows

    def numbers(self, step: PlannedStep, ahead: int) -> list[float]:
        """Of each turn, the numbers of its optimiser; then the share of the newest weights.

        Args:
            step: The step that they are for.
            ahead: How many steps lie between it and the last that was made.
        """
        found: list[float] = []
        turns: dict[str, int] = {}
        for turn in step.turns:
            name = turn.update.name
            turns[name] = turns.get(name, 0) + 1
            later = ahead * turn.update.steps + turns[name]
            found += self.training.optimisers[name].numbers(step.progress, later)
        return [*found, self.training.share(step.number)]


def taken(left: Iterator[Tensor], count: int) -> list[Tensor]:
    """The next so many."""
    return [next(left) for _ in range(count)]
