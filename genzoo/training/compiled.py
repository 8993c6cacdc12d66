"""Training steps compiled whole, several in a call."""

import importlib
import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, fx

from genzoo.errors import EngineFallback
from genzoo.training.operations import Operations, graph_of
from genzoo.training.simplification import simplified
from genzoo.training.steps import Engine, PlannedStep, StepByStep, Training, Turn
from genzoo.training.whole_step import Values, WholeStep, repeated, taken

Compute = Callable[..., Sequence[Tensor]]

SUBSTEPS = 4
"""Steps in a call; more take longer to compile and save little."""
SMALL = 2**23
"""Bytes of all that a step changes, above which a call is one step: what lies between the steps of
a call is kept, and beside so much arithmetic the call itself costs nothing."""
CHECKED = 512
"""Of so many steps, one is also evaluated, to see that losses still do what was recorded."""
FAR = 1e-2
"""Relative difference that is not rounding."""
TINY = 1e-7
"""Difference that is."""


def compile_graph(module: fx.GraphModule, arguments: Sequence[Tensor]) -> Compute:
    """A module as machine code, for arguments of these shapes and types.

    It is called without the guards of `torch.compile`, since these never change.
    """
    # Loading the compiler takes seconds.
    inductor = importlib.import_module("torch._inductor")
    compute: Compute = inductor.compile(module, list(arguments))
    return compute


class Compiled(Engine):
    """Calls compiled steps, once the recorded operations of their losses are trusted.

    Where a loss cannot be recorded or draws numbers of its own, an update has a projection, which
    may be any code, or the compiler fails, steps are made one update at a time, and a warning says
    so.

    Args:
        training: What steps change.
    """

    def __init__(self, training: Training) -> None:
        self.training = training
        self.by_step = StepByStep(training)
        self._programs: dict[tuple[str, ...], Program] = {}
        self._fallen = False

    def run(self, steps: Sequence[PlannedStep]) -> None:
        """Make them."""
        if not self._fallen and steps[0].names not in self._programs:
            self._prepare(steps)
        if self._fallen:
            self.by_step.run(steps)
            return
        program = self._programs[steps[0].names]
        for first in range(0, len(steps), program.substeps):
            program.run(steps[first : first + program.substeps])

    def _prepare(self, steps: Sequence[PlannedStep]) -> None:
        """Record and compile the turns of steps, or fall back."""
        try:
            self._programs[steps[0].names] = self._compiled(steps)
        except _RefusedError as refusal:
            self._fallen = True
            warnings.warn(
                f"engine compiled: {refusal}; steps are made one update at a time, as by engine "
                "replay",
                EngineFallback,
                stacklevel=2,
            )

    def _compiled(self, steps: Sequence[PlannedStep]) -> "Program":
        operations: dict[str, Operations] = {}
        for turn in steps[0].turns:
            name = turn.update.name
            if turn.update.projection is not None:
                raise _RefusedError(f"update {name!r} has a projection")
            inputs = [(turn.batch, turn.noise) for turn in _turns_of(name, steps)]
            recorded = self.training.gradients[name].recorded(inputs)
            if recorded is None:
                raise _RefusedError(f"the loss of update {name!r} cannot be recorded")
            if recorded.draws:
                raise _RefusedError(f"the loss of update {name!r} draws numbers of its own")
            operations[name] = recorded
            self.training.optimisers[name].begin()
        whole = WholeStep(self.training, operations, steps[0])
        try:
            program = Program(whole, steps[0])
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise _RefusedError(
                f"the compiler failed ({type(error).__name__}: {reason})"
            ) from error
        if not program.agrees(steps[0]):
            raise _RefusedError("the compiled step gives other numbers")
        return program


def _turns_of(name: str, steps: Sequence[PlannedStep]) -> list[Turn]:
    turns: list[Turn] = []
    for step in steps:
        turns += [turn for turn in step.turns if turn.update.name == name]
    return turns


class _RefusedError(Exception):
    """Why steps are not compiled."""


