"""Who copies the training rows."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm

from genzoo.results.verdict import Answer
from genzoo.statistics.case import Case, Series, why_absent
from genzoo.statistics.significance import LEVEL, holm
from genzoo.statistics.wording import listed

COPY_METRICS = ("train_share", "copied_rows")
"""Each raised by copies alone."""
SUPPORTING = "near_duplicates"
"""Raised by copies, and a little by models that are narrower than the truth: it decides where the others are absent."""


def copying(case: Case, rows: Sequence[str]) -> Answer:
    """Which rows copy, by what their training rows have in common with them beyond chance.

    The runs of a model share their training and held-out rows, so that they err together. A row's
    z-score is therefore the mean of (value - null) / standard error over its seeds, and no more
    than that of one run. All rows and metrics are one family (Holm 1979).

    Args:
        case: The scores.
        rows: Models, and samples that somebody gave.
    """
    if not case.is_finite:
        said = "Copying cannot be asked about: the source draws afresh, so there are no training rows to copy."
        return Answer("copying", "named", said)
    scores = _z_scores(case, rows, COPY_METRICS) or _z_scores(case, rows, (SUPPORTING,))
    if not scores:
        return Answer("copying", "none", f"{why_absent(case, 'copying', rows)}.")
    keys = list(scores)
    p_values = holm({str(at): float(norm.sf(scores[key])) for at, key in enumerate(keys)})
    found: dict[str, list[str]] = {}
    for at, (row, metric) in enumerate(keys):
        if p_values[str(at)] <= LEVEL:
            found.setdefault(row, []).append(metric)
    copies = tuple(row for row in rows if row in found)
    evidence = tuple(_evidence(case, row, found[row]) for row in copies)
    decider = next(iter(dict.fromkeys(metric for _, metric in scores)))
    asked = {row for row, _ in scores}
    unasked = [row for row in rows if row not in asked]
    sentence = _sentence(copies, unasked, "" if copies else _blind(case, rows, scores))
    return Answer("copying", "named", sentence, (), decider, evidence, copies)


def _blind(case: Case, rows: Sequence[str], scores: Mapping[tuple[str, str], float]) -> str:
    """Which metric of copying was computed and has no value, and why; nothing where all have one."""
    missing = [
        name
        for name in COPY_METRICS
        if case.column(name) and not any((row, name) in scores for row in rows)
    ]
    for score in case.scores:
        if score.metric in missing and score.model in rows and score.reason:
            column = case.column(score.metric)
            return f"{'' if column is None else column.label} says nothing here: {score.reason}"
    return ""


def _z_scores(
    case: Case, rows: Sequence[str], metrics: Sequence[str]
) -> Mapping[tuple[str, str], float]:
    found = {}
    for row in rows:
        for metric in metrics:
            series = case.series(row, metric)
            z = math.nan if series is None else _z_score(series)
            if math.isfinite(z):
                found[row, metric] = z
    return found


def _z_score(series: Series) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (series.values - series.nulls) / series.errors
    known = z[~np.isnan(z)]
    return float(np.clip(known, -1e3, 1e3).mean()) if len(known) else math.nan


def _evidence(case: Case, row: str, metrics: Sequence[str]) -> str:
    parts = []
    for metric in metrics:
        column, series = case.column(metric), case.series(row, metric)
        if column is not None and series is not None:
            parts.append(
                f"{column.label} {series.mean:.3g} where chance gives {np.nanmean(series.nulls):.3g}"
            )
    return f"{row}: {'; '.join(parts)}."


def _sentence(copies: Sequence[str], unasked: Sequence[str], blind: str) -> str:
    if copies:
        verb = "copies" if len(copies) == 1 else "copy"
        said = f"{listed(copies)} {verb} training rows, and can win no question."
    elif blind:
        said = f"No copies were seen, but copies of the whole file could not be: {blind}."
    else:
        said = "Nobody copies, as far as can be seen."
    rest = f" {listed(unasked)} could not be asked." if unasked else ""
    return said + rest
