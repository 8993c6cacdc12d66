"""Tables as text: comma, semicolon, tab or space between the cells, with or without a header line."""

import csv
import io
import itertools
from pathlib import Path

import numpy as np

from genzoo.data.arrays import Values
from genzoo.data.tables import Table, is_missing, is_number, kept_columns, numbered, text_cell, text_column
from genzoo.errors import InputError

DELIMITERS = ("\t", ";", ",", " ")

Row = list[str]


def read_csv(path: Path, *, header: bool | None, drop: str | int | None) -> Table:
    """Read a table of numbers.

    Args:
        path: The file, in UTF-8.
        header: Whether the first line names the columns; by default found out.
        drop: Columns to leave out.

    Raises:
        InputError: When it is empty, is not text, has lines of unequal length, or holds text among the numbers.
    """
    name = path.name
    lines, rows = _split(_decode(path), name)
    if not rows:
        raise InputError(f"{name} is empty: give one example in each line")
    has_header = _is_header(rows) if header is None else header
    columns = tuple(cell.strip() for cell in rows[0]) if has_header else numbered(len(rows[0]))
    _check_lengths(rows, lines, name)
    lines, rows = lines[has_header:], rows[has_header:]
    if not rows:
        raise InputError(f"{name} has a header line and no rows: give one example in each line below it")
    kept = kept_columns(columns, drop, name)
    columns = tuple(columns[k] or str(k + 1) for k in kept)
    values = _numbers([[row[k] for k in kept] for row in rows], columns, lines, name)
    return Table(values, columns, lambda index: f"line {lines[index[0]]}, column {columns[index[1]]!r}")


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text (byte {error.start}): save it as CSV in UTF-8") from error


def _split(text: str, name: str) -> tuple[list[int], list[Row]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    lines, rows = [], []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise InputError(f"{name} cannot be read at line {reader.line_num}: {error}") from error
    return lines, rows


def _delimiter(text: str) -> str:
    """The first delimiter that occurs in each of the first two lines; a comma when there is none."""
    head = list(itertools.islice((line.strip() for line in text.splitlines() if line.strip()), 2))
    return next((d for d in DELIMITERS if head and all(d in line for line in head)), ",")


def _is_header(rows: list[Row]) -> bool:
    """Whether the first row names columns: text and no number, or text above numbers beside distinct whole numbers."""
    first = [cell.strip() for cell in rows[0]]
    numbers = [cell for cell in first if is_number(cell)]
    texts = [k for k, cell in enumerate(first) if not is_number(cell) and not is_missing(cell)]
    if not texts or not numbers:
        return bool(texts)
    below = rows[1] if len(rows) > 1 else []
    named = any(k < len(below) and is_number(below[k]) for k in texts)
    return named and all(cell.isdigit() for cell in numbers) and len(set(numbers)) == len(numbers)


def _check_lengths(rows: list[Row], lines: list[int], name: str) -> None:
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise InputError(
                f"{name}: line {line} has {len(row)} cells and line {lines[0]} has {len(rows[0])}: "
                "give every line the same number"
            )


def _numbers(rows: list[Row], columns: tuple[str, ...], lines: list[int], name: str) -> Values:
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        pass
    for k, column in enumerate(columns):
        texts = [i for i, row in enumerate(rows) if not is_number(row[k]) and not is_missing(row[k])]
        if texts:
            error = text_column if len(texts) == len(rows) else text_cell
            raise error(name, column, rows[texts[0]][k].strip(), f"line {lines[texts[0]]}")
    return np.array([[float("nan") if is_missing(cell) else float(cell) for cell in row] for row in rows])
