"""Recordings on disk: 16-bit arrays in one compressed file."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from genzoo.arrays import FloatArray
from genzoo.core.context import ContextSpec
from genzoo.errors import InputError
from genzoo.results.recording import (
    ROLES,
    Recording,
    Role,
    pack,
    unpack,
)
from genzoo.results.stored import recording_fault


def recording_bytes(recording: Recording) -> bytes:
    """A recording as a compressed file: arrays and constants in 16 bits, numbers as they are."""
    values = np.array(list(recording.values.values()), dtype=np.float64)
    members: dict[str, Any] = {
        "seed": recording.seed,
        "steps": recording.steps,
        "role": recording.role or "",
        "names": np.array(list(recording.values), dtype=np.str_),
        "values": values.reshape(-1, len(recording)),
        **_packed("array", recording.arrays),
        **_packed("constant", recording.constants),
    }
    if recording.context_spec is not None:
        members["conditions"] = json.dumps(recording.context_spec.to_dict())
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **members)
    return buffer.getvalue()


def recording_of(content: bytes, path: Path) -> Recording:
    """The inverse of `recording_bytes`, up to the rounding to 16 bits.

    Args:
        content: What the file holds.
        path: Where it lies, for the message.

    Raises:
        InputError: When it is damaged.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as members:
            recording = _recording(members)
        fault = recording_fault(recording)
    # numpy raises many kinds for a damaged archive
    except Exception as error:
        raise InputError(f"{path} is damaged: delete its folder and train again") from error
    if fault:
        raise InputError(f"{path} is damaged ({fault}): delete its folder and train again")
    return recording


def _recording(members: Any) -> Recording:
    values = zip(members["names"].tolist(), members["values"], strict=True)
    return Recording(
        seed=int(members["seed"]),
        steps=members["steps"],
        values=dict(values),
        arrays=_unpacked("array", members),
        constants=_unpacked("constant", members),
        role=_role(members.get("role", "")),
        context_spec=_context_spec(members),
    )


def _context_spec(members: Any) -> ContextSpec | None:
    """What conditions mean; None of an unconditional model, and in files of old."""
    if "conditions" not in members:
        return None
    return ContextSpec.from_dict(json.loads(str(members["conditions"])))


def _role(stored: Any) -> Role | None:
    """The role that was stored; None in files of old, which hold none."""
    for role in ROLES:
        if role == stored:
            return role
    return None


def _packed(kind: str, arrays: Mapping[str, FloatArray]) -> dict[str, Any]:
    """Members of the file for arrays of one kind: codes and ranges."""
    members: dict[str, Any] = {}
    for name, array in arrays.items():
        codes, limits = pack(array)
        members[f"{kind}|{name}"] = codes
        members[f"{kind} range|{name}"] = limits
    return members


def _unpacked(kind: str, members: Any) -> dict[str, FloatArray]:
    """The inverse of `_packed`, from all members of a file."""
    arrays: dict[str, FloatArray] = {}
    for key in members:
        stored_kind, _, name = key.partition("|")
        if stored_kind == kind:
            arrays[name] = unpack(members[key], members[f"{kind} range|{name}"])
    return arrays
