"""Which metric decides a question on a source, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from genzoo.core.metric import Question
from genzoo.results.table import Column
from genzoo.statistics.case import Case, why_absent

ALMOST_RIGHT = "noisy_oracle"
"""The control whose samples are right but for a little noise; JS that already calls it different says nothing more."""
SATURATED = math.log(2) / 2
"""Nats of JS from which on a classifier sees nearly everything, and the rest is noise."""
DISTANCES = ("energy", "sliced_wasserstein")
"""What stands in for JS, in this order, before any other distance."""
SATURATING = ("js", "js_stack", "kl", "c2st_accuracy", "c2st_auc")
"""What rests on the same classifiers or log-ratios, and says nothing more where JS is saturated."""


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
        case: The scores.
        question: Which question, other than that of copying.
        rows: Models to be ranked.
    """
    usual = {"closest": _closest, "good": _good, "covering": _covering}[question]
    preferred, why = usual(case, rows)
    silent = SATURATING if why else ()
    others = (column.name for column in case.of_question(question) if column.name not in preferred)
    names = [name for name in (*preferred, *others) if name not in silent]
    unequal = ""
    for name in names:
        column = case.column(name)
        if column is None or not any(case.series(row, name) for row in rows):
            continue
        if case.comparable(name, rows):
            return Decider(column, why, silent)
        unequal = unequal or f"{column.label} was not measured in the same way for every model"
    missing = (
        "no other metric for it was computed: add --metrics standard"
        if why
        else why_absent(case, question, rows)
    )
    return Decider(None, "; ".join(filter(None, (why, unequal or missing))), silent)


def _closest(case: Case, rows: Sequence[str]) -> tuple[list[str], str]:
    if case.on_a_family and not case.has_density:
        why = "the data lie on a family of curves without noise, where JS sees nothing but noise: the law decides"
        return ["parameter_ks", "parameter_js", *DISTANCES], why
    saturated = _saturation(case, rows)
    return ([*DISTANCES], saturated) if saturated else (["js", "js_stack", *DISTANCES], "")


def _saturation(case: Case, rows: Sequence[str]) -> str:
    """Why JS cannot decide, or nothing."""
    found = [series.mean for row in rows if (series := case.series(row, "js")) is not None]
    if found and min(found) >= SATURATED:
        least = f"at least {min(found):.2f}, where log 2 = .69 is all"
        return f"JS tells even the leader almost always from the data ({least})"
    almost = case.series(ALMOST_RIGHT, "js")
    if not case.has_density and almost is not None and almost.mean >= SATURATED:
        return f"JS already calls almost right samples different ({ALMOST_RIGHT} {almost.mean:.2f})"
    return ""


def _good(case: Case, rows: Sequence[str]) -> tuple[list[str], str]:
    if case.on_a_family and not case.has_density:
        return ["residual"], ""
    names = ["high_quality"] if case.modes else []
    outside = [
        series.mean for row in rows if (series := case.series(row, "off_support")) is not None
    ]
    if any(share > 0 for share in outside):
        names.append("off_support")
    return [*names, "precision"], ""


def _covering(case: Case, rows: Sequence[str]) -> tuple[list[str], str]:
    if case.modes:
        return ["modes_captured", "modes_held", "kl_modes", "coverage"], ""
    if case.on_a_family:
        return ["parameter_ks", "coverage"], ""
    return ["coverage", "recall"], ""
