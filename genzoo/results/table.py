"""A table of scores: its columns, rows and cells, and how it is written."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from genzoo.errors import visible
from genzoo.results.cell import Cell as Cell
from genzoo.results.cell import format_cell as format_cell
from genzoo.results.verdict import Verdict, what_can_be_said

ARROWS = {"min": "↓", "max": "↑", "target": "◎"}
"""Which way a metric is better."""


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
        """The label, and what must be known to read a value.

        The unit, the number of examples where it matters, and an arrow that says which way is
        better.
        """
        words = [self.label]
        if self.unit:
            words.append(f"[{self.unit}]")
        if self.n:
            words.append(f"(n = {self.n:,})")
        words.append(ARROWS[self.direction])
        return " ".join(words)


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
        if self.verdict is None:
            return ()
        return what_can_be_said(self.verdict)

    @property
    def sentences(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What stands below the table, part by part: a heading and its sentences.

        Empty parts are left out.
        """
        parts = (
            ("What can be concluded", self.conclusions),
            ("How to read it", self.remarks),
        )
        filled = []
        for heading, sentences in parts:
            if sentences:
                filled.append((heading, sentences))
        return tuple(filled)

    @property
    def headers(self) -> list[str]:
        """What stands above each column."""
        return [column.header for column in self.columns]

    def texts(self, row: str) -> list[str]:
        """The cells of a row as they are written, in the order of the columns."""
        texts = []
        for column in self.columns:
            cell = self.cells.get((row, column.name))
            texts.append(format_cell(cell))
        return texts

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return table_to_html(self)


def table_to_markdown(table: SourceTable) -> str:
    """The table, what its cells mean, and its remarks."""
    lines = [f"## {escape_markdown(table.source)}", ""]
    if table.said:
        summary, *answers = table.said
        lines += [f"**{escape_markdown(summary)}**", "", *_markdown_items(answers), ""]
    lines.append(f"| | {_markdown_cells(table.headers)} |")
    lines.append("|---|" + "---:|" * len(table.columns))
    for row in table.rows:
        lines.append(f"| {_markdown_cells([row, *table.texts(row)])} |")
    for heading, sentences in table.sentences:
        lines += ["", f"**{heading}**", "", *_markdown_items(sentences)]
    return "\n".join(lines)


def _markdown_cells(texts: Iterable[str]) -> str:
    return " | ".join(escape_markdown(text) for text in texts)


def _markdown_items(sentences: Sequence[str]) -> list[str]:
    return [f"- {escape_markdown(sentence)}" for sentence in sentences]


def table_to_html(table: SourceTable) -> str:
    """The table, what can be concluded and how to read it, as HTML in which names are escaped."""
    lines = [_elements("th", ["", *table.headers])]
    for row in table.rows:
        lines.append(_elements("th", [row]) + _elements("td", table.texts(row)))
    title = _elements("h3", [table.source])
    above = _elements("p", table.said)
    below = ""
    for heading, sentences in table.sentences:
        below += f"<p><b>{heading}</b></p><ul>{_elements('li', sentences)}</ul>"
    return f"{title}{above}{_html_table(lines)}{below}"


def rows_to_html(title: str, rows: Sequence[Mapping[str, object]]) -> str:
    """Rows that share their keys as an HTML table in which every name is escaped.

    Numbers are written with four digits.
    """
    lines = [_elements("th", rows[0] if rows else ())]
    for row in rows:
        lines.append(_elements("td", [_written(value) for value in row.values()]))
    return _elements("h3", [title]) + _html_table(lines)


def _elements(tag: str, texts: Iterable[str]) -> str:
    """HTML elements of one kind, one for each text."""
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)


def _html_table(lines: Sequence[str]) -> str:
    """An HTML table from the cells of each line."""
    rows = "</tr><tr>".join(lines)
    return f"<table><tr>{rows}</tr></table>"


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def escape_markdown(text: str) -> str:
    """Text in which Markdown sees no markup, on one line."""
    for character in "|<>*_`":
        text = text.replace(character, "\\" + character)
    return visible(" ".join(text.split()))
