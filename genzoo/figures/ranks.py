"""The critical-difference diagram: mean ranks over sources, and which of them cannot be told apart (Demsar 2006)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import rankdata, studentized_range

from genzoo.errors import InputError
from genzoo.figures.glance import leading, losses
from genzoo.figures.layout import MARGIN, headline, headline_height, panel
from genzoo.figures.style import BODY, CONTROLS, SMALL, ThemeName, drawing, row_styles
from genzoo.figures.text import shorten
from genzoo.results.frame import FloatArray
from genzoo.results.table import SourceTable

FEWEST = 5
"""Sources below which mean ranks say too little."""
LEVEL = 0.05
WIDTH, LINE_HEIGHT = 6.4, 0.27


def critical_difference(models: int, sources: int, level: float = LEVEL) -> float:
    """The difference of mean ranks that the Nemenyi test calls significant: q sqrt(k (k + 1) / (6 N)).

    q is the quantile of the studentised range with k groups and infinite degrees of freedom,
    divided by sqrt(2).

    Args:
        models: k.
        sources: N.
        level: Of the family of all pairs.
    """
    q = float(studentized_range.ppf(1 - level, models, np.inf)) / math.sqrt(2)
    return q * math.sqrt(models * (models + 1) / (6 * sources))


def mean_ranks(tables: Sequence[SourceTable]) -> dict[str, float]:
    """Mean rank of each model over sources, 1 the best, ties shared; by the metric that ranks each source.

    Models without a value on some ranked source are left out.
    """
    ranked = [(table, lead) for table in tables if (lead := leading(table)) is not None]
    columns = [losses(table, lead.column) for table, lead in ranked]
    everywhere = [
        row for row in (columns[0] if columns else {}) if all(row in column for column in columns)
    ]
    if len(everywhere) < 2:
        return {}
    matrix = np.array([[column[row] for row in everywhere] for column in columns])
    means: FloatArray = rankdata(matrix, axis=1).mean(axis=0)
    return dict(zip(everywhere, means.tolist(), strict=True))


def rank_figure(
    tables: Sequence[SourceTable],
    *,
    title: str = "Mean ranks over sources",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw the mean rank of each model; a bar joins models that the Nemenyi test cannot tell apart.

    Args:
        tables: One for each source, at least five of them with a metric that ranks the models.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there are fewer sources, or fewer than two models with a value on each.
    """
    count = sum(leading(table) is not None for table in tables)
    ranks = mean_ranks(tables)
    if count < FEWEST or not ranks:
        raise InputError(
            f"mean ranks need at least {FEWEST} sources with at least two models that are ranked on each, "
            f"got {count} sources and {len(ranks)} such models"
        )
    difference = critical_difference(len(ranks), count)
    order = sorted(ranks, key=lambda row: ranks[row])
    with drawing(theme) as look:
        rows = list(
            dict.fromkeys(row for table in tables for row in table.rows if row not in CONTROLS)
        )
        styles = row_styles(rows, look)
        said = f"{count} sources; bars join models within the critical difference {difference:.2f} (Nemenyi, 5 %)."
        caption = " ".join(filter(None, (caption, said)))
        top = headline_height(title, caption, WIDTH) + 0.1
        cliques = _cliques([ranks[row] for row in order], difference)
        height = LINE_HEIGHT * len(order)
        figure = Figure(figsize=(WIDTH, top + height + 0.12 * len(cliques) + 0.45 + MARGIN))
        headline(figure, look, title, caption)
        names = 2.1
        axes = panel(
            figure, MARGIN + names, top, WIDTH - names - 2 * MARGIN, height + 0.12 * len(cliques)
        )
        bottom = len(order) + 0.12 * len(cliques) / LINE_HEIGHT
        axes.set(xlim=(0.8, len(order) + 0.2), ylim=(bottom - 0.4, -0.6), yticks=[])
        axes.xaxis.set_major_locator(MaxNLocator(12, integer=True, steps=[1, 2, 5, 10]))
        axes.set_xlabel("mean rank (1 is best)", labelpad=1)
        axes.grid(axis="x")
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        for i, row in enumerate(order):
            style = styles[row]
            axes.plot(
                ranks[row],
                i,
                marker=style.marker,
                ms=6,
                color=style.colour,
                ls="none",
                clip_on=False,
            )
            beside: dict[str, Any] = {
                "xytext": (5, 1),
                "textcoords": "offset points",
                "va": "bottom",
            }
            axes.annotate(
                f"{ranks[row]:.2f}", (ranks[row], i), **beside, fontsize=SMALL, color=look.muted
            )
            name = shorten(row, names - 0.2, BODY)
            axes.text(
                -0.02,
                i,
                name,
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="center",
                fontsize=BODY,
            )
        for k, (low, high) in enumerate(cliques):
            place = len(order) - 0.35 + 0.12 * (k + 0.5) / LINE_HEIGHT
            axes.plot(
                [low - 0.03, high + 0.03],
                [place, place],
                color=look.text,
                linewidth=3,
                solid_capstyle="round",
            )
        return figure


def _cliques(ordered: Sequence[float], difference: float) -> list[tuple[float, float]]:
    """Largest runs of mean ranks whose ends differ by at most the critical difference; single models are none."""
    spans: list[tuple[int, int]] = []
    for i in range(len(ordered)):
        j = max(k for k in range(i, len(ordered)) if ordered[k] - ordered[i] <= difference)
        if j > i and (not spans or j > spans[-1][1]):
            spans.append((i, j))
    return [(ordered[i], ordered[j]) for i, j in spans]
