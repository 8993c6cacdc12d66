"""Scores of one source as a forest plot: a dot and a 95 % interval for each row, a panel for each metric."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from genzoo.errors import InputError
from genzoo.figures.layout import (
    LINE,
    MARGIN,
    few_ticks,
    headline,
    headline_height,
    log_ticks,
    panel,
    write,
    write_lines,
)
from genzoo.figures.style import (
    BODY,
    CONTROLS,
    HEADING,
    SMALL,
    RowStyle,
    Theme,
    ThemeName,
    drawing,
    row_styles,
)
from genzoo.figures.text import literal, number, shorten, text_width, wrap
from genzoo.results.table import Cell, Column, SourceTable

WIDTH, NUMBERS, GAP, ROW = 1.85, 0.94, 0.12, 0.29
PER_LINE = 4
TITLE_HEIGHT, TICKS = 0.46, 0.42
BETTER = {"min": "↓ lower is better", "max": "↑ higher is better"}


def score_figure(
    table: SourceTable,
    *,
    optima: Mapping[str, float] | None = None,
    title: str = "Scores",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw every cell of a table: mean over seeds and 95 % interval, metrics side by side.

    Controls have hollow markers; the oracle's interval is shaded through all rows. The axis is
    logarithmic where the means are positive and differ more than thirtyfold. A control far off the
    models is an arrow at the edge; its number stands at the right like everyone's. Cells without a
    value say n/a and why.

    Args:
        table: The table of one source; the order of its rows fixes the colours.
        optima: By metric, the value of a perfect model, drawn as a dotted line.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When the table has no row or no column.
    """
    if not table.rows or not table.columns:
        raise InputError(
            f"the table of {table.source!r} has no rows or no columns: there is nothing to draw"
        )
    with drawing(theme) as look:
        styles = row_styles(table.rows, look)
        caption = " ".join(filter(None, (caption, _explanation(table, optima))))
        title = f"{title}: {table.source}"
        names = min(max(text_width(literal(row), BODY) for row in table.rows) + 0.05, 2.0)
        columns = min(len(table.columns), PER_LINE)
        lines = math.ceil(len(table.columns) / columns)
        columns = math.ceil(len(table.columns) / lines)
        rows_height = ROW * len(table.rows)
        width = max(
            MARGIN + names + 0.12 + columns * (WIDTH + NUMBERS + GAP) - GAP + MARGIN / 2, 4.6
        )
        top = headline_height(title, caption, width)
        frame_tops = []
        for line in range(lines):
            titles = [
                _title(column) for column in table.columns[line * columns : (line + 1) * columns]
            ]
            frame_tops.append(
                top + TITLE_HEIGHT + HEADING * LINE * max(title.count("\n") for title in titles)
            )
            top = frame_tops[-1] + rows_height + TICKS
        figure = Figure(figsize=(width, top))
        headline(figure, look, title, caption)
        for i, column in enumerate(table.columns):
            line, place = divmod(i, columns)
            frame_top = frame_tops[line]
            left = MARGIN + names + 0.12 + place * (WIDTH + NUMBERS + GAP)
            if place == 0:
                _write_names(figure, table.rows, names, frame_top)
            _write_title(figure, look, column, (optima or {}).get(column.name), left, frame_top)
            axes = panel(figure, left, frame_top, WIDTH, rows_height)
            _draw_panel(axes, look, table, column, styles, (optima or {}).get(column.name))
        return figure


def _explanation(table: SourceTable, optima: Mapping[str, float] | None) -> str:
    single = any(cell.error and cell.low is None for cell in table.cells.values())
    several = any(cell.low is not None for cell in table.cells.values())
    parts = ["Dots: means over seeds"] if several or not single else ["Dots: one seed"]
    parts += ["bars: 95 % intervals"] * (several or not single)
    parts += ["thin bars: a single value and its own standard error"] * single
    parts += ["hollow: controls"] * any(row in CONTROLS for row in table.rows)
    parts += ["shaded: the oracle"] * ("oracle" in table.rows)
    parts += ["dotted: a perfect model"] * any(
        column.name in (optima or {}) for column in table.columns
    )
    return "; ".join(parts) + "."


def _write_names(figure: Figure, rows: tuple[str, ...], width: float, top: float) -> None:
    for i, row in enumerate(rows):
        long = text_width(literal(row), BODY) > width
        size = SMALL if long else BODY
        text = wrap(row, width, size, lines=2)
        style = "italic" if row in CONTROLS else "normal"
        write(
            figure,
            MARGIN,
            top + (i + 0.5) * ROW,
            text,
            va="center",
            fontsize=size,
            fontstyle=style,
            linespacing=1.0,
        )


def _write_title(
    figure: Figure, theme: Theme, column: Column, optimum: float | None, left: float, top: float
) -> None:
    write_lines(
        figure,
        left,
        top - 0.11 - SMALL * LINE,
        _title(column).split("\n"),
        HEADING,
        fontweight="bold",
    )
    aim = "the oracle" if optimum is None else number(optimum)
    better = BETTER.get(column.direction, f"◎ nearer {aim} is better")
    write(figure, left, top - 0.08, better, va="baseline", fontsize=SMALL, color=theme.muted)


def _title(column: Column) -> str:
    label = f"{column.label} [{column.unit}]" if column.unit else column.label
    return wrap(label, WIDTH + NUMBERS - 0.05, HEADING, lines=2, weight="bold")


