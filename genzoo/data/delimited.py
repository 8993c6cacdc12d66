"""Tables as text: comma, semicolon, tab or space between the cells, with or without a header line."""

import csv
import io
import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from genzoo.csv_cells import plain_text
from genzoo.data.decimals import Decimal, plain
from genzoo.data.header import SHOWN, is_header, is_line_of_numbers
from genzoo.data.tables import (
    Table,
    is_missing,
    is_number,
    kept_columns,
    numbered,
    text_cell,
    text_column,
    without_index,
)
from genzoo.data.values import Values
from genzoo.errors import InputError

DELIMITERS = ("\t", ";", ",", " ")
NO_COMMA = ("\t", ";", " ")

Row = list[str]

EQUAL_LENGTHS = "give every line the same number, and write decimals with a point or give the option decimal=comma"


def read_csv(
    path: Path, *, header: bool | None, drop: str | int | None, decimal: Decimal | None = None
) -> Table:
    """Read a table of numbers.

    Args:
        path: The file, in UTF-8.
        header: Whether the first line names the columns; by default found out.
        drop: Columns to leave out.
        decimal: What stands before the decimals; by default a point, and a comma is asked about.

    Raises:
        InputError: When it is empty, is not text, has lines of unequal length, or holds text among
            the numbers.
    """
    name = path.name
    text = _decode(path)
    lines, rows = _split(text, name, DELIMITERS if decimal != "comma" else NO_COMMA)
    if decimal is not None:
        rows = [[plain(cell, decimal) for cell in row] for row in rows]
    if not rows:
        raise InputError(f"{name} is empty: give one example in each line")
    _check_lengths(rows, lines, name)
    named = is_header(rows, name, quoted=_is_quoted(text)) if header is None else header
    columns = (
        tuple(plain_text(cell.strip()) for cell in rows[0]) if named else numbered(len(rows[0]))
    )
    notes = _numbers_as_names(columns) if named and header is None else ()
    lines, rows = lines[named:], rows[named:]
    if not rows:
        raise InputError(
            f"{name} has a header line and no rows: give one example in each line below it"
        )
    kept = kept_columns(columns, drop, name)
    called = tuple(columns[k] or str(k + 1) for k in kept)
    _check_some(rows, kept, called, name)
    values = _numbers([[row[k] for k in kept] for row in rows], called, lines, name)
    whole = Table(
        values, called, lambda index: f"line {lines[index[0]]}, column {called[index[1]]!r}", named
    )
    remaining, left_out = without_index(values, [columns[k] for k in kept])
    return replace(whole.in_order(remaining), notes=(*notes, *left_out))


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not UTF-8 text (byte {error.start}): save it as CSV in UTF-8"
        ) from error


def _split(text: str, name: str, delimiters: Sequence[str]) -> tuple[list[int], list[Row]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text, delimiters), skipinitialspace=True
    )
    lines, rows = [], []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise InputError(f"{name} cannot be read at line {reader.line_num}: {error}") from error
    return lines, rows


def _delimiter(text: str, delimiters: Sequence[str] = DELIMITERS) -> str:
    """The first delimiter that occurs in each of the first two lines; where none does, a comma, if that may be one."""
    fallback = "," if "," in delimiters else ";"
    head = list(itertools.islice((line.strip() for line in text.splitlines() if line.strip()), 2))
    return next((d for d in delimiters if head and all(d in line for line in head)), fallback)


def _is_quoted(text: str) -> bool:
    """Whether all cells of the first line are in quotes, and no cell of the second is."""
    head = [line.strip() for line in text.splitlines() if line.strip()][:2]
    cells = next(csv.reader(head[:1], delimiter=_delimiter(text), quoting=csv.QUOTE_NONE))
    quoted = all(
        len(cell.strip()) > 1 and cell.strip()[0] == cell.strip()[-1] == '"' for cell in cells
    )
    return quoted and len(head) == 2 and '"' not in head[1]


def _numbers_as_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    if not is_line_of_numbers(list(columns)):
        return ()
    shown = ",".join(columns[:SHOWN]) + (",..." if len(columns) > SHOWN else "")
    return (f"its first line ({shown}) is read as a header",)


def _check_lengths(rows: list[Row], lines: list[int], name: str) -> None:
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise InputError(
                f"{name}: line {line} has {len(row)} cells and line {lines[0]} has {len(rows[0])}: "
                + (
                    "leave out the lines that begin with #"
                    if _is_comment(rows[0], row)
                    else EQUAL_LENGTHS
                )
            )


def _is_comment(*rows: Row) -> bool:
    return any(row[0].startswith("#") for row in rows)


def _check_some(rows: list[Row], kept: list[int], columns: tuple[str, ...], name: str) -> None:
    for k, column in zip(kept, columns, strict=True):
        if all(not row[k].strip() for row in rows):
            raise InputError(
                f"{name}: column {column!r} is empty in every line: leave it out with the option drop={k + 1}"
            )


def _numbers(rows: list[Row], columns: tuple[str, ...], lines: list[int], name: str) -> Values:
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        pass
    for k, column in enumerate(columns):
        texts = [
            i for i, row in enumerate(rows) if not is_number(row[k]) and not is_missing(row[k])
        ]
        if texts:
            error = text_column if len(texts) == len(rows) else text_cell
            raise error(name, column, rows[texts[0]][k].strip(), f"line {lines[texts[0]]}", k + 1)
    return np.array(
        [[float("nan") if is_missing(cell) else float(cell) for cell in row] for row in rows]
    )
