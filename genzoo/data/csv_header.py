"""Whether the first line of a text names the columns."""

import re
from collections.abc import Sequence

import numpy as np

from genzoo.data.cells import is_missing, is_number, is_number_or_missing, to_numbers
from genzoo.data.matching import is_numbering
from genzoo.data.tables import is_index
from genzoo.data.values import Values
from genzoo.errors import InputError

FEW = 5
"""Rows below which the numbers under a line settle nothing."""
MANY = 100
"""Rows at which a number beyond all others of its column is no chance.

At most 2 of 101 orders put it first.
"""

SHOWN = 4
"""Cells of the first line that a message shows."""

TRAILING_ZERO = re.compile(r"\.\d*0(e[+-]?\d+)?$", re.IGNORECASE)


def is_header(
    rows: Sequence[list[str]],
    name: str,
    *,
    quoted: bool = False,
) -> bool:
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
    texts = [k for k, cell in enumerate(first) if not is_number_or_missing(cell)]
    if texts:
        return _has_text(first, texts, rows)
    below = _columns(rows[1:])
    if below is None or not all(map(is_number, first[1:])):
        return False
    if not first[0] and len(first) > 1:
        return _starts_an_index(first[1:], below[0])
    if quoted:
        return True
    if not is_line_of_numbers(first):
        return False
    if shows_header([float(cell) for cell in first], rows[1:], below):
        return True
    raise InputError(
        f"{name}: the first line ({first_cells(first)}) can be a header or an example: "
        "say which by the option header=true or header=false"
    )


def first_cells(cells: Sequence[str]) -> str:
    """The beginning of a line, for messages."""
    shown = ",".join(cells[:SHOWN])
    if len(cells) > SHOWN:
        shown += ",..."
    return shown


def is_line_of_numbers(first: Sequence[str]) -> bool:
    """Whether cells count from 0, or from 1 up to 2 or more.

    That is what pandas writes over columns that have no names.
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
    for cells in zip(*rows, strict=True):
        if _keeps_point(cells):
            return True
    if len(rows) < FEW:
        return False
    for number, column in zip(first, columns, strict=True):
        if _is_outside(number, column):
            return True
    return all(_is_disorderly(column) and not _holds_whole(column) for column in columns)


def _has_text(
    first: Sequence[str],
    texts: Sequence[int],
    rows: Sequence[Sequence[str]],
) -> bool:
    numbers = [cell for cell in first if is_number(cell)]
    if not numbers:
        return True
    if len(rows) < 2:
        return False
    below = rows[1]
    names_numbers = any(k < len(below) and is_number(below[k]) for k in texts)
    return names_numbers and _are_distinct_whole(numbers)


def _are_distinct_whole(cells: Sequence[str]) -> bool:
    return all(map(str.isdigit, cells)) and len(set(cells)) == len(cells)


def _starts_an_index(names: Sequence[str], column: Values) -> bool:
    if is_numbering(names) and names[0] == "0":
        return is_index(column)
    counts = np.arange(len(column))
    counted = np.array_equal(column, counts) or np.array_equal(column, counts + 1)
    return counted and _are_distinct_whole(names)


def _columns(rows: Sequence[Sequence[str]]) -> list[Values] | None:
    """Cells as numbers by column, NaN where one is missing.

    None where there are no rows, or some cell is text.
    """
    if not rows:
        return None
    for row in rows:
        if not all(map(is_number_or_missing, row)):
            return None
    numbers = np.array([to_numbers(row) for row in rows])
    return list(numbers.T)


def _keeps_point(cells: Sequence[str]) -> bool:
    """Whether all cells have a point, and some has one that is not needed."""
    keeps = False
    for cell in cells:
        number = cell.strip()
        if is_missing(cell):
            continue
        if number.lstrip("+-").isdigit():
            return False
        if TRAILING_ZERO.search(number):
            keeps = True
    return keeps


def _is_outside(number: float, column: Values) -> bool:
    low, high = np.nanmin(column), np.nanmax(column)
    margin = high - low
    if margin > 0 and not low - margin <= number <= high + margin:
        return True
    if low <= number <= high:
        return False
    return len(column) >= MANY and _is_disorderly(column)


def _is_disorderly(column: Values) -> bool:
    steps = np.diff(column[np.isfinite(column)])
    return bool((steps > 0).any() and (steps < 0).any())


def _holds_whole(column: Values) -> bool:
    return bool((column == np.round(column)).any())
