"""Columns of a table that is read from a file: their names, which are left out, and what to say about text."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from genzoo.data.arrays import Place, Values
from genzoo.errors import InputError

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""Texts, in lower case, that stand for a missing number."""


@dataclass(frozen=True)
class Table:
    """What a file holds.

    Attributes:
        values: `(n, *event_shape)` numbers.
        columns: Names of the columns; empty for an array of higher rank.
        place: Where a cell is, for messages.
    """

    values: Values
    columns: tuple[str, ...]
    place: Place


def numbered(columns: int) -> tuple[str, ...]:
    """Names for columns that have none: "1", "2", ..."""
    return tuple(str(k + 1) for k in range(columns))


def kept_columns(columns: Sequence[str], drop: str | int | None, name: str) -> list[int]:
    """Indices of the columns that stay.

    Args:
        columns: Their names.
        drop: A name or a number counted from 1, or several joined by "+".
        name: The file, for messages.

    Raises:
        InputError: When there is no such column, or none stays.
    """
    if drop is None:
        return list(range(len(columns)))
    asked = [str(drop)] if str(drop) in columns else str(drop).split("+")
    dropped: set[int] = set()
    for column in (text.strip() for text in asked):
        found = [k for k, known in enumerate(columns) if known == column]
        if not found and column.isdigit() and 1 <= int(column) <= len(columns):
            found = [int(column) - 1]
        if not found:
            raise InputError(f"{name} has no column {column!r} to drop: {_nearest(column, columns)}")
        dropped.update(found)
    kept = [k for k in range(len(columns)) if k not in dropped]
    if not kept:
        raise InputError(f"{name} has no column left after drop={drop}: keep at least one")
    return kept


def is_number(text: str) -> bool:
    """Whether a cell reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_missing(text: str) -> bool:
    """Whether a cell stands for a missing number."""
    return text.strip().lower() in MISSING


def text_column(name: str, column: str, example: str, where: str) -> InputError:
    """The error for a column that holds text throughout."""
    return InputError(
        f"{name}: column {column!r} holds text ({example!r} in {where}) where numbers are expected: "
        f"leave it out with the option drop={column}"
    )


def text_cell(name: str, column: str, example: str, where: str) -> InputError:
    """The error for text in a column of numbers."""
    hint = "write decimals with a point" if is_number(example.replace(",", ".", 1)) else "correct it or remove the row"
    return InputError(f"{name}: column {column!r} holds {example!r} in {where} where a number is expected: {hint}")


def _nearest(column: str, columns: Sequence[str]) -> str:
    near = difflib.get_close_matches(column, columns, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(columns[:20]) + (", ..." if len(columns) > 20 else "")
    return f"choose from {shown}"
