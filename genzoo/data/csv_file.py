"""Tables of numbers in .csv files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from genzoo.csv_cells import plain_text
from genzoo.data.cells import is_number_or_missing, to_numbers
from genzoo.data.chosen import Asked, are_named_in, chosen_columns
from genzoo.data.conditions import ConditionColumn, Kind, read_column
from genzoo.data.csv_dialect import DELIMITERS, NO_COMMA, Row, first_line_is_quoted, split
from genzoo.data.csv_header import first_cells, is_header, is_line_of_numbers
from genzoo.data.decimals import Decimal, plain
from genzoo.data.tables import (
    Table,
    called_in_messages,
    numbered,
    text_cell,
    text_column,
    without_index,
)
from genzoo.data.values import Values
from genzoo.errors import InputError

COMMENT = "leave out the lines that begin with #"
EQUAL_LENGTHS = (
    "give every line the same number, and write decimals with a point or give the option "
    "decimal=comma"
)
"""What helps where lines are of unequal length."""


def read_csv(
    path: Path,
    *,
    header: bool | None,
    drop: str | int | None,
    decimal: Decimal | None = None,
    context: Asked = None,
) -> Table:
    """Read a table of numbers.

    Args:
        path: The file, in UTF-8.
        header: Whether the first line names the columns; by default found out.
        drop: Columns to leave out.
        decimal: What stands before the decimals; by default a point, and a comma is asked about.
        context: Columns that are conditions.

    Raises:
        InputError: When it is empty, is not text, has lines of unequal length, or holds text among
            the numbers.
    """
    name = path.name
    text = _decode(path)
    delimiters = NO_COMMA if decimal == "comma" else DELIMITERS
    lines, rows = split(text, name, delimiters)
    if decimal is not None:
        rows = [_plain_row(row, decimal) for row in rows]
    if not rows:
        raise InputError(f"{name} is empty: give one example in each line")
    _check_lengths(rows, lines, name)
    named = header
    if named is None and are_named_in([cell.strip() for cell in rows[0]], context):
        named = True
    if named is None:
        named = is_header(rows, name, quoted=first_line_is_quoted(text))
    columns = numbered(len(rows[0]))
    notes: tuple[str, ...] = ()
    if named:
        columns = tuple(plain_text(cell.strip()) for cell in rows[0])
        lines, rows = lines[1:], rows[1:]
        if header is None:
            notes = _numbers_as_names(columns)
    if not rows:
        raise InputError(
            f"{name} has a header line and no rows: give one example in each line below it"
        )
    split_columns = chosen_columns(columns, drop, context, name, named=named)
    chosen = split_columns.examples
    names = [columns[k] for k in chosen]
    called = called_in_messages(columns, chosen)
    _check_some(rows, chosen, called, name)
    cells = [_chosen_cells(row, chosen) for row in rows]
    values = _numbers(cells, called, lines, name)

    def place(index: tuple[int, ...]) -> str:
        row, column = index
        return f"line {lines[row]}, column {called[column]!r}"

    conditions = _conditions(rows, columns, split_columns.conditions, lines)
    whole = Table(values, called, place, named, conditions=conditions)
    remaining, left_out = without_index(values, names)
    return replace(whole.in_order(remaining), notes=(*notes, *left_out))


def _conditions(
    rows: Sequence[Row],
    columns: Sequence[str],
    chosen: Mapping[int, Kind],
    lines: Sequence[int],
) -> tuple[ConditionColumn, ...]:
    def place(row: int) -> str:
        return f"line {lines[row]}"

    names = called_in_messages(columns, chosen)
    found: list[ConditionColumn] = []
    for (k, kind), called in zip(chosen.items(), names, strict=True):
        cells = [plain_text(row[k].strip()) for row in rows]
        found.append(read_column(called, cells, place, kind))
    return tuple(found)


def _plain_row(row: Row, decimal: Decimal) -> Row:
    return [plain(cell, decimal) for cell in row]


def _chosen_cells(row: Row, columns: Sequence[int]) -> Row:
    return [row[k] for k in columns]


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not UTF-8 text (byte {error.start}): save it as CSV in UTF-8"
        ) from error


def _numbers_as_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    if not is_line_of_numbers(list(columns)):
        return ()
    return (f"its first line ({first_cells(columns)}) is read as a header",)


def _check_lengths(rows: list[Row], lines: list[int], name: str) -> None:
    for line, row in zip(lines, rows, strict=True):
        if len(row) == len(rows[0]):
            continue
        is_comment = row[0].startswith("#") or rows[0][0].startswith("#")
        hint = COMMENT if is_comment else EQUAL_LENGTHS
        raise InputError(
            f"{name}: line {line} has {len(row)} cells "
            f"and line {lines[0]} has {len(rows[0])}: {hint}"
        )


def _check_some(
    rows: list[Row],
    chosen: list[int],
    columns: tuple[str, ...],
    name: str,
) -> None:
    """Refuse a column that holds nothing."""
    for k, column in zip(chosen, columns, strict=True):
        if all(not row[k].strip() for row in rows):
            raise InputError(
                f"{name}: column {column!r} is empty in every line: "
                f"leave it out with the option drop={k + 1}"
            )


def _numbers(
    rows: list[Row],
    columns: tuple[str, ...],
    lines: list[int],
    name: str,
) -> Values:
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        pass
    for k, column in enumerate(columns):
        texts = [i for i, row in enumerate(rows) if not is_number_or_missing(row[k])]
        if texts:
            error = text_column if len(texts) == len(rows) else text_cell
            example = rows[texts[0]][k].strip()
            where = f"line {lines[texts[0]]}"
            raise error(name, column, example, where, k + 1)
    return np.array([to_numbers(row) for row in rows])
