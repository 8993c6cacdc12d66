"""Runs on disk: whole or absent, in plain formats (JSON, NumPy arrays, safetensors), never pickled.

The record of a run, config.json, holds a digest of itself and one of every other file, so that
damage is noticed.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from genzoo.core.model import Batch
from genzoo.disk import new_folder, write_bytes, write_text
from genzoo.errors import InputError
from genzoo.results.recording import Recording
from genzoo.results.recording_file import recording_bytes, recording_of
from genzoo.results.stored import config_fault, history_fault
from genzoo.results.types import History, TrainedRun
from genzoo.storage import formats, records

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
LAST_WEIGHTS = "model-last.safetensors"
HISTORY = "history.npz"
SAMPLES = "samples.npy"
CONDITIONS = "conditions.npy"
WATCHED = "watched.npz"
SHARES = "mode_shares.npz"
RECORDING = "recording.npz"


def write_run(
    folder: Path,
    run: TrainedRun,
    config: Mapping[str, Any],
    samples: Batch | None,
    recording: Recording | None = None,
) -> None:
    """Store a trained run.

    Args:
        folder: Its final name; it must not exist.
        run: Its weights, its history and what was watched of it.
        config: The record of the run, which `read_config` returns.
        samples: Its samples, with what they were asked for, or None for a diverged run.
        recording: Its film, where it was chosen for one.
    """
    files = _weights_files(run)
    files[HISTORY] = formats.history_bytes(run.history)
    if run.watched is not None:
        files[WATCHED] = formats.history_bytes(run.watched)
    if run.mode_shares is not None:
        files[SHARES] = formats.history_bytes(run.mode_shares)
    if recording is not None:
        files[RECORDING] = recording_bytes(recording)
    if samples is not None:
        files |= _samples_files(samples)
    digests = {}
    with new_folder(folder) as draft:
        for name, content in files.items():
            (draft / name).write_bytes(content)
            digests[name] = records.digest_of(content)
        (draft / CONFIG).write_text(
            records.sealed({**config, records.FILES: digests}), encoding="utf-8"
        )


def add_recording(folder: Path, recording: Recording) -> None:
    """Put a film beside a stored run, or in the place of the one that it has.

    Raises:
        InputError: When it cannot be written, or the run is damaged.
    """
    config = read_config(folder)
    config.pop(records.DIGEST, None)
    content = recording_bytes(recording)
    # Where this stops in between, the digest tells of a film that is not the run's.
    write_bytes(folder / RECORDING, content)
    digests = config.get(records.FILES, {}) | {RECORDING: records.digest_of(content)}
    write_text(folder / CONFIG, records.sealed({**config, records.FILES: digests}))


def is_whole(folder: Path) -> bool:
    """Whether a folder holds a run, every file of which is as it was written."""
    if not (folder / CONFIG).exists():
        return False
    files = []
    for path in folder.iterdir():
        facts = path.stat()
        files.append((path.name, facts.st_mtime_ns, facts.st_size))
    return _is_whole(folder, tuple(sorted(files)))


@functools.lru_cache(maxsize=10_000)
def _is_whole(folder: Path, files: tuple[tuple[str, int, int], ...]) -> bool:
    """Files are read again only where names, times or sizes have changed."""
    try:
        digests = read_config(folder).get(records.FILES, {})
        for name in digests:
            _verified(folder / name, digests)
    except InputError:
        return False
    return True


def _content(path: Path) -> bytes:
    """A file of a run, compared with the digest that the record of the run keeps of it.

    Raises:
        InputError: When it is missing or not as it was written.
    """
    digests = {}
    if (path.parent / CONFIG).exists():
        digests = read_config(path.parent).get(records.FILES, {})
    return _verified(path, digests)


def _verified(path: Path, digests: Mapping[str, str]) -> bytes:
    """A file, compared with its digest where there is one."""
    damaged = f"{path} is damaged or missing: delete {path.parent} and train again"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(damaged) from error
    if path.name in digests and digests[path.name] != records.digest_of(content):
        raise InputError(damaged)
    return content


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a run.

    Raises:
        InputError: When the folder holds no run or a damaged one.
    """
    path = folder / CONFIG
    if not path.exists():
        raise InputError(f"{folder} holds no run: it has no {CONFIG}")
    damaged = f"{path} is damaged: delete the folder and train again"
    no_run = f"{path} does not describe a genzoo run: expected the keys 'model' and 'event_shape'"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise InputError(damaged) from error
    if not isinstance(config, dict):
        raise InputError(no_run)
    if not records.is_intact(config):
        raise InputError(damaged)
    if "model" not in config or "event_shape" not in config:
        raise InputError(no_run)
    fault = config_fault(config)
    if fault:
        raise InputError(f"{path} is damaged ({fault}): delete the folder and train again")
    return config


