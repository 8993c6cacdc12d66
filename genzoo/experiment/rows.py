"""Tidy rows: one for each model, source, metric and seed."""

from dataclasses import asdict

from genzoo.core.metric import Estimate
from genzoo.experiment.experiment import Experiment
from genzoo.results.types import Score, Status


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
) -> list[Score]:
    """Estimates of one row at one seed as tidy rows, in the order of the metrics of its source."""
    return [
        Score(
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
        )
        for metric in experiment.metrics_on(source)
    ]
