"""What a comparison writes about runs: tidy rows and their settings."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from genzoo.comparison.events import events_to_json
from genzoo.comparison.experiment import Experiment
from genzoo.core.budget import budget_of
from genzoo.core.metric import Estimate
from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.core.results import Score, Status, TrainedRun


def run_config(run: TrainedRun, identity: dict[str, Any]) -> dict[str, Any]:
    """What is written about a run beside its identity, which holds its recipe."""
    budget = budget_of(run.model.updates(), Recipe.from_dict(identity["recipe"]), run.diverged_at)
    return identity | {
        "seed": run.seed,
        "event_shape": list(run.model.event_shape),
        "status": "finished" if run.diverged_at is None else "diverged",
        "diverged_at": run.diverged_at,
        "parameters": run.parameters,
        "examples_seen": budget.examples_seen,
        "updates": budget.updates,
        "training_seconds": run.seconds,
        "seeds_together": run.stacked,
        "events": events_to_json(run.events),
        "by_weights": {name: dict(values) for name, values in run.by_weights.items()},
    }


def run_facts(config: Mapping[str, Any], model: Callable[[], GenerativeModel]) -> dict[str, Any]:
    """What the tidy rows of a run say about it, from its settings on disk.

    Args:
        config: What `run_config` wrote, and the sampling time; it may lack the budget.
        model: Makes the model, whose updates the budget is then computed from.
    """
    facts = {name: config[name] for name in ("status", "parameters", "training_seconds", "sampling_seconds")}
    if "examples_seen" in config:
        return facts | {name: config[name] for name in ("examples_seen", "updates")}
    budget = budget_of(model().updates(), Recipe.from_dict(config["recipe"]), config["diverged_at"])
    return facts | {"examples_seen": budget.examples_seen, "updates": budget.updates}


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