def read_weights(folder: Path, name: str = WEIGHTS) -> dict[str, Tensor]:
    """The weights that the run samples from.

    With `LAST_WEIGHTS` the last ones, where the run samples from averaged ones.

    Raises:
        InputError: When the file is missing or damaged.
    """
    path = folder / name
    if not path.exists():
        raise InputError(f"{folder} holds no weights: it has no {name}")
    try:
        return safetensors.torch.load(_content(path))
    except (SafetensorError, ValueError) as error:
        damaged = f"the weights {path} are damaged: delete the folder and train again"
        raise InputError(damaged) from error


def read_every_weights(folder: Path) -> dict[str, dict[str, Tensor]]:
    """All weights of a run by name.

    The last ones, and where the recipe averaged, the averaged ones.

    Raises:
        InputError: When a file is missing or damaged.
    """
    chosen = read_weights(folder)
    if not (folder / LAST_WEIGHTS).exists():
        return {"last": chosen}
    return {"last": read_weights(folder, LAST_WEIGHTS), "averaged": chosen}


def read_history(folder: Path, name: str = HISTORY) -> History:
    """The losses and monitors of a run, or with `WATCHED` or `SHARES` what was watched.

    Raises:
        InputError: When the file is missing or damaged.
    """
    path = folder / name
    columns = _load(path)
    if not isinstance(columns, dict) or "steps" not in columns:
        raise InputError(f"{path} is damaged (it has no steps): delete its folder and train again")
    history = formats.history_of(columns)
    fault = history_fault(history, gauged=name == WATCHED)
    if fault:
        raise InputError(f"{path} is damaged ({fault}): delete its folder and train again")
    return history


def read_samples(folder: Path) -> Batch | None:
    """The samples of a run with their conditions, or None where it diverged.

    Raises:
        InputError: When a file is damaged.
    """
    samples = read_array(folder / SAMPLES)
    if samples is None:
        return None
    return Batch(samples, read_array(folder / CONDITIONS))


def save_samples(folder: Path, samples: Batch) -> None:
    """Replace the samples of a row that is not trained, each file as a whole.

    Raises:
        InputError: When they cannot be written.
    """
    for name, content in _samples_files(samples).items():
        write_bytes(folder / name, content)


def read_recording(folder: Path) -> Recording | None:
    """The film of a run, or None where it was not chosen for one.

    Raises:
        InputError: When the file is damaged.
    """
    path = folder / RECORDING
    if not path.exists():
        return None
    return recording_of(_content(path), path)


def read_array(path: Path) -> Tensor | None:
    """A .npy file as a tensor, or None where there is none.

    Raises:
        InputError: When the file is damaged.
    """
    if not path.exists():
        return None
    values = _load(path)
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f" or values.ndim < 2:
        raise InputError(
            f"{path} is damaged (it holds no examples): delete its folder and train again"
        )
    return torch.from_numpy(values)


def _samples_files(samples: Batch) -> dict[str, bytes]:
    """By file name, samples and their conditions."""
    files = {SAMPLES: formats.array_bytes(samples.x)}
    if samples.context is not None:
        files[CONDITIONS] = formats.array_bytes(samples.context)
    return files


def _weights_files(run: TrainedRun) -> dict[str, bytes]:
    """By file name, the weights of a run; those that it samples from have the plain name."""
    averaged = run.weights.get("averaged")
    last = run.weights["last"]
    if averaged is None:
        return {WEIGHTS: formats.weights_bytes(last)}
    return {LAST_WEIGHTS: formats.weights_bytes(last), WEIGHTS: formats.weights_bytes(averaged)}


def _load(path: Path) -> Any:
    """The array of a file, or of an archive the arrays by name."""
    content = _content(path)
    try:
        return formats.load_arrays(content)
    except Exception as error:  # numpy raises many kinds for a damaged archive
        raise InputError(f"{path} is damaged: delete its folder and train again") from error