def _draw_panel(
    axes: Axes,
    theme: Theme,
    table: SourceTable,
    column: Column,
    styles: Mapping[str, RowStyle],
    optimum: float | None,
) -> None:
    cells = {
        row: table.cells.get((row, column.name), Cell(None, reason="not measured"))
        for row in table.rows
    }
    scale = _scale(cells, optimum)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xscale("log" if scale.log else "linear")
    axes.set_xlim(scale.low, scale.high)
    if scale.log:
        log_ticks(axes.xaxis)
    else:
        plain = 1e-3 <= max(abs(scale.low), abs(scale.high)) < 1e4
        few_ticks(axes, x=4 if plain else 2, y=0)
        if not plain:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.grid(axis="x")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    controls = [i for i, row in enumerate(cells) if row in CONTROLS]
    if controls and controls[0] > 0:
        axes.axhline(controls[0] - 0.5, color=theme.rule, linewidth=0.8)
    oracle = cells.get("oracle")
    if oracle is not None and oracle.low is not None and oracle.high is not None:
        axes.axvspan(oracle.low, oracle.high, color=theme.shades[1], linewidth=0, zorder=0)
    if oracle is not None and oracle.mean is not None:
        axes.axvline(oracle.mean, color=theme.shades[2], linewidth=1.5, zorder=0.5)
    if optimum is not None:
        axes.axvline(optimum, color=theme.target, linestyle=(0, (1, 1.6)), linewidth=1.0, zorder=1)
    for i, (row, cell) in enumerate(cells.items()):
        _draw_cell(axes, theme, i, cell, styles[row], scale)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    log: bool


def _scale(cells: Mapping[str, Cell], optimum: float | None) -> _Scale:
    """Limits that show the models and the oracle; another control only where it does not squeeze them."""
    every = [value for cell in cells.values() for value in _values(cell)]
    means = [
        cell.mean for cell in cells.values() if cell.mean is not None and math.isfinite(cell.mean)
    ]
    if not every:
        return _Scale(0.0, 1.0, log=False)
    aims = [] if optimum is None else [optimum]
    if min(means) > 0 and max(means) > 30 * min(means) and all(aim > 0 for aim in aims):
        positive = [max(value, 0.2 * min(means)) for value in (*every, *aims)]
        return _Scale(min(positive) / 1.5, max(positive) * 1.5, log=True)
    core = [
        value
        for row, cell in cells.items()
        if row not in CONTROLS or row == "oracle"
        for value in _values(cell)
    ]
    core = [*(core or every), *aims]
    low, high = min(core), max(core)
    reach = 2 * (high - low)
    kept = [value for value in every if low - reach <= value <= high + reach]
    low, high = min([low, *kept]), max([high, *kept])
    pad = 0.07 * (high - low) or 0.1 * max(abs(high), 0.1)
    return _Scale(low - pad, high + pad, log=False)


def _values(cell: Cell) -> list[float]:
    return [
        value for value in (cell.mean, *_ends(cell)) if value is not None and math.isfinite(value)
    ]


def _ends(cell: Cell) -> tuple[float | None, float | None]:
    """Of the interval; of a single value, one standard error to both sides."""
    if cell.low is None and cell.error and cell.mean is not None:
        return cell.mean - cell.error, cell.mean + cell.error
    return cell.low, cell.high


def _draw_cell(
    axes: Axes, theme: Theme, i: int, cell: Cell, style: RowStyle, scale: _Scale
) -> None:
    beside: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "va": "center_baseline",
        "fontsize": SMALL,
    }
    if cell.mean is None or not math.isfinite(cell.mean):
        axes.text(1.03, i, "n/a", color=theme.muted, **beside)
        reason = shorten(literal(cell.reason or "no value"), WIDTH - 0.1, SMALL)
        axes.text(0.5, i, reason, color=theme.muted, ha="center", style="italic", **beside)
        return
    text, counted = _number_text(cell)
    axes.text(1.03, i, text, color=theme.text, **beside)
    if counted:
        start = 1.03 + text_width(text + " ", SMALL) / WIDTH
        axes.text(start, i, counted, color=theme.muted, **beside)
    place = min(max(cell.mean, scale.low), scale.high)
    if place != cell.mean:
        arrow = ">" if cell.mean > place else "<"
        axes.plot(place, i, marker=arrow, ms=6, color=style.colour, clip_on=False, zorder=4)
        return
    low, high = _ends(cell)
    if low is not None and high is not None:
        ends = [max(low, scale.low), min(high, scale.high)]
        width = 2.0 if cell.low is not None else 1.0
        axes.plot(
            ends, [i, i], color=style.colour, linewidth=width, solid_capstyle="butt", zorder=2
        )
    face = theme.background if style.control else style.colour
    axes.plot(
        place,
        i,
        marker=style.marker,
        ms=6,
        mew=1.4,
        mfc=face,
        mec=style.colour,
        zorder=3,
        clip_on=False,
    )


def _number_text(cell: Cell) -> tuple[str, str]:
    """The number as written beside the panel, and after it runs finished of all (when some failed) and the flag."""
    sign = {"lower": "≥ ", "upper": "≤ "}.get(cell.bound, "")
    counted = f"{cell.finished}/{cell.total}" if cell.finished < cell.total else ""
    extra = " ".join(filter(None, (counted, cell.flag and literal(cell.flag))))
    low, high = _ends(cell)
    half = None if low is None or high is None else (high - low) / 2
    text = sign + number(cell.mean or 0.0, half)
    return text, shorten(
        extra, max(NUMBERS - 0.12 - text_width(text, SMALL), 0.1), SMALL
    ) if extra else ""
