"""Whether the first line of a text names the columns."""

import re
from collections.abc import Sequence

import numpy as np

from genzoo.data.matching import is_numbering
from genzoo.data.tables import is_index, is_missing, is_number
from genzoo.data.values import Values
from genzoo.errors import InputError

FEW = 5
"""Rows below which the numbers under a line settle nothing."""
MANY = 100
"""Rows at which a number beyond all others of its column is no chance: at most 2 of 101 orders put it first."""

SHOWN = 4
"""Cells of the first line that a message shows."""

TRAILING_ZERO = re.compile(r"\.\d*0(e[+-]?\d+)?$", re.IGNORECASE)


def is_header(rows: Sequence[list[str]], name: str, *, quoted: bool = False) -> bool:
    """Whether the first of the rows is a header.

    A line with text is one, be it text alone or text above numbers beside distinct whole numbers.
    So are numbers in quotes above numbers without, and an empty cell followed by 0, 1, ... above
    distinct whole numbers, or by other distinct whole numbers above 0, 1, ... or 1, 2, ...: the
    index of pandas. A line of the numbers 0 ... D - 1, or 1 ... D of D > 1, is one where the rows
    below show it, see `shows_header`.

    Args:
        rows: Cells of the text, of one length.
        name: What messages call the text.
        quoted: Whether all cells of the first line are in quotes and those of the second are not.

    Raises:
        InputError: When such a line of numbers can be a header as well as an example.
    """
    first = [cell.strip() for cell in rows[0]]
    texts = [k for k, cell in enumerate(first) if not is_number(cell) and not is_missing(cell)]
    if texts:
        return _has_text(first, texts, rows)
    below = _columns(rows[1:])
    if below is None or any(not is_number(cell) for cell in first[1:]):
        return False
    if not first[0] and len(first) > 1:
        return _starts_an_index(first[1:], below[0])
    if quoted:
        return True
    if not is_line_of_numbers(first):
        return False
    if shows_header([float(cell) for cell in first], rows[1:], below):
        return True
    shown = ",".join(first[:SHOWN]) + (",..." if len(first) > SHOWN else "")
    raise InputError(
        f"{name}: the first line ({shown}) can be a header or an example: say which by the option header=true or "
        "header=false"
    )


def is_line_of_numbers(first: Sequence[str]) -> bool:
    """Whether cells are 0 ...

    D - 1, or 1 ... D with D > 1: what pandas writes over columns that have no names.
    """
    return is_numbering(first) and first != ["1"]


def shows_header(
    first: Sequence[float], rows: Sequence[Sequence[str]], columns: Sequence[Values]
) -> bool:
    """Whether the line 0 ... D - 1 or 1 ... D above a table is hardly one of its rows.

    Shown by one column whose cells are all written with a point that is kept where it is not needed
    (1.50, 2.0). With five rows or more, also by one column that leaves the number above it outside
    by more than its whole range, or, in a hundred rows in no order, outside at all; and by columns
    that all hold no whole number and are in no order.

    Args:
        first: Numbers of the line.
        rows: Cells below it.
        columns: The same by column as numbers, NaN where one is missing.
    """
    if any(_keeps_point(cells) for cells in zip(*rows, strict=True)):
        return True
    if len(rows) < FEW:
        return False
    if any(_is_outside(number, column) for number, column in zip(first, columns, strict=True)):
        return True
    return all(_is_disorderly(column) and not _holds_whole(column) for column in columns)


def _has_text(first: Sequence[str], texts: Sequence[int], rows: Sequence[Sequence[str]]) -> bool:
    numbers = [cell for cell in first if is_number(cell)]
    if not numbers:
        return True
    below = rows[1] if len(rows) > 1 else []
    named = any(k < len(below) and is_number(below[k]) for k in texts)
    return named and all(cell.isdigit() for cell in numbers) and len(set(numbers)) == len(numbers)


def _starts_an_index(names: Sequence[str], column: Values) -> bool:
    if is_numbering(names) and names[0] == "0":
        return is_index(column)
    distinct = all(name.isdigit() for name in names) and len(set(names)) == len(names)
    counted = any(np.array_equal(column, np.arange(len(column)) + first) for first in (0, 1))
    return distinct and counted


def _columns(rows: Sequence[Sequence[str]]) -> list[Values] | None:
    """Cells as numbers by column, NaN where one is missing; None where there are none or some cell is text."""
    if not rows or any(
        not is_number(cell) and not is_missing(cell) for row in rows for cell in row
    ):
        return None
    numbers = [[float("nan") if is_missing(cell) else float(cell) for cell in row] for row in rows]
    return list(np.array(numbers).T)


def _keeps_point(cells: Sequence[str]) -> bool:
    present = [cell.strip() for cell in cells if not is_missing(cell)]
    if not present or any(cell.lstrip("+-").isdigit() for cell in present):
        return False
    return any(TRAILING_ZERO.search(cell) for cell in present)


def _is_outside(number: float, column: Values) -> bool:
    low, high = np.nanmin(column), np.nanmax(column)
    margin = high - low
    if margin > 0 and not low - margin <= number <= high + margin:
        return True
    return len(column) >= MANY and _is_disorderly(column) and not low <= number <= high


def _is_disorderly(column: Values) -> bool:
    steps = np.diff(column[np.isfinite(column)])
    return bool((steps > 0).any() and (steps < 0).any())


def _holds_whole(column: Values) -> bool:
    return bool((column == np.round(column)).any())
