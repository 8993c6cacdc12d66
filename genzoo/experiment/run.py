"""One experiment from start to end."""

from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from genzoo.core.source import SupportsModes, real_size
from genzoo.errors import InputError
from genzoo.experiment.execution import run_tasks
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.experiment.tables import build_table
from genzoo.experiment.tally import ComparisonObserver
from genzoo.experiment.tasks import FitTask, Row, RowTask
from genzoo.results.table import SourceTable
from genzoo.results.types import ComparisonTable, EventMap, Score
from genzoo.statistics.summary import profiles, summarise
from genzoo.storage.evaluation import RealSamples


def experiment_tasks(experiment: Experiment, root: Path) -> list[Row]:
    """Every fit and every untrained row, in the order of the tables."""
    tasks: list[Row] = []
    for problem in experiment.problems:
        real = RealSamples(problem.source, experiment.n)
        for contestant in experiment.contestants_on(problem):
            tasks.append(FitTask(experiment, contestant, problem, root, real))
        for control in experiment.controls_on(problem):
            tasks.append(RowTask(experiment, problem, control, root, real))
        for name, samples in experiment.samples.items():
            if problem.name in samples:
                tasks.append(RowTask(experiment, problem, name, root, real))
    return tasks


def run_experiment(
    experiment: Experiment,
    root: Path,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    observer: ComparisonObserver | None = None,
) -> ComparisonTable:
    """Train and score everything that is not on disk, and make the tables.

    Args:
        experiment: Contestants, problems, seeds and metrics.
        root: Folder of the runs; finished runs in it are reused.
        workers: Processes.
        executor: Where to run in their place, see `genzoo.experiment.elsewhere`.
        observer: Hears of progress.

    Raises:
        InputError: When there is nothing to compare, a name is used twice, or a model cannot be
            built for a source.
    """
    check_experiment(experiment)
    tasks = experiment_tasks(experiment, root)
    scores: list[Score] = []
    for scores_of_task in run_tasks(tasks, workers=workers, executor=executor, observer=observer):
        scores += scores_of_task
    events = _events(tasks)
    tables = []
    for problem in experiment.problems:
        notes = _notes(experiment, problem, tasks)
        tables.append(build_table(experiment, problem, scores, notes, events))
    return ComparisonTable(
        tuple(scores),
        tuple(tables),
        str(root),
        events=events,
        summary=summarise(experiment.design, scores),
        profiles=profiles(experiment.design, scores),
    )


def check_experiment(experiment: Experiment) -> None:
    """Refuse what cannot be run, before anything is trained.

    Raises:
        InputError: When there is nothing to compare, a name is used twice, or a model cannot be
            built for a source.
    """
    _check_names(experiment)
    for problem in experiment.problems:
        _notes(experiment, problem)


def tables_so_far(
    experiment: Experiment, root: Path, scores: Sequence[Score]
) -> tuple[SourceTable, ...]:
    """The tables of the rows that have scores, while others are in the making.

    Sources without such a row have no table yet.
    """
    tasks = experiment_tasks(experiment, root)
    events = _events(tasks)
    tables = []
    for problem in experiment.problems:
        rows = _complete(experiment, problem, scores)
        if rows:
            part = _with_rows(experiment, rows)
            notes = _notes(part, problem, tasks)
            tables.append(build_table(part, problem, scores, notes, events))
    return tuple(tables)


def _complete(experiment: Experiment, problem: Problem, scores: Sequence[Score]) -> set[str]:
    """The rows of a problem of which every seed has scores; stacks come one by one."""
    seeds: dict[str, set[int]] = {}
    for score in scores:
        if score.source == problem.name:
            seeds.setdefault(score.model, set()).add(score.seed)
    return {row for row, own in seeds.items() if len(own) == len(experiment.seeds)}


def data_notes(experiment: Experiment, problem: Problem) -> dict[str, str]:
    """What must be said about the data of a problem and about samples that were given.

    The former by the name of the problem, the latter by their rows.
    """
    n = real_size(problem.source, experiment.n)
    has_modes = isinstance(problem.source, SupportsModes)
    notes: dict[str, str] = {}
    if problem.note:
        notes[problem.name] = problem.note
    for row, samples in experiment.samples.items():
        if problem.name in samples:
            remark = samples[problem.name].remark(n, len(experiment.seeds), modes=has_modes)
            notes[row] = _joined(notes.get(row, ""), remark)
    return notes


def _with_rows(experiment: Experiment, rows: Collection[str]) -> Experiment:
    """The part of an experiment whose rows these are."""
    samples = experiment.samples.items()
    return replace(
        experiment,
        contestants=[one for one in experiment.contestants if one.name in rows],
        controls=[name for name in experiment.controls if name in rows],
        samples={name: of_problem for name, of_problem in samples if name in rows},
    )


def _notes(experiment: Experiment, problem: Problem, tasks: Sequence[Row] = ()) -> dict[str, str]:
    """What must be said about each model, and about its weights once trained.

    Models are built for it: one that cannot be built for the problem says so here.
    """
    of_weights: dict[str, str] = {}
    for task in tasks:
        if isinstance(task, FitTask) and task.problem.name == problem.name:
            of_weights[task.row] = task.weights_note()
    notes = {}
    for contestant in experiment.contestants_on(problem):
        of_model = contestant.build_on(problem.source).note
        weights = of_weights.get(contestant.name, "")
        notes[contestant.name] = _joined(contestant.spec, of_model, weights)
    return notes | data_notes(experiment, problem)


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _events(tasks: Sequence[Row]) -> EventMap:
    """What happened in training, by problem and row."""
    events = {}
    for task in tasks:
        if isinstance(task, FitTask):
            events[task.problem.name, task.row] = task.events()
    return events


def _check_names(experiment: Experiment) -> None:
    if not experiment.problems or not (experiment.contestants or experiment.samples):
        raise InputError("nothing to compare: name at least one model (or samples) and one source")
    if not experiment.metrics:
        raise InputError("no metrics to compute: name at least one")
    seeds = list(experiment.seeds)
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise InputError(f"seeds must be distinct non-negative integers, at least one, got {seeds}")
    rows = [*experiment.models, *experiment.controls, *experiment.samples]
    _check_distinct(rows, "row")
    _check_distinct(experiment.sources, "source")


def _check_distinct(names: Sequence[str], kind: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{kind} {twice[0]!r} is named twice in the comparison: "
            "give each another name or options"
        )
