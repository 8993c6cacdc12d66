"""Tidy rows: one for each model, source, metric and seed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from genzoo.core.metric import Estimate, Metric
from genzoo.experiment.experiment import Experiment
from genzoo.results.types import Score, Status

ScoresByCell = Mapping[tuple[str, str], Sequence[Score]]
"""By row and metric, the scores of a table's cell in the order of the seeds."""


def as_scores(
    row: str,
    source: str,
    seed: int,
    estimates: dict[str, Estimate],
    experiment: Experiment,
    *,
    status: Status = "finished",
    parameters: int | None = None,
    training_seconds: float | None = None,
    sampling_seconds: float | None = None,
    examples_seen: int | None = None,
    updates: int | None = None,
    evaluations: int | None = None,
) -> list[Score]:
    """Estimates of one row at one seed as tidy rows, in the order of the metrics of its source."""
    scores = []
    for metric in experiment.metrics_on(source):
        score = Score(
            row,
            source,
            metric.name,
            seed,
            **asdict(estimates[metric.name]),
            status=status,
            parameters=parameters,
            training_seconds=training_seconds,
            sampling_seconds=sampling_seconds,
            examples_seen=examples_seen,
            updates=updates,
            evaluations=evaluations,
        )
        scores.append(score)
    return scores


def absent_everywhere(experiment: Experiment, source: str, reason: str) -> dict[str, Estimate]:
    """The estimates of a run that has no value of any metric."""
    estimates = {}
    for metric in experiment.metrics_on(source):
        estimates[metric.name] = Estimate.absent(reason)
    return estimates


def are_complete(estimates: Mapping[str, Estimate], metrics: Sequence[Metric]) -> bool:
    """Whether there is an estimate for each of the metrics."""
    return all(metric.name in estimates for metric in metrics)


def by_cell(scores: Sequence[Score]) -> ScoresByCell:
    """The scores of one source by row and metric."""
    cells: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        cells.setdefault((score.model, score.metric), []).append(score)
    return cells
