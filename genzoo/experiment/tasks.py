"""The pieces of a comparison that can run on their own, in any process."""

from collections.abc import Sequence

from genzoo.experiment.films import FilmTask
from genzoo.experiment.fit_task import FitTask
from genzoo.experiment.row_task import RowTask
from genzoo.experiment.rows import absent_everywhere, as_scores
from genzoo.results.types import Score

__all__ = ["FilmTask", "FitTask", "Row", "RowTask", "Task", "failed_scores", "is_ready", "pieces"]

Row = FitTask | RowTask
"""All seeds of a row on a source."""
Task = Row | FilmTask
"""What one process runs."""


def pieces(rows: Sequence[Row]) -> list[Task]:
    """Rows as tasks: each fit is split into its stacks, with its films after them."""
    parts: list[Task] = []
    for task in rows:
        if not isinstance(task, FitTask) or len(task.stacks) == 1:
            parts.append(task)
            continue
        parts += [task.of_stack(stack) for stack in task.stacks]
        if task.experiment.gauge is not None:
            parts.append(FilmTask(task))
    return parts


def is_ready(task: Task, unfinished: Sequence[Task]) -> bool:
    """Whether a task can start: films need all stacks of their row."""
    if not isinstance(task, FilmTask):
        return True
    for other in unfinished:
        same = other.row == task.row and other.problem.name == task.problem.name
        if same and other is not task:
            return False
    return True


def failed_scores(task: FitTask, error: Exception) -> list[Score]:
    """What is recorded of a contestant whose code raised an exception; nothing is kept on disk."""
    experiment = task.experiment
    source = task.problem.name
    reason = f"failed: {type(error).__name__}: {error}"
    estimates = absent_everywhere(experiment, source, reason)
    scores: list[Score] = []
    for seed in task.seeds:
        scores += as_scores(task.row, source, seed, estimates, experiment, status="failed")
    return scores
