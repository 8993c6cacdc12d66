"""From tidy scores to tables: means, intervals, marks and the remarks that explain them."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.source import FiniteSource, SupportsModes, SupportsParameter
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.experiment.matching import match_remarks
from genzoo.experiment.remarks import ALARM, on_features, table_remarks
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.types import EventMap, Score
from genzoo.statistics.case import Case
from genzoo.statistics.intervals import t_interval
from genzoo.statistics.ranking import judge
from genzoo.statistics.verdict import mean_budget, reach_verdict

FACTS = (
    Column("parameters", "parameters", "", "min"),
    Column("examples_seen", "examples seen", "", "min", ranked=False),
    Column("training_seconds", "training", "s", "min"),
    Column("sampling_seconds", "sampling", "s", "min"),
)


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
        problem: Which one.
        scores: All scores of the experiment.
        notes: Sentences that must be said about a row, by row name.
        events: What happened in training, see `ComparisonTable`.
        beside: Scores of controls that have no row and that the verdict asks about.
    """
    experiment = experiment.on(problem)
    case = case_of(experiment, problem, scores, events or {})
    names = [contestant.name for contestant in experiment.contestants]
    controls = experiment.controls_on(problem)
    rows = tuple(dict.fromkeys([*names, *controls, *case.models, *case.given]))
    mine = case.scores
    cells = {
        (row, column.name): _cell(mine, row, column) for column in case.columns for row in rows
    }
    for fact in FACTS:
        for row in rows:
            first = case.columns[0].name
            values = [
                getattr(score, fact.name)
                for score in mine
                if score.model == row and score.metric == first
            ]
            cells[row, fact.name] = _summary(
                [value for value in values if value is not None], len(values)
            )
    columns = [
        _sized(_in_units(column, experiment, problem), rows, mine, cells)
        for column in (*case.columns, *FACTS)
        if any(cells[row, column.name].mean is not None for row in rows)
    ]
    conclusions = []
    for column in case.columns:
        ranking = judge(case, column)
        if ranking is not None:
            conclusions.append(ranking.sentence)
            for row, group in ranking.letters.items():
                cells[row, column.name] = dataclasses.replace(cells[row, column.name], group=group)
    remarks = table_remarks(experiment, problem, case, columns, rows, cells, notes, events or {})
    remarks = (*remarks, *experiment.remarks)
    said = " ".join(match_remarks(experiment, problem, mine))
    seen = {
        row: mean_budget([score.examples_seen for score in mine if score.model == row])
        for row in case.models
    }
    judged = dataclasses.replace(case, scores=[*case.scores, *beside])
    verdict = reach_verdict(judged, seen, said) if case.models or case.given else None
    return SourceTable(
        problem.name, tuple(columns), rows, cells, remarks, tuple(conclusions), verdict
    )


def case_of(
    experiment: Experiment, problem: Problem, scores: Sequence[Score], events: EventMap
) -> Case:
    """The scores of one problem, and what is known of its source, as a verdict needs them."""
    source = problem.source
    given = [name for name, samples in experiment.samples.items() if problem.name in samples]
    names = [contestant.name for contestant in experiment.contestants]
    return Case(
        columns=experiment.columns,
        models=[*names, *(name for name in given if experiment.per_seed(name))],
        scores=[score for score in scores if score.source == problem.name],
        given=[name for name in given if not experiment.per_seed(name)],
        events={row: seeds for (place, row), seeds in events.items() if place == problem.name},
        dimension=source.event_size,
        modes=len(source.modes()) if isinstance(source, SupportsModes) else 0,
        has_density=isinstance(source, SupportsLogProb),
        on_a_family=isinstance(source, SupportsParameter),
        is_finite=isinstance(source, FiniteSource),
    )


def _cell(every: Sequence[Score], row: str, column: Column) -> Cell:
    scores = [score for score in every if score.model == row and score.metric == column.name]
    valued = [score for score in scores if score.value is not None]
    values = [score.value for score in valued if score.value is not None]
    if not values:
        reasons = dict.fromkeys(score.reason for score in scores)
        return Cell(None, total=len(scores), reason="; ".join(reasons))
    bounds = {score.bound for score in valued}
    alarmed = bool(column.alarm) and sum(value > 0 for value in values) > len(values) / 2
    return dataclasses.replace(
        _summary(values, len(scores)),
        bound=bounds.pop() if len(bounds) == 1 else "none",
        flag=ALARM if alarmed else "",
        error=valued[0].standard_error if len(valued) == 1 else None,
    )


def _summary(values: Sequence[float], total: int) -> Cell:
    if not values:
        return Cell(None, total=total)
    mean, low, high = t_interval(values)
    known = math.isfinite(low)
    return Cell(
        mean, low if known else None, high if known else None, finished=len(values), total=total
    )


def _sized(
    column: Column, rows: Sequence[str], scores: Sequence[Score], cells: dict[tuple[str, str], Cell]
) -> Column:
    """The column with its number of examples, where values depend on it; where rows differ, each cell says its own."""
    if not column.depends_on_n:
        return column
    sizes: dict[str, int] = {}
    nulls: dict[str, float | None] = {}
    for score in scores:
        if score.metric == column.name and score.value is not None:
            sizes[score.model], nulls[score.model] = score.n, score.null
    if len(set(sizes.values())) == 1:
        return dataclasses.replace(column, n=next(iter(sizes.values())) or None)
    for row in rows:
        if row in sizes:
            null = "" if nulls[row] is None else f", perfect {nulls[row]:.3g}"
            cells[row, column.name] = dataclasses.replace(
                cells[row, column.name], note=f"n = {sizes[row]:,}{null}"
            )
    return column


def _in_units(column: Column, experiment: Experiment, problem: Problem) -> Column:
    """The column with the units in which samples are compared: of features, or of the scaled columns of a table."""
    if column.name in on_features(experiment, problem):
        return dataclasses.replace(column, unit=column.unit.replace("data units", "feature units"))
    scaled = problem.source.recommended_standardisation == "column"
    if scaled and any(m.name == column.name and m.compares_samples for m in experiment.metrics):
        return dataclasses.replace(column, unit=column.unit.replace("data units", "standard units"))
    return column
