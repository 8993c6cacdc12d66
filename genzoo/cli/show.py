"""What commands print on standard output: tables for people, JSON for programs."""

import json
import math
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from genzoo.errors import visible
from genzoo.results.table import SourceTable, format_cell
from genzoo.results.types import ComparisonTable, FitResult

WIDE = 1000
"""Columns assumed where standard output is no terminal: lines are then never broken."""

NARROW = 10
"""Width that a header may take even where its cells are narrower."""


def show_json(value: Any) -> None:
    """Print a value as JSON; numbers that JSON does not know (NaN, infinity) become null."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, allow_nan=False) + "\n")


def show_line(text: str, *, bold: bool = False) -> None:
    """Print a sentence."""
    _console().print(
        Text(_lines(text), style="bold" if bold else ""), soft_wrap=not sys.stdout.isatty()
    )


def show_note(text: str) -> None:
    """Say something beside the results, on standard error."""
    print(f"genzoo: {visible(text)}", file=sys.stderr, flush=True)  # noqa: T201


def show_comparison(table: ComparisonTable, *, as_json: bool) -> None:
    """Print the tables of a comparison and their remarks, or everything as JSON."""
    if as_json:
        tables = [
            {
                "source": one.source,
                "columns": [asdict(column) for column in one.columns],
                "cells": [
                    {"row": row, "metric": metric, **asdict(cell)}
                    for (row, metric), cell in one.cells.items()
                ],
                "remarks": one.remarks,
                "conclusions": one.conclusions,
                "verdict": None if one.verdict is None else asdict(one.verdict),
            }
            for one in table.all_tables
        ]
        scores = [asdict(score) for score in table.scores]
        show_json(
            {
                "directory": table.directory,
                "tables": tables,
                "scores": scores,
                "events": table.event_rows(),
            }
        )
        return
    for one in table.all_tables:
        _show_source(one)


def show_fit(fit: FitResult, title: str, directory: str, *, as_json: bool) -> None:
    """Print one line for each trained seed: its state, its cost and the last value of what was recorded."""
    found = fit.rows()
    if as_json:
        described = [
            {
                "seed": run.seed,
                "status": row["status"],
                "parameters": run.parameters,
                "training_seconds": run.seconds,
                "events": [asdict(event) for event in run.events],
                "last": {name: value for name, value in row.items() if name in run.history.series},
            }
            for run, row in zip(fit.runs, found, strict=True)
        ]
        show_json({"directory": directory, "recipe": fit.recipe.to_dict(), "runs": described})
        return
    rows = [[_written(value) for value in row.values()] for row in found]
    show_table(list(found[0]), rows, title=f"{title}, after the last step", numeric=True)
    for run in fit.runs:
        if run.events:
            show_line(f"Seed {run.seed}: {', '.join(map(str, run.events))}.")
    show_line(f"Kept in {directory}.")


def show_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", numeric: bool = False
) -> None:
    """Print a table.

    Args:
        header: Column names; the first column names the rows.
        rows: Cells.
        title: A line above it.
        numeric: Whether the columns after the first hold numbers: these are set flush right, never
            broken, and where the terminal is too narrow for all of them they are continued in
            further tables below.
    """
    console = _console()
    columns = [
        Column(visible(name), [_lines(row[k]) for row in rows]) for k, name in enumerate(header)
    ]
    bands = _bands(columns, console.width) if numeric else [columns[1:]]
    for number, band in enumerate(bands):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold")
        table.title = visible(title) if title and not number else None
        table.add_column(
            columns[0].header, min_width=_name_width(columns[0], console.width), overflow="fold"
        )
        for column in band:
            table.add_column(
                column.header,
                justify="right" if numeric else "left",
                no_wrap=numeric,
                vertical="top",
            )
        for cells in zip(columns[0].cells, *(column.cells for column in band), strict=True):
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)


@dataclass(frozen=True)
class Column:
    """A column as it is printed."""

    name: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        """Characters of its longest cell line or header word."""
        lines = [line for cell in self.cells for line in cell.split("\n")]
        return max(map(len, [*lines, *self.name.split()]), default=0)

    @property
    def header(self) -> Text:
        """The name, broken between words."""
        return Text("\n".join(textwrap.wrap(self.name, max(self.width, NARROW))))


def _bands(columns: Sequence[Column], width: int) -> list[list[Column]]:
    """The columns after the first, in groups that fit beside it."""
    gap = 3
    free = width - _name_width(columns[0], width) - 2
    bands: list[list[Column]] = [[]]
    used = 0
    for column in columns[1:]:
        needed = max(column.width, NARROW) + gap
        if bands[-1] and used + needed > free:
            bands.append([])
            used = 0
        bands[-1].append(column)
        used += needed
    return bands


def _name_width(names: Column, width: int) -> int:
    return min(names.width, width // 3)


def _show_source(table: SourceTable) -> None:
    header = ["", *(column.header for column in table.columns)]
    rows = [
        [
            row,
            *(
                format_cell(table.cells.get((row, column.name))).replace(" ± ", "\n± ")
                for column in table.columns
            ),
        ]
        for row in table.rows
    ]
    if table.said:
        summary, *answers = table.said
        show_line(f"{table.source}: {summary}", bold=True)
        _show_sentences(answers)
    show_table(header, rows, title=table.source, numeric=True)
    for heading, sentences in table.sentences:
        show_line(heading, bold=True)
        _show_sentences(sentences)


def _show_sentences(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        show_line(f"- {sentence}")
    show_line("")


def _lines(text: str) -> str:
    """Text whose control characters are written out, but for the breaks of its lines."""
    return "\n".join(map(visible, text.split("\n")))


def _written(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command line's door, which is quiet about it."""
        raise BrokenPipeError


def _console() -> Console:
    return _Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE, highlight=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
