"""What is said below a table: how it was made, what its marks mean, and what is missing from it."""

from collections.abc import Mapping, Sequence

import numpy as np

from genzoo.core.features import seen_through
from genzoo.core.source import FiniteSource, SplitSource, SupportsModes
from genzoo.experiment.controls import CELLS, NOISE
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.results.diagnosis import summarise_events
from genzoo.results.table import Cell, Column
from genzoo.results.types import EventMap, Score
from genzoo.statistics.case import Case
from genzoo.statistics.deciders import ALMOST_RIGHT
from genzoo.statistics.ranking import explain_letters
from genzoo.statistics.wording import listed

ALARM = "!"


def table_remarks(
    experiment: Experiment,
    problem: Problem,
    case: Case,
    columns: Sequence[Column],
    rows: Sequence[str],
    cells: Mapping[tuple[str, str], Cell],
    notes: Mapping[str, str],
    events: EventMap,
) -> tuple[str, ...]:
    """The sentences below the table of one problem.

    Args:
        experiment: With the metrics of this problem alone.
        problem: Which one.
        case: Its scores.
        columns: As the table shows them.
        rows: Of the table.
        cells: Of the table.
        notes: Sentences that must be said about a row, by row name.
        events: What happened in training.
    """
    scores = case.scores
    lettered = any(cell.group for cell in cells.values())
    return (
        _protocol(experiment, problem, case),
        *_features(experiment, problem),
        *_controls(experiment, problem),
        *([explain_letters(len(experiment.seeds))] if lettered else []),
        *(f"{row}: {note}." for row, note in notes.items() if note),
        *_perfect(columns, rows, scores),
        *_fallbacks(case, rows),
        *_alarms(experiment, rows, cells, scores),
        *_happenings(problem, rows, events),
        *_failures(rows, scores),
        *_absences(experiment, rows, cells),
    )


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
        real = (
            f"at each seed a fresh real sample of {experiment.n:,}, shared by all rows of the table"
        )
    if count == 1:
        return f"One seed: in brackets the standard error of the estimate itself, not of training; held against {real}."
    single = any(cell_error for cell_error in _single_values(case))
    alone = (
        " A single value has the standard error of the estimate itself in brackets."
        if single
        else ""
    )
    return (
        f"Mean ± half-width of the 95 % t interval over {count} seeds; held against {real}.{alone}"
    )


def _single_values(case: Case) -> list[bool]:
    """Of each row and metric, whether just one of its seeds has a value."""
    counts: dict[tuple[str, str], int] = {}
    for score in case.scores:
        key = (score.model, score.metric)
        counts[key] = counts.get(key, 0) + (score.value is not None)
    return [count == 1 for count in counts.values()]


def _perfect(columns: Sequence[Column], rows: Sequence[str], scores: Sequence[Score]) -> list[str]:
    """What a perfect model scores at this number of examples, where that is not simply the optimum."""
    parts = []
    for column in columns:
        nulls = [
            s.null
            for s in scores
            if s.metric == column.name and s.model in rows and s.null is not None
        ]
        if column.n and nulls:
            parts.append(f"{column.label} {np.mean(nulls):.3g}")
    return (
        [f"At this number of examples a perfect model scores on average: {', '.join(parts)}."]
        if parts
        else []
    )


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


def on_features(experiment: Experiment, problem: Problem) -> set[str]:
    """Names of the metrics that look at features."""
    return {
        m.name for m in experiment.metrics if problem.features is not None and m.compares_samples
    }


def _features(experiment: Experiment, problem: Problem) -> list[str]:
    seen = on_features(experiment, problem)
    if problem.features is None or not seen:
        return []
    size = seen_through(problem.source, problem.features).event_size
    labels = [column.label for column in experiment.columns if column.name in seen]
    verb = "is" if len(labels) == 1 else "are"
    rest = " All others are in data units." if len(labels) < len(experiment.metrics) else ""
    return [
        f"{listed(labels)} {verb} computed on features {problem.features.name} ({size} columns).{rest}"
    ]


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
    experiment: Experiment,
    rows: Sequence[str],
    cells: Mapping[tuple[str, str], Cell],
    scores: Sequence[Score],
) -> list[str]:
    remarks = []
    for column in experiment.columns:
        flagged = []
        for row in rows:
            if cells[row, column.name].flag != ALARM:
                continue
            values = [
                s.value
                for s in scores
                if s.model == row and s.metric == column.name and s.value is not None
            ]
            flagged.append(f"{row} ({sum(value > 0 for value in values)} of {len(values)} runs)")
        if flagged:
            remarks.append(f"{ALARM} {column.alarm}: {', '.join(flagged)}.")
    return remarks


def _happenings(problem: Problem, rows: Sequence[str], events: EventMap) -> list[str]:
    summaries = {
        row: summarise_events(events.get((problem.name, row), {}).values()) for row in rows
    }
    return [f"{row}: {summary}." for row, summary in summaries.items() if summary]


def _failures(rows: Sequence[str], scores: Sequence[Score]) -> list[str]:
    remarks = []
    for row in rows:
        for status in ("diverged", "failed"):
            seeds = sorted(
                {score.seed for score in scores if score.model == row and score.status == status}
            )
            if seeds:
                total = len({score.seed for score in scores if score.model == row})
                why = next(
                    score.reason
                    for score in scores
                    if score.model == row and score.status == status
                )
                remarks.append(
                    f"{row}: {len(seeds)} of {total} runs {status} (seeds {', '.join(map(str, seeds))}; {why}); "
                    "means are over the finished ones."
                )
    return remarks


def _absences(
    experiment: Experiment, rows: Sequence[str], cells: Mapping[tuple[str, str], Cell]
) -> list[str]:
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
