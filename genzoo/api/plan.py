"""What is compared where it is not said: the parts of a protocol, or of an earlier comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from genzoo.api.earlier import Earlier
from genzoo.api.inputs import Asked
from genzoo.errors import InputError
from genzoo.experiment import Contestant
from genzoo.experiment.protocol import Protocol, load_protocol
from genzoo.models import recommended_recipe


def plan_of(protocol: str | Protocol | None, default: Protocol, models: Any) -> Protocol:
    """The protocol that is meant.

    Args:
        protocol: What the user names; none for the default.
        default: What is run without arguments.
        models: What the user names. Models that are named beside no protocol have the recipes that
            they were registered with.
    """
    if protocol is None and models is not None:
        return replace(default, recipes={})
    if protocol is None:
        return default
    if isinstance(protocol, str):
        return load_protocol(protocol)
    return protocol


def earlier_in(out: str | Path | None, add: bool) -> Earlier:
    """The last comparison in the folder.

    Raises:
        InputError: When models are to be added to it, and there is none.
    """
    earlier = Earlier()
    if out is not None:
        earlier = Earlier.of(Path(out))
    if add and not earlier.models:
        raise InputError(
            f"there is nothing to add to: {out} holds no comparison, leave add (--add) out"
        )
    return earlier


def usual(plan: Protocol, earlier: Earlier, add: bool) -> Asked:
    """What is compared where the user gives nothing else."""
    if add:
        return Asked((), earlier.sources, earlier.metrics, earlier.seeds, plan.match)
    return Asked(plan.models, plan.sources, plan.metrics, plan.seeds, plan.match)


def own_recipes(
    plan: Protocol,
    models: Sequence[Any],
    contestants: Sequence[Contestant],
    fields: Mapping[str, Any],
) -> list[str]:
    """What is said of the models to which a protocol gives a recipe of their own.

    Args:
        plan: The protocol.
        models: As they are asked for.
        contestants: What they are.
        fields: Recipe fields by which the user replaces those of every model.
    """
    remarks = []
    for model, contestant in zip(models, contestants, strict=True):
        if not isinstance(model, str) or model not in plan.recipes:
            continue
        registered = recommended_recipe(contestant.config["name"])
        parts = []
        for name, value in plan.recipes[model].items():
            usual = getattr(registered, name)
            if name not in fields and value != usual:
                parts.append(f"{name} {value} instead of {usual}")
        if parts:
            remarks.append(f"{contestant.name}: this comparison sets {', '.join(parts)}.")
    return remarks


def command_of(
    plan: Protocol, protocol: str | Protocol | None, asked: Asked
) -> Sequence[str] | None:
    """The words of a command that name the models of a protocol that gives some their own recipes.

    Returns:
        None where no words do; nothing where models can be named one by one.
    """
    if not plan.recipes:
        return []
    if tuple(asked.models) != tuple(plan.models) or isinstance(protocol, Protocol):
        return None
    if protocol is None:
        return ["genzoo", "compare"]
    return ["genzoo", "compare", "--protocol", protocol]
