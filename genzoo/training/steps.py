"""Training steps one update at a time: what every engine must equal."""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from genzoo.core.model import Batch, Update
from genzoo.training.history_log import HistoryLog, columns_of
from genzoo.training.optimiser import UpdateOptimiser
from genzoo.training.replay import Gradients
from genzoo.training.stack import Stack


@dataclass(frozen=True)
class Turn:
    """One optimiser step of an update.

    Attributes:
        update: Whose turn it is.
        batch: The examples of every seed.
        noise: The noise of every seed, by name.
        logged: Whether the history has a row of it: the last of its update in a step has.
    """

    update: Update
    batch: Batch
    noise: Mapping[str, Tensor]
    logged: bool

    @property
    def tensors(self) -> list[Tensor]:
        """The parts of the batch that there are, then the noise."""
        parts = [part for part in self.batch if part is not None]
        return [*parts, *self.noise.values()]


@dataclass(frozen=True)
class PlannedStep:
    """A training step to be made.

    Attributes:
        number: Counted from 1.
        progress: How far training is before it, from 0 to 1.
        turns: Those of the updates that are active.
    """

    number: int
    progress: float
    turns: Sequence[Turn]

    @property
    def names(self) -> tuple[str, ...]:
        """Whose turns they are, in order."""
        return tuple(turn.update.name for turn in self.turns)


@dataclass(frozen=True)
class Training:
    """What steps change.

    Attributes:
        stack: The weights and buffers of every seed.
        gradients: The loss of each update and its gradients, by update name.
        optimisers: By update name.
        averages: Averaged weights, a vector for each group, where there are any.
        decay: Of the average.
        log: The history.
    """

    stack: Stack
    gradients: Mapping[str, Gradients]
    optimisers: Mapping[str, UpdateOptimiser]
    averages: Sequence[Tensor]
    decay: float | None
    log: HistoryLog

    def share(self, step: int) -> float:
        """The weight of the newest in sum_s d^(t - s) w_s / sum_s d^(t - s)."""
        if self.decay is None:
            return 1.0
        return (1 - self.decay) / (1 - self.decay**step)


class Engine(abc.ABC):
    """Makes training steps, each engine its own way, all to the same numbers up to rounding."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Which engine really makes them: where one falls back, the one that it falls back to."""

    @abc.abstractmethod
    def run(self, steps: Sequence[PlannedStep]) -> None:
        """Make steps in their order; when it returns, `Training` is what they made of it."""


class StepByStep(Engine):
    """Gradients, optimiser, buffers, projection and history of one turn after another.

    Args:
        training: What steps change.
    """

    def __init__(self, training: Training) -> None:
        self.training = training

    @property
    def name(self) -> str:
        """`replay`, or `eager` where no loss is replayed."""
        if any(gradients.replays for gradients in self.training.gradients.values()):
            return "replay"
        return "eager"

    def run(self, steps: Sequence[PlannedStep]) -> None:
        """Make them."""
        for step in steps:
            for turn in step.turns:
                self._take(turn, step)
            self._average(step)

    def _take(self, turn: Turn, step: PlannedStep) -> None:
        training = self.training
        name = turn.update.name
        outcome = training.gradients[name](turn.batch, turn.noise)
        norms = training.optimisers[name].step(outcome.gradients, step.progress)
        training.stack.write_back(outcome.step.state)
        training.stack.project(turn.update)
        if turn.logged:
            training.log.add(turn.update, step.number, columns_of(outcome, norms))

    def _average(self, step: PlannedStep) -> None:
        share = self.training.share(step.number)
        for average, flat in zip(self.training.averages, self.training.stack.flats, strict=False):
            average.lerp_(flat, share)
