"""Runs on disk: whole or absent, in plain formats (JSON, NumPy arrays, safetensors), never pickled.

The record of a run, config.json, holds a digest of itself and one of every other file, so that
damage is noticed.
"""

import functools
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from genzoo.core.metric import Estimate
from genzoo.disk import new_folder, write_bytes, write_text
from genzoo.errors import InputError
from genzoo.results.recording import Recording
from genzoo.results.recording_file import recording_bytes, recording_of
from genzoo.results.stored import config_fault, history_fault
from genzoo.results.typed import typed
from genzoo.results.types import History, TrainedRun
from genzoo.storage.records import (
    DIGEST,
    FILES,
    VALUES,
    digest_of,
    digest_of_file,
    is_intact,
    sealed,
)

CONFIG, WEIGHTS, LAST_WEIGHTS, HISTORY, SAMPLES, SCORES, WATCHED, SHARES, RECORDING = (
    "config.json",
    "model.safetensors",
    "model-last.safetensors",
    "history.npz",
    "samples.npy",
    "scores.json",
    "watched.npz",
    "mode_shares.npz",
    "recording.npz",
)


def write_run(
    folder: Path,
    run: TrainedRun,
    config: Mapping[str, Any],
    samples: Tensor | None,
    recording: Recording | None = None,
) -> None:
    """Store a trained run.

    Args:
        folder: Its final name; it must not exist.
        run: What was trained.
        config: What `read_config` returns.
        samples: Its samples, or None for a diverged run.
        recording: Its film, where it was chosen for one.
    """
    files = {
        WEIGHTS if state is _chosen(run) else LAST_WEIGHTS: _weights(state)
        for state in run.weights.values()
    }
    files[HISTORY] = _history(run.history)
    if run.watched is not None:
        files[WATCHED] = _history(run.watched)
    if run.mode_shares is not None:
        files[SHARES] = _history(run.mode_shares)
    if recording is not None:
        files[RECORDING] = recording_bytes(recording)
    if samples is not None:
        files[SAMPLES] = _array(samples)
    digests = {name: digest_of(content) for name, content in files.items()}
    with new_folder(folder) as draft:
        for name, content in files.items():
            (draft / name).write_bytes(content)
        (draft / CONFIG).write_text(sealed({**config, FILES: digests}), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Whether a folder holds a run, every file of which is as it was written."""
    if not (folder / CONFIG).exists():
        return False
    files = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in folder.iterdir()]
    return _is_whole(folder, tuple(sorted(files)))


@functools.lru_cache(maxsize=10_000)
def _is_whole(folder: Path, files: tuple[tuple[str, int, int], ...]) -> bool:
    """Files are read again only where names, times or sizes have changed."""
    try:
        digests = read_config(folder).get(FILES, {})
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
    has_record = (path.parent / CONFIG).exists()
    return _verified(path, read_config(path.parent).get(FILES, {}) if has_record else {})


def _verified(path: Path, digests: Mapping[str, str]) -> bytes:
    """A file, compared with its digest where there is one."""
    damaged = f"{path} is damaged or missing: delete {path.parent} and train again"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(damaged) from error
    if path.name in digests and digests[path.name] != digest_of(content):
        raise InputError(damaged)
    return content


def _samples_digest(folder: Path) -> dict[str, str]:
    """The digest of the samples in a folder by their name; nothing where there are none."""
    path = folder / SAMPLES
    return {SAMPLES: digest_of_file(path)} if path.exists() else {}


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a run.

    Raises:
        InputError: When the folder holds no run or a damaged one.
    """
    path = folder / CONFIG
    if not path.exists():
        raise InputError(f"{folder} holds no run: it has no {CONFIG}")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise InputError(f"{path} is damaged: delete the folder and train again") from error
    if isinstance(config, dict) and not is_intact(config):
        raise InputError(f"{path} is damaged: delete the folder and train again")
    if not isinstance(config, dict) or "model" not in config or "event_shape" not in config:
        raise InputError(
            f"{path} does not describe a genzoo run: expected the keys 'model' and 'event_shape'"
        )
    fault = config_fault(config)
    if fault:
        raise InputError(f"{path} is damaged ({fault}): delete the folder and train again")
    return config


def read_weights(folder: Path, name: str = WEIGHTS) -> dict[str, Tensor]:
    """The weights that the run samples from, or with `LAST_WEIGHTS` the last ones where there are averaged ones.

    Raises:
        InputError: When the file is missing or damaged.
    """
    path = folder / name
    if not path.exists():
        raise InputError(f"{folder} holds no weights: it has no {name}")
    try:
        return safetensors.torch.load(_content(path))
    except (SafetensorError, ValueError) as error:
        raise InputError(
            f"the weights {path} are damaged: delete the folder and train again"
        ) from error


def read_every_weights(folder: Path) -> dict[str, dict[str, Tensor]]:
    """All weights of a run by name: the last ones, and where the recipe averaged, the averaged ones.

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
    columns = _load(folder / name)
    if not isinstance(columns, dict) or "steps" not in columns:
        raise InputError(
            f"{folder / name} is damaged (it has no steps): delete its folder and train again"
        )
    steps = columns.pop("steps")
    history = History(steps, {key.replace("|", "/"): values for key, values in columns.items()})
    fault = history_fault(history, gauged=name == WATCHED)
    if fault:
        raise InputError(f"{folder / name} is damaged ({fault}): delete its folder and train again")
    return history


def read_samples(folder: Path) -> Tensor | None:
    """The samples of a run, or None where it diverged.

    Raises:
        InputError: When the file is damaged.
    """
    return read_array(folder / SAMPLES)


def read_recording(folder: Path) -> Recording | None:
    """The film of a run, or None where it was not chosen for one.

    Raises:
        InputError: When the file is damaged.
    """
    path = folder / RECORDING
    return recording_of(_content(path), path) if path.exists() else None


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


def save_array(path: Path, values: Tensor) -> None:
    """Replace a .npy file as a whole.

    Raises:
        InputError: When it cannot be written.
    """
    write_bytes(path, _array(values))


def write_scores(folder: Path, estimates: Mapping[str, Estimate]) -> None:
    """Store what has been computed of a run or of samples, by metric name, with the digest of the samples."""
    scores = {name: asdict(estimate) for name, estimate in estimates.items()}
    write_text(folder / SCORES, sealed({FILES: _samples_digest(folder), VALUES: scores}))


def read_scores(folder: Path) -> dict[str, Estimate]:
    """What has been computed of a run or of samples; nothing where a file is damaged, for it can be made again."""
    try:
        stored = json.loads((folder / SCORES).read_text(encoding="utf-8"))
        if DIGEST not in stored:
            return {name: typed(Estimate, fields) for name, fields in stored.items()}
        same = stored[FILES].items() <= _samples_digest(folder).items()
        if not same or not is_intact(stored):
            return {}
        return {name: typed(Estimate, fields) for name, fields in stored[VALUES].items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return {}


def _weights(state: Mapping[str, Tensor]) -> bytes:
    return safetensors.torch.save({key: value.contiguous() for key, value in state.items()})


def _history(history: History) -> bytes:
    columns = {key.replace("/", "|"): values for key, values in history.series.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, steps=history.steps, **columns)
    return buffer.getvalue()


def _array(values: Tensor) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values.numpy(), allow_pickle=False)
    return buffer.getvalue()


def _load(path: Path) -> Any:
    content = io.BytesIO(_content(path))
    try:
        loaded = np.load(content, allow_pickle=False)
        return dict(loaded) if isinstance(loaded, np.lib.npyio.NpzFile) else loaded
    except Exception as error:  # numpy raises many kinds for a damaged archive
        raise InputError(f"{path} is damaged: delete its folder and train again") from error


def _chosen(run: TrainedRun) -> Mapping[str, Tensor]:
    return run.weights.get("averaged", run.weights["last"])
