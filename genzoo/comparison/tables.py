"""From tidy scores to tables: means, intervals, marks and the remarks that explain them."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from genzoo.comparison.case import Case
from genzoo.comparison.controls import ALMOST_RIGHT, CELLS, NOISE
from genzoo.comparison.experiment import Experiment, Problem
from genzoo.comparison.ranking import explain_letters, judge
from genzoo.comparison.statistics import t_interval
from genzoo.comparison.verdict import mean_budget, reach_verdict
from genzoo.comparison.wording import listed
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.diagnosis import summarise_events
from genzoo.core.features import seen_through
from genzoo.core.results import EventMap, Score
from genzoo.core.source import FiniteSource, SplitSource, SupportsModes, SupportsParameter
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
    case = case_of(experiment, problem, scores, events or {})
    names = [contestant.name for contestant in experiment.contestants]
    controls = experiment.controls_on(problem)
    rows = tuple(dict.fromkeys([*names, *controls, *case.models, *case.given]))
    mine = case.scores
    cells = {(row, column.name): _cell(mine, row, column) for column in case.columns for row in rows}
    for fact in FACTS:
        for row in rows:
            first = case.columns[0].name
            values = [getattr(score, fact.name) for score in mine if score.model == row and score.metric == first]
            cells[row, fact.name] = _summary([value for value in values if value is not None], len(values))
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
    lettered = any(cell.group for cell in cells.values())
    remarks = [
        _protocol(experiment, problem, case),
        *_features(experiment, problem),
        *_controls(experiment, problem),
        *([explain_letters(len(experiment.seeds))] if lettered else []),
        *(f"{row}: {note}." for row, note in notes.items() if note),
        *_perfect(columns, rows, mine),
        *_fallbacks(case, rows),
        *_alarms(experiment, rows, cells, mine),
        *_happenings(problem, rows, events or {}),
        *_failures(rows, mine),
        *_absences(experiment, rows, cells),
    ]
    seen = {row: mean_budget([score.examples_seen for score in mine if score.model == row]) for row in case.models}
    verdict = reach_verdict(case, seen, experiment.match_note) if case.models or case.given else None
    return SourceTable(problem.name, tuple(columns), rows, cells, tuple(remarks), tuple(conclusions), verdict)


def case_of(experiment: Experiment, problem: Problem, scores: Sequence[Score], events: EventMap) -> Case:
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
    return Cell(mean, low if known else None, high if known else None, finished=len(values), total=total)


def _protocol(experiment: Experiment, problem: Problem, case: Case) -> str:
    count = len(experiment.seeds)
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
    if count == 1:
        return f"One seed: in brackets the standard error of the estimate itself, not of training; held against {real}."
    single = any(cell_error for cell_error in _single_values(case))
    alone = " A single value has the standard error of the estimate itself in brackets." if single else ""
    return f"Mean ± half-width of the 95 % t interval over {count} seeds; held against {real}.{alone}"


def _single_values(case: Case) -> list[bool]:
    """Of each row and metric, whether just one of its seeds has a value."""
    counts: dict[tuple[str, str], int] = {}
    for score in case.scores:
        key = (score.model, score.metric)
        counts[key] = counts.get(key, 0) + (score.value is not None)
    return [count == 1 for count in counts.values()]


def _sized(column: Column, rows: Sequence[str], scores: Sequence[Score], cells: dict[tuple[str, str], Cell]) -> Column:
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
            cells[row, column.name] = dataclasses.replace(cells[row, column.name], note=f"n = {sizes[row]:,}{null}")
    return column


def _perfect(columns: Sequence[Column], rows: Sequence[str], scores: Sequence[Score]) -> list[str]:
    """What a perfect model scores at this number of examples, where that is not simply the optimum."""
    parts = []
    for column in columns:
        nulls = [s.null for s in scores if s.metric == column.name and s.model in rows and s.null is not None]
        if column.n and nulls:
            parts.append(f"{column.label} {np.mean(nulls):.3g}")
    return [f"At this number of examples a perfect model scores on average: {', '.join(parts)}."] if parts else []


FALLBACK = "too few rows for the stack"
"""What an estimator says of itself that took the light classifier for lack of rows."""


def _fallbacks(case: Case, rows: Sequence[str]) -> list[str]:
    """Which rows were scored by a lighter estimator than the metric promises."""
    fallen: dict[str, list[str]] = {}
    for score in case.scores:
        if FALLBACK in score.estimator and score.model not in fallen.setdefault(score.metric, []):
            fallen[score.metric].append(score.model)
    labels = {column.name: column.label for column in case.columns}
    return [
        f"{labels[metric]} fell back to the light classifier of JS ({FALLBACK}): it sees less."
        if len(names) == len(rows)
        else f"{labels[metric]} fell back to the light classifier of JS for {listed(names)} ({FALLBACK}): it sees less."
        for metric, names in fallen.items()
        if names
    ]


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


def _controls(experiment: Experiment, problem: Problem) -> list[str]:
    controls = experiment.controls_on(problem)
    if not controls:
        return []
    truth = "fresh draws of the source itself"
    if isinstance(problem.source, FiniteSource):
        truth = "the other half of the held-out rows"
    elif isinstance(problem.source, SplitSource):
        truth = "examples made of the other half of the held-out parts"
    known = isinstance(problem.source, SupportsModes)
    mode = "of its heaviest mode" if known else f"of the fullest of {CELLS} k-means cells"
    what = {
        "oracle": f"oracle is {truth}",
        "single_mode": f"single_mode is real examples {mode} alone",
        ALMOST_RIGHT: f"{ALMOST_RIGHT} is oracle with noise of {NOISE:.0%} of the spread of each varying column",
    }
    said = "; ".join(what[name] for name in controls)
    return [f"{'Controls, not models' if len(controls) > 1 else 'A control, not a model'}: {said}."]


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
