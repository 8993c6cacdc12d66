"""The answers to the questions that rank models: who leads, by which metric, and what stands against it."""

from collections.abc import Sequence

import numpy as np

from genzoo.core.metric import Question
from genzoo.results.diagnosis import faulty
from genzoo.results.table import Column
from genzoo.results.verdict import Answer
from genzoo.statistics.bias import margin
from genzoo.statistics.case import FEWEST_SEEDS, Case
from genzoo.statistics.deciders import Decider, decider
from genzoo.statistics.ranking import Duel, duel
from genzoo.statistics.significance import LEVEL, holm, one_sided_p
from genzoo.statistics.standing import COLLAPSED, TRUTH, Place, places
from genzoo.statistics.wording import listed, more_seeds, rounded_up

WINS = {"closest": "is closest", "good": "has the best samples", "covering": "covers most"}
"""How a winner is named."""


NEARLY_THERE = 0.95
"""Of the way from a single mode to the truth: what a model that is farther misses is no fault."""
SMALL_SHARE = 0.02
"""Of the samples: fewer bad ones are no fault."""


def answer(case: Case, question: Question, copies: Sequence[str]) -> Answer:
    """The answer to a question that ranks models.

    Args:
        case: The scores.
        question: `"closest"`, `"good"` or `"covering"`.
        copies: Rows that copy: they can win nothing.
    """
    rows = [row for row in case.finished if row not in copies]
    everyone = [*case.finished, *case.given]
    chosen = decider(case, question, rows or everyone)
    if not everyone:
        return _nobody(question, "no run has finished", chosen)
    if chosen.column is None:
        return _nobody(question, chosen.why, chosen)
    found = places(case, chosen.column, everyone)
    wanting = tuple(
        row
        for row, place in found.items()
        if place.told and _is_material(case, chosen.column, row, place, question)
    )
    alone = "; ".join(_absolute(case, row, place, question) for row, place in found.items())
    absolute = (f"By itself, {alone}.",) if alone else ()
    rows = [row for row in rows if case.series(row, chosen.column.name) is not None]
    unranked = _why_unranked(case, rows, copies)
    if unranked:
        return _unranked(question, chosen, unranked, absolute, wanting)
    ranked = duel(case, chosen.column.name, rows, margin(case, chosen.column.name))
    if len({value for row in ranked.losses.values() for value in row.tolist()}) == 1:
        said = f"All models score the same by {chosen.column.label}."
        return Answer(question, "level", said, (), chosen.column.name, absolute, wanting)
    return _ranked(case, question, chosen, ranked, found, absolute, wanting)


def _nobody(question: Question, why: str, chosen: Decider) -> Answer:
    name = "" if chosen.column is None else chosen.column.name
    return Answer(question, "none", f"{why[0].upper()}{why[1:]}.", (), name)


def _why_unranked(case: Case, rows: Sequence[str], copies: Sequence[str]) -> str:
    if len(rows) < 2:
        if rows:
            return "one model alone is not ranked"
        return "a copy is not ranked" if copies else "samples of one set are not ranked"
    if case.seeds < FEWEST_SEEDS:
        count = f"{case.seeds} seed{'s' if case.seeds > 1 else ''}"
        return f"{count} cannot rank models: at least {FEWEST_SEEDS} are needed"
    return ""


def _unranked(
    question: Question,
    chosen: Decider,
    why: str,
    absolute: tuple[str, ...],
    wanting: tuple[str, ...],
) -> Answer:
    column = _column(chosen)
    evidence = (*_why(chosen), *absolute)
    return Answer(
        question, "unranked", f"By {column.label}, {why}.", (), column.name, evidence, wanting
    )


def _ranked(
    case: Case,
    question: Question,
    chosen: Decider,
    ranked: Duel,
    found: dict[str, Place],
    absolute: tuple[str, ...],
    wanting: tuple[str, ...],
) -> Answer:
    column, leader = _column(chosen), ranked.leader
    against = _against(case, question, chosen, ranked, found)
    evidence = (*_why(chosen), *absolute)
    if against:
        said = f"No winner, because {'; '.join(against)}."
        return Answer(question, "none", said, (), column.name, evidence, wanting)
    name = f"{column.label} (divergence found)" if _bounded(case, column, ranked) else column.label
    if not ranked.level:
        p = rounded_up(max(ranked.against(row).p for row in ranked.beaten))
        said = f"{leader} {WINS[question]} (by {name}, p ≤ {p} against every other)."
        return Answer(question, "best", said, (leader,), column.name, evidence, wanting)
    beaten = f"; it is better than {listed(ranked.beaten)}" if ranked.beaten else ""
    said = f"{leader} cannot be told from {listed(ranked.level)} (by {name}; {_doubt(case, column, ranked)}){beaten}."
    return Answer(question, "lead", said, (leader, *ranked.level), column.name, evidence, wanting)


