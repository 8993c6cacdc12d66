"""The whole zoo in one picture: models by sources, each cell the score that ranks the models there."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from genzoo.errors import InputError
from genzoo.figures.layout import LINE, MARGIN, headline, headline_height, panel, stack, write
from genzoo.figures.style import BODY, CONTROLS, SMALL, Theme, ThemeName, drawing
from genzoo.figures.text import literal, text_width, wrap
from genzoo.results.frame import FloatArray
from genzoo.results.table import Cell, Column, SourceTable, format_cell
from genzoo.results.verdict import STANDINGS, Standing

CELL_WIDTH, CELL_HEIGHT, GAP = 1.6, 0.36, 0.12
DARKEST = 0.45
ALONE, SHARED = "★", "☆"
EXPLANATION = f"{ALONE} {STANDINGS['best']}; {SHARED} {STANDINGS['lead']}; the bluer the better."
FACTS = ("parameters", "examples_seen", "training_seconds", "sampling_seconds")


@dataclass(frozen=True)
class Lead:
    """What a table says about which model is closest.

    Attributes:
        column: The metric that decides.
        best: The models in front: one that is best beyond doubt, or the leader and those that
            cannot be told from it.
        standing: How the answer stands.
    """

    column: Column
    best: tuple[str, ...]
    standing: Standing

    @property
    def settled(self) -> bool:
        """Whether one model is best beyond doubt."""
        return self.standing == "best"


def leading(table: SourceTable) -> Lead | None:
    """Which model is closest, and by which metric; None where nothing decides or nothing is ranked."""
    if table.verdict is None:
        return None
    answer = table.verdict.answer("closest")
    column = next((column for column in table.columns if column.name == answer.decider), None)
    if column is None or answer.standing == "unranked":
        return None
    return Lead(column, answer.leaders, answer.standing)


def losses(table: SourceTable, column: Column) -> dict[str, float]:
    """By model, a number that is smaller where the model is better; models without a value are left out."""
    models = [row for row in table.rows if row not in CONTROLS]
    found = {
        row: _loss(column, table.cells.get((row, column.name), Cell(None)), table) for row in models
    }
    return {row: loss for row, loss in found.items() if math.isfinite(loss)}


def shown_column(table: SourceTable) -> Column | None:
    """The metric whose values stand in the zoo at a glance: the one that decides, else the first that could."""
    decider = "" if table.verdict is None else table.verdict.answer("closest").decider
    known = [
        column
        for column in table.columns
        if column.ranked and column.name not in FACTS and losses(table, column)
    ]
    deciding = [column for column in known if column.name == decider]
    return next(iter([*deciding, *known]), None)


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
        tables: One for each source.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no table or no row.
    """
    rows = list(dict.fromkeys(row for table in tables for row in table.rows))
    if not tables or not rows:
        raise InputError("the zoo at a glance needs at least one table with rows, got none")
    rows = [row for row in rows if row not in CONTROLS] + [row for row in rows if row in CONTROLS]
    with drawing(theme) as look:
        leads = [leading(table) for table in tables]
        caption = " ".join(filter(None, (caption, EXPLANATION)))
        names = min(max(text_width(literal(row), BODY) for row in rows), 2.2)
        columns = [shown_column(table) for table in tables]
        heads = [_head(table, column) for table, column in zip(tables, columns, strict=True)]
        left = MARGIN + names + GAP
        width = max(left + CELL_WIDTH * len(tables) + MARGIN, 4.2)
        top = (
            headline_height(title, caption, width)
            + SMALL * LINE * max(len(head) for head in heads)
            + 0.1
        )
        figure = Figure(figsize=(width, top + CELL_HEIGHT * len(rows) + MARGIN))
        headline(figure, look, title, caption)
        axes = panel(figure, left, top, CELL_WIDTH * len(tables), CELL_HEIGHT * len(rows))
        _draw(axes, look, tables, leads, rows)
        for i, row in enumerate(rows):
            style = "italic" if row in CONTROLS else "normal"
            place = top + (i + 0.5) * CELL_HEIGHT
            write(
                figure,
                left - GAP,
                place,
                wrap(row, names, BODY, lines=2),
                ha="right",
                va="center",
                fontstyle=style,
            )
        for j, head in enumerate(heads):
            stack(figure, left + (j + 0.5) * CELL_WIDTH, top - 0.07, head, SMALL, ha="center")
        return figure


