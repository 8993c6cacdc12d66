"""A table of scores: cells with intervals, and how they are written."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from genzoo.errors import visible
from genzoo.results.verdict import Verdict, what_can_be_said


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
        group: Letters; models that share one cannot be told apart on this metric.
        error: Where there is a single value, the standard error of the estimate itself; there is
            then no interval.
        note: What must be said beside the value, such as another number of examples than the other
            rows have.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None
    finished: int = 0
    total: int = 0
    bound: str = "none"
    reason: str = ""
    flag: str = ""
    group: str = ""
    error: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Column:
    """What a table says about a metric.

    Attributes:
        name: Metric name.
        label: Header.
        unit: Unit, or nothing.
        direction: `"min"`, `"max"` or `"target"`.
        alarm: See `Metric.alarm`.
        ranked: See `Metric.ranked`.
        question: See `Metric.question`.
        depends_on_n: See `Metric.depends_on_n`.
        limits: See `Metric.limits`.
        optimum: See `Metric.optimum`.
        n: Where the values depend on it, the number of examples of all rows; None where rows
            differ.
    """

    name: str
    label: str
    unit: str = ""
    direction: Literal["min", "max", "target"] = "min"
    alarm: str = ""
    ranked: bool = True
    question: str = ""
    depends_on_n: bool = False
    limits: tuple[float, float] = (-math.inf, math.inf)
    optimum: float | None = None
    n: int | None = None

    @property
    def header(self) -> str:
        """Label, unit, number of examples where it matters, and an arrow that says which way is better."""
        arrow = {"min": "↓", "max": "↑", "target": "◎"}[self.direction]
        unit = f" [{self.unit}]" if self.unit else ""
        size = f" (n = {self.n:,})" if self.n else ""
        return f"{self.label}{unit}{size} {arrow}"


@dataclass(frozen=True)
class SourceTable:
    """The table of one source.

    Attributes:
        source: Source name.
        columns: Metrics that apply to at least one row, in order.
        rows: Row names: models, then controls, then the user's samples.
        cells: By (row, metric name).
        remarks: Sentences below the table: how it was made, and what its marks mean.
        conclusions: Sentences on what can be concluded, one for each metric that ranks models.
        verdict: What can be said of the models, all metrics together; None for a table that ranks
            nothing.
    """

    source: str
    columns: tuple[Column, ...]
    rows: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    remarks: tuple[str, ...] = ()
    conclusions: tuple[str, ...] = ()
    verdict: Verdict | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """What stands above the table: what can be said of the models, sentence by sentence."""
        return () if self.verdict is None else what_can_be_said(self.verdict)

    @property
    def sentences(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What stands below the table, part by part: heading and sentences; empty parts are left out."""
        parts = (
            ("What can be concluded", self.conclusions),
            ("How to read it", self.remarks),
        )
        return tuple((heading, sentences) for heading, sentences in parts if sentences)

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return table_to_html(self)


def format_cell(cell: Cell | None) -> str:
    """`mean ± half-width`, with as many digits as the interval supports; `n/a` where there is no value.

    A single value has its own standard error in brackets.

    >>> format_cell(Cell(0.12345, 0.11111, 0.13579, finished=10, total=10))
    '0.123 ± 0.012'
    >>> format_cell(Cell(0.1234, finished=1, total=1, error=0.0061))
    '0.1234 (se 0.0061)'
    >>> format_cell(Cell(None, reason="no density"))
    'n/a'
    """
    if cell is None or cell.mean is None:
        return "n/a" + (f" {cell.flag}" if cell is not None and cell.flag else "")
    mark = {"lower": "≥ ", "upper": "≤ "}.get(cell.bound, "")
    runs = "" if cell.finished == cell.total else f" ({cell.finished}/{cell.total})"
    marks = "".join(
        f" {each}" for each in (f"({cell.group})" if cell.group else "", cell.flag) if each
    )
    note = f" [{cell.note}]" if cell.note else ""
    return mark + _value_text(cell.mean, cell) + runs + marks + note


