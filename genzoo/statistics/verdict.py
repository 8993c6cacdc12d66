"""The verdict on one source.

Four answers, the trade-off between the models, and what they were given.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from genzoo.core.metric import Question
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.verdict import ASKED, Answer, Verdict
from genzoo.statistics.answers import answer
from genzoo.statistics.case import Case
from genzoo.statistics.copying import copying
from genzoo.statistics.standing import TRUTH, Place, places
from genzoo.statistics.wording import listed, verb_for

UNEQUAL = 1.5
"""How many times as many examples one model must have seen for the budgets to be called unequal."""
NOWHERE = "where there are no data lie"
WHERE_FAULTS_ARE = {
    "high_quality": "off the modes are",
    "precision": NOWHERE,
    "off_support": NOWHERE,
}
"""By metric, where the samples are of which it sees too many."""
UNFINISHED = "unfinished"
"""The event of a run that was still improving when its training ended."""

COUNTS_OF_MODES = ("modes_captured", "modes_held")
"""Deciders whose values are numbers of modes."""


def reach_verdict(
    case: Case, budgets: Mapping[str, int] | None = None, matched: str = ""
) -> Verdict:
    """What can be said of the models on one source.

    Args:
        case: The scores of one source.
        budgets: By model, examples seen in training.
        matched: How the models were put on equal footing, if they were.
    """
    copies = copying(case, [*case.finished, *case.given])
    answers: dict[Question, Answer] = {"copying": copies}
    ranking: tuple[Question, ...] = ("closest", "good", "covering")
    for question in ranking:
        answers[question] = answer(case, question, copies.wanting)
    ordered = tuple(answers[question] for question in ASKED)
    return Verdict(summarise(case, answers), ordered, _budgets(case, budgets or {}, matched))


def summarise(case: Case, answers: Mapping[Question, Answer]) -> str:
    """The trade-off in one plain sentence."""
    clauses = [
        _closest_clause(case, answers["closest"]),
        _good_clause(case, answers["good"]),
        _constant_clause(case),
        _covering_clause(case, answers["covering"]),
    ]
    copying_clause = _copying_clause(case, answers["copying"])
    if answers["copying"].wanting:
        clauses.insert(0, copying_clause)
    else:
        clauses.append(copying_clause)
    clauses.append(_lost_clause(case))
    said = "; ".join(clause for clause in clauses if clause)
    if not said:
        return ""
    return f"{said}."


def mean_budget(counts: Sequence[int | None]) -> int:
    """Examples that a run saw, over its seeds; 0 where nothing is known."""
    known_counts = [count for count in counts if count is not None]
    if not known_counts:
        return 0
    return round(float(np.mean(known_counts)))


def _closest_clause(case: Case, answer: Answer) -> str:
    if answer.standing == "best":
        return f"{answer.leaders[0]} is closest"
    if answer.standing == "lead":
        leader, *others = answer.leaders
        return f"{leader} is in the lead, not settled against {listed(others)}"
    if answer.standing == "level":
        return "all models are equally close"
    if answer.standing == "none":
        return "which model is closest cannot be said"
    column = case.column(answer.decider)
    rows = [*case.finished, *case.given]
    standing: dict[str, Place] = {}
    if column is not None:
        standing = places(case, column, rows)
    parts = []
    for row in rows:
        parts.append(_differs(case, row, answer.decider, standing.get(row)))
    return ", ".join(parts)


def _differs(case: Case, row: str, decider: str, place: Place | None) -> str:
    """Of a row that is not ranked, whether it can be told from the data."""
    if place is None:
        return f"of {row} nothing can be said"
    differs = "is not told from the data beyond doubt"
    if place.told:
        differs = "differs from the data"
    return f"{row} {differs} ({_beside(case, row, decider)})"


def _good_clause(case: Case, answer: Answer) -> str:
    if not answer.decider:
        return ""
    if not answer.wanting:
        return "nobody's samples are worse than real ones beyond doubt"
    rows_by_fault: dict[str, list[str]] = {}
    for row in answer.wanting:
        what, who = _fault(case, row, answer.decider)
        rows_by_fault.setdefault(what, []).append(who)
    parts = []
    for what, rows in rows_by_fault.items():
        parts.append(f"{what} {listed(rows)}")
    return ", ".join(parts)


def _constant_clause(case: Case) -> str:
    """Which rows vary where the data are constant, in most of their runs."""
    rows = []
    for row in (*case.finished, *case.given):
        series = case.series(row, "constant_columns")
        if series is not None and float(np.nanmedian(series.values)) > 0:
            rows.append(row)
    if not rows:
        return ""
    return f"{listed(rows)} {verb_for(rows, 'vary', 'varies')} where the data are constant"


def _lost_clause(case: Case) -> str:
    lost = [row for row in case.models if row not in case.finished]
    if not lost:
        return ""
    return f"{listed(lost)} {verb_for(lost, 'have', 'has')} no finished run"


def _fault(case: Case, row: str, metric: str) -> tuple[str, str]:
    """What is wrong with samples that can be told from the truth, and with which of a row's."""
    value, truth = _mean(case, row, metric), _mean(case, TRUTH, metric)
    if metric == "residual":
        return "off the family of curves are", f"{row} (by {value:.2g})"
    if metric == "high_quality" and value > truth:
        return "too narrow are the modes of", row
    if metric in WHERE_FAULTS_ARE:
        share = 100 * abs(truth - value)
        return WHERE_FAULTS_ARE[metric], f"{share:.0f} % of {row}'s samples"
    return "worse than real ones are the samples of", f"{row} ({_beside(case, row, metric)})"


