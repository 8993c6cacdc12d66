"""What commands print on standard output: tables for people, JSON for programs."""

import json
import math
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from genzoo.errors import visible
from genzoo.results.making import MadeRun, making_sentences, makings_to_json
from genzoo.results.table import SourceTable
from genzoo.results.table_json import table_fields
from genzoo.results.types import ComparisonTable, FitResult, TrainedRun

WIDE = 1000
"""Columns assumed where standard output is no terminal: lines are then never broken."""

NARROW = 10
"""Width that a header may take even where its cells are narrower."""


def show_json(value: Any) -> None:
    """Print a value as JSON; numbers that JSON does not know (NaN, infinity) become null."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, allow_nan=False) + "\n")


def show_line(text: str, *, bold: bool = False) -> None:
    """Print a sentence."""
    sentence = Text(_lines(text), style="bold" if bold else "")
    _console().print(sentence, soft_wrap=not sys.stdout.isatty())


def show_note(text: str) -> None:
    """Say something beside the results, on standard error."""
    print(f"genzoo: {visible(text)}", file=sys.stderr, flush=True)  # noqa: T201


def show_comparison(table: ComparisonTable, *, as_json: bool) -> None:
    """Print the tables of a comparison and their remarks, or everything as JSON."""
    if as_json:
        _show_comparison_json(table)
        return
    for one in table.all_tables:
        _show_source(one)


def _show_comparison_json(table: ComparisonTable) -> None:
    tables = []
    for one in table.all_tables:
        fields = table_fields(one)
        # each cell names its row
        del fields["rows"]
        tables.append(fields)
    show_json(
        {
            "directory": table.directory,
            "tables": tables,
            "scores": [asdict(score) for score in table.scores],
            "events": table.event_rows(),
        }
    )


def show_fit(fit: FitResult, title: str, directory: str, *, as_json: bool) -> None:
    """Print one line for each trained seed: its state, its cost and the last recorded values."""
    rows = fit.rows()
    if as_json:
        runs = [_run_fields(run, row) for run, row in zip(fit.runs, rows, strict=True)]
        show_json({"directory": directory, "recipe": fit.recipe.to_dict(), "runs": runs})
        return
    texts = []
    for row in rows:
        texts.append([_written(value) for value in row.values()])
    show_table(list(rows[0]), texts, title=f"{title}, after the last step", numeric=True)
    for sentence in fit.event_sentences():
        show_line(sentence)
    for sentence in _made(fit):
        show_line(sentence)
    show_line(f"Kept in {directory}.")


def _made(fit: FitResult) -> list[str]:
    """On which machine the seeds were trained, and how."""
    runs: list[MadeRun] = []
    for run in fit.runs:
        runs.append(MadeRun("", "", run.stacked, run.makings))
    return making_sentences(runs)


def _run_fields(run: TrainedRun, row: Mapping[str, Any]) -> dict[str, Any]:
    """One trained seed as it is printed in JSON.

    Args:
        run: The run.
        row: Its row, see `FitResult.rows`.
    """
    return {
        "seed": run.seed,
        "status": row["status"],
        "parameters": run.parameters,
        "training_seconds": run.seconds,
        "evaluations": run.model.evaluations,
        "events": [asdict(event) for event in run.events],
        "made": makings_to_json(run.makings),
        "last": {name: value for name, value in row.items() if name in run.history.series},
    }


def show_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", numeric: bool = False
) -> None:
    """Print a table.

    Args:
        header: Column names; the first column names the rows.
        rows: The cells of each row.
        title: A line above the table.
        numeric: Whether the columns after the first hold numbers: these are set flush right, never
            broken, and where the terminal is too narrow for all of them they are continued in
            further tables below.
    """
    console = _console()
    names, *columns = _columns(header, rows)
    bands = [columns]
    if numeric:
        bands = _bands(names, columns, console.width)
    for band in bands:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold")
        if title and band is bands[0]:
            table.title = visible(title)
        width = _name_width(names, console.width)
        table.add_column(names.header, min_width=width, overflow="fold")
        for column in band:
            justify: Literal["right", "left"] = "right" if numeric else "left"
            table.add_column(column.header, justify=justify, no_wrap=numeric, vertical="top")
        for number in range(len(rows)):
            table.add_row(*(Text(column.cells[number]) for column in [names, *band]))
        console.print(table)


@dataclass(frozen=True)
class PrintedColumn:
    """A column as it is printed.

    Attributes:
        name: What stands above it.
        cells: What stands in it, row by row.
    """

    name: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        """Characters of its longest cell line or header word."""
        words = self.name.split()
        for cell in self.cells:
            words.extend(cell.split("\n"))
        return max(map(len, words), default=0)

    @property
    def header(self) -> Text:
        """The name, broken between words."""
        return Text("\n".join(textwrap.wrap(self.name, max(self.width, NARROW))))


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[PrintedColumn]:
    columns = []
    for number, name in enumerate(header):
        cells = [_lines(row[number]) for row in rows]
        columns.append(PrintedColumn(visible(name), cells))
    return columns


def _bands(
    names: PrintedColumn, columns: Sequence[PrintedColumn], width: int
) -> list[list[PrintedColumn]]:
    """The columns in groups that fit beside the names of the rows."""
    gap = 3
    free = width - _name_width(names, width) - 2
    bands: list[list[PrintedColumn]] = [[]]
    used = 0
    for column in columns:
        needed = max(column.width, NARROW) + gap
        if bands[-1] and used + needed > free:
            bands.append([])
            used = 0
        bands[-1].append(column)
        used += needed
    return bands


def _name_width(names: PrintedColumn, width: int) -> int:
    return min(names.width, width // 3)


def _show_source(table: SourceTable) -> None:
    if table.said:
        summary, *answers = table.said
        show_line(f"{table.source}: {summary}", bold=True)
        _show_sentences(answers)
    rows = []
    for row in table.rows:
        cells = [text.replace(" ± ", "\n± ") for text in table.texts(row)]
        rows.append([row, *cells])
    show_table(["", *table.headers], rows, title=table.source, numeric=True)
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
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command line's door, which is quiet about it."""
        raise BrokenPipeError


def _console() -> Console:
    width = None if sys.stdout.isatty() else WIDE
    return _Console(file=sys.stdout, width=width, highlight=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
