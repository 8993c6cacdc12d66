"""The dialects of .csv files: comma, semicolon, tab or space between the cells, and quotes."""

import csv
import io
from collections.abc import Sequence

from genzoo.errors import InputError

DELIMITERS = ("\t", ";", ",", " ")
NO_COMMA = ("\t", ";", " ")
"""Those of tables whose decimals are written with a comma."""

Row = list[str]
"""Cells as they are written."""


def split(
    text: str,
    name: str,
    delimiters: Sequence[str],
) -> tuple[list[int], list[Row]]:
    """The rows of a table, without blank ones, and the line of the file on which each ends.

    Args:
        text: What the file holds.
        name: Its name, for messages.
        delimiters: What may stand between the cells.

    Raises:
        InputError: When quotes do not close, or a cell is too long.
    """
    delimiter = _delimiter(text, delimiters)
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=delimiter, skipinitialspace=True)
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
    """The first delimiter that occurs in each of the first two lines.

    Where none does, a comma, if that may be one; else a semicolon.
    """
    head = _head(text)
    for delimiter in delimiters:
        if head and all(delimiter in line for line in head):
            return delimiter
    return "," if "," in delimiters else ";"


def _head(text: str) -> list[str]:
    """The first two lines that are not blank."""
    head: list[str] = []
    for line in text.splitlines():
        if line.strip():
            head.append(line.strip())
        if len(head) == 2:
            break
    return head


def first_line_is_quoted(text: str) -> bool:
    """Whether all cells of the first line are in quotes, and no cell of the second is."""
    head = _head(text)
    if len(head) < 2 or '"' in head[1]:
        return False
    reader = csv.reader(head[:1], delimiter=_delimiter(text), quoting=csv.QUOTE_NONE)
    for cell in next(reader):
        word = cell.strip()
        if len(word) < 2 or not word.startswith('"') or not word.endswith('"'):
            return False
    return True
