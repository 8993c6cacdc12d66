"""The whole zoo in one picture: models by sources, in each cell the score that ranks them."""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.layout import (
    LINE,
    MARGIN,
    headline,
    headline_height,
    panel,
    rule_cells,
    write,
    write_lines,
)
from genzoo.figures.style import BODY, CONTROLS, SMALL, Theme, ThemeName, drawing
from genzoo.figures.text import sentences, widest, wrap
from genzoo.results.table import Cell, Column, SourceTable, format_cell
from genzoo.results.verdict import STANDINGS, Standing

CELL_WIDTH, CELL_HEIGHT, GAP = 1.6, 0.36, 0.12
DARKEST = 0.45
ALONE, SHARED = "★", "☆"
EXPLANATION = f"{ALONE} {STANDINGS['best']}; {SHARED} {STANDINGS['lead']}; the bluer the better."
COSTS = ("parameters", "examples_seen", "training_seconds", "sampling_seconds", "evaluations")
"""Columns that say what a model costs, not how good it is."""


@dataclass(frozen=True)
class Lead:
    """What a table says about which model is closest.

    Attributes:
        column: The metric that decides.
        best: The models in front: one that is best beyond doubt, or the leader and those that
            cannot be told from it.
        standing: How the answer stands, see `genzoo.results.verdict.STANDINGS`.
    """

    column: Column
    best: tuple[str, ...]
    standing: Standing

    @property
    def settled(self) -> bool:
        """Whether one model is best beyond doubt."""
        return self.standing == "best"


def leading(table: SourceTable) -> Lead | None:
    """Which model is closest and by which metric; None where nothing decides or is ranked."""
    if table.verdict is None:
        return None
    answer = table.verdict.answer("closest")
    column = next((column for column in table.columns if column.name == answer.decider), None)
    if column is None or answer.standing == "unranked":
        return None
    return Lead(column, answer.leaders, answer.standing)


def losses(table: SourceTable, column: Column) -> dict[str, float]:
    """By model, a number that is smaller where the model is better.

    Models without a value are left out.
    """
    by_model = {}
    for row in table.rows:
        loss = _loss(column, _cell(table, row, column), table)
        if row not in CONTROLS and math.isfinite(loss):
            by_model[row] = loss
    return by_model


def shown_column(table: SourceTable) -> Column | None:
    """The metric whose values stand in the zoo at a glance.

    It is the one that decides, else the first that could.
    """
    decider = ""
    if table.verdict is not None:
        decider = table.verdict.answer("closest").decider
    ranking = [column for column in table.columns if _ranks(table, column)]
    for column in ranking:
        if column.name == decider:
            return column
    return next(iter(ranking), None)


def _ranks(table: SourceTable, column: Column) -> bool:
    return column.ranked and column.name not in COSTS and bool(losses(table, column))


