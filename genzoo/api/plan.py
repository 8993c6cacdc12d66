"""What is compared where it is not said: the parts of a protocol, or of an earlier comparison."""

from dataclasses import replace
from pathlib import Path

from genzoo.api.earlier import Earlier
from genzoo.api.inputs import Asked
from genzoo.errors import InputError
from genzoo.experiment.protocol import Protocol, load_protocol

SEEDS = 10
"""Of a comparison of the user's own models or sources, where it is not said."""


def plan_of(protocol: str | Protocol | None, default: Protocol, *, is_own: bool) -> Protocol:
    """The protocol that is meant.

    Args:
        protocol: What the user names.
        default: What is run without arguments.
        is_own: Whether models or sources are the user's own: then there are `SEEDS`.
    """
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