def _mean(case: Case, row: str, metric: str) -> float:
    series = case.series(row, metric)
    if series is None:
        return math.nan
    return series.mean


def _beside(case: Case, row: str, metric: str) -> str:
    """The value of a row beside that of the truth."""
    column = case.column(metric)
    label = metric
    if column is not None:
        label = column.label
    return f"{label} {_mean(case, row, metric):.3g} against {_mean(case, TRUTH, metric):.3g}"


def _covering_clause(case: Case, answer: Answer) -> str:
    if not answer.decider:
        return ""
    asked = case.rows_with(answer.decider, [*case.finished, *case.given])
    whole = [row for row in asked if row not in answer.wanting]
    fewer = []
    if case.modes and answer.decider in COUNTS_OF_MODES:
        fewer = [row for row in whole if _lacks_some(case, row, answer.decider)]
    full = [row for row in whole if row not in fewer]
    parts = []
    if full:
        parts.append(_whole(case, full, asked))
    if fewer:
        parts.append(_may_miss(case, fewer, answer.decider))
    for row in answer.wanting:
        parts.append(_missing(case, row, answer.decider))
    return ", ".join(parts)


def _lacks_some(case: Case, row: str, metric: str) -> bool:
    """Whether fewer modes were counted than of the truth, though not beyond doubt."""
    return _mean(case, row, metric) < _mean(case, TRUTH, metric)


def _may_miss(case: Case, rows: Sequence[str], metric: str) -> str:
    """What is said of rows of which a run or more lacked a mode, where that may be chance."""
    counts = [f"{_mean(case, row, metric):.3g}" for row in rows]
    return f"{listed(rows)} may miss some ({listed(counts)} of {case.modes} captured)"


def _whole(case: Case, whole: Sequence[str], asked: Sequence[str]) -> str:
    """Which of the rows that were asked leave nothing out."""
    what = "everything that can be seen at this n"
    if case.modes:
        what = f"all {case.modes} modes"
    if len(whole) == len(asked) > 1:
        return f"all models cover {what}"
    return f"{listed(whole)} {verb_for(whole, 'cover', 'covers')} {what}"


def _missing(case: Case, row: str, metric: str) -> str:
    """What a model leaves out, as the deciding metric sees it."""
    value, truth = _mean(case, row, metric), _mean(case, TRUTH, metric)
    if metric in COUNTS_OF_MODES:
        return f"{row} misses {max(truth - value, 0):.2g} of {case.modes} modes"
    if metric in ("coverage", "recall"):
        return f"{row} misses {100 * max(1 - value / truth, 0):.0f} % of what real data cover"
    return f"{row} misses part of the data ({_beside(case, row, metric)})"


def _copying_clause(case: Case, answer: Answer) -> str:
    if answer.wanting:
        verb = verb_for(answer.wanting, "copy", "copies")
        return f"{listed(answer.wanting)} {verb} training rows"
    if not case.is_finite or not answer.decider:
        return ""
    if answer.sentence.startswith("Nobody"):
        return "nobody copies"
    return "no copies were seen"


def _budgets(case: Case, examples: Mapping[str, int], matched: str) -> tuple[str, ...]:
    """What must be said of what the models were given."""
    remarks = []
    if matched:
        remarks.append(matched)
    seen = {row: count for row, count in examples.items() if row in case.models and count}
    if len(seen) > 1:
        remarks.append(_examples_seen(seen, matched))
    for row in case.models:
        happened = case.events.get(row, {})
        unfinished = _unfinished_runs(happened)
        if 2 * unfinished > max(len(happened), 1):
            remarks.append(
                f"{row} was still improving when its training ended in {unfinished} of "
                f"{len(happened)} seeds: what is said of it is a matter of its budget."
            )
    return tuple(remarks)


def _examples_seen(seen: Mapping[str, int], matched: str) -> str:
    """How many examples the models have seen, and whether that is equally many."""
    most, least = max(seen.values()), min(seen.values())
    parts = []
    for row, count in seen.items():
        parts.append(f"{row} {count:,}")
    rows = ", ".join(parts)
    if most <= UNEQUAL * least:
        return f"Budgets are alike, examples seen: {rows}."
    hint = ""
    if not matched:
        hint = "; --match updates, seconds or parameters puts them on equal footing"
    return f"Budgets differ by {most / least:.1f} times, examples seen: {rows}{hint}."


def _unfinished_runs(events_by_seed: Mapping[int, Sequence[TrainingEvent]]) -> int:
    """How many runs were still improving when their training ended."""
    count = 0
    for events in events_by_seed.values():
        count += UNFINISHED in {event.kind for event in events}
    return count
