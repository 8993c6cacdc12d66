"""One experiment from start to end."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from genzoo.core.source import SupportsModes, real_size
from genzoo.errors import InputError
from genzoo.experiment.execution import ComparisonObserver, run_tasks
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.experiment.tables import build_table
from genzoo.experiment.tasks import FitTask, RowTask, Task
from genzoo.results.table import SourceTable
from genzoo.results.types import ComparisonTable, EventMap, Score
from genzoo.statistics.summary import profiles, summarise


def experiment_tasks(experiment: Experiment, root: Path) -> list[Task]:
    """Every fit and every untrained row, in the order of the tables."""
    tasks: list[Task] = []
    for problem in experiment.problems:
        tasks += [
            FitTask(experiment, contestant, problem, root)
            for contestant in experiment.contestants_on(problem)
        ]
        given = [name for name, samples in experiment.samples.items() if problem.name in samples]
        tasks += [
            RowTask(experiment, problem, row, root)
            for row in (*experiment.controls_on(problem), *given)
        ]
    return tasks


def run_experiment(
    experiment: Experiment,
    root: Path,
    *,
    workers: int = 1,
    observer: ComparisonObserver | None = None,
) -> ComparisonTable:
    """Train and score everything that is not on disk, and make the tables.

    Args:
        experiment: What to run.
        root: Folder of the runs; finished runs in it are reused.
        workers: Processes.
        observer: Hears of progress.

    Raises:
        InputError: When there is nothing to compare, a name is used twice, or a model cannot be
            built for a source.
    """
    check_experiment(experiment)
    tasks = experiment_tasks(experiment, root)
    results = run_tasks(tasks, workers=workers, observer=observer)
    scores = tuple(score for part in results for score in part)
    events = _events(tasks)
    tables = tuple(
        build_table(experiment, problem, scores, _notes(experiment, problem, tasks), events)
        for problem in experiment.problems
    )
    summary, found = summarise(experiment.design, scores), profiles(experiment.design, scores)
    return ComparisonTable(
        scores, tables, str(root), events=events, summary=summary, profiles=found
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
    """The tables of the rows that have scores, for the sources that have such rows, while others are in the making."""
    tasks = experiment_tasks(experiment, root)
    events = _events(tasks)
    tables = []
    for problem in experiment.problems:
        here = {score.model for score in scores if score.source == problem.name}
        part = replace(
            experiment,
            contestants=[
                contestant for contestant in experiment.contestants if contestant.name in here
            ],
            controls=[name for name in experiment.controls if name in here],
            samples={name: given for name, given in experiment.samples.items() if name in here},
        )
        if here:
            tables.append(build_table(part, problem, scores, _notes(part, problem, tasks), events))
    return tuple(tables)


def _notes(experiment: Experiment, problem: Problem, tasks: Sequence[Task] = ()) -> dict[str, str]:
    """What must be said about each model, and about its weights once trained; building it says whether it can be."""
    weights = {
        task.row: task.weights_note()
        for task in tasks
        if isinstance(task, FitTask) and task.problem.name == problem.name
    }
    notes = {}
    for contestant in experiment.contestants_on(problem):
        said = (
            contestant.spec,
            contestant.build(problem.source.event_shape).note,
            weights.get(contestant.name, ""),
        )
        notes[contestant.name] = "; ".join(filter(None, said))
    return notes | data_notes(experiment, problem)


def data_notes(experiment: Experiment, problem: Problem) -> dict[str, str]:
    """What must be said about the data of a problem, by its name, and about samples that were given, by their rows."""
    n = real_size(problem.source, experiment.n)
    modes = isinstance(problem.source, SupportsModes)
    notes: dict[str, str] = {problem.name: problem.note} if problem.note else {}
    for row, given in experiment.samples.items():
        if problem.name in given:
            said = given[problem.name].remark(n, len(experiment.seeds), modes=modes)
            notes[row] = "; ".join(filter(None, (notes.get(row, ""), said)))
    return notes


def _events(tasks: Sequence[Task]) -> EventMap:
    return {
        (task.problem.name, task.row): task.events() for task in tasks if isinstance(task, FitTask)
    }


def _check_names(experiment: Experiment) -> None:
    if not experiment.problems or not (experiment.contestants or experiment.samples):
        raise InputError("nothing to compare: name at least one model (or samples) and one source")
    if not experiment.metrics:
        raise InputError("no metrics to compute: name at least one")
    seeds = list(experiment.seeds)
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise InputError(f"seeds must be distinct non-negative integers, at least one, got {seeds}")
    rows = [
        *(contestant.name for contestant in experiment.contestants),
        *experiment.controls,
        *experiment.samples,
    ]
    for names, kind in (
        (rows, "row"),
        ([problem.name for problem in experiment.problems], "source"),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(
                f"{kind} {twice[0]!r} is named twice in the comparison: give each another name or options"
            )