class Program:
    """A compiled call of several steps.

    Args:
        whole: One step.
        step: A step, whose inputs have the shapes of all.

    Raises:
        Exception: What the compiler raises.
    """

    def __init__(self, whole: WholeStep, step: PlannedStep) -> None:
        self.whole = whole
        self.training = whole.training
        self.live = Values.of(self.training)
        size = sum(tensor.nbytes for tensor in self.live.tensors)
        self.substeps = 1
        if size <= SMALL:
            self.substeps = SUBSTEPS
        self._widths = [len(turn.tensors) for turn in step.turns]
        self._logged = [turn.update for turn in step.turns if turn.logged]
        self._made = 0
        # A tensor that stands in two places would be taken for one.
        arguments = [tensor.clone() for tensor in self._arguments([step])]
        first = self._of_one(arguments)
        with torch.no_grad():
            self._one = simplified(graph_of(self._function, first))
            module = repeated(self._one, len(self.live.tensors), self.substeps)
            self._call = compile_graph(module, arguments)

    def run(self, steps: Sequence[PlannedStep]) -> None:
        """Make steps, at most `substeps`."""
        if self._made % CHECKED == 0:
            self._check(steps[0])
        self._made += self.substeps
        with torch.no_grad():
            states, rows = self._parted(self._call(*self._arguments(steps)))
            torch._foreach_copy_(self.live.tensors, states[len(steps) - 1])
        for step, own in zip(steps, rows, strict=False):
            self._log(step, own)
        for name in steps[0].names:
            self.training.optimisers[name].advance(len(steps))

    @torch.no_grad()
    def agrees(self, step: PlannedStep) -> bool:
        """Whether a step is, up to rounding, what the recorded operations make of it."""
        arguments = self._arguments([step])
        states, rows = self._parted(self._call(*arguments))
        count = len(self.live.tensors)
        expected = self._one(*self._of_one(arguments))
        for before, one, other in zip(self.live.tensors, expected[:count], states[0], strict=True):
            if not _near(one - before, other - before):
                return False
        return all(map(_near, expected[count:], rows[0]))

    def _check(self, step: PlannedStep) -> None:
        """See that losses still do what was recorded.

        Raises:
            InputError: When they do not.
        """
        for turn in step.turns:
            self.training.gradients[turn.update.name].check(turn.batch, turn.noise)

    def _function(self, *arguments: Tensor) -> list[Tensor]:
        """The values after one step, then its rows."""
        count = len(self.live.tensors)
        left = iter(arguments[count + 1 :])
        inputs = [taken(left, width) for width in self._widths]
        values = self.live.like(arguments[:count])
        after, rows = self.whole(values, inputs, arguments[count])
        return [*after.tensors, *rows]

    def _of_one(self, arguments: Sequence[Tensor]) -> list[Tensor]:
        """Those of the first step alone."""
        count = len(self.live.tensors)
        end = count + 1 + sum(self._widths)
        return [*arguments[:count], arguments[count][0], *arguments[count + 1 : end]]

    def _arguments(self, steps: Sequence[PlannedStep]) -> list[Tensor]:
        """Values, a row of numbers for each step, and the inputs of each turn of each step.

        Where steps are too few for a call, the last is repeated.
        """
        last = len(steps) - 1
        numbers: list[list[float]] = []
        inputs: list[Tensor] = []
        for k in range(self.substeps):
            step = steps[min(k, last)]
            numbers.append(self.whole.numbers(step, ahead=k))
            for turn in step.turns:
                inputs += turn.tensors
        values = self.live.tensors
        table = torch.tensor(numbers, dtype=torch.float64).to(values[0])
        return [*values, table, *inputs]

    def _parted(self, results: Sequence[Tensor]) -> tuple[list[list[Tensor]], list[list[Tensor]]]:
        """The values after each step, and the rows of each."""
        left = iter(results)
        count = len(self.live.tensors)
        states: list[list[Tensor]] = []
        for _ in range(self.substeps):
            states.append(taken(left, count))
        rows: list[list[Tensor]] = []
        for _ in range(self.substeps):
            rows.append(taken(left, len(self._logged)))
        return states, rows

    def _log(self, step: PlannedStep, rows: Sequence[Tensor]) -> None:
        for update, row in zip(self._logged, rows, strict=True):
            self.training.log.add_row(update, step.number, self.whole.columns[update.name], row)


def _near(expected: Tensor, found: Tensor) -> bool:
    """Whether the difference is small beside the numbers; NaN is left out."""
    expected = expected.double().nan_to_num(0.0, 0.0, 0.0)
    found = found.double().nan_to_num(0.0, 0.0, 0.0)
    return bool((found - expected).norm() <= FAR * expected.norm() + TINY)
