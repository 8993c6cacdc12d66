"""Scores by how often a network is evaluated for a sample, beside those of the exact field."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.layout import MARGIN, headline, headline_height, panel, plain_legend
from genzoo.figures.style import RowStyle, Theme, ThemeName, drawing, row_styles
from genzoo.results.step_scores import EXACT, NETWORK, StepScore, by_group

WIDTH, HEIGHT, LEFT, GAP, BELOW = 2.5, 1.9, 0.5, 0.5, 0.5
LEGEND = 1.6
WIDE = 30.0
"""Ratio of the largest to the least mean from which an axis is logarithmic."""
FARTHEST = 100.0
"""Times the value of fresh draws: where some values are larger, they lie outside."""


def step_curves(
    scores: Sequence[StepScore],
    source: str,
    *,
    truth: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str = "Samples by evaluations of the network",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw each metric by the evaluations that a sample takes, means over seeds.

    A column for each metric; above, samplers follow the trained networks, and below the exact
    fields, where these are known. Dotted lines are what fresh draws of the source get; where some
    values are more than 100 times as large, a panel shows those from 1/100 to 100 times.

    Args:
        scores: Those of one source.
        source: Its name.
        truth: By metric, the value of fresh draws.
        labels: By metric, how it is called.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no score.
    """
    if not scores:
        raise InputError("curves by evaluations need at least one score, got none")
    metrics = list(dict.fromkeys(score.metric for score in scores))
    there = {score.field for score in scores}
    kinds = [kind for kind in (NETWORK, EXACT) if kind in there]
    with drawing(theme) as look:
        styles = row_styles([score.model for score in scores], look)
        width = MARGIN + len(metrics) * (LEFT + WIDTH) + GAP + LEGEND
        top = headline_height(f"{title}: {source}", caption, width) + 0.2
        figure = Figure(figsize=(width, top + len(kinds) * (HEIGHT + BELOW)))
        headline(figure, look, f"{title}: {source}", caption)
        for i, metric in enumerate(metrics):
            curves = _curves(scores, metric)
            for j, kind in enumerate(kinds):
                left = MARGIN + LEFT + i * (LEFT + WIDTH)
                axes = panel(figure, left, top + j * (HEIGHT + BELOW), WIDTH, HEIGHT)
                shown = {row: curve for (field, row), curve in curves.items() if field == kind}
                entries = _draw(axes, shown, styles)
                _scale(axes, look, curves, (truth or {}).get(metric))
                if j == 0:
                    axes.set_title((labels or {}).get(metric, metric))
                if i == 0:
                    axes.set_ylabel(f"{kind} field" if kind == EXACT else kind)
                if kind == kinds[-1]:
                    axes.set_xlabel("evaluations")
                if i == len(metrics) - 1:
                    place = {"loc": "upper left", "bbox_to_anchor": (1.02, 1.03)}
                    plain_legend(axes, list(entries.items()), **place)
        return figure


Curve = list[tuple[int, float]]


def _curves(scores: Sequence[StepScore], metric: str) -> dict[tuple[str, str], Curve]:
    """By field and row, evaluations and mean over seeds."""
    curves: dict[tuple[str, str], Curve] = {}
    for (name, field, row, _), group in by_group(scores).items():
        values = [score.value for score in group if math.isfinite(score.value)]
        if name == metric and values:
            curves.setdefault((field, row), []).append((group[0].evaluations, fmean(values)))
    return curves


def _draw(
    axes: Axes, curves: Mapping[str, Curve], styles: Mapping[str, RowStyle]
) -> dict[str, Artist]:
    entries: dict[str, Artist] = {}
    for row, curve in curves.items():
        style = styles[row]
        counts, values = zip(*sorted(curve), strict=True)
        (line,) = axes.plot(
            counts,
            values,
            color=style.colour,
            linestyle=style.linestyle,
            marker=style.marker,
            markersize=3.5,
        )
        entries[row] = line
    return entries


def _scale(
    axes: Axes, theme: Theme, curves: Mapping[tuple[str, str], Curve], truth: float | None
) -> None:
    """Equal limits for all panels of a metric."""
    values = [value for curve in curves.values() for _, value in curve]
    counts = [count for curve in curves.values() for count, _ in curve]
    if truth is not None:
        values.append(truth)
        axes.axhline(truth, color=theme.target, linestyle=":", linewidth=0.9)
    low, high = min(values), max(values)
    if truth and high > FARTHEST * truth > 0:
        high = FARTHEST * truth
        low = max(low, truth / FARTHEST)
    margin = 0.05 * (high - low or 1.0)
    axes.set_ylim(low - margin, high + margin)
    if low > 0 and high > WIDE * low:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.4, high * 1.4)
    axes.set_xscale("log")
    axes.set_xlim(min(counts) / 1.2, max(counts) * 1.2)
    ticks = [count for count in (1, 2, 4, 8, 16, 32, 64) if count <= max(counts)]
    axes.set_xticks(ticks, labels=[str(count) for count in ticks])
    axes.minorticks_off()
    axes.grid()
