"""What is said below a table: how it was made, what its marks mean, and what is missing from it."""

from collections.abc import Mapping, Sequence

import numpy as np

from genzoo.core.features import seen_through
from genzoo.core.source import DataSource, FiniteSource, SplitSource, SupportsModes
from genzoo.experiment.controls import CELLS, NOISE
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.results.diagnosis import summarise_events
from genzoo.results.table import Cell, Column
from genzoo.results.types import EventMap, Score
from genzoo.statistics.case import Case
from genzoo.statistics.deciders import ALMOST_RIGHT
from genzoo.statistics.letters import explain_letters
from genzoo.statistics.wording import listed

ALARM = "!"
FALLBACK = "too few rows for the stack"
"""What an estimator says of itself that took the light classifier for lack of rows."""


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
        problem: The source of the table.
        case: Its scores, and what is known of it.
        columns: As the table shows them.
        rows: Row names, in the order of the table.
        cells: By row and column, as the table shows them.
        notes: Sentences that must be said about a row, by row name.
        events: What happened in training, by problem and row.
    """
    scores = case.scores
    return (
        _protocol(experiment, problem, case),
        *_features(experiment, problem),
        *_controls(experiment, problem),
        *_letters(experiment, cells),
        *(f"{row}: {note}." for row, note in notes.items() if note),
        *_perfect(columns, rows, scores),
        *_fallbacks(case, rows),
        *_alarms(experiment, rows, cells, scores),
        *_happenings(problem, rows, events),
        *_failures(rows, scores),
        *_absences(experiment, rows, cells),
    )


def on_features(experiment: Experiment, problem: Problem) -> set[str]:
    """Names of the metrics that look at features."""
    return problem.on_features(experiment.metrics)


def _protocol(experiment: Experiment, problem: Problem, case: Case) -> str:
    """What numbers and intervals of the table are, and what they are held against."""
    count = len(experiment.seeds)
    real = _real_sample(problem.source, experiment.n)
    if count == 1:
        return (
            "One seed: in brackets the standard error of the estimate itself, not of training; "
            f"held against {real}."
        )
    said = f"Mean ± half-width of the 95 % t interval over {count} seeds; held against {real}."
    if _has_single_values(case):
        said += " A single value has the standard error of the estimate itself in brackets."
    return said


def _real_sample(source: DataSource, n: int) -> str:
    """Which real examples rows are held against, in words."""
    if isinstance(source, FiniteSource):
        size = source.holdout.x.shape[0]
        return (
            f"at each seed a random half of the {size} held-out rows, shared by all rows of the "
            "table; intervals are given this held-out part"
        )
    if isinstance(source, SplitSource):
        return (
            f"at each seed a real sample of {n:,} made of a random half of the held-out parts, "
            "shared by all rows of the table; intervals are given these parts"
        )
    return f"at each seed a fresh real sample of {n:,}, shared by all rows of the table"


def _has_single_values(case: Case) -> bool:
    """Whether some row has a metric with a value at just one of its seeds."""
    counts: dict[tuple[str, str], int] = {}
    for score in case.scores:
        if score.value is not None:
            key = (score.model, score.metric)
            counts[key] = counts.get(key, 0) + 1
    return 1 in counts.values()


def _letters(experiment: Experiment, cells: Mapping[tuple[str, str], Cell]) -> list[str]:
    if any(cell.group for cell in cells.values()):
        return [explain_letters(len(experiment.seeds))]
    return []


def _perfect(columns: Sequence[Column], rows: Sequence[str], scores: Sequence[Score]) -> list[str]:
    """What a perfect model scores at this number of examples, where that is not the optimum."""
    nulls_of: dict[str, list[float]] = {}
    for score in scores:
        if score.null is not None and score.model in rows:
            nulls_of.setdefault(score.metric, []).append(score.null)
    parts = []
    for column in columns:
        if column.n and column.name in nulls_of:
            parts.append(f"{column.label} {np.mean(nulls_of[column.name]):.3g}")
    if not parts:
        return []
    return [f"At this number of examples a perfect model scores on average: {', '.join(parts)}."]


def _fallbacks(case: Case, rows: Sequence[str]) -> list[str]:
    """Which rows were scored by a lighter estimator than the metric promises."""
    rows_by_metric: dict[str, list[str]] = {}
    for score in case.scores:
        if FALLBACK not in score.estimator:
            continue
        fallen = rows_by_metric.setdefault(score.metric, [])
        if score.model not in fallen:
            fallen.append(score.model)
    labels = {column.name: column.label for column in case.columns}
    remarks = []
    for metric, fallen in rows_by_metric.items():
        what = f"{labels[metric]} fell back to the light classifier of JS"
        if len(fallen) != len(rows):
            what += f" for {listed(fallen)}"
        remarks.append(f"{what} ({FALLBACK}): it sees less.")
    return remarks


def _features(experiment: Experiment, problem: Problem) -> list[str]:
    """Which metrics look at features instead of the examples."""
    names = on_features(experiment, problem)
    if problem.features is None or not names:
        return []
    size = seen_through(problem.source, problem.features).event_size
    labels = [column.label for column in experiment.columns if column.name in names]
    verb = "is"
    if len(labels) > 1:
        verb = "are"
    features = f"features {problem.features.name} ({size} columns)"
    said = f"{listed(labels)} {verb} computed on {features}."
    if len(labels) < len(experiment.metrics):
        said += " All others are in data units."
    return [said]


def _controls(experiment: Experiment, problem: Problem) -> list[str]:
    """What the controls of the table are made of."""
    controls = experiment.controls_on(problem)
    if not controls:
        return []
    mode = f"of the fullest of {CELLS} k-means cells"
    if isinstance(problem.source, SupportsModes):
        mode = "of its heaviest mode"
    noise = f"noise of {NOISE:.0%} of the spread of each varying column"
    meanings = {
        "oracle": f"oracle is {_oracle(problem.source)}",
        "single_mode": f"single_mode is real examples {mode} alone",
        ALMOST_RIGHT: f"{ALMOST_RIGHT} is oracle with {noise}",
    }
    said = "; ".join(meanings[name] for name in controls)
    if len(controls) == 1:
        return [f"A control, not a model: {said}."]
    return [f"Controls, not models: {said}."]


def _oracle(source: DataSource) -> str:
    """Of what the oracle's sample is made, in words."""
    if isinstance(source, FiniteSource):
        return "the other half of the held-out rows"
    if isinstance(source, SplitSource):
        return "examples made of the other half of the held-out parts"
    return "fresh draws of the source itself"


