"""Comparing models side by side."""

import contextlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from genzoo.api.create import contestant, distinct, problem, resized, seed_list
from genzoo.api.earlier import Earlier, Kept, keep, left_out
from genzoo.api.pictures import write_pictures
from genzoo.api.report import experiment_facts, report, write_tables
from genzoo.api.reproduction import reproduction
from genzoo.api.watching import Watch
from genzoo.core.features import Extractor
from genzoo.core.given import GivenSamples
from genzoo.core.source import DataSource
from genzoo.csv_cells import rows_to_csv
from genzoo.data import given_samples
from genzoo.data.memory import called, is_array, is_frame
from genzoo.disk import check_writable, held, sweep_below, write_text
from genzoo.errors import InputError
from genzoo.experiment import ComparisonObserver, ComparisonProgress, Experiment, run_experiment
from genzoo.experiment.calibration import CALIBRATION, Calibration
from genzoo.experiment.matching import Match, matched
from genzoo.experiment.protocol import Protocol, load_protocol
from genzoo.experiment.run import check_experiment, experiment_tasks
from genzoo.metrics import panel
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.results.types import EVENT_FIELDS, ComparisonTable
from genzoo.version import __version__

DEFAULT = Protocol(
    description="The four first models on a ring of modes and on the artist's paintings.",
    models=("autoencoder", "vae", "gan_minimax", "gan_nonsaturating"),
    sources=("ring", "paintings"),
    seeds=10,
)
"""What `genzoo compare` runs without arguments."""


