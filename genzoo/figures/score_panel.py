"""A panel of the forest plot: one metric of one source, a line for each row."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from genzoo.figures.layout import few_ticks, hide_spines, log_ticks
from genzoo.figures.style import CONTROLS, SMALL, RowStyle, Theme
from genzoo.figures.text import literal, number, shorten, text_width
from genzoo.results.table import Cell, Column, SourceTable

WIDTH, NUMBERS = 1.85, 0.94
"""Widths of the frame and of the numbers to its right, in inches."""
BESIDE = 1.03
"""Where the numbers begin, in widths of the frame."""


def draw_panel(
    axes: Axes,
    theme: Theme,
    table: SourceTable,
    column: Column,
    styles: Mapping[str, RowStyle],
    optimum: float | None,
) -> None:
    """Draw the cells of a metric, and write their numbers beside the frame.

    Args:
        axes: A frame that is `WIDTH` inches wide.
        theme: Where the colours come from.
        table: The table of one source.
        column: The metric that is drawn.
        styles: By row, how it is drawn.
        optimum: The value of a perfect model, in the metric's unit.
    """
    cells = {}
    for row in table.rows:
        cells[row] = table.cells.get((row, column.name), Cell(None, reason="not measured"))
    scale = _scale(cells, optimum)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.set_yticks([])
    _draw_scale(axes, scale)
    controls = [i for i, row in enumerate(cells) if row in CONTROLS]
    if controls and controls[0] > 0:
        axes.axhline(controls[0] - 0.5, color=theme.rule, linewidth=0.8)
    if "oracle" in cells:
        _draw_oracle(axes, theme, cells["oracle"])
    if optimum is not None:
        dotted: dict[str, Any] = {"linestyle": (0, (1, 1.6)), "linewidth": 1.0, "zorder": 1}
        axes.axvline(optimum, color=theme.target, **dotted)
    for i, (row, cell) in enumerate(cells.items()):
        if cell.mean is None or not math.isfinite(cell.mean):
            _write_reason(axes, theme, i, cell)
        else:
            _write_number(axes, theme, i, cell)
            _draw_interval(axes, theme, i, cell, cell.mean, styles[row], scale)


@dataclass(frozen=True)
class _Scale:
    """Limits of a panel's axis, and whether it is logarithmic."""

    low: float
    high: float
    log: bool