def _head(table: SourceTable, column: Column | None) -> list[str]:
    name = wrap(table.source, CELL_WIDTH - 0.1, SMALL, lines=2).split("\n")
    return [
        *name,
        *wrap(column.header if column else "no ranking", CELL_WIDTH - 0.1, SMALL, lines=2).split(
            "\n"
        ),
    ]


def _draw(
    axes: Axes,
    theme: Theme,
    tables: Sequence[SourceTable],
    leads: Sequence[Lead | None],
    rows: Sequence[str],
) -> None:
    shares = np.full((len(rows), len(tables)), np.nan)
    texts = [["" for _ in tables] for _ in rows]
    for j, (table, lead) in enumerate(zip(tables, leads, strict=True)):
        column = shown_column(table)
        if column is None:
            continue
        cells = [table.cells.get((row, column.name), Cell(None)) for row in rows]
        if lead is not None:
            shares[:, j] = _shares(column, cells, rows, table)
        for i, (row, cell) in enumerate(zip(rows, cells, strict=True)):
            texts[i][j] = _text(row, cell, lead)
    axes.set(xlim=(-0.5, len(tables) - 0.5), ylim=(len(rows) - 0.5, -0.5), xticks=[], yticks=[])
    for i, j in np.ndindex(shares.shape):
        if math.isfinite(shares[i, j]):
            depth = DARKEST * float(shares[i, j])
            axes.add_patch(
                Rectangle(
                    (j - 0.5, i - 0.5), 1, 1, color=theme.palette[0], alpha=depth, linewidth=0
                )
            )
        weight = "bold" if texts[i][j][:1] in ALONE + SHARED else "normal"
        axes.text(
            j, i, texts[i][j], ha="center", va="center_baseline", fontsize=SMALL, fontweight=weight
        )
    axes.hlines(
        np.arange(1, len(rows)) - 0.5, -0.5, len(tables) - 0.5, color=theme.background, linewidth=2
    )
    axes.vlines(
        np.arange(1, len(tables)) - 0.5, -0.5, len(rows) - 0.5, color=theme.background, linewidth=2
    )


def _text(row: str, cell: Cell, lead: Lead | None) -> str:
    text = format_cell(dataclasses.replace(cell, group="", flag="", note=""))
    if lead is None or row not in lead.best:
        return text
    return f"{ALONE if lead.settled else SHARED} {text}"


def _shares(
    column: Column, cells: Sequence[Cell], rows: Sequence[str], table: SourceTable
) -> FloatArray:
    """How near to the oracle, or else to the best, on the way from the worst model: from 0 to 1."""
    found = np.array([_loss(column, cell, table) for cell in cells])
    models = [i for i, row in enumerate(rows) if row not in CONTROLS and math.isfinite(found[i])]
    if not models:
        return np.full(len(rows), np.nan)
    worst = found[models].max()
    oracle = [
        loss
        for row, loss in zip(rows, found, strict=True)
        if row == "oracle" and math.isfinite(loss)
    ]
    best = min([*oracle, found[models].min()])
    return np.asarray(np.clip((worst - found) / ((worst - best) or 1.0), 0, 1))


def _loss(column: Column, cell: Cell, table: SourceTable) -> float:
    if cell.mean is None:
        return math.nan
    if column.direction == "target":
        oracle = table.cells.get(("oracle", column.name), Cell(None)).mean
        return math.nan if oracle is None else abs(cell.mean - oracle)
    return cell.mean if column.direction == "min" else -cell.mean
