"""Losses and monitors over training, a column for each model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.event_marks import draw_events, explain_marks
from genzoo.figures.layout import (
    MARGIN,
    empty,
    header,
    header_height,
    headline,
    headline_height,
    legend_above,
    note,
    panel,
)
from genzoo.figures.style import RowStyle, Theme, ThemeName, drawing, row_styles
from genzoo.figures.traces import (
    TARGETS,
    Trace,
    draw_trace,
    seeds_sentence,
    series_names,
    steps_label,
    target_line,
    target_name,
    trace,
    value_limits,
)
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.types import FloatArray, History

WIDTH, HEIGHT, GAP, LEGEND = 2.55, 1.2, 0.55, 0.34
WIDTHS = {1: 4.2, 2: 3.2}
TOGETHER = {"D(real)": "D", "D(fake)": "D", "critic(real)": "critic", "critic(fake)": "critic"}
SHORT = {"gradient norm": "|∇|"}
"""How a column is called in a legend that names the update too."""
MOST_PANELS = 8


@dataclass(frozen=True)
class _Plot:
    """Series that share a panel, by label."""

    series: Mapping[str, Trace]
    targets: tuple[float, ...]


def loss_curves(
    histories: Mapping[str, Sequence[History]],
    source: str,
    *,
    rows: Sequence[str] | None = None,
    events: Mapping[str, Sequence[Sequence[TrainingEvent]]] | None = None,
    targets: Mapping[str, float] = TARGETS,
    title: str = "Losses and monitors in training",
    caption: str = "",
    theme: ThemeName = "light",
    points: int = 150,
) -> Figure:
    """Draw what was recorded in training, over seeds: models from left to right, losses and monitors below each.

    The losses of a model's updates share a panel, and so do D(real) and D(fake). A series that is
    only another one of its update rescaled and shifted (a term that is the whole loss; the ELBO
    beside the loss of a VAE) is not drawn twice, unless theory names a value for it. Up to four
    seeds are thin lines with their median; more are a median and a band from the 10th to the 90th
    percentile. Dotted lines are what theory says: 1/2 for D and its accuracy, -log 4 for V. A cross
    marks where a seed diverged; other events of training are marked at the top of the first panel.

    Args:
        histories: By row, one history for each seed.
        source: The source's name.
        rows: All rows of the comparison, in order: it fixes the colours. By default those in
            `histories`.
        events: By row, what happened to each seed in training.
        targets: Theoretical values by the name of a monitor.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.
        points: Bins along the steps; each shows the mean of its steps, and the axis label says of
            how many.

    Raises:
        InputError: When there is no row, or `points` is below 2.
    """
    if not histories:
        raise InputError("loss curves need the histories of at least one model, got none")
    if points < 2:
        raise InputError(f"points must be at least 2, got {points}")
    with drawing(theme) as look:
        styles = row_styles([*(rows or ()), *histories], look)
        plots = {row: _plots(list(runs), targets, points) for row, runs in histories.items()}
        details = {row: _detail(runs) for row, runs in histories.items()}
        happened = {row: list((events or {}).get(row, ())) for row in histories}
        seeds = seeds_sentence([len(runs) for runs in histories.values() if runs])
        marks = explain_marks(one for runs in happened.values() for one in runs)
        caption = " ".join(filter(None, (caption, seeds, marks)))
        title = f"{title}: {source}"
        width = WIDTHS.get(len(plots), WIDTH)
        whole = MARGIN + len(plots) * (width + GAP) + 0.1
        top = headline_height(title, caption, whole) + header_height(details, width)
        lines = max([1, *(min(len(column), MOST_PANELS) for column in plots.values())])
        below = 0.6 if any(len(column) > MOST_PANELS for column in plots.values()) else 0.45
        figure = Figure(figsize=(whole, top + lines * (HEIGHT + LEGEND) + below))
        headline(figure, look, title, caption)
        for i, (row, column) in enumerate(plots.items()):
            place = (MARGIN + GAP - 0.1 + i * (width + GAP), top, width)
            first = _draw_column(figure, look, place, row, column, styles[row], details[row])
            if first is not None:
                draw_events(first, look, happened[row], styles[row].colour)
        return figure


def _detail(runs: Sequence[History]) -> str:
    lost = sum(history.broken for history in runs)
    return f"{lost} of {len(runs)} diverged" if lost else ""


def _plots(runs: Sequence[History], targets: Mapping[str, float], points: int) -> list[_Plot]:
    """Group the recorded series into panels: losses first, the rest in the order recorded."""
    groups: dict[str, list[str]] = {}
    shown: dict[str, list[str]] = {}
    for full in sorted(series_names(runs), key=lambda name: name.rpartition("/")[2] != "loss"):
        update, _, name = full.rpartition("/")
        if name in targets or not any(
            _says_the_same(runs, full, other) for other in shown.get(update, ())
        ):
            groups.setdefault(TOGETHER.get(name, name), []).append(full)
            shown.setdefault(update, []).append(full)
    plots = []
    for group in groups.values():
        names = [full.rpartition("/")[2] for full in group]
        plain = len(set(names)) == len(names) and names[0] != "loss"
        labels = (
            names
            if plain
            else [f"{full.rpartition('/')[0]} {SHORT.get(names[0], names[0])}" for full in group]
        )
        series = {
            label: trace(runs, full, points=points)
            for label, full in zip(labels, group, strict=True)
        }
        plots.append(
            _Plot(series, tuple(dict.fromkeys(targets[name] for name in names if name in targets)))
        )
    return [
        plot
        for plot in plots
        if any(np.isfinite(data.values).any() for data in plot.series.values())
    ]


def _says_the_same(runs: Sequence[History], name: str, other: str) -> bool:
    """Whether one series is a + b times another in every run, as the ELBO is of a VAE's loss."""
    pairs = [
        (run.series[name], run.series[other])
        for run in runs
        if name in run.series and other in run.series
    ]
    return bool(pairs) and all(
        _affine(np.asarray(y, float), np.asarray(x, float)) for y, x in pairs
    )


