"""Runs on disk: whole or absent, in plain formats (JSON, NumPy arrays, safetensors), never pickled."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from genzoo.comparison.recordings import save_recording
from genzoo.comparison.stored import config_fault, history_fault
from genzoo.core.metric import Estimate
from genzoo.core.recording import Recording
from genzoo.core.results import History, TrainedRun
from genzoo.core.typed import typed
from genzoo.errors import InputError

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


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that appears under its name only when everything in it has been written.

    Raises:
        InputError: When it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with writable(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
    try:
        yield draft
        os.replace(draft, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Replace a text file as a whole.

    Raises:
        InputError: When it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)


@contextlib.contextmanager
def writable(path: Path) -> Iterator[None]:
    """Turn a refusal of the file system into one sentence."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; choose another folder") from error


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
    with new_folder(folder) as draft:
        (draft / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        for state in run.weights.values():
            file = WEIGHTS if state is _chosen(run) else LAST_WEIGHTS
            save_file({key: value.contiguous() for key, value in state.items()}, draft / file)
        _save_history(draft / HISTORY, run.history)
        if run.watched is not None:
            _save_history(draft / WATCHED, run.watched)
        if run.mode_shares is not None:
            _save_history(draft / SHARES, run.mode_shares)
        if recording is not None:
            save_recording(draft / RECORDING, recording)
        if samples is not None:
            np.save(draft / SAMPLES, samples.numpy(), allow_pickle=False)


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
    if not isinstance(config, dict) or "model" not in config or "event_shape" not in config:
        raise InputError(f"{path} does not describe a genzoo run: expected the keys 'model' and 'event_shape'")
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
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"the checkpoint {path} is damaged: delete the folder and train again") from error


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
        raise InputError(f"{folder / name} is damaged (it has no steps): delete its folder and train again")
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


def read_array(path: Path) -> Tensor | None:
    """A .npy file as a tensor, or None where there is none.

    Raises:
        InputError: When the file is damaged.
    """
    if not path.exists():
        return None
    values = _load(path)
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f" or values.ndim < 2:
        raise InputError(f"{path} is damaged (it holds no examples): delete its folder and train again")
    return torch.from_numpy(values)


def save_array(path: Path, values: Tensor) -> None:
    """Replace a .npy file as a whole.

    Raises:
        InputError: When it cannot be written.
    """
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(draft, values.numpy(), allow_pickle=False)
        os.replace(draft, path)


def write_scores(folder: Path, estimates: Mapping[str, Estimate]) -> None:
    """Store what has been computed of a run, by metric name."""
    text = json.dumps({name: asdict(estimate) for name, estimate in estimates.items()}, indent=1)
    write_text(folder / SCORES, text + "\n")


def read_scores(folder: Path) -> dict[str, Estimate]:
    """What has been computed of a run; nothing, where the file is missing or damaged, for it can be made again."""
    try:
        stored = json.loads((folder / SCORES).read_text(encoding="utf-8"))
        return {name: typed(Estimate, fields) for name, fields in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _save_history(path: Path, history: History) -> None:
    columns = {key.replace("/", "|"): values for key, values in history.series.items()}
    np.savez_compressed(path, allow_pickle=False, steps=history.steps, **columns)


def _load(path: Path) -> Any:
    try:
        loaded = np.load(path, allow_pickle=False)
        return dict(loaded) if isinstance(loaded, np.lib.npyio.NpzFile) else loaded
    except Exception as error:  # numpy raises many kinds for a damaged archive
        raise InputError(f"{path} is damaged or missing: delete its folder and train again") from error


def _chosen(run: TrainedRun) -> Mapping[str, Tensor]:
    return run.weights.get("averaged", run.weights["last"])
