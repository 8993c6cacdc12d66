"""How much of a comparison is done, and how long the rest will take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from genzoo.experiment.tasks import FitTask, Task
from genzoo.results.types import Score

SEEN = 0.02
"""Share of the work that must be seen to be done before the time left is said."""


@dataclass(frozen=True)
class ComparisonProgress:
    """What an observer of a comparison hears.

    Attributes:
        fraction: Share of the estimated work that is done.
        seconds_left: Estimate from the pace seen so far; None until a fiftieth of the work has been
            seen to be done.
        finished: Rows done; one that is trained in several stacks, with the last of them.
        tasks: Rows in all.
        message: What was last heard of, and what it is doing.
        scores: Of the tasks that are done.
        notice: What the reader must know even if progress is not shown; mostly nothing.
    """

    fraction: float
    seconds_left: float | None
    finished: int
    tasks: int
    message: str
    scores: Sequence[Score] = ()
    notice: str = ""


ComparisonObserver = Callable[[ComparisonProgress], None]


class Tally:
    """How much is done, and how long the rest will take."""

    def __init__(self, tasks: Sequence[Task], observer: ComparisonObserver | None) -> None:
        self.costs = [task.cost for task in tasks]
        self.rows = [f"{task.row} on {task.problem.name}" for task in tasks]
        self.labels = list(map(_label, tasks))
        self.done = [0.0] * len(tasks)
        self.results: list[list[Score] | None] = [None] * len(tasks)
        self.observer = observer
        self._first: tuple[float, float] | None = None

    @property
    def scores(self) -> list[list[Score]]:
        """What came of the tasks that are done, in their order."""
        return [part for part in self.results if part is not None]

    def finish(self, task: int, scores: list[Score]) -> None:
        """Keep what came of a task."""
        self.results[task] = scores
        self.tick(task, 1.0, "done")

    def tick(self, task: int, done: float, doing: str, notice: str = "") -> None:
        """Hear from a task."""
        self.done[task] = max(self.done[task], done)
        if self.observer is None:
            return
        scores: list[Score] = []
        for scores_of_task in self.scores:
            scores += scores_of_task
        fraction = self._fraction()
        progress = ComparisonProgress(
            fraction,
            self._seconds_left(fraction),
            self._finished(),
            len(set(self.rows)),
            f"{self.labels[task]}: {doing}",
            scores,
            notice,
        )
        self.observer(progress)

    def _finished(self) -> int:
        """How many rows are done."""
        left = set()
        for row, done in zip(self.rows, self.done, strict=True):
            if done < 1:
                left.add(row)
        return len(set(self.rows) - left)

    def _fraction(self) -> float:
        """Share of the estimated work that is done."""
        total = sum(self.costs) or 1.0
        done = sum(cost * done for cost, done in zip(self.costs, self.done, strict=True))
        return done / total

    def _seconds_left(self, fraction: float) -> float | None:
        """From the pace since the first tick; None until enough was seen to be done."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, fraction)
        began, fraction_then = self._first
        seen = fraction - fraction_then
        if seen <= SEEN:
            return None
        return (now - began) * (1 - fraction) / seen


def _label(task: Task) -> str:
    """How a task is called: its row, and which seeds of it where they are not all."""
    row = f"{task.row} on {task.problem.name}"
    if isinstance(task, FitTask) and task.stack is not None:
        return f"{row}, seeds {task.stack[0]} to {task.stack[-1]}"
    return row