def _affine(y: FloatArray, x: FloatArray) -> bool:
    finite = np.isfinite(x) & np.isfinite(y)
    if finite.sum() < 3:
        return bool(np.array_equal(x, y, equal_nan=True))
    x, y = x[finite] - x[finite].mean(), y[finite] - y[finite].mean()
    residual = y - x * (x @ y) / max(float(x @ x), 1e-300)
    return bool(np.abs(residual).max() <= 1e-4 * np.abs(y).max())


def _draw_column(
    figure: Figure,
    theme: Theme,
    place: tuple[float, float, float],
    row: str,
    plots: list[_Plot],
    style: RowStyle,
    detail: str,
) -> Axes | None:
    """Draw the panels of one row; returns the first, or None where there is nothing to draw."""
    left, top, width = place
    header(figure, theme, left, top, width, row, style.colour, detail=detail)
    if not plots:
        empty(panel(figure, left, top, width, HEIGHT), theme, "no history", width)
        return None
    panels = []
    shown = plots[:MOST_PANELS]
    for i, plot in enumerate(shown):
        axes = panel(figure, left, top + i * (HEIGHT + LEGEND) + LEGEND, width, HEIGHT)
        panels.append(axes)
        _draw_plot(axes, theme, plot, style, width)
        last = i == len(shown) - 1
        axes.tick_params(labelbottom=last)
        if last:
            label = steps_label(
                [data for shown_plot in shown for data in shown_plot.series.values()]
            )
            hidden = len(plots) - len(shown)
            axes.set_xlabel(f"{label}\n{hidden} more recorded, not shown" if hidden else label)
    return panels[0]


def _draw_plot(axes: Axes, theme: Theme, plot: _Plot, style: RowStyle, width: float) -> None:
    entries: dict[str, Artist] = {}
    for i, (label, data) in enumerate(plot.series.items()):
        entries[label] = draw_trace(axes, theme, data, style.colour, dashed=i % 2 == 1)
    for value in plot.targets:
        entries[target_name(value)] = target_line(axes, theme, value)
    remark = value_limits(axes, list(plot.series.values()), plot.targets)
    if remark:
        note(axes, theme, remark, place="inside")
    last = max(float(data.steps.max(initial=1)) for data in plot.series.values())
    axes.set_xlim(0, 1.01 * last)
    legend_above(axes, entries, width)
