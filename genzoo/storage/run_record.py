"""What is written of a run beside its weights, and what the rows of a table say of it."""

from collections.abc import Callable, Mapping
from typing import Any

from genzoo.core.budget import budget_of
from genzoo.core.context import ContextSpec
from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.results.diagnosis import events_to_json
from genzoo.results.making import makings_to_json
from genzoo.results.types import TrainedRun

CONTEXT = "context"
"""Key of what the conditions of a model mean; only conditional ones have it."""
FACTS = ("status", "parameters", "training_seconds", "sampling_seconds")
"""What rows repeat of the settings of a run as it stands there."""


def run_config(run: TrainedRun, identity: dict[str, Any]) -> dict[str, Any]:
    """What is written about a run beside its identity, which holds its recipe."""
    recipe = Recipe.from_dict(identity["recipe"])
    budget = budget_of(run.model.updates(), recipe, run.diverged_at)
    spec = run.model.context_spec
    conditions = {} if spec is None else {CONTEXT: spec.to_dict()}
    return (
        identity
        | conditions
        | {
            "seed": run.seed,
            "event_shape": list(run.model.event_shape),
            "status": "finished" if run.diverged_at is None else "diverged",
            "diverged_at": run.diverged_at,
            "parameters": run.parameters,
            "evaluations": run.model.evaluations,
            "examples_seen": budget.examples_seen,
            "updates": budget.updates,
            "training_seconds": run.seconds,
            "seeds_together": run.stacked,
            "made": makings_to_json(run.makings),
            "events": events_to_json(run.events),
            "by_weights": {name: dict(values) for name, values in run.by_weights.items()},
        }
    )


def stored_spec(config: Mapping[str, Any]) -> ContextSpec | None:
    """What the conditions of a stored model mean; None for an unconditional one."""
    if CONTEXT not in config:
        return None
    return ContextSpec.from_dict(config[CONTEXT])


def run_facts(config: Mapping[str, Any], model: Callable[[], GenerativeModel]) -> dict[str, Any]:
    """What the tidy rows of a run say about it, from its settings on disk.

    Args:
        config: What `run_config` wrote, and the sampling time; it may lack the budget and the
            evaluations.
        model: Makes the model that then tells them.
    """
    facts = {name: config[name] for name in FACTS}
    if "examples_seen" in config:
        examples_seen, updates = config["examples_seen"], config["updates"]
    else:
        recipe = Recipe.from_dict(config["recipe"])
        budget = budget_of(model().updates(), recipe, config["diverged_at"])
        examples_seen, updates = budget.examples_seen, budget.updates
    facts |= {"examples_seen": examples_seen, "updates": updates}
    if "evaluations" in config:
        return facts | {"evaluations": config["evaluations"]}
    return facts | {"evaluations": model().evaluations}
