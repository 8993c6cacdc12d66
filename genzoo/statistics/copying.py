"""Who copies the training rows."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm

from genzoo.results.verdict import Answer
from genzoo.statistics.case import Case, Series, why_absent
from genzoo.statistics.significance import LEVEL, holm_by_key
from genzoo.statistics.wording import listed, verb_for

COPY_METRICS = ("train_share", "copied_rows")
"""Each raised by copies alone."""
SUPPORTING = "near_duplicates"
"""Raised by copies, and a little by models that are narrower than the truth.

It decides where the others are absent.
"""

ZScores = Mapping[tuple[str, str], float]
"""By row and metric, how far above chance it is, in standard errors."""


def copying(case: Case, rows: Sequence[str]) -> Answer:
    """Which rows copy, by what their training rows have in common with them beyond chance.

    The runs of a model share their training and held-out rows, so that they err together. A row's
    z-score is therefore the mean of (value - null) / standard error over its seeds, and no more
    than that of one run. All rows and metrics are one family (Holm 1979).

    Args:
        case: The scores of one source.
        rows: Models, and samples that somebody gave.
    """
    if not case.is_finite:
        said = (
            "Copying cannot be asked about: the source draws afresh, "
            "so there are no training rows to copy."
        )
        return Answer("copying", "named", said)
    scores = _z_scores(case, rows, COPY_METRICS) or _z_scores(case, rows, (SUPPORTING,))
    if not scores:
        return Answer("copying", "none", f"{why_absent(case, 'copying', rows)}.")
    raised = _raised(scores)
    asked = {row for row, _ in scores}
    copies, evidence, unasked = [], [], []
    for row in rows:
        if row in raised:
            copies.append(row)
            evidence.append(_evidence(case, row, raised[row]))
        elif row not in asked:
            unasked.append(row)
    _, decider = next(iter(scores))
    blind = ""
    if not copies:
        blind = _blind(case, rows, scores)
    sentence = _sentence(copies, unasked, blind)
    return Answer("copying", "named", sentence, (), decider, tuple(evidence), tuple(copies))


def _raised(scores: ZScores) -> dict[str, list[str]]:
    """By row, the metrics that are above chance beyond doubt, all rows and metrics together."""
    p_values = holm_by_key({key: float(norm.sf(z)) for key, z in scores.items()})
    raised: dict[str, list[str]] = {}
    for row, metric in scores:
        if p_values[row, metric] <= LEVEL:
            raised.setdefault(row, []).append(metric)
    return raised


def _blind(case: Case, rows: Sequence[str], scores: ZScores) -> str:
    """Which metric of copying was computed and has no value, and why.

    Nothing where all have one.
    """
    valued = {metric for _, metric in scores}
    labels = {}
    for name in COPY_METRICS:
        column = case.column(name)
        if column is not None and name not in valued:
            labels[name] = column.label
    for score in case.scores:
        if score.metric in labels and score.model in rows and score.reason:
            return f"{labels[score.metric]} says nothing here: {score.reason}"
    return ""


def _z_scores(case: Case, rows: Sequence[str], metrics: Sequence[str]) -> ZScores:
    scores = {}
    for row in rows:
        for metric in metrics:
            series = case.series(row, metric)
            if series is None:
                continue
            z = _z_score(series)
            if math.isfinite(z):
                scores[row, metric] = z
    return scores


def _z_score(series: Series) -> float:
    """The mean over seeds of (value - null) / standard error; NaN where no seed has one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (series.values - series.nulls) / series.errors
    z = z[~np.isnan(z)]
    if len(z) == 0:
        return math.nan
    return float(np.clip(z, -1e3, 1e3).mean())


def _evidence(case: Case, row: str, metrics: Sequence[str]) -> str:
    parts = []
    for metric in metrics:
        column, series = case.column(metric), case.series(row, metric)
        if column is not None and series is not None:
            chance = np.nanmean(series.nulls)
            parts.append(f"{column.label} {series.mean:.3g} where chance gives {chance:.3g}")
    return f"{row}: {'; '.join(parts)}."


def _sentence(copies: Sequence[str], unasked: Sequence[str], blind: str) -> str:
    if copies:
        verb = verb_for(copies, "copy", "copies")
        said = f"{listed(copies)} {verb} training rows, and can win no question."
    elif blind:
        said = f"No copies were seen, but copies of the whole file could not be: {blind}."
    else:
        said = "Nobody copies, as far as can be seen."
    if unasked:
        said += f" {listed(unasked)} could not be asked."
    return said