def _doubt(case: Case, column: Column, ranked: Duel) -> str:
    """Why the leader is not told from the models next to it: what the estimator may be off, or too few seeds."""
    plain = duel(case, column.name, ranked.order, 0.0)
    near = [
        row for row in plain.beaten if row in ranked.level and ranked.lead(row) <= ranked.margin
    ]
    if near:
        least = min(ranked.lead(row) for row in near)
        return f"a lead of {least:.2g} is smaller than what the estimator may be off, {ranked.margin:.2g}"
    needed = max(ranked.against(row).seeds_needed for row in ranked.level)
    return f"{more_seeds(needed, case.seeds)} it"


def _against(
    case: Case, question: Question, chosen: Decider, ranked: Duel, found: dict[str, Place]
) -> list[str]:
    """What stands against a winner."""
    column, leader = _column(chosen), ranked.leader
    reasons = _contradictions(case, question, chosen, ranked)
    collapsed = case.series(COLLAPSED, column.name) is not None and question != "good"
    if collapsed and leader in found and found[leader].better is False:
        reasons.append(f"{leader}, which leads, is no better than a single mode")
    events = case.events.get(leader, {})
    marked = sum(faulty(happened) for happened in events.values())
    if 2 * marked > max(len(events), 1):
        reasons.append(
            f"{leader}, which leads, failed in training in {marked} of {len(events)} seeds"
        )
    return reasons


def _contradictions(case: Case, question: Question, chosen: Decider, ranked: Duel) -> list[str]:
    """Other metrics of the question by which a model that the leader beats is better than it beyond doubt.

    For each metric the smallest one-sided p-value over these models; the metrics are one family
    (Holm 1979).
    """
    column = _column(chosen)
    smallest: dict[str, float] = {}
    who: dict[str, str] = {}
    for other in case.of_question(question):
        rivals = [row for row in ranked.beaten if case.comparable(other.name, [ranked.leader, row])]
        if other.name in (column.name, *chosen.silent) or not rivals:
            continue
        losses = case.losses(other.name, [ranked.leader, *rivals])
        p_values = {row: one_sided_p(losses[ranked.leader] - losses[row]) for row in rivals}
        who[other.label] = min(rivals, key=lambda row: p_values[row])
        smallest[other.label] = p_values[who[other.label]]
    adjusted = holm(smallest)
    return [
        f"by {column.label} {ranked.leader} leads and by {label} {who[label]} is better than it (p = {p:.2g})"
        for label, p in adjusted.items()
        if p <= LEVEL
    ]


def _bounded(case: Case, column: Column, ranked: Duel) -> bool:
    series = case.series(ranked.leader, column.name)
    return series is not None and series.bounded


def _column(chosen: Decider) -> Column:
    if chosen.column is None:
        raise ValueError("no metric decides")
    return chosen.column


def _why(chosen: Decider) -> tuple[str, ...]:
    return (f"{chosen.why[0].upper()}{chosen.why[1:]}.",) if chosen.why else ()


def _is_material(case: Case, column: Column, row: str, place: Place, question: Question) -> bool:
    """Whether a difference from the truth that is beyond doubt is large enough to be called a fault."""
    series, truth = case.series(row, column.name), case.series(TRUTH, column.name)
    if question != "good":
        return place.way is None or place.way < NEARLY_THERE
    if series is None or truth is None or column.limits != (0.0, 1.0):
        return True
    return abs(series.mean - truth.mean) > SMALL_SHARE


def _absolute(case: Case, row: str, place: Place, question: Question) -> str:
    """Where a row stands by itself, in words."""
    if place.seeds:
        told = f"told from the truth in {place.told_in} of {place.seeds} seeds"
        asked = question != "good" and place.better is not None
        better = f", better than a single mode in {place.better_in}" if asked else ""
        return f"{row}: {told}{better}{' (given this file)' if row in case.given else ''}"
    parts = []
    if place.better is False and question != "good":
        parts.append("no better than a single mode")
    elif place.way is not None and question != "good":
        parts.append(f"{_percent(place.way)} of the way from a single mode to the truth")
    parts.append(
        "can still be told from the truth" if place.told else "not told from the truth at this n"
    )
    return f"{row}: {', '.join(parts)}"


def _percent(way: float) -> str:
    """A share of the way; what passes the truth is all of it.

    >>> _percent(0.9964), _percent(1.02)
    ('99.6 %', '100 %')
    """
    share = 100 * float(np.clip(way, 0.0, 1.0))
    return (
        "100 %" if share == 100 else f"{min(share, 99.9):.1f} %" if share > 99 else f"{share:.0f} %"
    )
