"""Who copies the training rows."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm

from genzoo.comparison.case import Case, Series
from genzoo.comparison.significance import LEVEL, holm
from genzoo.comparison.wording import listed
from genzoo.core.verdict import Answer

COPY_METRICS = ("train_share", "copied_rows")
"""Each raised by copies alone."""
SUPPORTING = "near_duplicates"
"""Raised by copies, and a little by models that are narrower than the truth: it decides where the others are absent."""


def copying(case: Case, rows: Sequence[str]) -> Answer:
    """Which rows copy, by what their training rows have in common with them beyond chance.

    The runs of a model share their training and held-out rows, so that they err together. A row's z-score is
    therefore the mean of (value - null) / standard error over its seeds, and no more than that of one run. All rows
    and metrics are one family (Holm 1979).

    Args:
        case: The scores.
        rows: Models, and samples that somebody gave.
    """
    if not case.is_finite:
        said = "Copying cannot be asked about: the source draws afresh, so there are no training rows to copy."
        return Answer("copying", "named", said)
    scores = _z_scores(case, rows, COPY_METRICS) or _z_scores(case, rows, (SUPPORTING,))
    if not scores:
        said = "No metric for it was computed: add --metrics standard."
        return Answer("copying", "none", said)
    p_values = holm({f"{row}\n{metric}": float(norm.sf(z)) for (row, metric), z in scores.items()})
    found: dict[str, list[str]] = {}
    for key, p in p_values.items():
        row, _, metric = key.partition("\n")
        if p <= LEVEL:
            found.setdefault(row, []).append(metric)
    copies = tuple(row for row in rows if row in found)
    evidence = tuple(_evidence(case, row, found[row]) for row in copies)
    decider = next(iter(dict.fromkeys(metric for _, metric in scores)))
    unasked = [row for row in rows if not any(row == known for known, _ in scores)]
    return Answer("copying", "named", _sentence(copies, unasked), (), decider, evidence, copies)


def _z_scores(case: Case, rows: Sequence[str], metrics: Sequence[str]) -> Mapping[tuple[str, str], float]:
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
            parts.append(f"{column.label} {series.mean:.3g} where chance gives {np.nanmean(series.nulls):.3g}")
    return f"{row}: {'; '.join(parts)}."


def _sentence(copies: Sequence[str], unasked: Sequence[str]) -> str:
    if copies:
        verb = "copies" if len(copies) == 1 else "copy"
        said = f"{listed(copies)} {verb} training rows, and can win no question."
    else:
        said = "Nobody copies, as far as can be seen."
    rest = f" {listed(unasked)} could not be asked." if unasked else ""
    return said + rest
