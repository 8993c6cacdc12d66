"""Curves between a lower and an upper bound, and what the discriminator says in training."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.arrays import numbers, read_sample, read_truth
from genzoo.figures.curves import bundle
from genzoo.figures.layout import (
    MARGIN,
    empty,
    few_ticks,
    header,
    header_height,
    headline,
    headline_height,
    legend_above,
    note,
    panel,
    plain_legend,
)
from genzoo.figures.style import (
    RowStyle,
    Theme,
    ThemeName,
    drawing,
    row_detail,
    row_styles,
)
from genzoo.figures.text import percent, sentences
from genzoo.figures.traces import (
    TARGETS,
    draw_trace,
    find_series,
    seeds_sentence,
    steps_label,
    target_line,
    target_name,
    trace,
    value_limits,
)
from genzoo.results.types import (
    History,
)

SIZES = {2: 3.4, 3: 2.4}
"""Side of a panel in inches by the number of columns; 1.8 with more than three."""
GAP, LEFT = 0.12, 0.45
MONITORS = {"D(real)": "D accuracy: mean of D(real)", "V": "value V(D, G)"}
MONITOR_HEIGHT = 1.7


def curve_training_figure(
    grid: Any,
    lower: Any,
    upper: Any,
    truth_curves: Any,
    generated_curves: Mapping[str, Any],
    histories: Mapping[str, Sequence[History]],
    *,
    rows: Sequence[str] | None = None,
    bound_labels: tuple[str, str] = ("lower bound", "upper bound"),
    title: str = "Curves between their bounds, and the discriminator beside its targets",
    caption: str = "",
    theme: ThemeName = "light",
    points: int = 150,
) -> Figure:
    """Draw generated curves between two bounds.

    Below stand D(real) and V in training, for the rows that record them. Targets are those of
    Goodfellow et al. (2014): D(real) = 1/2 and V = -log 4. Under each panel stands the share of
    curves that lie wholly between the bounds. Neither target proves convergence on its own: look at
    the curves.

    Args:
        grid: Where the curves are taken, `(L,)`.
        lower: The lower bound on the grid, `(L,)`.
        upper: The upper bound on the grid, `(L,)`.
        truth_curves: Real curves `(n, L)`.
        generated_curves: By row, curves `(m, L)`; None for a diverged run.
        histories: By row, one history for each seed; rows without D(real) and V are passed over.
        rows: All rows of the comparison, in order: it fixes the colours.
        bound_labels: Names of the bounds.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.
        points: Bins along the training steps; each shows the mean of its steps.

    Raises:
        InputError: When shapes do not agree.
    """
    x = numbers(grid, "the grid")
    bounds = numbers(lower, "the lower bound"), numbers(upper, "the upper bound")
    truth = read_truth(truth_curves, "the true curves")
    if not truth.shape[1:] == x.shape == bounds[0].shape == bounds[1].shape:
        shapes = ", ".join(str(array.shape) for array in (x, *bounds, truth))
        raise InputError(
            f"grid, bounds and curves must have shapes (L,), (L,), (L,) and (n, L), got {shapes}"
        )
    with drawing(theme) as look:
        styles = row_styles([*(rows or ()), *generated_curves, *histories], look)
        watched = {row: runs for row, runs in histories.items() if _has_monitors(runs)}
        seeds = seeds_sentence([len(runs) for runs in watched.values()])
        if seeds:
            seeds = f"Below: {seeds[0].lower()}{seeds[1:]}"
        caption = sentences(caption, seeds)
        panels = 1 + len(generated_curves)
        lines = math.ceil(panels / 6)
        columns = max(math.ceil(panels / lines), 2)
        size = SIZES.get(columns, 1.8)
        width = MARGIN + LEFT + columns * (size + GAP)
        head = header_height({row: row_detail(row) for row in generated_curves}, size)
        top = headline_height(title, caption, width) + head
        pitch = size + 0.3 + head
        monitors_top = top + lines * pitch - head + 0.62
        height = monitors_top - 0.55
        if watched:
            height = monitors_top + MONITOR_HEIGHT + 0.45
        figure = Figure(figsize=(width, height))
        headline(figure, look, title, caption)
        band = _Band(x, bounds, truth, bound_labels, look, size)
        header(figure, look, MARGIN + LEFT, top, size, "truth", look.truth)
        band.draw_truth(panel(figure, MARGIN + LEFT, top, size, size))
        for i, (row, curves) in enumerate(generated_curves.items(), start=1):
            line, column = divmod(i, columns)
            left, here = MARGIN + LEFT + column * (size + GAP), top + line * pitch
            colour, detail = styles[row].colour, row_detail(row)
            header(figure, look, left, here, size, row, colour, detail=detail)
            band.draw(panel(figure, left, here, size, size), row, curves, colour)
        if watched:
            _draw_monitors(figure, look, watched, styles, monitors_top, points)
        return figure


def _has_monitors(runs: Sequence[History]) -> bool:
    return any(find_series(runs, name) for name in MONITORS)


class _Band:
    """The bounds, and a frame that shows them with room for curves that cross them."""

    def __init__(
        self,
        grid: FloatArray,
        bounds: tuple[FloatArray, FloatArray],
        truth: FloatArray,
        labels: tuple[str, str],
        theme: Theme,
        size: float,
    ) -> None:
        self.grid = grid
        self.bounds = bounds
        self.truth = truth
        self.labels = labels
        self.theme = theme
        self.size = size
        values = np.concatenate([*bounds, truth.ravel()])
        low, high = float(values.min()), float(values.max())
        pad = 0.2 * (high - low) or 0.5
        self.limits = (low - pad, high + pad)

    def draw_truth(self, axes: Axes) -> None:
        """Draw the true curves, with names of the bounds and tick labels."""
        lower, upper = self._draw_curves(axes, self.truth, self.theme.control)
        axes.tick_params(labelleft=True, labelbottom=True)
        entries = [(self.labels[1], upper), (self.labels[0], lower)]
        plain_legend(axes, entries, loc="upper center", handlelength=2.2, borderpad=0)

    def draw(self, axes: Axes, row: str, curves: Any, colour: str) -> None:
        """Draw the curves of a row; below, the share of them within the bounds."""
        if curves is None:
            empty(axes, self.theme, "diverged", self.size)
            return
        sample = read_sample(curves, f"the curves of {row!r}", self.grid.shape)
        if not len(sample.finite):
            reason = "diverged: no finite curve" if sample.n else "no samples"
            empty(axes, self.theme, reason, self.size)
            return
        self._draw_curves(axes, sample.finite, colour)
        axes.tick_params(labelleft=False, labelbottom=False)
        lower, upper = self.bounds
        tolerance = 1e-6 * (self.limits[1] - self.limits[0])
        above = sample.finite >= lower - tolerance
        below = sample.finite <= upper + tolerance
        within = (above & below).all(axis=1)
        note(axes, self.theme, f"{percent(within.sum() / sample.n)} within the bounds")

    def _draw_curves(self, axes: Axes, curves: FloatArray, colour: str) -> tuple[Line2D, Line2D]:
        """Draw finite curves over the bounds; returns the lines of the lower and the upper one."""
        lower, upper = self.bounds
        axes.fill_between(self.grid, lower, upper, color=self.theme.shades[0], linewidth=0)
        bundle(axes, self.grid, curves, colour)
        line: dict[str, Any] = {"color": self.theme.target, "linewidth": 1.2, "zorder": 3}
        (lower_line,) = axes.plot(self.grid, lower, linestyle=(0, (1, 1.4)), **line)
        (upper_line,) = axes.plot(self.grid, upper, linestyle=(0, (5, 2)), **line)
        axes.set(xlim=(self.grid.min(), self.grid.max()), ylim=self.limits)
        few_ticks(axes, x=3, y=3)
        return lower_line, upper_line


def _draw_monitors(
    figure: Figure,
    theme: Theme,
    histories: Mapping[str, Sequence[History]],
    styles: Mapping[str, RowStyle],
    top: float,
    points: int,
) -> None:
    first = MARGIN + LEFT
    width = (float(figure.get_size_inches()[0]) - first - LEFT - GAP - MARGIN - 0.1) / 2
    drawn: dict[str, Artist] = {}
    for i, (name, label) in enumerate(MONITORS.items()):
        axes = panel(figure, first + i * (width + LEFT + GAP), top, width, MONITOR_HEIGHT)
        traces = {}
        for row, runs in histories.items():
            full_name = find_series(runs, name)
            if full_name is not None:
                traces[row] = trace(runs, full_name, points=points)
        if not traces:
            empty(axes, theme, f"{name} was not recorded", width)
            continue
        for row, data in traces.items():
            style = styles[row]
            drawn[row] = draw_trace(axes, theme, data, style.colour, dashed=style.dashed)
        target = TARGETS[name]
        remark = value_limits(axes, list(traces.values()), [target])
        last = max(float(data.steps.max(initial=1)) for data in traces.values())
        axes.set_xlim(0, 1.01 * last)
        axes.set_xlabel(steps_label(list(traces.values())))
        axes.set_title(label, fontweight="bold")
        if remark:
            note(axes, theme, remark, place="inside")
        entry = {f"target {target_name(target)}": target_line(axes, theme, target)}
        legend_above(axes, entry, width, right=True)
    rows = panel(figure, first, top - 0.24, 2 * width + LEFT + GAP, 0.01)
    rows.set_axis_off()
    legend_above(rows, drawn, 2 * width + LEFT + GAP)
