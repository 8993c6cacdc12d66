"""From tidy scores to tables: means, intervals, marks and the remarks that explain them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.source import FiniteSource, SupportsModes, SupportsParameter
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.experiment.matching import match_remarks
from genzoo.experiment.remarks import ALARM, on_features, table_remarks
from genzoo.experiment.rows import ScoresByCell, by_cell
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.types import EventMap, Score
from genzoo.results.verdict import Verdict
from genzoo.statistics.case import Case
from genzoo.statistics.intervals import t_interval
from genzoo.statistics.ranking import judge
from genzoo.statistics.verdict import mean_budget, reach_verdict

COST_COLUMNS = (
    Column("parameters", "parameters", "", "min"),
    Column("examples_seen", "examples seen", "", "min", ranked=False),
    Column("training_seconds", "training", "s", "min"),
    Column("sampling_seconds", "sampling", "s", "min"),
    Column("evaluations", "NFE", "", "min", ranked=False),
)
"""What a run takes, shown after the metrics; the names are fields of `Score`."""

Cells = dict[tuple[str, str], Cell]
"""By row and column."""


def build_table(
    experiment: Experiment,
    problem: Problem,
    scores: Sequence[Score],
    notes: Mapping[str, str],
    events: EventMap | None = None,
    beside: Sequence[Score] = (),
) -> SourceTable:
    """The table of one problem.

    Args:
        experiment: For the order of rows and columns.
        problem: The source of the table.
        scores: All scores of the experiment.
        notes: Sentences that must be said about a row, by row name.
        events: What happened in training, see `ComparisonTable`.
        beside: Scores of controls that have no row and that the verdict asks about.
    """
    events = events or {}
    experiment = experiment.on(problem)
    case = case_of(experiment, problem, scores, events)
    rows = _rows(experiment, problem, case)
    scores_by_cell = by_cell(case.scores)
    cells = _metric_cells(case, rows, scores_by_cell)
    cells |= _cost_cells(case, rows, scores_by_cell)
    columns = []
    for column in (*case.columns, *COST_COLUMNS):
        if _has_values(column, rows, cells):
            in_units = _in_units(column, experiment, problem)
            columns.append(_sized(in_units, rows, scores_by_cell, cells))
    conclusions = _conclude(case, cells)
    remarks = table_remarks(experiment, problem, case, columns, rows, cells, notes, events)
    return SourceTable(
        source=problem.name,
        columns=tuple(columns),
        rows=rows,
        cells=cells,
        remarks=(*remarks, *experiment.remarks),
        conclusions=conclusions,
        verdict=_verdict(experiment, problem, case, beside),
    )


def case_of(
    experiment: Experiment, problem: Problem, scores: Sequence[Score], events: EventMap
) -> Case:
    """The scores of one problem, and what is known of its source, as a verdict needs them."""
    source = problem.source
    models = list(experiment.models)
    unranked = []
    for name, samples in experiment.samples.items():
        if problem.name not in samples:
            continue
        if experiment.per_seed(name):
            models.append(name)
        else:
            unranked.append(name)
    modes = 0
    if isinstance(source, SupportsModes):
        modes = len(source.modes())
    return Case(
        columns=experiment.columns,
        models=models,
        scores=[score for score in scores if score.source == problem.name],
        given=unranked,
        events={row: seeds for (place, row), seeds in events.items() if place == problem.name},
        dimension=source.event_size,
        modes=modes,
        has_density=isinstance(source, SupportsLogProb),
        on_a_family=isinstance(source, SupportsParameter),
        is_finite=isinstance(source, FiniteSource),
    )


def _rows(experiment: Experiment, problem: Problem, case: Case) -> tuple[str, ...]:
    """Trained models first, then controls, then samples that were given."""
    controls = experiment.controls_on(problem)
    return tuple(dict.fromkeys([*experiment.models, *controls, *case.models, *case.given]))


def _metric_cells(case: Case, rows: Sequence[str], scores: ScoresByCell) -> Cells:
    cells = {}
    for column in case.columns:
        for row in rows:
            cells[row, column.name] = _cell(scores.get((row, column.name), ()), column)
    return cells


def _cost_cells(case: Case, rows: Sequence[str], scores: ScoresByCell) -> Cells:
    """Every score of a run repeats its costs: those of the first metric are read."""
    first = case.columns[0].name
    cells = {}
    for column in COST_COLUMNS:
        for row in rows:
            cells[row, column.name] = _cost_cell(scores.get((row, first), ()), column)
    return cells


def _cost_cell(runs: Sequence[Score], column: Column) -> Cell:
    """What the runs of one row took; a row that is no model has no costs of training."""
    costs = []
    for score in runs:
        cost = getattr(score, column.name)
        if cost is not None:
            costs.append(cost)
    counted = all(isinstance(cost, int) for cost in costs)
    return replace(_summary(costs, len(runs)), counted=counted)


def _has_values(column: Column, rows: Sequence[str], cells: Cells) -> bool:
    return any(cells[row, column.name].mean is not None for row in rows)


def _conclude(case: Case, cells: Cells) -> tuple[str, ...]:
    """Rank the models metric by metric: letters into the cells, and a sentence each."""
    sentences = []
    for column in case.columns:
        ranking = judge(case, column)
        if ranking is None:
            continue
        sentences.append(ranking.sentence)
        for row, group in ranking.letters.items():
            cells[row, column.name] = replace(cells[row, column.name], group=group)
    return tuple(sentences)


def _verdict(
    experiment: Experiment, problem: Problem, case: Case, beside: Sequence[Score]
) -> Verdict | None:
    """The verdict; None where there are controls alone."""
    if not case.models and not case.given:
        return None
    examples_of: dict[str, list[int | None]] = {}
    for score in case.scores:
        examples_of.setdefault(score.model, []).append(score.examples_seen)
    budgets = {row: mean_budget(examples_of.get(row, [])) for row in case.models}
    matched = " ".join(match_remarks(experiment, problem, case.scores))
    with_controls = replace(case, scores=[*case.scores, *beside])
    return reach_verdict(with_controls, budgets, matched)


def _cell(scores: Sequence[Score], column: Column) -> Cell:
    """What one row has of one metric over its seeds."""
    valued, values = [], []
    alarms = 0
    for score in scores:
        if score.value is not None:
            valued.append(score)
            values.append(score.value)
            alarms += score.value > 0
    if not values:
        reasons = dict.fromkeys(score.reason for score in scores)
        return Cell(None, total=len(scores), reason="; ".join(reasons))
    cell = _summary(values, len(scores))
    bounds = {score.bound for score in valued}
    if len(bounds) == 1:
        cell = replace(cell, bound=bounds.pop())
    if column.alarm and alarms > len(values) / 2:
        cell = replace(cell, flag=ALARM)
    if len(valued) == 1:
        cell = replace(cell, error=valued[0].standard_error)
    return cell


def _summary(values: Sequence[float], total: int) -> Cell:
    """The mean with its interval; of one value there is no interval."""
    if not values:
        return Cell(None, total=total)
    mean, low, high = t_interval(values)
    if not math.isfinite(low):
        return Cell(mean, finished=len(values), total=total)
    return Cell(mean, low, high, finished=len(values), total=total)


def _sized(column: Column, rows: Sequence[str], scores: ScoresByCell, cells: Cells) -> Column:
    """The column with its number of examples, where values depend on it.

    Where rows differ in that number, each cell says its own.
    """
    if not column.depends_on_n:
        return column
    last_valued = _last_valued(column, scores)
    sizes = {score.n for score in last_valued.values()}
    if len(sizes) == 1:
        return replace(column, n=sizes.pop() or None)
    for row in rows:
        if row in last_valued:
            note = _size_note(last_valued[row])
            cells[row, column.name] = replace(cells[row, column.name], note=note)
    return column


def _last_valued(column: Column, scores: ScoresByCell) -> dict[str, Score]:
    """By row, its last score of a metric that has a value: all its runs have as many examples."""
    last_valued = {}
    for (row, metric), runs in scores.items():
        valued = [score for score in runs if score.value is not None]
        if metric == column.name and valued:
            last_valued[row] = valued[-1]
    return last_valued


def _size_note(score: Score) -> str:
    """By how many examples a row was measured, and what a perfect model gets with as many."""
    if score.null is None:
        return f"n = {score.n:,}"
    return f"n = {score.n:,}, perfect {score.null:.3g}"


def _in_units(column: Column, experiment: Experiment, problem: Problem) -> Column:
    """The column with the units in which samples are compared.

    These are units of features, or of the scaled columns of a table.
    """
    if column.name in on_features(experiment, problem):
        return replace(column, unit=column.unit.replace("data units", "feature units"))
    if problem.source.recommended_standardisation != "column":
        return column
    for metric in experiment.metrics:
        if metric.name == column.name and metric.compares_samples:
            return replace(column, unit=column.unit.replace("data units", "standard units"))
    return column
