"""Losses and monitors over training, a column for each model."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.arrays import FloatArray
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
from genzoo.figures.style import Theme, ThemeName, drawing, row_styles
from genzoo.figures.text import sentences
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
from genzoo.results.types import (
    History,
)

WIDTH, HEIGHT, GAP, LEGEND = 2.55, 1.2, 0.55, 0.34
WIDTHS = {1: 4.2, 2: 3.2}
TOGETHER = {"D(real)": "D", "D(fake)": "D", "critic(real)": "critic", "critic(fake)": "critic"}
SHORT = {"gradient norm": "|∇|"}
"""How a column is called in a legend that names the update too."""
MOST_PANELS = 8


@dataclass(frozen=True)
class _Plot:
    """Series that share a panel, by label, and theoretical values by theirs."""

    series: Mapping[str, Trace]
    targets: Mapping[str, float]


@dataclass(frozen=True)
class _Column:
    """What is drawn of one row; events are those of each seed."""

    row: str
    colour: str
    detail: str
    plots: Sequence[_Plot]
    events: Sequence[Sequence[TrainingEvent]]


def loss_curves(
    histories: Mapping[str, Sequence[History]],
    source: str,
    *,
    rows: Sequence[str] | None = None,
    events: Mapping[str, Sequence[Sequence[TrainingEvent]]] | None = None,
    targets: Mapping[str, float] = TARGETS,
    least: Mapping[str, float] | None = None,
    title: str = "Losses and monitors in training",
    caption: str = "",
    theme: ThemeName = "light",
    points: int = 150,
) -> Figure:
    """Draw what was recorded in training, over seeds.

    Models stand from left to right, losses and monitors below each. The losses of a model's updates
    share a panel, and so do D(real) and D(fake). A series that is only another one of its update
    rescaled and shifted (a term that is the whole loss; the ELBO beside the loss of a VAE) is not
    drawn twice, unless theory names a value for it. Up to four seeds are thin lines with their
    median; more are a median and a band from the 10th to the 90th percentile. Dotted lines are what
    theory says: 1/2 for D and its accuracy, -log 4 for V, and the least loss where it is known. A
    cross marks where a seed diverged; other events of training are marked at the top of the first
    panel.

    Args:
        histories: By row, one history for each seed.
        source: The source's name.
        rows: All rows of the comparison, in order: it fixes the colours. By default those in
            `histories`.
        events: By row, what happened to each seed in training.
        targets: Theoretical values by the name of a monitor.
        least: By row, the least loss that any network can reach, see `genzoo.irreducible_loss`.
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
        columns = []
        for row, runs in histories.items():
            plots = _plots(list(runs), targets, points, (least or {}).get(row))
            happened = list((events or {}).get(row, ()))
            columns.append(_Column(row, styles[row].colour, _detail(runs), plots, happened))
        seeds = seeds_sentence([len(runs) for runs in histories.values() if runs])
        happened = list(itertools.chain.from_iterable(column.events for column in columns))
        caption = sentences(caption, seeds, explain_marks(happened))
        title = f"{title}: {source}"
        width = WIDTHS.get(len(columns), WIDTH)
        whole = MARGIN + len(columns) * (width + GAP) + 0.1
        details = {column.row: column.detail for column in columns}
        top = headline_height(title, caption, whole) + header_height(details, width)
        longest = max(len(column.plots) for column in columns)
        lines = min(max(longest, 1), MOST_PANELS)
        below = 0.6 if longest > MOST_PANELS else 0.45
        figure = Figure(figsize=(whole, top + lines * (HEIGHT + LEGEND) + below))
        headline(figure, look, title, caption)
        for i, column in enumerate(columns):
            left = MARGIN + GAP - 0.1 + i * (width + GAP)
            _draw_column(figure, look, (left, top), width, column)
        return figure


def _detail(runs: Sequence[History]) -> str:
    lost = sum(history.broken for history in runs)
    if not lost:
        return ""
    return f"{lost} of {len(runs)} diverged"