def _scale(cells: Mapping[str, Cell], optimum: float | None) -> _Scale:
    """Limits that show the models and the oracle.

    Another control is within them only where it does not squeeze the rest.
    """
    means: list[float] = []
    every: list[float] = []
    core: list[float] = []
    for row, cell in cells.items():
        values = _values(cell)
        every += values
        if row not in CONTROLS or row == "oracle":
            core += values
        if cell.mean is not None and math.isfinite(cell.mean):
            means.append(cell.mean)
    if not means:
        return _Scale(0.0, 1.0, log=False)
    aims = []
    if optimum is not None:
        aims.append(optimum)
    least = min(means)
    if min([least, *aims]) > 0 and max(means) > 30 * least:
        positive = np.maximum([*every, *aims], 0.2 * least)
        return _Scale(float(positive.min()) / 1.5, float(positive.max()) * 1.5, log=True)
    core = [*(core or every), *aims]
    low, high = min(core), max(core)
    reach = 2 * (high - low)
    near = [value for value in every if low - reach <= value <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    pad = 0.07 * (high - low) or 0.1 * max(abs(high), 0.1)
    return _Scale(low - pad, high + pad, log=False)


def _draw_scale(axes: Axes, scale: _Scale) -> None:
    axes.set_xscale("log" if scale.log else "linear")
    axes.set_xlim(scale.low, scale.high)
    if scale.log:
        log_ticks(axes.xaxis)
    elif 1e-3 <= max(abs(scale.low), abs(scale.high)) < 1e4:
        few_ticks(axes, x=4, y=0)
    else:
        few_ticks(axes, x=2, y=0)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.grid(axis="x")
    hide_spines(axes, "top", "right", "left")


def _draw_oracle(axes: Axes, theme: Theme, oracle: Cell) -> None:
    if oracle.low is not None and oracle.high is not None:
        axes.axvspan(oracle.low, oracle.high, color=theme.shades[1], linewidth=0, zorder=0)
    if oracle.mean is not None:
        axes.axvline(oracle.mean, color=theme.shades[2], linewidth=1.5, zorder=0.5)


def _values(cell: Cell) -> list[float]:
    """The mean and the ends of the interval, those that are finite."""
    values = []
    for value in (cell.mean, *_ends(cell)):
        if value is not None and math.isfinite(value):
            values.append(value)
    return values


def _ends(cell: Cell) -> tuple[float | None, float | None]:
    """The ends of the interval; of a single value, one standard error to both sides."""
    if cell.low is None and cell.error and cell.mean is not None:
        return cell.mean - cell.error, cell.mean + cell.error
    return cell.low, cell.high


def _write_reason(axes: Axes, theme: Theme, i: int, cell: Cell) -> None:
    """Say that a cell holds no value, and why."""
    style: dict[str, Any] = {"va": "center_baseline", "fontsize": SMALL, "color": theme.muted}
    across = axes.get_yaxis_transform()
    axes.text(BESIDE, i, "n/a", transform=across, **style)
    reason = shorten(literal(cell.reason or "no value"), WIDTH - 0.1, SMALL)
    axes.text(0.5, i, reason, transform=across, ha="center", style="italic", **style)


def _write_number(axes: Axes, theme: Theme, i: int, cell: Cell) -> None:
    """Write a cell's number; after it runs finished of all (when some failed) and the flag."""
    low, high = _ends(cell)
    half_width = None
    if low is not None and high is not None:
        half_width = (high - low) / 2
    sign = {"lower": "≥ ", "upper": "≤ "}.get(cell.bound, "")
    text = sign + number(cell.mean or 0.0, half_width)
    style: dict[str, Any] = {"va": "center_baseline", "fontsize": SMALL}
    across = axes.get_yaxis_transform()
    axes.text(BESIDE, i, text, transform=across, color=theme.text, **style)
    remarks = []
    if cell.finished < cell.total:
        remarks.append(f"{cell.finished}/{cell.total}")
    if cell.flag:
        remarks.append(literal(cell.flag))
    if remarks:
        room = max(NUMBERS - 0.12 - text_width(text, SMALL), 0.1)
        start = BESIDE + text_width(text + " ", SMALL) / WIDTH
        remark = shorten(" ".join(remarks), room, SMALL)
        axes.text(start, i, remark, transform=across, color=theme.muted, **style)


def _draw_interval(
    axes: Axes, theme: Theme, i: int, cell: Cell, mean: float, style: RowStyle, scale: _Scale
) -> None:
    """Draw a dot and its interval, or an arrow at the edge for a mean beyond the limits."""
    if not scale.low <= mean <= scale.high:
        place, arrow = scale.low, "<"
        if mean > scale.high:
            place, arrow = scale.high, ">"
        axes.plot(place, i, marker=arrow, ms=6, color=style.colour, clip_on=False, zorder=4)
        return
    low, high = _ends(cell)
    if low is not None and high is not None:
        ends = [max(low, scale.low), min(high, scale.high)]
        bar: dict[str, Any] = {"color": style.colour, "solid_capstyle": "butt", "zorder": 2}
        axes.plot(ends, [i, i], linewidth=1.0 if cell.low is None else 2.0, **bar)
    dot: dict[str, Any] = {"marker": style.marker, "ms": 6, "mew": 1.4, "mec": style.colour}
    face = theme.background if style.control else style.colour
    axes.plot(mean, i, mfc=face, zorder=3, clip_on=False, **dot)
