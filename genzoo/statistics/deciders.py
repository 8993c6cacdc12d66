"""Which metric decides a question on a source, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from genzoo.core.metric import Question
from genzoo.results.table import Column
from genzoo.statistics.case import Case, why_absent

ALMOST_RIGHT = "noisy_oracle"
"""The control whose samples are right but for a little noise.

JS that already calls it different says nothing more.
"""
SATURATED = math.log(2) / 2
"""Nats of JS from which on a classifier sees nearly everything, and the rest is noise."""
DISTANCES = ("energy", "sliced_wasserstein")
"""What stands in for JS, in this order, before any other distance."""
SATURATING = ("js", "js_stack", "kl", "c2st_accuracy", "c2st_auc")
"""What rests on the same classifiers or log-ratios: where JS is saturated, it says nothing more."""


@dataclass(frozen=True)
class Decider:
    """The metric that decides a question.

    Attributes:
        column: The metric; None where there is none.
        why: Why it and not the usual one, or why there is none; nothing where there is nothing to
            say.
        silent: Metrics that say nothing here, and so are no evidence either.
    """

    column: Column | None
    why: str = ""
    silent: tuple[str, ...] = ()


def decider(case: Case, question: Question, rows: Sequence[str]) -> Decider:
    """The metric that decides a question between rows, each measured by the same ruler.

    Args:
        case: The scores of one source.
        question: Which question, other than that of copying.
        rows: Models to be ranked.
    """
    preferred, why = _preferred(case, question, rows)
    silent = SATURATING if why else ()
    others = [column.name for column in case.of_question(question)]
    unequal = ""
    for name in dict.fromkeys([*preferred, *others]):
        column = case.column(name)
        if column is None or name in silent or not case.rows_with(name, rows):
            continue
        if case.comparable(name, rows):
            return Decider(column, why, silent)
        if not unequal:
            unequal = f"{column.label} was not measured in the same way for every model"
    return Decider(None, _why_none(case, question, rows, why, unequal), silent)


def _why_none(case: Case, question: Question, rows: Sequence[str], why: str, unequal: str) -> str:
    """Why no metric decides, after why the usual one does not."""
    if unequal:
        missing = unequal
    elif why:
        missing = "no other metric for it was computed: add --metrics standard"
    else:
        missing = why_absent(case, question, rows)
    if not why:
        return missing
    return f"{why}; {missing}"


def _preferred(case: Case, question: Question, rows: Sequence[str]) -> tuple[list[str], str]:
    """The metrics of a question that fit the case, best first, and why not the usual ones."""
    if question == "closest":
        return _closest(case, rows)
    if question == "good":
        return _good(case, rows), ""
    return _covering(case), ""


def _closest(case: Case, rows: Sequence[str]) -> tuple[list[str], str]:
    if case.on_a_family and not case.has_density:
        why = (
            "the data lie on a family of curves without noise, "
            "where JS sees nothing but noise: the law decides"
        )
        return ["parameter_ks", "parameter_js", *DISTANCES], why
    saturated = _saturation(case, rows)
    if saturated:
        return [*DISTANCES], saturated
    return ["js", "js_stack", *DISTANCES], ""


def _saturation(case: Case, rows: Sequence[str]) -> str:
    """Why JS cannot decide, or nothing."""
    means = case.means("js", rows)
    if means and min(means) >= SATURATED:
        least = f"at least {min(means):.2f}, where log 2 = .69 is all"
        return f"JS tells even the leader almost always from the data ({least})"
    almost = case.series(ALMOST_RIGHT, "js")
    if not case.has_density and almost is not None and almost.mean >= SATURATED:
        return f"JS already calls almost right samples different ({ALMOST_RIGHT} {almost.mean:.2f})"
    return ""


def _good(case: Case, rows: Sequence[str]) -> list[str]:
    if case.on_a_family and not case.has_density:
        return ["residual"]
    names = []
    if case.modes:
        names.append("high_quality")
    if max(case.means("off_support", rows), default=0.0) > 0:
        names.append("off_support")
    return [*names, "precision"]


def _covering(case: Case) -> list[str]:
    if case.modes:
        return ["modes_captured", "modes_held", "kl_modes", "coverage"]
    if case.on_a_family:
        return ["parameter_ks", "coverage"]
    return ["coverage", "recall"]
