"""The verdict on one source: four answers, the trade-off between the models, and what they were given."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from genzoo.core.metric import Question
from genzoo.results.verdict import ASKED, Answer, Verdict
from genzoo.statistics.answers import answer
from genzoo.statistics.case import Case
from genzoo.statistics.copying import copying
from genzoo.statistics.standing import TRUTH, Place, places
from genzoo.statistics.wording import listed

UNEQUAL = 1.5
"""How many times as many examples one model must have seen for the budgets to be called unequal."""
NOWHERE = "where there are no data lie"
UNFINISHED = "unfinished"
"""The event of a run that was still improving when its training ended."""


def reach_verdict(
    case: Case, budgets: Mapping[str, int] | None = None, matched: str = ""
) -> Verdict:
    """What can be said of the models on one source.

    Args:
        case: The scores.
        budgets: By model, examples seen in training.
        matched: How the models were put on equal footing, if they were.
    """
    copies = copying(case, [*case.finished, *case.given])
    ranking: tuple[Question, ...] = ("closest", "good", "covering")
    answers = {question: answer(case, question, copies.wanting) for question in ranking}
    answers["copying"] = copies
    ordered = tuple(answers[question] for question in ASKED)
    return Verdict(summarise(case, answers), ordered, _budgets(case, budgets or {}, matched))


def summarise(case: Case, answers: Mapping[Question, Answer]) -> str:
    """The trade-off in one plain sentence."""
    clauses = [
        _closest_clause(case, answers["closest"]),
        _good_clause(case, answers["good"]),
        _constant_clause(case),
        _covering_clause(case, answers["covering"]),
        _copying_clause(case, answers["copying"]),
    ]
    if answers["copying"].wanting:
        clauses.insert(0, clauses.pop())
    clauses.append(_lost_clause(case))
    said = "; ".join(filter(None, clauses))
    return f"{said}." if said else ""


def _closest_clause(case: Case, found: Answer) -> str:
    if found.standing == "best":
        return f"{found.leaders[0]} is closest"
    if found.standing == "lead":
        return f"{found.leaders[0]} is in the lead, not settled against {listed(found.leaders[1:])}"
    if found.standing == "level":
        return "all models are equally close"
    if found.standing == "none":
        return "which model is closest cannot be said"
    column = case.column(found.decider)
    rows = (*case.finished, *case.given)
    known = {} if column is None else places(case, column, rows)
    return ", ".join(_differs(case, row, found.decider, known.get(row)) for row in rows)


def _differs(case: Case, row: str, decider: str, place: Place | None) -> str:
    """Of a row that is not ranked, whether it can be told from the data."""
    if place is None:
        return f"of {row} nothing can be said"
    told = "differs from the data" if place.told else "is not told from the data beyond doubt"
    return f"{row} {told} ({_beside(case, row, decider)})"


def _good_clause(case: Case, found: Answer) -> str:
    if not found.decider:
        return ""
    if not found.wanting:
        return "nobody's samples are worse than real ones beyond doubt"
    told: dict[str, list[str]] = {}
    for row in found.wanting:
        what, who = _fault(case, row, found.decider)
        told.setdefault(what, []).append(who)
    return ", ".join(f"{what} {listed(rows)}" for what, rows in told.items())


def _constant_clause(case: Case) -> str:
    """Which rows vary where the data are constant, in most of their runs."""
    rows = []
    for row in (*case.finished, *case.given):
        series = case.series(row, "constant_columns")
        if series is not None and float(np.nanmedian(series.values)) > 0:
            rows.append(row)
    verb = "varies" if len(rows) == 1 else "vary"
    return f"{listed(rows)} {verb} where the data are constant" if rows else ""


def _lost_clause(case: Case) -> str:
    lost = [row for row in case.models if row not in case.finished]
    return f"{listed(lost)} {'has' if len(lost) == 1 else 'have'} no finished run" if lost else ""


def _fault(case: Case, row: str, metric: str) -> tuple[str, str]:
    """What is wrong with samples that can be told from the truth, and with which of a row's."""
    value, truth = _mean(case, row, metric), _mean(case, TRUTH, metric)
    if metric == "residual":
        return "off the family of curves are", f"{row} (by {value:.2g})"
    if metric == "high_quality" and value > truth:
        return "too narrow are the modes of", row
    places_of_faults = {
        "high_quality": "off the modes are",
        "precision": NOWHERE,
        "off_support": NOWHERE,
    }
    if metric in places_of_faults:
        return places_of_faults[metric], f"{100 * abs(truth - value):.0f} % of {row}'s samples"
    return "worse than real ones are the samples of", f"{row} ({_beside(case, row, metric)})"


