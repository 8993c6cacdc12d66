"""Weights kept at chosen steps, so that what is to be seen of training is computed afterwards."""

from collections.abc import Collection, Sequence

from torch import Tensor

from genzoo.training.stack import Stack
from genzoo.training.state import State


class WeightSnapshots:
    """Copies of a stack's weights and buffers, on the CPU.

    Copying reads and draws nothing, so a fit has the same numbers with and without it.

    Args:
        stack: The stack in training.
        steps: After which steps to copy; 0 is before the first.
    """

    def __init__(self, stack: Stack, steps: Collection[int]) -> None:
        self.stack = stack
        self.steps = frozenset(steps)
        self._copies: dict[int, list[Tensor]] = {}

    def visit(self, step: int, averages: Sequence[Tensor]) -> None:
        """Copy, if this is one of the steps.

        Args:
            step: The training step that is done.
            averages: The averaged weights, where there are any: they are what is sampled from, so
                they are copied in place of the last ones.
        """
        if step not in self.steps:
            return
        copies: list[Tensor] = []
        for tensor in (*(averages or self.stack.flats), *self.stack.buffers.values()):
            copies.append(tensor.detach().to("cpu", copy=True))
        self._copies[step] = copies

    def of_seed(self, seed: int, before: int | None = None) -> dict[int, dict[str, Tensor]]:
        """State dicts of the seed at a position, by step.

        Args:
            seed: Position in the stack.
            before: Leave out this step and those after it: the seed had diverged.
        """
        groups = len(self.stack.groups)
        states: dict[int, dict[str, Tensor]] = {}
        for step, tensors in sorted(self._copies.items()):
            if before is None or step < before:
                flats, buffers = tensors[:groups], tensors[groups:]
                states[step] = self.stack.cut(seed, flats, buffers)
        return states

    def state(self) -> State:
        """Everything copied so far, by step and position."""
        tensors: dict[str, Tensor] = {}
        for step, copies in self._copies.items():
            for i, tensor in enumerate(copies):
                tensors[f"{step}/{i}"] = tensor
        return State(tensors)

    def load_state(self, state: State) -> None:
        """Go on with what was copied."""
        count = len(self.stack.groups) + len(self.stack.buffers)
        self._copies = {}
        for name in state.tensors:
            step, _, _ = name.partition("/")
            if int(step) not in self._copies:
                copies = [state.tensors[f"{step}/{i}"] for i in range(count)]
                self._copies[int(step)] = copies
