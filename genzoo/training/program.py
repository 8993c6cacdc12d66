"""What engines of whole steps share: when recorded operations are trusted, and what a call does."""

import abc
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

from genzoo.errors import EngineFallback
from genzoo.training.operations import Operations, graph_of
from genzoo.training.simplification import simplified
from genzoo.training.steps import Engine, PlannedStep, StepByStep, Training, Turn
from genzoo.training.whole_step import Values, WholeStep, taken

CHECKED = 512
"""Of so many steps, one is also evaluated, to see that losses still do what was recorded."""
FAR = 1e-2
"""Relative difference that is not rounding."""
TINY = 1e-7
"""Difference that is."""


class RefusedError(Exception):
    """Why steps are not made whole."""


class WholeSteps(Engine):
    """Makes whole steps by programs, once the recorded operations of their losses are trusted.

    Where a loss cannot be recorded or draws numbers of its own, an update has a projection, which
    may be any code, or there can be no program, steps are made one update at a time, and a warning
    says so.

    Args:
        training: What steps change.

    Attributes:
        refusal: Why steps are made one update at a time; empty while they are not.
    """

    kind: str
    """What the engine is called."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.by_step = StepByStep(training)
        self.refusal = ""
        self._programs: dict[tuple[str, ...], Program] = {}

    @property
    def name(self) -> str:
        """Its own, until it falls back."""
        return self.by_step.name if self.refusal else self.kind

    @abc.abstractmethod
    def program(self, whole: WholeStep, step: PlannedStep) -> "Program":
        """What makes the steps.

        Args:
            whole: One step.
            step: A step, whose inputs have the shapes of all.

        Raises:
            RefusedError: When there can be none.
        """

    def run(self, steps: Sequence[PlannedStep]) -> None:
        """Make them."""
        self.prepare(steps)
        if self.refusal:
            self.by_step.run(steps)
            return
        program = self._programs[steps[0].names]
        first = 0
        while first < len(steps):
            count = program.count(len(steps) - first)
            program.run(steps[first : first + count])
            first += count

    def prepare(self, steps: Sequence[PlannedStep]) -> None:
        """Have the program for steps of one kind, or fall back."""
        if self.refusal or steps[0].names in self._programs:
            return
        try:
            self._programs[steps[0].names] = self._prepared(steps)
        except RefusedError as refusal:
            self.refusal = str(refusal)
            warnings.warn(
                f"engine {self.kind}: {refusal}; steps are made one update at a time, as by "
                "engine replay",
                EngineFallback,
                stacklevel=2,
            )

    def _prepared(self, steps: Sequence[PlannedStep]) -> "Program":
        operations: dict[str, Operations] = {}
        for turn in steps[0].turns:
            name = turn.update.name
            if turn.update.projection is not None:
                raise RefusedError(f"update {name!r} has a projection")
            inputs = [(turn.batch, turn.noise) for turn in _turns_of(name, steps)]
            recorded = self.training.gradients[name].recorded(inputs)
            if recorded is None:
                raise RefusedError(f"the loss of update {name!r} cannot be recorded")
            if recorded.draws:
                raise RefusedError(f"the loss of update {name!r} draws numbers of its own")
            operations[name] = recorded
            self.training.optimisers[name].begin()
        program = self.program(WholeStep(self.training, operations, steps[0]), steps[0])
        if not program.agrees(steps[0]):
            raise RefusedError(f"the {self.kind} step gives other numbers")
        return program


def _turns_of(name: str, steps: Sequence[PlannedStep]) -> list[Turn]:
    turns: list[Turn] = []
    for step in steps:
        turns += [turn for turn in step.turns if turn.update.name == name]
    return turns


class Program(abc.ABC):
    """Makes steps of one kind, several in a call.

    Args:
        whole: One step.
        step: A step, whose inputs have the shapes of all.

    Attributes:
        live: The tensors that training holds.
        one: One step as a graph of operations, see `function`.
    """

    def __init__(self, whole: WholeStep, step: PlannedStep) -> None:
        self.whole = whole
        self.training = whole.training
        self.live = Values.of(self.training)
        self._widths = [len(turn.tensors) for turn in step.turns]
        self.logged = [turn.update for turn in step.turns if turn.logged]
        self._since = CHECKED
        # A tensor that stands in two places would be taken for one.
        arguments = [tensor.clone() for tensor in self.arguments_of_one(step)]
        with torch.no_grad():
            self.one = simplified(graph_of(self.function, arguments))

    @abc.abstractmethod
    def count(self, left: int) -> int:
        """How many steps the next call makes, of those that are left."""

    @abc.abstractmethod
    def make(self, steps: Sequence[PlannedStep]) -> Sequence[Sequence[Tensor]]:
        """Make steps on the live tensors, and give the rows of each."""

    @abc.abstractmethod
    def tried(self, step: PlannedStep) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The values after a step and its rows; the live tensors stay as they are."""

    def run(self, steps: Sequence[PlannedStep]) -> None:
        """Make as many steps as `count` says."""
        if self._since >= CHECKED:
            self._check(steps[0])
            self._since = 0
        self._since += len(steps)
        with torch.no_grad():
            rows = self.make(steps)
        for step, own in zip(steps, rows, strict=True):
            for update, row in zip(self.logged, own, strict=True):
                columns = self.whole.columns[update.name]
                self.training.log.add_row(update, step.number, columns, row)
        for name in steps[0].names:
            self.training.optimisers[name].advance(len(steps))

    @torch.no_grad()
    def agrees(self, step: PlannedStep) -> bool:
        """Whether a step is, up to rounding, what the recorded operations make of it."""
        before = [tensor.clone() for tensor in self.live.tensors]
        values, rows = self.tried(step)
        expected = self.one(*self.arguments_of_one(step))
        count = len(before)
        for start, one, other in zip(before, expected[:count], values, strict=True):
            # In double precision; masks are of truth values, which cannot be subtracted.
            start = start.double()
            if not _near(one.double() - start, other.double() - start):
                return False
        return all(map(_near, expected[count:], rows))

    def function(self, *arguments: Tensor) -> list[Tensor]:
        """The values after one step, then its rows, of `arguments_of_one`."""
        count = len(self.live.tensors)
        left = iter(arguments[count + 1 :])
        inputs = [taken(left, width) for width in self._widths]
        values = self.live.like(arguments[:count])
        after, rows = self.whole(values, inputs, arguments[count])
        return [*after.tensors, *rows]

    def arguments_of_one(self, step: PlannedStep) -> list[Tensor]:
        """Values, numbers and inputs of the next step."""
        return [*self.live.tensors, self.table([step])[0], *inputs_of(step)]

    def table(self, steps: Sequence[PlannedStep]) -> Tensor:
        """The numbers of the next steps, a row for each."""
        numbers: list[list[float]] = []
        for ahead, step in enumerate(steps):
            numbers.append(self.whole.numbers(step, ahead))
        return torch.tensor(numbers, dtype=torch.float64).to(self.live.tensors[0])

    def _check(self, step: PlannedStep) -> None:
        """See that losses still do what was recorded.

        Raises:
            InputError: When they do not.
        """
        for turn in step.turns:
            self.training.gradients[turn.update.name].check(turn.batch, turn.noise)


def inputs_of(step: PlannedStep) -> list[Tensor]:
    """Batches and noise of all turns."""
    inputs: list[Tensor] = []
    for turn in step.turns:
        inputs += turn.tensors
    return inputs


def in_words(error: Exception) -> str:
    """The kind of an error, and the first line of what it says."""
    first, _, _ = str(error).strip().partition("\n")
    return f"{type(error).__name__}: {first}"


def _near(expected: Tensor, found: Tensor) -> bool:
    """Whether the difference is small beside the numbers; NaN is left out."""
    expected = expected.double().nan_to_num(0.0, 0.0, 0.0)
    found = found.double().nan_to_num(0.0, 0.0, 0.0)
    return bool((found - expected).norm() <= FAR * expected.norm() + TINY)
