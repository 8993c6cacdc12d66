"""The weights that a run kept in training, on disk until its film is made or is not to be made."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from genzoo.disk import write_bytes
from genzoo.errors import InputError
from genzoo.storage.formats import weights_bytes

PREFIX = "reel-"


def write_reel(folder: Path, seed: int, snapshots: Mapping[int, Mapping[str, Tensor]]) -> None:
    """Keep the weights after each step of a run.

    Args:
        folder: Of the row.
        seed: Whose run it is.
        snapshots: State dicts by step.

    Raises:
        InputError: When they cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    for step, state in snapshots.items():
        for name, value in state.items():
            tensors[f"{step}/{name}"] = value.clone()
    write_bytes(_path(folder, seed), weights_bytes(tensors))


def has_reel(folder: Path, seed: int) -> bool:
    """Whether weights of a run are kept."""
    return _path(folder, seed).exists()


def read_reel(folder: Path, seed: int) -> dict[int, dict[str, Tensor]]:
    """The inverse of `write_reel`.

    Raises:
        InputError: When the file is missing or damaged.
    """
    path = _path(folder, seed)
    try:
        tensors = safetensors.torch.load(path.read_bytes())
    except (SafetensorError, ValueError, OSError) as error:
        raise InputError(f"{path} is damaged or missing: no film is made of it") from error
    snapshots: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        step, _, name = key.partition("/")
        snapshots.setdefault(int(step), {})[name] = value
    return snapshots


def discard_reels(folder: Path) -> None:
    """Delete all that are kept of a row."""
    for path in folder.glob(f"{PREFIX}*"):
        path.unlink(missing_ok=True)


def _path(folder: Path, seed: int) -> Path:
    return folder / f"{PREFIX}{seed:04d}.safetensors"
