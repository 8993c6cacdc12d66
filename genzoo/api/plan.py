"""What is compared where it is not said: the parts of a protocol, or of an earlier comparison."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from genzoo.api.earlier import Earlier
from genzoo.api.inputs import Asked
from genzoo.errors import InputError
from genzoo.experiment.protocol import Protocol, load_protocol

SEEDS = 10
"""Of a comparison of the user's own models or sources, where it is not said."""


def plan_of(
    protocol: str | Protocol | None, default: Protocol, models: Any, sources: Any
) -> Protocol:
    """The protocol that is meant.

    Args:
        protocol: What the user names.
        default: What is run without arguments.
        models: The user's own, or None.
        sources: Likewise; with either there are `SEEDS`.
    """
    is_own = models is not None or sources is not None
    if protocol is None and is_own:
        return replace(default, seeds=SEEDS)
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
