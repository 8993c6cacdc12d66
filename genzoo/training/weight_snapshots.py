"""Weights kept at chosen steps, so that whatever is to be seen of training can be computed afterwards."""

from collections.abc import Collection, Mapping, Sequence

from torch import Tensor

from genzoo.training.stack import Stack


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
        self._kept: dict[int, list[Tensor]] = {}

    def visit(self, step: int, averages: Sequence[Tensor]) -> None:
        """Copy, if this is one of the steps: the averaged weights where there are any, for they are sampled from."""
        if step in self.steps:
            flats = averages or [group.flat for group in self.stack.groups.values()]
            self._kept[step] = [
                tensor.detach().to("cpu", copy=True)
                for tensor in (*flats, *self.stack.buffers.values())
            ]

    def states(self, seed: int, before: int | None = None) -> dict[int, dict[str, Tensor]]:
        """State dicts of the seed at a position, by step.

        Args:
            seed: Position in the stack.
            before: Leave out this step and those after it: the seed had diverged.
        """
        groups = len(self.stack.groups)
        return {
            step: self.stack.cut(seed, kept[:groups], kept[groups:])
            for step, kept in sorted(self._kept.items())
            if before is None or step < before
        }

    def tensors(self) -> dict[str, Tensor]:
        """Everything kept so far, for a checkpoint."""
        return {
            f"{step}/{i}": tensor
            for step, kept in self._kept.items()
            for i, tensor in enumerate(kept)
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`."""
        count = len(self.stack.groups) + len(self.stack.buffers)
        steps = {int(name.partition("/")[0]) for name in tensors}
        self._kept = {step: [tensors[f"{step}/{i}"] for i in range(count)] for step in steps}
