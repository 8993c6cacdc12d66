"""Training and storing single models."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from genzoo.api.builders import (
    MODEL,
    Builder,
    GivenBuilder,
    check_function,
    given_config,
    model_config,
)
from genzoo.api.create import problem, recipe_of, seed_list
from genzoo.api.runs import Build, read_fit, run_folders
from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.disk import check_writable, held, new_folder
from genzoo.errors import InputError
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.observation.events import diagnosed
from genzoo.observation.filming import film, steps_to_keep
from genzoo.observation.live import LiveModes
from genzoo.registry import Spec
from genzoo.results.recording import Recording
from genzoo.results.types import FitResult, TrainedRun
from genzoo.signals import Interruption
from genzoo.storage import run_files
from genzoo.storage.evaluation import EVALUATION_SAMPLES, model_sample
from genzoo.storage.identity import digest, run_identity, seed_folder
from genzoo.storage.run_record import run_config
from genzoo.training import Observer, Trainer
from genzoo.training.checks import check_conditions
from genzoo.training.engines import EngineName, chosen_engine
from genzoo.training.price import compiling_price
from genzoo.version import __version__


def train(
    model: str | Callable[[tuple[int, ...]], GenerativeModel],
    source: str | Path | DataSource,
    *,
    seeds: int | Sequence[int] = 1,
    recipe: Recipe | None = None,
    directory: str | Path | None = None,
    device: str = "cpu",
    engine: EngineName = "auto",
    record: bool = True,
    observers: Sequence[Observer] = (),
    **recipe_fields: Any,
) -> FitResult:
    """Train one model on one source, all seeds at once.

    Args:
        model: A registered name, with options if you like, or a function from event shape to model;
            one with an argument `context_spec` gets that of the source.
        source: A registered name with options, a file of your own, or a `DataSource`.
        seeds: A count, or a list of seeds.
        recipe: Training settings; by default those registered with the name.
        directory: Where to store the run of one seed, or the folders `seed-0000`, `seed-0001`, ...
            of several. An interrupted fit in it continues, and a finished one of a registered model
            and the same settings is read; it must not hold anything else.
        device: `"cpu"`, `"cuda"`, ...
        engine: How training steps are made: `"eager"`, `"replay"`, `"compiled"`, and on a GPU
            `"captured"`, which are the same up to rounding, or `"auto"`, the one that pays for so
            many steps and seeds.
        record: Whether to watch every run (`TrainedRun.watched`) and to film the median and the
            worst (`FitResult.recordings`).
        observers: Called after each chunk of steps.
        **recipe_fields: Fields of the recipe to replace: `steps=5000, learning_rate=1e-4`.

    Raises:
        InputError: On an unknown name, option or field, or a directory that is in use.
    """
    where, chosen = problem(source), seed_list(seeds)
    if isinstance(model, str):
        spec = Spec.parse(model)
        settings = recipe_of(model, recipe, recipe_fields)
        build: Builder | GivenBuilder = Builder(spec.name, spec.options)
        config: dict[str, Any] = model_config(spec)
    else:
        settings = (recipe or Recipe()).override(**recipe_fields)
        check_function(model, MODEL)
        name = getattr(model, "__name__", type(model).__name__)
        build = GivenBuilder(model, name)
        config = given_config(model, name)
    make = partial(build, where.source.event_shape, where.source.context_spec)
    price = partial(compiling_price, make, settings, len(chosen))
    identity = run_identity(
        config,
        where.config,
        settings,
        samples=EVALUATION_SAMPLES,
        stacked=len(chosen) > 1,
        device=device,
        engine=chosen_engine(engine, settings.steps, device, price),
        version=__version__,
    )
    check_conditions(make(), where.source)
    trainer = Trainer(device=device, engine=engine)

    def trained() -> FitResult:
        if not record:
            fit = trainer.fit(make, where.source, chosen, settings, observers)
            return _diagnosed(fit, where.source)
        keep = steps_to_keep(make, settings.steps, len(chosen))
        live = [LiveModes(where.source, quick_metrics, observer) for observer in observers]
        fit = trainer.fit(make, where.source, chosen, settings, live, keep)
        return _diagnosed(_filmed(fit, where.source, live), where.source)

    if directory is None:
        return trained()
    root = Path(directory)
    trainer.checkpoint = root.parent / f".{root.name}.{digest(identity)}.checkpoint"
    with held(root.parent / f".{root.name}.lock", root, "another genzoo train"):
        if root.exists():
            finished = _finished(root, chosen, identity, build)
            trainer.discard_checkpoints()
            return finished
        check_writable(root.parent)
        fit = trained()
        _store_fit(root, fit, where.source, identity)
        trainer.discard_checkpoints()
    return fit


def _finished(
    root: Path, seeds: Sequence[int], identity: Mapping[str, Any], build: Build
) -> FitResult:
    """The same fit where it was finished before; anything else that stands there is not touched.

    What a function of the user's makes may depend on more than its text, so its runs are never
    taken for the same.
    """
    folders = run_folders(root)
    same = identity["model"]["name"] is not None
    stored_seeds = set()
    for folder in folders:
        config = run_files.read_config(folder)
        stored_seeds.add(config["seed"])
        same = same and _holds(config, identity)
    if not same or stored_seeds != set(seeds):
        raise InputError(
            f"{root} exists already: choose another directory, so that nothing is lost"
        )
    for folder in folders:
        if not run_files.is_whole(folder):
            raise InputError(f"the run in {folder} is damaged: delete {root} to train again")
    return read_fit(root, build)


def _holds(config: Mapping[str, Any], identity: Mapping[str, Any]) -> bool:
    """Whether a stored configuration is of this model and these settings."""
    asked = json.loads(json.dumps(dict(identity)))
    return all(config.get(name) == value for name, value in asked.items())


def _diagnosed(fit: FitResult, source: DataSource) -> FitResult:
    """The fit with what happened in each run."""
    runs = [diagnosed(run, source) for run in fit.runs]
    return replace(fit, runs=tuple(runs))


def _filmed(fit: FitResult, source: DataSource, live: Sequence[LiveModes]) -> FitResult:
    with Interruption() as interruption:

        def tell(doing: str) -> None:
            interruption.check()
            for one in live:
                one.tell(doing)

        return film(fit, source, quick_metrics, [run.seed for run in fit.runs], tell)


def _store_fit(root: Path, fit: FitResult, source: DataSource, identity: dict[str, Any]) -> None:
    films = {recording.seed: recording for recording in fit.recordings}
    if len(fit.runs) == 1:
        _store(root, fit.runs[0], source, identity, films.get(fit.runs[0].seed))
        return
    with new_folder(root) as draft:
        for run in fit.runs:
            _store(seed_folder(draft, run.seed), run, source, identity, films.get(run.seed))


def _store(
    folder: Path,
    run: TrainedRun,
    source: DataSource,
    identity: dict[str, Any],
    recording: Recording | None,
) -> None:
    samples, seconds = None, None
    if run.diverged_at is None:
        samples, seconds = model_sample(run.model, source, EVALUATION_SAMPLES, run.seed)
    config = run_config(run, identity) | {"sampling_seconds": seconds}
    run_files.write_run(folder, run, config, samples, recording)
