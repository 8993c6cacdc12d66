"""Cells and rows of .csv files.

Spreadsheets take text for a formula if it begins like one.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a formula begins, or what a spreadsheet strips before one."""


def text_cell(value: object) -> object:
    """The value, with an apostrophe before text that a spreadsheet would run as a formula.

    >>> text_cell("=1+1"), text_cell("ring"), text_cell(-1.5)
    ("'=1+1", 'ring', -1.5)
    """
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def plain_text(cell: str) -> str:
    """The inverse of `text_cell` on text.

    >>> plain_text("'=1+1"), plain_text("'tis")
    ('=1+1', "'tis")
    """
    if cell.startswith("'") and cell[1:].startswith(FORMULA):
        return cell[1:]
    return cell


def rows_to_csv(fields: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV text under a header; see `text_cell` for text that looks like a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {name: text_cell(value) for name, value in row.items()}
        writer.writerow(cells)
    return text.getvalue()
