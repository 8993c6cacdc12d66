"""Scores of one source as a forest plot.

Each metric has a panel, and in it each row a dot and a 95 % interval.
"""

import math
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.layout import (
    LINE,
    MARGIN,
    headline,
    headline_height,
    panel,
    write,
    write_lines,
)
from genzoo.figures.score_panel import NUMBERS, WIDTH, draw_panel
from genzoo.figures.style import (
    BODY,
    CONTROLS,
    HEADING,
    SMALL,
    Theme,
    ThemeName,
    drawing,
    row_styles,
)
from genzoo.figures.text import literal, number, sentences, text_width, widest, wrap
from genzoo.results.table import Column, SourceTable

GAP, ROW = 0.12, 0.29
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
        caption = sentences(caption, _explanation(table, optima))
        title = f"{title}: {table.source}"
        names = min(widest(table.rows) + 0.05, 2.0)
        most = min(len(table.columns), PER_LINE)
        lines = math.ceil(len(table.columns) / most)
        columns = math.ceil(len(table.columns) / lines)
        rows_height = ROW * len(table.rows)
        pitch = WIDTH + NUMBERS + GAP
        width = max(MARGIN + names + 0.12 + columns * pitch - GAP + MARGIN / 2, 4.6)
        top = headline_height(title, caption, width)
        frame_tops = []
        for start in range(0, len(table.columns), columns):
            names_above = [_title(column) for column in table.columns[start : start + columns]]
            breaks = max(name.count("\n") for name in names_above)
            frame_tops.append(top + TITLE_HEIGHT + HEADING * LINE * breaks)
            top = frame_tops[-1] + rows_height + TICKS
        figure = Figure(figsize=(width, top))
        headline(figure, look, title, caption)
        for i, column in enumerate(table.columns):
            line, place = divmod(i, columns)
            frame_top = frame_tops[line]
            left = MARGIN + names + 0.12 + place * pitch
            if place == 0:
                _write_names(figure, table.rows, names, frame_top)
            optimum = (optima or {}).get(column.name)
            _write_title(figure, look, column, optimum, left, frame_top)
            axes = panel(figure, left, frame_top, WIDTH, rows_height)
            draw_panel(axes, look, table, column, styles, optimum)
        return figure


def _explanation(table: SourceTable, optima: Mapping[str, float] | None) -> str:
    single = any(cell.error and cell.low is None for cell in table.cells.values())
    several = any(cell.low is not None for cell in table.cells.values())
    parts = ["Dots: one seed"]
    if several or not single:
        parts = ["Dots: means over seeds", "bars: 95 % intervals"]
    if single:
        parts.append("thin bars: a single value and its own standard error")
    if any(row in CONTROLS for row in table.rows):
        parts.append("hollow: controls")
    if "oracle" in table.rows:
        parts.append("shaded: the oracle")
    if any(column.name in (optima or {}) for column in table.columns):
        parts.append("dotted: a perfect model")
    return "; ".join(parts) + "."


def _write_names(figure: Figure, rows: tuple[str, ...], width: float, top: float) -> None:
    for i, row in enumerate(rows):
        is_long = text_width(literal(row), BODY) > width
        size = SMALL if is_long else BODY
        slant = "italic" if row in CONTROLS else "normal"
        text = wrap(row, width, size, lines=2)
        style: dict[str, Any] = {"va": "center", "fontsize": size, "fontstyle": slant}
        write(figure, MARGIN, top + (i + 0.5) * ROW, text, linespacing=1.0, **style)


def _write_title(
    figure: Figure, theme: Theme, column: Column, optimum: float | None, left: float, top: float
) -> None:
    lines = _title(column).split("\n")
    write_lines(figure, left, top - 0.11 - SMALL * LINE, lines, HEADING, fontweight="bold")
    aim = "the oracle" if optimum is None else number(optimum)
    better = BETTER.get(column.direction, f"◎ nearer {aim} is better")
    write(figure, left, top - 0.08, better, va="baseline", fontsize=SMALL, color=theme.muted)


def _title(column: Column) -> str:
    label = column.label
    if column.unit:
        label = f"{column.label} [{column.unit}]"
    return wrap(label, WIDTH + NUMBERS - 0.05, HEADING, lines=2, weight="bold")
