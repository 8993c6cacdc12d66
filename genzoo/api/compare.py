"""Comparing models side by side."""

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from genzoo.api.create import contestant, distinct, problem, resized, seed_list
from genzoo.api.earlier import Kept, keep, left_out
from genzoo.api.facts import experiment_facts
from genzoo.api.inputs import check_travels, check_workers, samples_on
from genzoo.api.least_losses import least_losses
from genzoo.api.pictures import write_pictures
from genzoo.api.plan import earlier_in, plan_of, usual
from genzoo.api.report import read_story, write_page, write_tables
from genzoo.api.reproduction import reproduction
from genzoo.api.watching import Watch
from genzoo.core.features import Extractor
from genzoo.csv_cells import rows_to_csv
from genzoo.disk import check_writable, held, sweep_below, write_text
from genzoo.errors import InputError
from genzoo.experiment import (
    ComparisonObserver,
    ComparisonProgress,
    Contestant,
    Experiment,
    run_experiment,
)
from genzoo.experiment.calibration import CALIBRATION, Calibration
from genzoo.experiment.matching import Match, matched
from genzoo.experiment.protocol import Protocol
from genzoo.experiment.run import check_experiment, experiment_tasks
from genzoo.metrics import panel
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.results.types import EVENT_FIELDS, ComparisonTable
from genzoo.training.engines import EngineName, check_engine
from genzoo.version import __version__

DEFAULT = Protocol(
    description="One model of each big family on a ring of modes and on the artist's paintings.",
    models=(
        "autoencoder",
        "vae",
        "gan_minimax",
        "gan_nonsaturating",
        "neural_spline_flow",
        "flow_matching",
    ),
    sources=("ring", "paintings"),
    seeds=6,
)
"""What `genzoo compare` runs without arguments."""


def compare(
    models: Sequence[Any] | Mapping[str, Any] | None = None,
    sources: Sequence[Any] | None = None,
    *,
    seeds: int | Sequence[int] | None = None,
    metrics: str | Sequence[str] | None = None,
    samples: Mapping[str, Any] | None = None,
    features: str | Extractor | None = None,
    protocol: str | Protocol | None = None,
    match: str | None = None,
    add: bool = False,
    out: str | Path | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    device: str = "cpu",
    engine: EngineName = "auto",
    record: bool = True,
    watch: bool = False,
    observer: ComparisonObserver | None = None,
    **recipe_fields: Any,
) -> ComparisonTable:
    """Train models on sources over many seeds, score them beside two controls, and make the tables.

    Args:
        models: Registered names, with options if you like, and with a label for the row if you
            like: `"R1=gan_r1:gamma=0.5"`; or classes or functions that make a model of an event
            shape, after whose names the rows are called; or a dict from the names of rows to any of
            these; by default those of the protocol.
        sources: Registered names with options, files, data in memory (arrays, tensors, DataFrames,
            lists of rows), or `DataSource` objects; by default the protocol's.
        seeds: A count, or a list of seeds; by default the protocol's, 10 where models or sources
            are given beside none, and 6 without arguments.
        metrics: `"quick"`, `"standard"`, `"full"` or metric names.
        samples: Rows generated elsewhere, by name: a file or data in memory, scored on every source
            that they fit. Or one of these for each seed, as a list or as a pattern that files match
            (`"runs/*.csv"`). Columns are matched by name where both sides have names.
        features: What metrics that compare samples alone look at: None or `"pixels"` for the
            examples themselves, `"classifier"` for the scores of the classifier of `digits` and
            `stacked_digits`, or your own function or torch module from a batch `(B, *event_shape)`
            to `(B, F)`. Densities, likelihoods, modes and curve parameters stay in data units.
        protocol: A shipped protocol's name, a .json file, or a `Protocol`; what else is given
            replaces its parts.
        match: What every model is given as much of as the model that has most: `"updates"` of its
            optimisers, of all its networks together; `"seconds"` of training on a source, all seeds
            together (`"seconds:30"` for 30 of them); or trained `"parameters"`. By default the
            protocol's; `""` for no match.
        add: Whether to keep the models of the last comparison in the folder beside the ones named
            here. Its sources, seeds and metrics are taken where none are given; where other seeds
            are given, its models are left out.
        out: Folder for runs, tables and figures; runs finished in it are reused. None keeps
            nothing.
        workers: The number of processes. Models registered in a notebook or in a script without a
            main guard need 1.
        executor: Where to train and score in their place: any `concurrent.futures.Executor`, such
            as that of a Dask client. Its workers need no disk that this process sees.
        device: `"cpu"`, `"cuda"`, ...
        engine: How training steps are made: `"eager"`, `"replay"`, `"compiled"`, and on a GPU
            `"captured"`, which are the same up to rounding, or `"auto"`, the one that pays for so
            many steps and seeds.
        record: Whether to watch every run and to film the median and the worst of each model.
        watch: Whether to write report.html again and again while training goes on, with what is
            finished; in a browser it refreshes itself. It takes at most a twentieth of the time.
        observer: Hears of progress.
        **recipe_fields: Recipe fields that replace every model's own: `steps=500`.

    Returns:
        Scores, tables and remarks.

    Raises:
        InputError: On any name, option, shape or file that does not fit; nothing has been trained
            then.
    """
    plan = plan_of(protocol, DEFAULT, models, sources)
    earlier = earlier_in(out, add)
    asked = usual(plan, earlier, add).but(models, sources, metrics, seeds, match)
    problems = distinct([problem(source, features) for source in asked.sources])
    check_workers(workers)
    check_engine(engine)
    travels = workers > 1 or executor is not None
    if travels and features is not None:
        check_travels(features, "features")
    if asked.match:
        Match.parse(asked.match)
    chosen_seeds = seed_list(asked.seeds)
    contestants = _contestants(asked.models, plan, recipe_fields)
    kept = Kept()
    if add:
        kept = keep(earlier, _rows(contestants), chosen_seeds)
    if travels:
        for one in contestants:
            check_travels(one.build, f"the model {one.name}")
    samples = samples or {}
    experiment = Experiment(
        contestants=[*kept.contestants, *contestants],
        problems=problems,
        seeds=chosen_seeds,
        metrics=[],
        samples=samples_on(problems, samples, len(chosen_seeds)),
        device=device,
        engine=engine,
        version=__version__,
        gauge=quick_metrics if record else None,
    )
    experiment = _measuring(experiment, asked.metrics)
    remark = left_out(earlier, experiment, kept.reasons)
    if remark:
        experiment = replace(experiment, remarks=(remark,))
    if out is None:
        if watch:
            raise InputError(
                "watching needs a folder for the page: give compare(..., out='some folder')"
            )
        return _run_unkept(experiment, asked.match, workers, executor, observer)
    root = Path(out)
    check_writable(root)
    with held(root / ".lock", root, "another comparison"):
        sweep_below(root)
        experiment = _on_equal_footing(experiment, asked.match, root, observer)
        command = ""
        # no command line says models with recipes of their own, or models of an earlier comparison
        if not plan.recipes and not kept.contestants:
            fields = {**plan.recipe, **recipe_fields}
            command = reproduction(experiment, fields, samples, asked.metrics)
        facts = experiment_facts(experiment, root, command)
        facts["asked"] = asked.metrics if isinstance(asked.metrics, str) else list(asked.metrics)
        facts["earlier"] = earlier.without(_rows(experiment.contestants))
        with _watching(watch, root, experiment, facts, observer) as heard:
            table = run_experiment(
                experiment, root, workers=workers, executor=executor, observer=heard
            )
        write_results(root, experiment, table, facts, workers)
    return table


