"""Recordings on disk: 16-bit arrays in one compressed file."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from genzoo.errors import InputError
from genzoo.results.recording import ROLES, Recording, pack, unpack
from genzoo.results.stored import recording_fault


def recording_bytes(recording: Recording) -> bytes:
    """A recording as a compressed file: arrays and constants in 16 bits, numbers as they are."""
    kept: dict[str, Any] = {
        "seed": recording.seed,
        "steps": recording.steps,
        "role": recording.role or "",
    }
    kept["names"] = np.array(list(recording.values), dtype=np.str_)
    kept["values"] = np.array(list(recording.values.values()), dtype=np.float64).reshape(
        -1, len(recording)
    )
    for kind, arrays in (("array", recording.arrays), ("constant", recording.constants)):
        for name, array in arrays.items():
            kept[f"{kind}|{name}"], kept[f"{kind} range|{name}"] = pack(array)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **kept)
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
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            values = dict(zip(kept["names"].tolist(), kept["values"], strict=True))
            arrays, constants = _part(kept, "array"), _part(kept, "constant")
            role = next((role for role in ROLES if role == kept.get("role", "")), None)
            found = Recording(int(kept["seed"]), kept["steps"], values, arrays, constants, role)
        fault = recording_fault(found)
    except Exception as error:  # numpy raises many kinds for a damaged archive
        raise InputError(f"{path} is damaged: delete its folder and train again") from error
    if fault:
        raise InputError(f"{path} is damaged ({fault}): delete its folder and train again")
    return found


def _part(kept: Any, kind: str) -> dict[str, Any]:
    names = [key.partition("|")[2] for key in kept if key.startswith(f"{kind}|")]
    return {name: unpack(kept[f"{kind}|{name}"], kept[f"{kind} range|{name}"]) for name in names}
