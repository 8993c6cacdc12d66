"""The critical-difference diagram of Demsar (2006).

It shows mean ranks over sources, and which of them cannot be told apart.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import rankdata, studentized_range

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.glance import leading, losses
from genzoo.figures.layout import MARGIN, headline, headline_height, hide_spines, panel
from genzoo.figures.style import (
    BODY,
    SMALL,
    RowStyle,
    Theme,
    ThemeName,
    drawing,
    row_styles,
)
from genzoo.figures.text import sentences, shorten
from genzoo.results.table import SourceTable

FEWEST = 5
"""Sources below which mean ranks say too little."""
LEVEL = 0.05
WIDTH, NAMES, LINE_HEIGHT, BAR_HEIGHT = 6.4, 2.1, 0.27, 0.12


def critical_difference(models: int, sources: int, level: float = LEVEL) -> float:
    """The difference of mean ranks that the Nemenyi test calls significant.

    It is q sqrt(k (k + 1) / (6 N)).

    q is the quantile of the studentised range with k groups and infinite degrees of freedom,
    divided by sqrt(2).

    Args:
        models: How many models are compared, k.
        sources: How many sources they are ranked on, N.
        level: Probability that some pair of equal models is called different.
    """
    q = float(studentized_range.ppf(1 - level, models, np.inf)) / math.sqrt(2)
    return q * math.sqrt(models * (models + 1) / (6 * sources))


def mean_ranks(tables: Sequence[SourceTable]) -> dict[str, float]:
    """Mean rank of each model over sources, 1 the best, ties shared.

    Each source is ranked by the metric that decides there. Models without a value on some ranked
    source are left out.
    """
    by_source = []
    for table in tables:
        lead = leading(table)
        if lead is not None:
            by_source.append(losses(table, lead.column))
    if not by_source:
        return {}
    shared = set(by_source[0]).intersection(*by_source)
    models = [row for row in by_source[0] if row in shared]
    if len(models) < 2:
        return {}
    ranks = []
    for by_model in by_source:
        ranks.append(rankdata([by_model[row] for row in models]))
    means: FloatArray = np.mean(ranks, axis=0)
    return dict(zip(models, means.tolist(), strict=True))


def ranked_sources(tables: Sequence[SourceTable]) -> int:
    """On how many sources some metric ranks the models."""
    return sum(leading(table) is not None for table in tables)


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
    count = ranked_sources(tables)
    ranks = mean_ranks(tables)
    if count < FEWEST or not ranks:
        raise InputError(
            f"mean ranks need at least {FEWEST} sources with at least two models that are ranked "
            f"on each, got {count} sources and {len(ranks)} such models"
        )
    difference = critical_difference(len(ranks), count)
    order = sorted(ranks, key=lambda row: ranks[row])
    with drawing(theme) as look:
        rows = itertools.chain.from_iterable(table.rows for table in tables)
        styles = row_styles(list(rows), look)
        explanation = (
            f"{count} sources; bars join models within the critical difference "
            f"{difference:.2f} (Nemenyi, 5 %)."
        )
        caption = sentences(caption, explanation)
        top = headline_height(title, caption, WIDTH) + 0.1
        cliques = _cliques([ranks[row] for row in order], difference)
        rows_height, bars_height = LINE_HEIGHT * len(order), BAR_HEIGHT * len(cliques)
        figure = Figure(figsize=(WIDTH, top + rows_height + bars_height + 0.45 + MARGIN))
        headline(figure, look, title, caption)
        width = WIDTH - NAMES - 2 * MARGIN
        axes = panel(figure, MARGIN + NAMES, top, width, rows_height + bars_height)
        bottom = len(order) + bars_height / LINE_HEIGHT
        axes.set(xlim=(0.8, len(order) + 0.2), ylim=(bottom - 0.4, -0.6), yticks=[])
        axes.xaxis.set_major_locator(MaxNLocator(12, integer=True, steps=[1, 2, 5, 10]))
        axes.set_xlabel("mean rank (1 is best)", labelpad=1)
        axes.grid(axis="x")
        hide_spines(axes, "top", "right", "left")
        for i, row in enumerate(order):
            _draw_rank(axes, look, i, row, ranks[row], styles[row])
        bar: dict[str, Any] = {"color": look.text, "linewidth": 3, "solid_capstyle": "round"}
        for k, (low, high) in enumerate(cliques):
            place = len(order) - 0.35 + BAR_HEIGHT * (k + 0.5) / LINE_HEIGHT
            axes.plot([low - 0.03, high + 0.03], [place, place], **bar)
        return figure


def _draw_rank(axes: Axes, theme: Theme, line: int, row: str, rank: float, style: RowStyle) -> None:
    marker: dict[str, Any] = {"marker": style.marker, "ms": 6, "ls": "none", "clip_on": False}
    axes.plot(rank, line, color=style.colour, **marker)
    beside: dict[str, Any] = {"xytext": (5, 1), "textcoords": "offset points", "va": "bottom"}
    axes.annotate(f"{rank:.2f}", (rank, line), fontsize=SMALL, color=theme.muted, **beside)
    name = shorten(row, NAMES - 0.2, BODY)
    left: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center"}
    axes.text(-0.02, line, name, fontsize=BODY, **left)


def _cliques(ordered: Sequence[float], difference: float) -> list[tuple[float, float]]:
    """Largest runs of mean ranks whose ends differ by at most the critical difference.

    A single model is no run.
    """
    spans = []
    furthest = 0
    for i, low in enumerate(ordered):
        j = max(k for k in range(i, len(ordered)) if ordered[k] - low <= difference)
        if j > i and j > furthest:
            spans.append((low, ordered[j]))
            furthest = j
    return spans