def glance_figure(
    tables: Sequence[SourceTable],
    *,
    title: str = "The zoo at a glance",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw models from top to bottom and sources from left to right.

    Each cell holds the mean of the metric that decides which model is closest on that source, named
    below the source; where none decides, of the first metric that could. A full star marks a model
    that is best beyond doubt, an open one the models in the lead that cannot be told apart; where
    there is no winner there is no star. The shade goes from the oracle's value (or the best one) to
    the worst model's.

    Args:
        tables: The table of each source.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no table or no row.
    """
    rows = list(dict.fromkeys(itertools.chain.from_iterable(table.rows for table in tables)))
    if not rows:
        raise InputError("the zoo at a glance needs at least one table with rows, got none")
    rows.sort(key=lambda row: row in CONTROLS)  # the models first, else as they stand
    with drawing(theme) as look:
        caption = sentences(caption, EXPLANATION)
        names = min(widest(rows), 2.2)
        columns = [shown_column(table) for table in tables]
        heads = [_head(table, column) for table, column in zip(tables, columns, strict=True)]
        left = MARGIN + names + GAP
        width = max(left + CELL_WIDTH * len(tables) + MARGIN, 4.2)
        head_height = SMALL * LINE * max(map(len, heads))
        top = headline_height(title, caption, width) + head_height + 0.1
        figure = Figure(figsize=(width, top + CELL_HEIGHT * len(rows) + MARGIN))
        headline(figure, look, title, caption)
        axes = panel(figure, left, top, CELL_WIDTH * len(tables), CELL_HEIGHT * len(rows))
        axes.set(xlim=(-0.5, len(tables) - 0.5), ylim=(len(rows) - 0.5, -0.5), xticks=[], yticks=[])
        shown = [_cells(table, column, rows) for table, column in zip(tables, columns, strict=True)]
        for i in range(len(rows)):
            for j, (texts, shares) in enumerate(shown):
                _draw_cell(axes, look, i, j, texts[i], float(shares[i]))
        rule_cells(axes, look, len(rows), len(tables))
        for i, row in enumerate(rows):
            middle = top + (i + 0.5) * CELL_HEIGHT
            slant = "italic" if row in CONTROLS else "normal"
            style: dict[str, Any] = {"ha": "right", "va": "center", "fontstyle": slant}
            write(figure, left - GAP, middle, wrap(row, names, BODY, lines=2), **style)
        for j, head in enumerate(heads):
            write_lines(figure, left + (j + 0.5) * CELL_WIDTH, top - 0.07, head, SMALL, ha="center")
        return figure


def _head(table: SourceTable, column: Column | None) -> list[str]:
    metric = "no ranking"
    if column is not None:
        metric = column.header
    name = wrap(table.source, CELL_WIDTH - 0.1, SMALL, lines=2)
    return [*name.split("\n"), *wrap(metric, CELL_WIDTH - 0.1, SMALL, lines=2).split("\n")]


def _cells(
    table: SourceTable, column: Column | None, rows: Sequence[str]
) -> tuple[list[str], FloatArray]:
    """What a source's cells say, and their shades from 0 to 1: NaN where nothing decides."""
    shares = np.full(len(rows), np.nan)
    if column is None:
        return [""] * len(rows), shares
    lead = leading(table)
    cells = [_cell(table, row, column) for row in rows]
    if lead is not None:
        shares = _shares(column, cells, rows, table)
    texts = [_text(row, cell, lead) for row, cell in zip(rows, cells, strict=True)]
    return texts, shares


def _draw_cell(axes: Axes, theme: Theme, i: int, j: int, text: str, share: float) -> None:
    if math.isfinite(share):
        shade: dict[str, Any] = {"color": theme.palette[0], "alpha": DARKEST * share}
        axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, linewidth=0, **shade))
    weight = "bold" if text.startswith((ALONE, SHARED)) else "normal"
    middle: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": SMALL}
    axes.text(j, i, text, fontweight=weight, **middle)


def _text(row: str, cell: Cell, lead: Lead | None) -> str:
    text = format_cell(dataclasses.replace(cell, group="", flag="", note=""))
    if lead is None or row not in lead.best:
        return text
    star = ALONE if lead.settled else SHARED
    return f"{star} {text}"


def _shares(
    column: Column, cells: Sequence[Cell], rows: Sequence[str], table: SourceTable
) -> FloatArray:
    """How near to the oracle, or else to the best, on the way from the worst model: 0 to 1."""
    values = np.array([_loss(column, cell, table) for cell in cells])
    is_model = np.array([row not in CONTROLS for row in rows])
    ranked = values[is_model & np.isfinite(values)]
    if not len(ranked):
        return np.full(len(rows), np.nan)
    worst, best = ranked.max(), ranked.min()
    for row, value in zip(rows, values, strict=True):
        if row == "oracle" and math.isfinite(value):
            best = min(best, value)
    return np.asarray(np.clip((worst - values) / ((worst - best) or 1.0), 0, 1))


def _loss(column: Column, cell: Cell, table: SourceTable) -> float:
    """A number that is smaller where a cell is better; NaN where it holds no value."""
    if cell.mean is None:
        return math.nan
    if column.direction == "target":
        oracle = _cell(table, "oracle", column).mean
        if oracle is None:
            return math.nan
        return abs(cell.mean - oracle)
    if column.direction == "min":
        return cell.mean
    return -cell.mean


def _cell(table: SourceTable, row: str, column: Column) -> Cell:
    return table.cells.get((row, column.name), Cell(None))
