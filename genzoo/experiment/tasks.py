"""The pieces of a comparison that can run on their own, in any order and in any process."""

from genzoo.experiment.fit_task import FitTask
from genzoo.experiment.row_task import RowTask
from genzoo.experiment.rows import absent_everywhere, as_scores
from genzoo.results.types import Score

__all__ = ["FitTask", "RowTask", "Task", "failed_scores"]

Task = FitTask | RowTask


def failed_scores(task: FitTask, error: Exception) -> list[Score]:
    """What is recorded of a contestant whose code raised an exception; nothing is kept on disk."""
    experiment = task.experiment
    source = task.problem.name
    reason = f"failed: {type(error).__name__}: {error}"
    estimates = absent_everywhere(experiment, source, reason)
    scores: list[Score] = []
    for seed in experiment.seeds:
        scores += as_scores(task.row, source, seed, estimates, experiment, status="failed")
    return scores