def _run_unkept(
    experiment: Experiment,
    match: str,
    workers: int,
    executor: Executor | None,
    observer: ComparisonObserver | None,
) -> ComparisonTable:
    """Run a comparison of which nothing is kept on disk."""
    with tempfile.TemporaryDirectory(prefix="genzoo-") as folder:
        root = Path(folder)
        experiment = _on_equal_footing(experiment, match, root, observer)
        return run_experiment(
            experiment, root, workers=workers, executor=executor, observer=observer
        )


def _contestants(
    models: Sequence[Any], plan: Protocol, recipe_fields: Mapping[str, Any]
) -> list[Contestant]:
    """The models, each with the recipe fields of the protocol and those that replace them."""
    contestants = []
    for model in models:
        fields = {**plan.recipe_of(model), **recipe_fields}
        contestants.append(contestant(model, fields))
    return contestants


def _rows(contestants: Sequence[Contestant]) -> list[str]:
    return [one.name for one in contestants]


def _measuring(experiment: Experiment, asked: str | Sequence[str]) -> Experiment:
    """The experiment with the metrics that are asked for, and those of each source."""
    measured = {}
    conditional = False
    for one in experiment.problems:
        has_conditions = experiment.has_conditions(one)
        conditional = conditional or has_conditions
        metrics = panel(asked, one.source, conditional=has_conditions)
        measured[one.name] = [metric.name for metric in metrics]
    sources = [one.source for one in experiment.problems]
    metrics = panel(asked, *sources, conditional=conditional)
    return replace(experiment, metrics=metrics, measured=measured)


def _watching(
    watch: bool,
    root: Path,
    experiment: Experiment,
    facts: Mapping[str, Any],
    observer: ComparisonObserver | None,
) -> AbstractContextManager[ComparisonObserver | None]:
    """What hears of progress while a comparison runs: the watch, or the observer alone."""
    if watch:
        return Watch(root, experiment, facts, observer)
    return nullcontext(observer)


def write_results(
    root: Path,
    experiment: Experiment,
    table: ComparisonTable,
    facts: Mapping[str, Any],
    workers: int = 1,
) -> None:
    """Write the tables, events.csv, comparison.json, report.html and figures/.

    Each file is replaced as a whole.

    Args:
        root: Folder of the comparison; its runs are read.
        experiment: What was compared.
        table: What came of it.
        facts: What `experiment_facts` says.
        workers: The number of processes that draw.
    """
    write_text(root / "results.csv", table.to_csv())
    write_text(root / "events.csv", rows_to_csv(EVENT_FIELDS, table.event_rows()))
    write_text(root / "table.md", table.to_markdown())
    least = least_losses(experiment, root)
    write_tables(root, table, {**facts, "least_losses": least})
    story = read_story(root)
    drawn = write_pictures(root, experiment, table, story, workers)
    write_page(root, story, drawn)


def _on_equal_footing(
    experiment: Experiment, match: str, root: Path, observer: ComparisonObserver | None
) -> Experiment:
    """The experiment with its models matched, where they are to be."""
    if not match:
        return experiment
    check_experiment(experiment)
    tasks = len(experiment_tasks(experiment, root))

    def tell(doing: str) -> None:
        if observer is not None:
            observer(ComparisonProgress(0.0, None, 0, tasks, doing))

    calibration = Calibration(root / CALIBRATION, experiment, tell)
    return matched(experiment, Match.parse(match), calibration, resized)