def _alarms(
    experiment: Experiment,
    rows: Sequence[str],
    cells: Mapping[tuple[str, str], Cell],
    scores: Sequence[Score],
) -> list[str]:
    """What the marks in the table mean, and in how many runs of a row it happened."""
    remarks = []
    for column in experiment.columns:
        parts = []
        for row in rows:
            if cells[row, column.name].flag == ALARM:
                parts.append(_alarmed_runs(row, column.name, scores))
        if parts:
            remarks.append(f"{ALARM} {column.alarm}: {', '.join(parts)}.")
    return remarks


def _alarmed_runs(row: str, metric: str, scores: Sequence[Score]) -> str:
    """A row and how many of its runs raise the alarm of a metric: those with a value above 0."""
    alarms = runs = 0
    for score in scores:
        if score.model == row and score.metric == metric and score.value is not None:
            runs += 1
            alarms += score.value > 0
    return f"{row} ({alarms} of {runs} runs)"


def _happenings(problem: Problem, rows: Sequence[str], events: EventMap) -> list[str]:
    """What happened in training, row by row."""
    remarks = []
    for row in rows:
        summary = summarise_events(events.get((problem.name, row), {}).values())
        if summary:
            remarks.append(f"{row}: {summary}.")
    return remarks


def _failures(rows: Sequence[str], scores: Sequence[Score]) -> list[str]:
    """Which runs did not finish, and why the first of them did not."""
    remarks = []
    for row in rows:
        mine = [score for score in scores if score.model == row]
        total = len(_seeds(mine))
        for status in ("diverged", "failed"):
            lost = [score for score in mine if score.status == status]
            if not lost:
                continue
            seeds = _seeds(lost)
            names = ", ".join(map(str, seeds))
            remarks.append(
                f"{row}: {len(seeds)} of {total} runs {status} (seeds {names}; {lost[0].reason}); "
                "means are over the finished ones."
            )
    return remarks


def _seeds(scores: Sequence[Score]) -> list[int]:
    return sorted({score.seed for score in scores})


def _absences(
    experiment: Experiment, rows: Sequence[str], cells: Mapping[tuple[str, str], Cell]
) -> list[str]:
    """Which metrics have no value for which rows, those with the same reason in one sentence."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for column in experiment.columns:
        for row in rows:
            cell = cells[row, column.name]
            if cell.mean is None:
                lacking.setdefault((column.label, cell.reason), []).append(row)
    labels_by_reason: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (label, reason), names in lacking.items():
        labels_by_reason.setdefault((reason, tuple(names)), []).append(label)
    remarks = []
    for (reason, lacking_rows), labels in labels_by_reason.items():
        verb = "is"
        if len(labels) > 1:
            verb = "are"
        who = listed(lacking_rows)
        if len(lacking_rows) == len(rows):
            who = "every row"
        remarks.append(f"{listed(labels)} {verb} n/a ({reason}) for {who}.")
    return remarks
