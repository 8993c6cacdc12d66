"""A table of scores: cells with intervals, and how they are written."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Cell:
    """One metric of one row of a table, over seeds.

    Attributes:
        mean: Mean over finished runs, or None when there is no value.
        low: Lower end of the 95 % interval; None with fewer than two values.
        high: Upper end.
        finished: Runs with a value.
        total: Runs.
        bound: See `Estimate`.
        reason: Why there is no value.
        flag: A mark that the table explains, such as missing modes.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None
    finished: int = 0
    total: int = 0
    bound: str = "none"
    reason: str = ""
    flag: str = ""


@dataclass(frozen=True)
class Column:
    """What a table says about a metric.

    Attributes:
        name: Metric name.
        label: Header.
        unit: Unit, or nothing.
        direction: `"min"`, `"max"` or `"target"`.
        alarm: See `Metric.alarm`.
    """

    name: str
    label: str
    unit: str = ""
    direction: Literal["min", "max", "target"] = "min"
    alarm: str = ""

    @property
    def header(self) -> str:
        """Label, unit and an arrow that says which way is better."""
        arrow = {"min": "↓", "max": "↑", "target": "◎"}[self.direction]
        return f"{self.label} [{self.unit}] {arrow}" if self.unit else f"{self.label} {arrow}"


@dataclass(frozen=True)
class SourceTable:
    """The table of one source.

    Attributes:
        source: Source name.
        columns: Metrics that apply to at least one row, in order.
        rows: Row names: models, then controls, then the user's samples.
        cells: By (row, metric name).
        remarks: Sentences below the table.
    """

    source: str
    columns: tuple[Column, ...]
    rows: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    remarks: tuple[str, ...] = ()


def format_cell(cell: Cell | None) -> str:
    """`mean ± half-width`, with as many digits as the interval supports; `n/a` where there is no value.

    >>> format_cell(Cell(0.12345, 0.11111, 0.13579, finished=10, total=10))
    '0.123 ± 0.012'
    >>> format_cell(Cell(None, reason="no density"))
    'n/a'
    """
    if cell is None or cell.mean is None:
        return "n/a" + (f" {cell.flag}" if cell is not None and cell.flag else "")
    mark = {"lower": "≥ ", "upper": "≤ "}.get(cell.bound, "")
    if cell.low is None or cell.high is None:
        text = _significant(cell.mean, 3)
    else:
        half = (cell.high - cell.low) / 2
        digits = 3 if half == 0 else _decimals(half, 2)
        text = _significant(cell.mean, 3) if half == 0 else f"{_fixed(cell.mean, digits)} ± {_fixed(half, digits)}"
    runs = "" if cell.finished == cell.total else f" ({cell.finished}/{cell.total})"
    return mark + text + runs + (f" {cell.flag}" if cell.flag else "")


def table_to_markdown(table: SourceTable) -> str:
    """The table, what its cells mean, and its remarks."""
    lines = [
        f"## {_escape(table.source)}",
        "",
        "| | " + " | ".join(_escape(column.header) for column in table.columns) + " |",
        "|---|" + "---:|" * len(table.columns),
    ]
    for row in table.rows:
        cells = [_escape(format_cell(table.cells.get((row, column.name)))) for column in table.columns]
        lines.append(f"| {_escape(row)} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"- {_escape(remark)}" for remark in table.remarks)])


def _decimals(value: float, significant: int) -> int:
    return significant - 1 - math.floor(math.log10(abs(value)))


def _fixed(value: float, decimals: int) -> str:
    if decimals > 8:
        return f"{value:.2g}"
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def _significant(value: float, significant: int) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = _decimals(value, significant)
    return f"{value:.{significant - 1}g}" if decimals > 8 else _fixed(value, max(decimals, 0)).rstrip()


def _escape(text: str) -> str:
    for character in "|<>*_`":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())
