"""Training, storing and loading single models."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from genzoo.api.builders import Builder, model_config, stored_builder
from genzoo.api.create import problem, recipe_of, seed_list
from genzoo.comparison import EVALUATION_SAMPLES, storage
from genzoo.comparison.evaluation import model_sample
from genzoo.comparison.events import diagnosed
from genzoo.comparison.experiment import digest, run_identity
from genzoo.comparison.filming import film, steps_to_keep
from genzoo.comparison.live import LiveModes
from genzoo.comparison.rows import run_config
from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.core.recording import Recording
from genzoo.core.results import FitResult, TrainedRun
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.metrics.gauges import gauges
from genzoo.registry import Spec
from genzoo.training import Observer, Trainer
from genzoo.training.interruption import Interruption
from genzoo.version import __version__


def train(
    model: str | Callable[[tuple[int, ...]], GenerativeModel],
    source: str | Path | DataSource,
    *,
    seeds: int | Sequence[int] = 1,
    recipe: Recipe | None = None,
    directory: str | Path | None = None,
    device: str = "cpu",
    record: bool = True,
    observers: Sequence[Observer] = (),
    **recipe_fields: Any,
) -> FitResult:
    """Train one model on one source, all seeds at once.

    Args:
        model: A registered name, with options if you like, or a function from event shape to model.
        source: A registered name with options, a file of your own, or a `DataSource`.
        seeds: A count, or a list of seeds.
        recipe: Training settings; by default those registered with the name.
        directory: Where to store the run (with one seed) or `seed-0000`, `seed-0001`, ... (with several).
            It must not hold anything else; an interrupted fit in it continues.
        device: `"cpu"`, `"cuda"`, ...
        record: Whether to watch every run (`TrainedRun.watched`) and to film the median and the worst
            (`FitResult.recordings`).
        observers: Called after each chunk of steps.
        **recipe_fields: Fields of the recipe to replace: `steps=5000, learning_rate=1e-4`.

    Raises:
        InputError: On an unknown name, option or field, or a directory that is in use.
    """
    where, chosen = problem(source), seed_list(seeds)
    if isinstance(model, str):
        spec = Spec.parse(model)
        settings = recipe_of(model, recipe, recipe_fields)
        build: Callable[[tuple[int, ...]], GenerativeModel] = Builder(spec.name, spec.options)
        config: dict[str, Any] = model_config(spec)
    else:
        settings = (recipe or Recipe()).override(**recipe_fields)
        build = model
        config = {"name": None, "class": getattr(model, "__name__", type(model).__name__)}
    identity = run_identity(
        config,
        where.config,
        settings,
        samples=EVALUATION_SAMPLES,
        stacked=len(chosen) > 1,
        device=device,
        version=__version__,
    )
    shape = where.source.event_shape
    build(shape)
    trainer = Trainer(device=device)
    root = None if directory is None else Path(directory)
    if root is not None:
        trainer.checkpoint = root.parent / f".{root.name}.{digest(identity)}.checkpoint"
        _check_free(root)
    keep = steps_to_keep(lambda: build(shape), settings.steps, len(chosen)) if record else ()
    live = [LiveModes(where.source, gauges, observer) for observer in observers] if record else []
    fit = trainer.fit(lambda: build(shape), where.source, chosen, settings, live or observers, keep)
    if record:
        fit = _filmed(fit, where.source, live)
    fit = replace(fit, runs=tuple(diagnosed(run, where.source) for run in fit.runs))
    if root is not None:
        _store_fit(root, fit, identity)
    return fit


def load(
    directory: str | Path, *, build: Callable[[tuple[int, ...]], GenerativeModel] | None = None
) -> GenerativeModel:
    """The trained model of a run directory, ready to sample.

    Args:
        directory: A folder written by `train` or `compare`, one seed of it.
        build: Makes the untrained model for an event shape, for models that have no registered name.

    Raises:
        InputError: When there is no run, it is damaged, or it needs `build`.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    if not (folder / storage.CONFIG).exists() and list(folder.glob("seed-*")):
        raise InputError(f"{folder} holds several seeds: name one of them, such as {sorted(folder.glob('seed-*'))[0]}")
    config = storage.read_config(folder)
    weights = storage.read_weights(folder)
    if build is None:
        build = stored_builder(config["model"], folder)
    model = build(tuple(config["event_shape"]))
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"the weights in {folder} do not fit the model that its {storage.CONFIG} describes") from error
    return model.eval()


def _filmed(fit: FitResult, source: DataSource, live: Sequence[LiveModes]) -> FitResult:
    with Interruption() as interruption:

        def tell(doing: str) -> None:
            interruption.check()
            for one in live:
                one.tell(doing)

        return film(fit, source, gauges, [run.seed for run in fit.runs], tell)


def _store_fit(root: Path, fit: FitResult, identity: dict[str, Any]) -> None:
    films = {recording.seed: recording for recording in fit.recordings}
    if len(fit.runs) == 1:
        _store(root, fit.runs[0], identity, films.get(fit.runs[0].seed))
        return
    with storage.new_folder(root) as draft:
        for run in fit.runs:
            _store(draft / f"seed-{run.seed:04d}", run, identity, films.get(run.seed))


def _store(folder: Path, run: TrainedRun, identity: dict[str, Any], recording: Recording | None) -> None:
    samples, seconds = (None, None)
    if run.diverged_at is None:
        samples, seconds = model_sample(run.model, EVALUATION_SAMPLES, run.seed)
    storage.write_run(folder, run, run_config(run, identity) | {"sampling_seconds": seconds}, samples, recording)


def _check_free(root: Path) -> None:
    if root.exists():
        raise InputError(f"{root} exists already: choose another directory, so that nothing is lost")
    with storage.writable(root):
        root.parent.mkdir(parents=True, exist_ok=True)
        probe = root.parent / f".{root.name}.probe"
        probe.touch()
        probe.unlink()
