"""The answers to the questions that rank models.

Who leads, by which metric, and what stands against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from genzoo.core.metric import Question
from genzoo.results.diagnosis import faulty
from genzoo.results.table import Column
from genzoo.results.verdict import Answer
from genzoo.statistics.bias import margin
from genzoo.statistics.case import FEWEST_SEEDS, Case
from genzoo.statistics.deciders import decider
from genzoo.statistics.ranking import Duel, all_the_same, duel
from genzoo.statistics.significance import LEVEL, holm_by_key, one_sided_p
from genzoo.statistics.standing import COLLAPSED, TRUTH, Place, places
from genzoo.statistics.wording import counted_seeds, listed, more_seeds, rounded_up

WINS = {"closest": "is closest", "good": "has the best samples", "covering": "covers most"}
"""How a winner is named."""

NEARLY_THERE = 0.95
"""Of the way from a single mode to the truth: what a model that is farther misses is no fault."""
SMALL_SHARE = 0.02
"""Of the samples: fewer bad ones are no fault."""


def answer(case: Case, question: Question, copies: Sequence[str]) -> Answer:
    """The answer to a question that ranks models.

    Args:
        case: The scores of one source.
        question: `"closest"`, `"good"` or `"covering"`.
        copies: Rows that copy: they can win nothing.
    """
    rows = [row for row in case.finished if row not in copies]
    everyone = [*case.finished, *case.given]
    chosen = decider(case, question, rows or everyone)
    column = chosen.column
    if not everyone:
        return _nobody(question, "no run has finished", column)
    if column is None:
        return _nobody(question, chosen.why, column)
    standing = places(case, column, everyone)
    absolute = _absolute(case, question, standing)
    draft = Answer(
        question,
        "unranked",
        sentence="",
        decider=column.name,
        evidence=(*_why(chosen.why), *absolute),
        wanting=_wanting(case, question, column, standing),
    )
    rows = case.rows_with(column.name, rows)
    unranked = _why_unranked(case, rows, copies)
    if unranked:
        return replace(draft, sentence=f"By {column.label}, {unranked}.")
    ranked = duel(case, column.name, rows, margin(case, column.name))
    if all_the_same(ranked.losses):
        said = f"All models score the same by {column.label}."
        return replace(draft, standing="level", sentence=said, evidence=absolute)
    against = [
        *_contradictions(case, question, column, chosen.silent, ranked),
        *_faults_of_leader(case, question, column, ranked.leader, standing),
    ]
    if against:
        said = f"No winner, because {'; '.join(against)}."
        return replace(draft, standing="none", sentence=said)
    return _led(case, draft, column, ranked)


def _nobody(question: Question, why: str, column: Column | None) -> Answer:
    """The answer where there is nothing to answer with."""
    name = ""
    if column is not None:
        name = column.name
    return Answer(question, "none", f"{_capitalised(why)}.", (), name)


def _why_unranked(case: Case, rows: Sequence[str], copies: Sequence[str]) -> str:
    """Why rows cannot be ranked; nothing where they can."""
    if len(rows) == 1:
        return "one model alone is not ranked"
    if not rows and copies:
        return "a copy is not ranked"
    if not rows:
        return "samples of one set are not ranked"
    if case.seeds < FEWEST_SEEDS:
        return f"{counted_seeds(case.seeds)} cannot rank models: at least {FEWEST_SEEDS} are needed"
    return ""


def _led(case: Case, draft: Answer, column: Column, ranked: Duel) -> Answer:
    """The answer where nothing stands against the leader: it is best, or in the lead."""
    leader = ranked.leader
    name = column.label
    if case.bounded(column.name, [leader]):
        name = f"{column.label} (divergence found)"
    if not ranked.level:
        p = rounded_up(ranked.largest_p)
        wins = WINS[draft.question]
        said = f"{leader} {wins} (by {name}, p ≤ {p} against every other)."
        return replace(draft, standing="best", sentence=said, leaders=(leader,))
    doubt = _doubt(case, column, ranked)
    said = f"{leader} cannot be told from {listed(ranked.level)} (by {name}; {doubt})"
    if ranked.beaten:
        said += f"; it is better than {listed(ranked.beaten)}"
    leaders = (leader, *ranked.level)
    return replace(draft, standing="lead", sentence=f"{said}.", leaders=leaders)


def _doubt(case: Case, column: Column, ranked: Duel) -> str:
    """Why the leader is not told from the models next to it.

    What the estimator may be off, or too few seeds.
    """
    plain = duel(case, column.name, ranked.order, 0.0)
    near = []
    for row in plain.beaten:
        lead = ranked.lead(row)
        if row in ranked.level and lead <= ranked.margin:
            near.append(lead)
    if near:
        least, off = f"{min(near):.2g}", f"{ranked.margin:.2g}"
        return f"a lead of {least} is smaller than what the estimator may be off, {off}"
    needed = max(ranked.against(row).seeds_needed for row in ranked.level)
    return f"{more_seeds(needed, case.seeds)} it"


def _faults_of_leader(
    case: Case, question: Question, column: Column, leader: str, standing: Mapping[str, Place]
) -> list[str]:
    """What stands against a leader by itself, whatever other metrics say."""
    reasons = []
    is_told = question != "good" and case.series(COLLAPSED, column.name) is not None
    if is_told and leader in standing and standing[leader].better is False:
        reasons.append(f"{leader}, which leads, is no better than a single mode")
    events = case.events.get(leader, {})
    marked = 0
    for happened in events.values():
        marked += faulty(happened)
    if 2 * marked > max(len(events), 1):
        seeds = f"{marked} of {len(events)} seeds"
        reasons.append(f"{leader}, which leads, failed in training in {seeds}")
    return reasons


def _contradictions(
    case: Case, question: Question, column: Column, silent: Sequence[str], ranked: Duel
) -> list[str]:
    """Other metrics of the question that contradict the deciding one.

    By these, a model that the leader beats is better than it beyond doubt. For each metric the
    smallest one-sided p-value over these models counts; the metrics are one family (Holm 1979).
    """
    leader = ranked.leader
    smallest: dict[str, float] = {}
    better: dict[str, str] = {}
    for other in case.of_question(question):
        if other.name == column.name or other.name in silent:
            continue
        p_values = _p_values_against(case, other, ranked)
        if p_values:
            row = min(p_values, key=lambda name: p_values[name])
            better[other.label] = row
            smallest[other.label] = p_values[row]
    contradictions = []
    for label, p in holm_by_key(smallest).items():
        if p <= LEVEL:
            contradictions.append(
                f"by {column.label} {leader} leads and by {label} {better[label]} is better than "
                f"it (p = {p:.2g})"
            )
    return contradictions


def _p_values_against(case: Case, other: Column, ranked: Duel) -> dict[str, float]:
    """By beaten row, how little it takes to be better than the leader by another metric."""
    leader = ranked.leader
    rivals = [row for row in ranked.beaten if case.comparable(other.name, [leader, row])]
    if not rivals:
        return {}
    losses = case.losses(other.name, [leader, *rivals])
    return {row: one_sided_p(losses[leader] - losses[row]) for row in rivals}


def _why(why: str) -> tuple[str, ...]:
    """Why the deciding metric is not the usual one, as evidence."""
    if not why:
        return ()
    return (f"{_capitalised(why)}.",)


def _capitalised(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _wanting(
    case: Case, question: Question, column: Column, standing: Mapping[str, Place]
) -> tuple[str, ...]:
    """The rows of which the metric says beyond doubt that they are at fault."""
    rows = []
    for row, place in standing.items():
        if place.told and _is_material(case, column, row, place, question):
            rows.append(row)
    return tuple(rows)


def _is_material(case: Case, column: Column, row: str, place: Place, question: Question) -> bool:
    """Whether a difference from the truth that is beyond doubt is large enough to be a fault."""
    if question != "good":
        return place.way is None or place.way < NEARLY_THERE
    series = case.series(row, column.name)
    truth = case.series(TRUTH, column.name)
    if series is None or truth is None or column.limits != (0.0, 1.0):
        return True
    return abs(series.mean - truth.mean) > SMALL_SHARE


def _absolute(case: Case, question: Question, standing: Mapping[str, Place]) -> tuple[str, ...]:
    """Where the rows stand by themselves, as evidence."""
    if not standing:
        return ()
    parts = []
    for row, place in standing.items():
        if place.seeds:
            said = _seed_by_seed(place, question)
            if row in case.given:
                said += " (given this file)"
        else:
            said = _over_seeds(place, question)
        parts.append(f"{row}: {said}")
    return (f"By itself, {'; '.join(parts)}.",)


def _seed_by_seed(place: Place, question: Question) -> str:
    """Where a row stands that has too few runs of its own for a test over seeds."""
    said = f"told from the truth in {place.told_in} of {place.seeds} seeds"
    if question != "good" and place.better is not None:
        said += f", better than a single mode in {place.better_in}"
    return said


def _over_seeds(place: Place, question: Question) -> str:
    """Where a row stands by tests over seeds."""
    said = "not told from the truth at this n"
    if place.told:
        said = "can still be told from the truth"
    if question == "good":
        return said
    if place.better is False:
        return f"no better than a single mode, {said}"
    if place.way is not None:
        return f"{_percent(place.way)} of the way from a single mode to the truth, {said}"
    return said


def _percent(way: float) -> str:
    """A share of the way; what passes the truth is all of it.

    >>> _percent(0.9964), _percent(1.02)
    ('99.6 %', '100 %')
    """
    share = 100 * float(np.clip(way, 0.0, 1.0))
    if share == 100:
        return "100 %"
    if share > 99:
        return f"{min(share, 99.9):.1f} %"
    return f"{share:.0f} %"
