"""Trained runs read from disk."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from genzoo.api.builders import (
    Builder,
    GivenBuilder,
    check_function,
    code_digest,
    stored_builder,
)
from genzoo.core.context import ContextSpec
from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.results.diagnosis import events_from_json
from genzoo.results.making import makings_from_json
from genzoo.results.types import FitResult, History, TrainedRun
from genzoo.storage import run_files
from genzoo.storage.run_record import stored_spec

Build = Callable[..., GenerativeModel]
"""Makes an untrained model for an event shape and, if it has that argument, a `context_spec`."""


def load(directory: str | Path, *, build: Build | None = None) -> GenerativeModel:
    """The trained model of a run directory, ready to sample.

    Args:
        directory: A folder written by `train` or `compare`, one seed of it.
        build: Makes the untrained model for an event shape, for models that have no registered
            name. A conditional one gets the stored `context_spec` by an argument of that name.

    Raises:
        InputError: When there is no run, it is damaged, it needs `build`, or that makes no model.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    if not (folder / run_files.CONFIG).exists() and list(folder.glob("seed-*")):
        first = min(folder.glob("seed-*"))
        raise InputError(f"{folder} holds several seeds: name one of them, such as {first}")
    config = run_files.read_config(folder)
    weights = run_files.read_weights(folder)
    if build is None:
        make: Builder | GivenBuilder = stored_builder(config["model"], folder)
    else:
        _check_build(build, config["model"], folder)
        make = GivenBuilder(build, "build")
    spec = stored_spec(config)
    model = make(tuple(config["event_shape"]), spec)
    if model.context_spec != spec:
        raise InputError(
            f"the run in {folder} takes {_conditions(spec)}, the model that is built for it takes "
            f"{_conditions(model.context_spec)}: let build have an argument context_spec"
        )
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(
            f"the weights in {folder} do not fit the model that its {run_files.CONFIG} describes"
        ) from error
    return model.eval()


def _conditions(spec: ContextSpec | None) -> str:
    if spec is None:
        return "no conditions"
    return f"the conditions {spec}"


def _check_build(build: Any, stored: Mapping[str, Any], folder: Path) -> None:
    """Refuse what is no function, and warn of one with other code than the run was trained with."""
    check_function(build, "build must be a function that makes an untrained model of a shape")
    code = code_digest(build)
    if stored.get("name") is None and code and code != stored.get("code", code):
        warnings.warn(
            f"the code of build is not the code that the run in {folder} was trained with: "
            "its samples may be others than those of the trained model",
            stacklevel=3,
        )


def read_fit(folder: Path, build: Build | None = None) -> FitResult:
    """The runs of a folder: one run, or one for each `seed-*` folder in it.

    Args:
        folder: What `train` wrote, or one row of a comparison.
        build: As for `load`.

    Raises:
        InputError: When there is none, or one is damaged.
    """
    folders = run_folders(folder)
    if not folders:
        raise InputError(
            f"{folder} holds no run: "
            "name a folder that genzoo train wrote, or one run of a comparison"
        )
    config = run_files.read_config(folders[0])
    films = []
    for one in folders:
        recording = run_files.read_recording(one)
        if recording is not None:
            films.append(recording)
    runs = [_read_run(one, build) for one in folders]
    return FitResult(tuple(runs), Recipe.from_dict(config["recipe"]), tuple(films))


def run_folders(folder: Path) -> list[Path]:
    """The folders of single runs: the folder itself, or the `seed-*` folders in it.

    None where it holds no run.
    """
    if (folder / run_files.CONFIG).exists():
        return [folder]
    return seed_folders(folder)


def seed_folders(folder: Path) -> list[Path]:
    """The `seed-*` folders in a folder, in order."""
    return sorted(path for path in folder.glob("seed-*") if path.is_dir())


def column_names(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the columns of the data that a run was trained on.

    Empty where the columns have no names, or none were stored.
    """
    return tuple(config.get("source", {}).get("columns", ()))


def _read_run(folder: Path, build: Build | None) -> TrainedRun:
    config = run_files.read_config(folder)
    return TrainedRun(
        config["seed"],
        load(folder, build=build),
        run_files.read_every_weights(folder),
        run_files.read_history(folder),
        config["diverged_at"],
        config["training_seconds"],
        config["seeds_together"],
        watched=_read_history(folder, run_files.WATCHED),
        mode_shares=_read_history(folder, run_files.SHARES),
        by_weights=config.get("by_weights", {}),
        events=events_from_json(config.get("events", [])),
        column_names=column_names(config),
        makings=makings_from_json(config.get("made", [])),
    )


def _read_history(folder: Path, name: str) -> History | None:
    if not (folder / name).exists():
        return None
    return run_files.read_history(folder, name)
