"""Trained runs read from disk, and samples written to it."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor

import genzoo
from genzoo.comparison import storage
from genzoo.comparison.events import events_from_json
from genzoo.core.cells import text_cell
from genzoo.core.recipe import Recipe
from genzoo.core.results import FitResult, TrainedRun
from genzoo.data.tables import is_number
from genzoo.errors import InputError


def read_fit(folder: Path) -> FitResult:
    """The runs of a folder: one run, or one for each `seed-*` folder in it.

    Raises:
        InputError: When there is none, or one is damaged.
    """
    if (folder / storage.CONFIG).exists():
        folders = [folder]
    else:
        folders = sorted(path for path in folder.glob("seed-*") if path.is_dir())
    if not folders:
        raise InputError(f"{folder} holds no run: name a folder that genzoo train wrote, or one run of a comparison")
    config = storage.read_config(folders[0])
    return FitResult(tuple(_read_run(one) for one in folders), Recipe.from_dict(config["recipe"]))


def column_names(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the columns of the data that a run was trained on; empty where they have none, or none was kept."""
    return tuple(config.get("source", {}).get("columns", ()))


def write_samples(path: Path, samples: Tensor, columns: Sequence[str] = ()) -> None:
    """Write samples `(n, *event_shape)` to a .npy file, or flattened to rows of a .csv file.

    Args:
        path: The file.
        samples: What is written.
        columns: Names for the header of a .csv file, which has none without them.

    Raises:
        InputError: When the ending is another one, the samples are not finite, or the file cannot be written.
    """
    if path.suffix not in (".csv", ".npy"):
        raise InputError(f"samples are written as .csv or .npy, got {path.name!r}")
    rows = samples.detach().numpy()
    if not np.isfinite(rows).all():
        raise InputError("the samples of this model are not finite: its training diverged")
    header = io.StringIO()
    if columns:
        csv.writer(header, quoting=_quoting(columns), lineterminator="\n").writerow(map(text_cell, columns))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with storage.writable(path):
        with draft.open("wb") as file:
            if path.suffix == ".npy":
                np.save(file, rows, allow_pickle=False)
            else:
                file.write(header.getvalue().encode())
                np.savetxt(file, rows.reshape(len(rows), -1), fmt="%.9g", delimiter=",")
        os.replace(draft, path)


def _quoting(columns: Sequence[str]) -> Literal[0, 1]:
    """Names that are numbers are put in quotes, by which they are told from an example."""
    return csv.QUOTE_ALL if any(is_number(name) for name in columns) else csv.QUOTE_MINIMAL


def _read_run(folder: Path) -> TrainedRun:
    config = storage.read_config(folder)
    return TrainedRun(
        config["seed"],
        genzoo.load(folder),
        storage.read_every_weights(folder),
        storage.read_history(folder),
        config["diverged_at"],
        config["training_seconds"],
        config["seeds_together"],
        by_weights=config.get("by_weights", {}),
        events=events_from_json(config.get("events", [])),
        column_names=column_names(config),
    )