def _plots(
    runs: Sequence[History], targets: Mapping[str, float], points: int, least: float | None
) -> list[_Plot]:
    """Group the recorded series into panels: losses first, the rest in the order recorded."""
    plots = []
    for full_names in _groups(runs, targets):
        names = [full.rpartition("/")[2] for full in full_names]
        series = {}
        for label, full in zip(_labels(full_names, names), full_names, strict=True):
            series[label] = trace(runs, full, points=points)
        aims = {}
        for name in names:
            if name in targets:
                aims[target_name(targets[name])] = targets[name]
            if name == "loss" and least is not None:
                aims[f"least {target_name(least)}"] = least
        if any(np.isfinite(data.values).any() for data in series.values()):
            plots.append(_Plot(series, aims))
    return plots


def _groups(runs: Sequence[History], targets: Mapping[str, float]) -> list[list[str]]:
    """Recorded names that share a panel; a series that says the same as another is left out."""
    groups: dict[str, list[str]] = {}
    shown: dict[str, list[str]] = {}
    for full in sorted(series_names(runs), key=lambda name: name.rpartition("/")[2] != "loss"):
        update, _, name = full.rpartition("/")
        others = shown.setdefault(update, [])
        repeated = any(_says_the_same(runs, full, other) for other in others)
        if name in targets or not repeated:
            groups.setdefault(TOGETHER.get(name, name), []).append(full)
            others.append(full)
    return list(groups.values())


def _labels(full_names: Sequence[str], names: Sequence[str]) -> Sequence[str]:
    """Labels in a panel's legend: the names alone where these tell the series apart."""
    if len(set(names)) == len(names) and names[0] != "loss":
        return names
    short = SHORT.get(names[0], names[0])
    return [f"{full.rpartition('/')[0]} {short}" for full in full_names]


def _says_the_same(runs: Sequence[History], name: str, other: str) -> bool:
    """Whether one series is a + b times another in every run, as the ELBO is of a VAE's loss."""
    compared = False
    for run in runs:
        if name in run.series and other in run.series:
            y, x = np.asarray(run.series[name], float), np.asarray(run.series[other], float)
            if not _affine(y, x):
                return False
            compared = True
    return compared


def _affine(y: FloatArray, x: FloatArray) -> bool:
    """Whether y = a + b x up to a ten-thousandth; of fewer than three values, whether y = x."""
    finite = np.isfinite(x) & np.isfinite(y)
    if finite.sum() < 3:
        return bool(np.array_equal(x, y, equal_nan=True))
    x, y = x[finite] - x[finite].mean(), y[finite] - y[finite].mean()
    residual = y - x * (x @ y) / max(float(x @ x), 1e-300)
    return bool(np.abs(residual).max() <= 1e-4 * np.abs(y).max())


def _draw_column(
    figure: Figure, theme: Theme, place: tuple[float, float], width: float, column: _Column
) -> None:
    """Draw the panels of one row, and the events of its training in the first."""
    left, top = place
    header(figure, theme, left, top, width, column.row, column.colour, detail=column.detail)
    if not column.plots:
        empty(panel(figure, left, top, width, HEIGHT), theme, "no history", width)
        return
    shown = column.plots[:MOST_PANELS]
    traces: list[Trace] = []
    for i, plot in enumerate(shown):
        axes = panel(figure, left, top + i * (HEIGHT + LEGEND) + LEGEND, width, HEIGHT)
        _draw_plot(axes, theme, plot, column.colour, width)
        axes.tick_params(labelbottom=plot is shown[-1])
        if i == 0:
            draw_events(axes, theme, column.events, column.colour)
        traces += plot.series.values()
    label = steps_label(traces)
    hidden = len(column.plots) - len(shown)
    if hidden:
        label = f"{label}\n{hidden} more recorded, not shown"
    axes.set_xlabel(label)


def _draw_plot(axes: Axes, theme: Theme, plot: _Plot, colour: str, width: float) -> None:
    traces = list(plot.series.values())
    entries: dict[str, Artist] = {}
    for i, (label, data) in enumerate(plot.series.items()):
        entries[label] = draw_trace(axes, theme, data, colour, dashed=i % 2 == 1)
    for label, value in plot.targets.items():
        entries[label] = target_line(axes, theme, value)
    remark = value_limits(axes, traces, tuple(plot.targets.values()))
    if remark:
        note(axes, theme, remark, place="inside")
    last = max(float(data.steps.max(initial=1)) for data in traces)
    axes.set_xlim(0, 1.01 * last)
    legend_above(axes, entries, width)
