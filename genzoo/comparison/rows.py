"""What a comparison writes about runs: tidy rows and their settings."""

from dataclasses import asdict
from typing import Any

from genzoo.comparison.events import events_to_json
from genzoo.comparison.experiment import Experiment
from genzoo.core.metric import Estimate
from genzoo.core.results import Score, Status, TrainedRun


def run_config(run: TrainedRun, identity: dict[str, Any]) -> dict[str, Any]:
    """What is written about a run beside its identity."""
    return identity | {
        "seed": run.seed,
        "event_shape": list(run.model.event_shape),
        "status": "finished" if run.diverged_at is None else "diverged",
        "diverged_at": run.diverged_at,
        "parameters": run.parameters,
        "training_seconds": run.seconds,
        "seeds_together": run.stacked,
        "events": events_to_json(run.events),
        "by_weights": {name: dict(values) for name, values in run.by_weights.items()},
    }


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
        )
        for metric in experiment.metrics_on(source)
    ]
