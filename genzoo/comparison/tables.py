"""From tidy scores to tables: means, intervals, marks and the remarks that explain them."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from genzoo.comparison.controls import CELLS
from genzoo.comparison.experiment import Experiment, Problem
from genzoo.comparison.matching import match_remarks
from genzoo.comparison.statistics import t_interval
from genzoo.comparison.verdict import explain_letters, judge, listed
from genzoo.core.diagnosis import summarise_events
from genzoo.core.features import seen_through
from genzoo.core.results import EventMap, Score
from genzoo.core.source import FiniteSource, SplitSource, SupportsModes
from genzoo.core.table import Cell, Column, SourceTable

FACTS = (
    Column("parameters", "parameters", "", "min"),
    Column("examples_seen", "examples seen", "", "min", ranked=False),
    Column("training_seconds", "training", "s", "min"),
    Column("sampling_seconds", "sampling", "s", "min"),
)
ALARM = "!"


def build_table(
    experiment: Experiment,
    problem: Problem,
    scores: Sequence[Score],
    notes: Mapping[str, str],
    events: EventMap | None = None,
) -> SourceTable:
    """The table of one problem.

    Args:
        experiment: For the order of rows and columns.
        problem: Which one.
        scores: All scores of the experiment.
        notes: Sentences that must be said about a row, by row name.
        events: What happened in training, see `ComparisonTable`.
    """
    experiment = experiment.on(problem)
    names = [contestant.name for contestant in experiment.contestants]
    rows = (
        *names,
        *experiment.controls,
        *(name for name, given in experiment.samples.items() if problem.name in given),
    )
    mine = [score for score in scores if score.source == problem.name]
    cells: dict[tuple[str, str], Cell] = {}
    for column in experiment.columns:
        for row in rows:
            cell = [score for score in mine if score.model == row and score.metric == column.name]
            cells[row, column.name] = _cell(cell, column)
    for fact in FACTS:
        for row in rows:
            first = experiment.columns[0].name
            values = [getattr(score, fact.name) for score in mine if score.model == row and score.metric == first]
            cells[row, fact.name] = _summary([value for value in values if value is not None], len(values))
    columns = [
        _in_units(column, experiment, problem)
        for column in (*experiment.columns, *FACTS)
        if any(cells[row, column.name].mean is not None for row in rows)
    ]
    conclusions = []
    for column in experiment.columns:
        verdict = judge(column, names, [score for score in mine if score.metric == column.name])
        if verdict is not None:
            conclusions.append(verdict.sentence)
            for row, group in verdict.letters.items():
                cells[row, column.name] = dataclasses.replace(cells[row, column.name], group=group)
    remarks = [
        _protocol(experiment, problem),
        *_features(experiment, problem),
        *match_remarks(experiment, problem, mine),
        *([_controls(experiment, problem)] if experiment.controls else []),
        *([explain_letters(len(experiment.seeds))] if any(cell.group for cell in cells.values()) else []),
        *(f"{row}: {note}." for row, note in notes.items() if note),
        *_alarms(experiment, rows, cells, mine),
        *_happenings(problem, rows, events or {}),
        *_failures(rows, mine),
        *_absences(experiment, rows, cells),
    ]
    return SourceTable(problem.name, tuple(columns), rows, cells, tuple(remarks), tuple(conclusions))


def _cell(scores: Sequence[Score], column: Column) -> Cell:
    values = [score.value for score in scores if score.value is not None]
    if not values:
        reasons = dict.fromkeys(score.reason for score in scores)
        return Cell(None, total=len(scores), reason="; ".join(reasons))
    summary = _summary(values, len(scores))
    bounds = {score.bound for score in scores if score.value is not None}
    alarmed = bool(column.alarm) and sum(value > 0 for value in values) > len(values) / 2
    return dataclasses.replace(
        summary, bound=bounds.pop() if len(bounds) == 1 else "none", flag=ALARM if alarmed else ""
    )


def _summary(values: Sequence[float], total: int) -> Cell:
    if not values:
        return Cell(None, total=total)
    mean, low, high = t_interval(values)
    known = math.isfinite(low)
    return Cell(mean, low if known else None, high if known else None, finished=len(values), total=total)


def _protocol(experiment: Experiment, problem: Problem) -> str:
    count = len(experiment.seeds)
    over = f"over {count} seeds" if count > 1 else "of one seed, so without an interval"
    source = problem.source
    if isinstance(source, FiniteSource):
        size = source.holdout.x.shape[0]
        real = (
            f"at each seed a random half of the {size} held-out rows, shared by all rows of the table; "
            "intervals are given this held-out part"
        )
    elif isinstance(source, SplitSource):
        real = (
            f"at each seed a real sample of {experiment.n:,} made of a random half of the held-out parts, shared by "
            "all rows of the table; intervals are given these parts"
        )
    else:
        real = f"at each seed a fresh real sample of {experiment.n:,}, shared by all rows of the table"
    return f"Mean ± half-width of the 95 % t interval {over}; held against {real}."


def _on_features(experiment: Experiment, problem: Problem) -> set[str]:
    """Names of the metrics that look at features."""
    return {m.name for m in experiment.metrics if problem.features is not None and m.compares_samples}


def _in_units(column: Column, experiment: Experiment, problem: Problem) -> Column:
    if column.name not in _on_features(experiment, problem):
        return column
    return dataclasses.replace(column, unit=column.unit.replace("data units", "feature units"))


def _features(experiment: Experiment, problem: Problem) -> list[str]:
    seen = _on_features(experiment, problem)
    if problem.features is None or not seen:
        return []
    size = seen_through(problem.source, problem.features).event_size
    labels = [column.label for column in experiment.columns if column.name in seen]
    verb = "is" if len(labels) == 1 else "are"
    rest = " All others are in data units." if len(labels) < len(experiment.metrics) else ""
    return [f"{listed(labels)} {verb} computed on features {problem.features.name} ({size} columns).{rest}"]


def _controls(experiment: Experiment, problem: Problem) -> str:
    truth = "fresh draws of the source itself"
    if isinstance(problem.source, FiniteSource):
        truth = "the other half of the held-out rows"
    elif isinstance(problem.source, SplitSource):
        truth = "examples made of the other half of the held-out parts"
    known = isinstance(problem.source, SupportsModes)
    mode = "of its heaviest mode" if known else f"of the fullest of {CELLS} k-means cells"
    what = {"oracle": f"oracle is {truth}", "single_mode": f"single_mode is real examples {mode} alone"}
    said = "; ".join(what[name] for name in experiment.controls)
    return f"{'Controls, not models' if len(experiment.controls) > 1 else 'A control, not a model'}: {said}."


def _alarms(
    experiment: Experiment, rows: Sequence[str], cells: Mapping[tuple[str, str], Cell], scores: Sequence[Score]
) -> list[str]:
    remarks = []
    for column in experiment.columns:
        flagged = []
        for row in rows:
            if cells[row, column.name].flag != ALARM:
                continue
            values = [s.value for s in scores if s.model == row and s.metric == column.name and s.value is not None]
            flagged.append(f"{row} ({sum(value > 0 for value in values)} of {len(values)} runs)")
        if flagged:
            remarks.append(f"{ALARM} {column.alarm}: {', '.join(flagged)}.")
    return remarks


def _happenings(problem: Problem, rows: Sequence[str], events: EventMap) -> list[str]:
    summaries = {row: summarise_events(events.get((problem.name, row), {}).values()) for row in rows}
    return [f"{row}: {summary}." for row, summary in summaries.items() if summary]


def _failures(rows: Sequence[str], scores: Sequence[Score]) -> list[str]:
    remarks = []
    for row in rows:
        for status in ("diverged", "failed"):
            seeds = sorted({score.seed for score in scores if score.model == row and score.status == status})
            if seeds:
                total = len({score.seed for score in scores if score.model == row})
                why = next(score.reason for score in scores if score.model == row and score.status == status)
                remarks.append(
                    f"{row}: {len(seeds)} of {total} runs {status} (seeds {', '.join(map(str, seeds))}; {why}); "
                    "means are over the finished ones."
                )
    return remarks


def _absences(experiment: Experiment, rows: Sequence[str], cells: Mapping[tuple[str, str], Cell]) -> list[str]:
    lacking: dict[tuple[str, str], list[str]] = {}
    for column in experiment.columns:
        for row in rows:
            cell = cells[row, column.name]
            if cell.mean is None:
                lacking.setdefault((column.label, cell.reason), []).append(row)
    labels: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (label, reason), names in lacking.items():
        labels.setdefault((reason, tuple(names)), []).append(label)
    return [
        f"{listed(same)} {'is' if len(same) == 1 else 'are'} n/a ({reason}) "
        f"for {'every row' if len(names) == len(rows) else listed(names)}."
        for (reason, names), same in labels.items()
    ]