def _value_text(mean: float, cell: Cell) -> str:
    """The mean with the half-width of its interval, or a single value with its own error."""
    half = None if cell.low is None or cell.high is None else (cell.high - cell.low) / 2
    if half is not None and half > 1e-9 * abs(mean):
        return _with_half_width(mean, half)
    if half is None and cell.error:
        decimals = _decimals(cell.error, 2)
        return f"{_fixed(mean, decimals)} (se {_fixed(cell.error, decimals)})"
    return _significant(mean, 3)


def table_to_markdown(table: SourceTable) -> str:
    """The table, what its cells mean, and its remarks."""
    lines = [
        f"## {escape_markdown(table.source)}",
        "",
        *_summary_in_markdown(table.said),
        "| | " + " | ".join(escape_markdown(column.header) for column in table.columns) + " |",
        "|---|" + "---:|" * len(table.columns),
    ]
    for row in table.rows:
        cells = [
            escape_markdown(format_cell(table.cells.get((row, column.name))))
            for column in table.columns
        ]
        lines.append(f"| {escape_markdown(row)} | " + " | ".join(cells) + " |")
    for heading, sentences in table.sentences:
        lines += [
            "",
            f"**{heading}**",
            "",
            *(f"- {escape_markdown(sentence)}" for sentence in sentences),
        ]
    return "\n".join(lines)


def _summary_in_markdown(said: Sequence[str]) -> list[str]:
    if not said:
        return []
    summary, *rest = map(escape_markdown, said)
    return [f"**{summary}**", "", *(f"- {sentence}" for sentence in rest), ""]


def table_to_html(table: SourceTable) -> str:
    """The table, what can be concluded and how to read it, as HTML in which every name is escaped."""
    head = "".join(f"<th>{html.escape(column.header)}</th>" for column in table.columns)
    rows = []
    for row in table.rows:
        cells = (format_cell(table.cells.get((row, column.name))) for column in table.columns)
        rows.append(
            f"<tr><th>{html.escape(row)}</th>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"
        )
    lists = [
        f"<p><b>{heading}</b></p><ul>{''.join(f'<li>{html.escape(sentence)}</li>' for sentence in sentences)}</ul>"
        for heading, sentences in table.sentences
    ]
    said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in table.said)
    body = f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>{''.join(lists)}"
    return f"<h3>{html.escape(table.source)}</h3>{said}{body}"


def rows_to_html(title: str, rows: Sequence[Mapping[str, object]]) -> str:
    """Rows that share their keys as an HTML table in which every name is escaped; numbers with four digits."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in (rows[0] if rows else ()))
    written = (
        [f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()]
        for row in rows
    )
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in texts)}</tr>"
        for texts in written
    )
    return f"<h3>{html.escape(title)}</h3><table><tr>{head}</tr>{body}</table>"


def _with_half_width(mean: float, half: float) -> str:
    decimals = _decimals(half, 2)
    return f"{_fixed(mean, decimals)} ± {_fixed(half, decimals)}"


def _decimals(value: float, significant: int) -> int:
    return significant - 1 - math.floor(math.log10(abs(value)))


def _fixed(value: float, decimals: int) -> str:
    if decimals > 8:
        digits = decimals + 1 + math.floor(math.log10(abs(value))) if value else 1
        return f"{value:.{max(digits, 1)}g}"
    return f"{round(value, decimals) + 0.0:,.{max(decimals, 0)}f}"  # + 0.0: no minus before zero


def _significant(value: float, significant: int) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = _decimals(value, significant)
    return (
        f"{value:.{significant - 1}g}" if decimals > 8 else _fixed(value, max(decimals, 0)).rstrip()
    )


def escape_markdown(text: str) -> str:
    """Text in which Markdown sees no markup, on one line."""
    for character in "|<>*_`":
        text = text.replace(character, "\\" + character)
    return visible(" ".join(text.split()))
