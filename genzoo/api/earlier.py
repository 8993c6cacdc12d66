"""What an earlier comparison in the same folder compared, what is kept of it and what is not."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from genzoo.api.create import contestant
from genzoo.api.report import FACTS
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.experiment import Contestant, Experiment
from genzoo.registry import Spec


@dataclass(frozen=True)
class Earlier:
    """What comparison.json says of the last comparison in a folder; nothing where there was none.

    Attributes:
        models: Its models, then those of comparisons before it: name, options, row, recipe and
            seeds.
        samples: Its rows of samples from outside.
        sources: The texts that name its sources.
        seeds: Its seeds.
        metrics: The metrics that were asked for: a panel or names.
    """

    models: Sequence[dict[str, Any]] = ()
    samples: Sequence[str] = ()
    sources: Sequence[str] = ()
    seeds: Sequence[int] = ()
    metrics: str | Sequence[str] = ()

    @classmethod
    def of(cls, root: Path) -> "Earlier":
        """Read it; a damaged file counts as none, as it will be written again."""
        try:
            facts = json.loads((root / FACTS).read_text(encoding="utf-8"))
            return cls(
                models=_models(facts),
                samples=list(facts.get("outside", [])),
                sources=[str(source["name"]) for source in facts["sources"]],
                seeds=[int(seed) for seed in facts["seeds"]],
                metrics=facts.get("asked", facts["metrics"]),
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def rows(self) -> list[str]:
        """The rows that it had beside its controls."""
        models = [model["row"] for model in self.models]
        return [*models, *self.samples]

    def without(self, rows: Collection[str]) -> list[dict[str, Any]]:
        """The models whose rows are not among these."""
        return [model for model in self.models if model["row"] not in rows]


@dataclass(frozen=True)
class Kept:
    """Models of an earlier comparison that take part again.

    Attributes:
        contestants: The models.
        reasons: By row, why a model does not take part.
    """

    contestants: Sequence[Contestant] = ()
    reasons: dict[str, str] = field(default_factory=dict)


def keep(earlier: Earlier, taken: Sequence[str], seeds: Sequence[int]) -> Kept:
    """The earlier models whose rows are not taken and whose seeds are the same.

    Args:
        earlier: The last comparison in the folder.
        taken: The rows that are compared anyway.
        seeds: The seeds that are compared.
    """
    contestants: list[Contestant] = []
    reasons: dict[str, str] = {}
    for model in earlier.models:
        row = model["row"]
        if row in taken:
            continue
        if list(model["seeds"]) != list(seeds):
            numbers = ", ".join(map(str, model["seeds"]))
            reasons[row] = f"it has the seeds {numbers}"
            continue
        try:
            contestants.append(_contestant(model))
        except InputError as error:
            reasons[row] = str(error)
    return Kept(contestants, reasons)


def _models(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The models of a comparison.json: of the last comparison, then of those before it."""
    models = []
    for model in facts["models"]:
        models.append({**model, "seeds": facts["seeds"]})
    models += facts.get("earlier", [])
    return [model for model in models if _is_model(model)]


def _is_model(model: dict[str, Any]) -> bool:
    """Whether an entry of comparison.json is as it is written there.

    Raises:
        InputError: When its recipe is not.
    """
    Recipe.from_dict(model["recipe"])
    return isinstance(model["row"], str) and isinstance(model["seeds"], list)


def _contestant(model: dict[str, Any]) -> Contestant:
    if not isinstance(model.get("name"), str) or not isinstance(model.get("options"), dict):
        raise InputError("it has no registered name: give its function again")
    text = str(Spec(model["name"], model["options"]))
    if model["row"] != text:
        text = f"{model['row']}={text}"
    return replace(contestant(text, {}), recipe=Recipe.from_dict(model["recipe"]))


def left_out(earlier: Earlier, experiment: Experiment, reasons: dict[str, str]) -> str:
    """The sentence that names rows of the earlier comparison which are not in this one; or nothing.

    Args:
        earlier: The last comparison in the folder.
        experiment: This comparison.
        reasons: By row, why it could not be kept; of a row without one, the sentence says how to
            keep it.
    """
    here = {one.name for one in experiment.contestants}
    here.update(experiment.samples)
    models = {model["row"] for model in earlier.models}
    advice = ""
    rows = []
    for row in earlier.rows():
        if row in here:
            continue
        if row in reasons:
            rows.append(f"{row} ({reasons[row]})")
            continue
        rows.append(row)
        if row in models:
            advice = " --add (add=True) keeps models of an earlier comparison beside new ones."
    if not rows:
        return ""
    return (
        "Left out, though this folder holds rows of them from an earlier comparison: "
        f"{', '.join(rows)}.{advice}"
    )