def compare(
    models: Sequence[Any] | None = None,
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
    device: str = "cpu",
    record: bool = True,
    watch: bool = False,
    observer: ComparisonObserver | None = None,
    **recipe_fields: Any,
) -> ComparisonTable:
    """Train models on sources over many seeds, score them beside two controls, and make the tables.

    Args:
        models: Registered names, with options if you like, and with a label for the row if you
            like: `"R1=gan_r1:gamma=0.5"`; or classes or functions that make a model of an event
            shape, after whose names the rows are called; by default those of the protocol.
        sources: Registered names with options, files, data in memory (arrays, tensors, DataFrames,
            lists of rows), or `DataSource` objects; by default the protocol's.
        seeds: A count, or a list of seeds.
        metrics: `"quick"`, `"standard"`, `"full"` or metric names.
        samples: Rows generated elsewhere, by name: a file or data in memory, scored on every source
            that they fit; or one for each seed, as a list or as a pattern that files match
            (`"runs/*.csv"`). Columns are matched by name where both sides have names.
        features: What metrics that compare samples alone look at: None or `"pixels"` for the
            examples themselves, `"classifier"` for the scores of the classifier of `digits` and
            `stacked_digits`, or your own function or torch module from a batch `(B, *event_shape)`
            to `(B, F)`. Densities, likelihoods, modes and curve parameters stay in data units.
        protocol: A shipped protocol's name, a .json file, or a `Protocol`; what else is given
            replaces its parts.
        match: What every model is given as much of as the one that has most: `"updates"` (of the
            optimisers, of all its networks together), `"seconds"` (of training on a source, all
            seeds together; `"seconds:30"` for 30 of them) or `"parameters"` (trained ones). By
            default the protocol's; `""` for no match.
        add: Whether to keep the models of the last comparison in the folder beside the ones named
            here. Its sources, seeds and metrics are taken where none are given; where other seeds
            are given, its models are left out.
        out: Folder for runs, tables and figures; runs finished in it are reused. None keeps
            nothing.
        workers: Processes. Models registered in a notebook or a script without a main guard need 1.
        device: `"cpu"`, `"cuda"`, ...
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
    plan = (
        DEFAULT
        if protocol is None
        else load_protocol(protocol)
        if isinstance(protocol, str)
        else protocol
    )
    earlier = Earlier() if out is None else Earlier.of(Path(out))
    if add and not earlier.models:
        raise InputError(
            f"there is nothing to add to: {out} holds no comparison, leave add (--add) out"
        )
    usual: Protocol | Earlier = earlier if add else plan
    chosen = _listed(models, "models") if models is not None else () if add else plan.models
    asked = usual.sources if sources is None else _listed(sources, "sources")
    problems = distinct([problem(source, features) for source in asked])
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(f"workers must be an integer of at least 1, got {workers!r}")
    if workers > 1 and features is not None:
        _check_travels(features, "features")
    rule = plan.match if match is None else match
    if rule:
        Match.parse(rule)
    asked = usual.metrics if metrics is None else metrics
    chosen_seeds = seed_list(usual.seeds if seeds is None else seeds)
    contestants = [
        contestant(given, {**plan.recipe_of(given), **recipe_fields}) for given in chosen
    ]
    kept = keep(earlier, [one.name for one in contestants], chosen_seeds) if add else Kept()
    if workers > 1:
        for one in contestants:
            _check_travels(one.build, f"the model {one.name}")
    experiment = Experiment(
        contestants=[*kept.contestants, *contestants],
        problems=problems,
        seeds=chosen_seeds,
        metrics=panel(asked, *(p.source for p in problems)),
        measured={p.name: [metric.name for metric in panel(asked, p.source)] for p in problems},
        samples=_given_samples(
            samples or {}, {p.name: p.source for p in problems}, len(chosen_seeds)
        ),
        device=device,
        version=__version__,
        gauge=quick_metrics if record else None,
    )
    said = left_out(earlier, experiment, kept.reasons)
    experiment = replace(experiment, remarks=(said,) if said else ())
    if out is None:
        if watch:
            raise InputError(
                "watching needs a folder for the page: give compare(..., out='some folder')"
            )
        with tempfile.TemporaryDirectory(prefix="genzoo-") as folder:
            root = Path(folder)
            experiment = _on_equal_footing(experiment, rule, root, observer)
            return run_experiment(experiment, root, workers=workers, observer=observer)
    root = Path(out)
    check_writable(root)
    with held(root / ".lock", root, "another comparison"):
        sweep_below(root)
        experiment = _on_equal_footing(experiment, rule, root, observer)
        fields = {**plan.recipe, **recipe_fields}
        command = (
            ""
            if plan.recipes or kept.contestants
            else reproduction(experiment, fields, samples or {}, asked)
        )
        facts = experiment_facts(experiment, root, command)
        facts["asked"] = asked if isinstance(asked, str) else list(asked)
        facts["earlier"] = earlier.without([one.name for one in experiment.contestants])
        watching = (
            Watch(root, experiment, facts, observer) if watch else contextlib.nullcontext(observer)
        )
        with watching as heard:
            table = run_experiment(experiment, root, workers=workers, observer=heard)
        write_results(root, experiment, table, facts)
    return table


def write_results(
    root: Path, experiment: Experiment, table: ComparisonTable, facts: Mapping[str, Any]
) -> None:
    """Write the tables, events.csv, comparison.json, report.html and figures/, each file replaced as a whole.

    Args:
        root: Folder of the comparison; its runs are read.
        experiment: What was compared.
        table: What came of it.
        facts: What `experiment_facts` says.
    """
    write_text(root / "results.csv", table.to_csv())
    write_text(root / "events.csv", rows_to_csv(EVENT_FIELDS, table.event_rows()))
    write_text(root / "table.md", table.to_markdown())
    write_tables(root, table, facts)
    report(root)
    write_pictures(root, experiment, table)


def _on_equal_footing(
    experiment: Experiment, match: str, root: Path, observer: ComparisonObserver | None
) -> Experiment:
    """The experiment with its models matched, where they are to be."""
    if not match:
        return experiment
    check_experiment(experiment)
    tasks = len(experiment_tasks(experiment, root))

    def told(doing: str) -> None:
        if observer is not None:
            observer(ComparisonProgress(0.0, None, 0, tasks, doing))

    return matched(
        experiment, Match.parse(match), Calibration(root / CALIBRATION, experiment, told), resized
    )


def _listed(names: Any, what: str) -> Sequence[Any]:
    if isinstance(names, str | Path | DataSource):
        raise InputError(f"{what} must be a list, got {names!r}: write [{names!r}]")
    if (
        not isinstance(names, Iterable)
        or isinstance(names, Mapping)
        or is_array(names)
        or is_frame(names)
    ):
        raise InputError(f"{what} must be a list, got {called(names)}: write [...] around it")
    listed = list(names)
    if len(listed) > 1 and all(_is_row(name) for name in listed):
        raise InputError(
            f"{what} must be a list, got rows of numbers: write [rows] for data in memory"
        )
    return listed


def _is_row(given: Any) -> bool:
    return (
        isinstance(given, list | tuple)
        and bool(given)
        and all(isinstance(value, int | float) for value in given)
    )


def _given_samples(
    samples: Mapping[str, Any], sources: Mapping[str, DataSource], seeds: int
) -> dict[str, dict[str, GivenSamples]]:
    rows: dict[str, dict[str, GivenSamples]] = {}
    for name, given in samples.items():
        fitting: dict[str, GivenSamples] = {}
        misfits: dict[str, InputError] = {}
        for where, source in sources.items():
            try:
                fitting[where] = given_samples(
                    given, source, name=f"samples {name!r}", where=where, seeds=seeds
                )
            except InputError as error:
                misfits[where] = error
        if not fitting:
            raise next(reversed(misfits.values()))
        shapes = {sources[where].event_shape for where in fitting}
        alike = [where for where in misfits if sources[where].event_shape in shapes]
        said = tuple(f"not scored on {where}: {misfits[where]}" for where in alike)
        rows[name] = {
            where: replace(found, notes=(*found.notes, *said)) for where, found in fitting.items()
        }
    return rows


def _check_travels(given: Any, what: str) -> None:
    try:
        ForkingPickler.dumps(given)
    except Exception as error:
        raise InputError(
            f"{what} cannot be sent to worker processes ({error}): define it in a module, or use workers=1"
        ) from error