def _mean(case: Case, row: str, metric: str) -> float:
    series = case.series(row, metric)
    return math.nan if series is None else series.mean


def _beside(case: Case, row: str, metric: str) -> str:
    column = case.column(metric)
    label = metric if column is None else column.label
    return f"{label} {_mean(case, row, metric):.3g} against {_mean(case, TRUTH, metric):.3g}"


def _covering_clause(case: Case, found: Answer) -> str:
    if not found.decider:
        return ""
    asked = [
        row for row in (*case.finished, *case.given) if case.series(row, found.decider) is not None
    ]
    whole = [row for row in asked if row not in found.wanting]
    what = f"all {case.modes} modes" if case.modes else "everything that can be seen at this n"
    parts = [_missing(case, row, found.decider) for row in found.wanting]
    if whole:
        names = (
            "all models cover"
            if len(whole) == len(asked) > 1
            else f"{listed(whole)} {_verb(whole, 'cover')}"
        )
        parts.insert(0, f"{names} {what}")
    return ", ".join(parts)


def _missing(case: Case, row: str, metric: str) -> str:
    """What a model leaves out, as the deciding metric sees it."""
    value, truth = _mean(case, row, metric), _mean(case, TRUTH, metric)
    if metric in ("modes_captured", "modes_held"):
        return f"{row} misses {max(truth - value, 0):.2g} of {case.modes} modes"
    if metric in ("coverage", "recall"):
        return f"{row} misses {100 * max(1 - value / truth, 0):.0f} % of what real data cover"
    return f"{row} misses part of the data ({_beside(case, row, metric)})"


def _verb(names: Sequence[str], verb: str) -> str:
    """The verb for one or for several."""
    return verb if len(names) > 1 else f"{verb}s"


def _copying_clause(case: Case, found: Answer) -> str:
    if found.wanting:
        verb = "copies" if len(found.wanting) == 1 else "copy"
        return f"{listed(found.wanting)} {verb} training rows"
    if not case.is_finite or not found.decider:
        return ""
    return "nobody copies" if found.sentence.startswith("Nobody") else "no copies were seen"


def _budgets(case: Case, seen: Mapping[str, int], matched: str) -> tuple[str, ...]:
    said = [matched] if matched else []
    seen = {row: count for row, count in seen.items() if row in case.models and count}
    if len(seen) > 1:
        most, least = max(seen.values()), min(seen.values())
        rows = ", ".join(f"{row} {count:,}" for row, count in seen.items())
        if most > UNEQUAL * least:
            hint = (
                ""
                if matched
                else "; --match updates, seconds or parameters puts them on equal footing"
            )
            said.append(f"Budgets differ by {most / least:.1f} times, examples seen: {rows}{hint}.")
        else:
            said.append(f"Budgets are alike, examples seen: {rows}.")
    for row in case.models:
        happened = case.events.get(row, {})
        unfinished = sum(
            any(event.kind == UNFINISHED for event in events) for events in happened.values()
        )
        if 2 * unfinished > max(len(happened), 1):
            said.append(
                f"{row} was still improving when its training ended in {unfinished} of {len(happened)} seeds: what is "
                "said of it is a matter of its budget."
            )
    return tuple(said)


def mean_budget(counts: Sequence[int | None]) -> int:
    """Examples that a run saw, over its seeds; 0 where nothing is known."""
    known = [count for count in counts if count is not None]
    return round(float(np.mean(known))) if known else 0
