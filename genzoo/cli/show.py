"""What commands print on standard output: tables for people, JSON for programs."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from genzoo.core.results import ComparisonTable, FitResult
from genzoo.core.table import SourceTable, format_cell

WIDE = 1000
"""Columns assumed where standard output is no terminal: lines are then never broken."""


def show_json(value: Any) -> None:
    """Print a value as JSON; numbers that JSON does not know (NaN, infinity) become null."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, allow_nan=False) + "\n")


def show_line(text: str) -> None:
    """Print a sentence."""
    _console().print(Text(text), soft_wrap=not sys.stdout.isatty())


def show_comparison(table: ComparisonTable, *, as_json: bool) -> None:
    """Print the tables of a comparison and their remarks, or everything as JSON."""
    if as_json:
        tables = [
            {
                "source": one.source,
                "columns": [asdict(column) for column in one.columns],
                "cells": [{"row": row, "metric": metric, **asdict(cell)} for (row, metric), cell in one.cells.items()],
                "remarks": one.remarks,
            }
            for one in table.tables
        ]
        scores = [asdict(score) for score in table.scores]
        show_json({"directory": table.directory, "tables": tables, "scores": scores})
        return
    for one in table.tables:
        _show_source(one)


def show_fit(fit: FitResult, title: str, directory: str, *, as_json: bool) -> None:
    """Print one line for each trained seed: its state, its cost and the last value of what was recorded."""
    last = [{name: float(values[-1]) for name, values in run.history.series.items() if len(values)} for run in fit.runs]
    runs = [
        {
            "seed": run.seed,
            "status": "finished" if run.diverged_at is None else "diverged",
            "parameters": run.parameters,
            "training_seconds": run.seconds,
        }
        for run in fit.runs
    ]
    if as_json:
        described = [{**run, "last": values} for run, values in zip(runs, last, strict=True)]
        show_json({"directory": directory, "recipe": fit.recipe.to_dict(), "runs": described})
        return
    rows = [
        [_written(value) for value in (*run.values(), *values.values())] for run, values in zip(runs, last, strict=True)
    ]
    header = ["seed", "status", "parameters", "training [s]", *last[0]]
    show_table(header, rows, title=f"{title}, after the last step", numeric=True)
    show_line(f"Kept in {directory}.")


def show_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", numeric: bool = False) -> None:
    """Print a table; with `numeric`, every column but the first is set flush right."""
    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for position, name in enumerate(header):
        table.add_column(Text(name), justify="right" if numeric and position else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _console().print(table)


def _show_source(table: SourceTable) -> None:
    columns = [column.header for column in table.columns]
    rows = [
        [row, *(format_cell(table.cells.get((row, column.name))).replace(" ± ", "\n± ") for column in table.columns)]
        for row in table.rows
    ]
    show_table(["", *columns], rows, title=table.source, numeric=True)
    for remark in table.remarks:
        show_line(f"- {remark}")
    show_line("")


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
