"""Training steps compiled whole, several in a call."""

import importlib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, fx
from torch._guards import TracingContext, tracing
from torch._subclasses import FakeTensorMode

from genzoo.training.products import fast_products
from genzoo.training.program import Program, RefusedError, WholeSteps, inputs_of
from genzoo.training.steps import PlannedStep
from genzoo.training.whole_step import WholeStep, repeated, taken

Compute = Callable[..., Sequence[Tensor]]

SUBSTEPS = 4
"""Steps in a call; more take longer to compile and save little."""
SMALL = 2**23
"""Bytes of all that a step changes, above which a call is one step: what lies between the steps of
a call is kept, and beside so much arithmetic the call itself costs nothing."""


def compile_graph(module: fx.GraphModule, arguments: Sequence[Tensor]) -> Compute:
    """A module as machine code, for arguments of these shapes and types.

    It is called without the guards of `torch.compile`, since these never change.
    """
    # Loading the compiler takes seconds.
    inductor = importlib.import_module("torch._inductor")
    shapes = importlib.import_module("torch.fx.experimental.symbolic_shapes")
    # Only where sizes might be symbols does torch look into its cache of compiled graphs on disk.
    mode = FakeTensorMode(shape_env=shapes.ShapeEnv(assume_static_by_default=True))
    with tracing(TracingContext(mode)):
        compute: Compute = inductor.compile(module, list(arguments))
    return compute


class Compiled(WholeSteps):
    """Calls compiled steps."""

    kind = "compiled"

    def program(self, whole: WholeStep, step: PlannedStep) -> Program:
        """Compile steps.

        Raises:
            RefusedError: When the compiler fails.
        """
        try:
            return CompiledProgram(whole, step)
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise RefusedError(f"the compiler failed ({type(error).__name__}: {reason})") from error


class CompiledProgram(Program):
    """A compiled call of several steps, a function that gives the values after each.

    Args:
        whole: One step.
        step: A step, whose inputs have the shapes of all.

    Raises:
        Exception: What the compiler raises.
    """

    def __init__(self, whole: WholeStep, step: PlannedStep) -> None:
        super().__init__(whole, step)
        size = sum(tensor.nbytes for tensor in self.live.tensors)
        self.substeps = 1
        if size <= SMALL:
            self.substeps = SUBSTEPS
        arguments = [tensor.clone() for tensor in self._arguments([step])]
        with torch.no_grad():
            module = repeated(fast_products(self.one), len(self.live.tensors), self.substeps)
            self._call = compile_graph(module, arguments)

    def count(self, left: int) -> int:
        """As many as there are in a call; of the last call, some are not used."""
        return min(left, self.substeps)

    def make(self, steps: Sequence[PlannedStep]) -> Sequence[Sequence[Tensor]]:
        """Call them, and keep the values after the last."""
        states, rows = self._parted(self._call(*self._arguments(steps)))
        torch._foreach_copy_(self.live.tensors, states[len(steps) - 1])
        return rows[: len(steps)]

    def tried(self, step: PlannedStep) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The values after the first, and its rows."""
        states, rows = self._parted(self._call(*self._arguments([step])))
        return states[0], rows[0]

    def _arguments(self, steps: Sequence[PlannedStep]) -> list[Tensor]:
        """Values, a row of numbers for each step, and the inputs of each turn of each step.

        Where steps are too few for a call, the last is repeated.
        """
        repeats = [steps[-1]] * (self.substeps - len(steps))
        steps = [*steps, *repeats]
        inputs: list[Tensor] = []
        for step in steps:
            inputs += inputs_of(step)
        return [*self.live.tensors, self.table(steps), *inputs]

    def _parted(self, results: Sequence[Tensor]) -> tuple[list[list[Tensor]], list[list[Tensor]]]:
        """The values after each step, and the rows of each."""
        left = iter(results)
        count = len(self.live.tensors)
        states: list[list[Tensor]] = []
        for _ in range(self.substeps):
            states.append(taken(left, count))
        rows: list[list[Tensor]] = []
        for _ in range(self.substeps):
            rows.append(taken(left, len(self.logged)))
        return states, rows
