"""The pieces of a comparison that can run on their own, in any order and in any process."""

from genzoo.core.metric import Estimate
from genzoo.experiment.fit_task import FitTask
from genzoo.experiment.row_task import RowTask
from genzoo.experiment.rows import as_scores
from genzoo.results.types import Score

__all__ = ["FitTask", "RowTask", "Task", "failed_scores"]

Task = FitTask | RowTask


def failed_scores(task: FitTask, error: Exception) -> list[Score]:
    """What is recorded of a contestant whose code raised an exception; nothing is kept on disk."""
    experiment = task.experiment
    gone = Estimate.absent(f"failed: {type(error).__name__}: {error}")
    estimates = {metric.name: gone for metric in experiment.metrics_on(task.problem)}
    scores: list[Score] = []
    for seed in experiment.seeds:
        scores += as_scores(
            task.row, task.problem.name, seed, estimates, experiment, status="failed"
        )
    return scores
