"""Columns of a table: their names, which are left out, and what to say about text."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from genzoo.data.cells import is_number
from genzoo.data.conditions import ConditionColumn
from genzoo.data.decimals import question
from genzoo.data.values import Place, Values, row_and_column
from genzoo.errors import InputError

TRUTHS = frozenset({"true", "false"})
_PLAIN = re.compile(r"[^\s+,:=]+")
"""Names of columns that can be written after drop=."""

INDEX_NAMES = (frozenset({"", "Unnamed: 0"}), frozenset({"__index_level_0__"}))
"""Names of an index that has none: as the first column, and as the last one (of a parquet file)."""


@dataclass(frozen=True)
class Table:
    """What a file or an object in memory holds.

    Attributes:
        values: `(n, *event_shape)` numbers.
        columns: What messages call the columns: their names, or by number; empty for an array of
            higher rank.
        place: Where a cell is, for messages.
        named: Whether the columns came with names.
        notes: What must be said about how it was read, without the name of the table.
        conditions: Columns that are no part of the examples but conditions of them.
    """

    values: Values
    columns: tuple[str, ...] = ()
    place: Place = row_and_column
    named: bool = False
    notes: tuple[str, ...] = ()
    conditions: tuple[ConditionColumn, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns; empty where they have none."""
        return self.columns if self.named else ()

    def condition(self, name: str) -> ConditionColumn:
        """The condition of a name that there is."""
        (column,) = (column for column in self.conditions if column.name == name)
        return column

    def in_order(self, order: Sequence[int]) -> "Table":
        """The table with its columns in another order."""
        chosen, place_before = list(order), self.place

        def place(index: tuple[int, ...]) -> str:
            row, column = index
            return place_before((row, chosen[column]))

        columns = tuple(self.columns[k] for k in chosen)
        return replace(self, values=self.values[:, chosen], columns=columns, place=place)


def without_index(values: Values, columns: Sequence[str]) -> tuple[list[int], tuple[str, ...]]:
    """Which columns remain when an unnamed index is left out, and the note that says so.

    An index is a column without a name whose values are distinct whole numbers: what pandas and R
    write in front of a table, and pandas at the end of a parquet file.
    """
    remaining = list(range(len(columns)))
    last = len(columns) - 1
    for k, names in zip((0, last), INDEX_NAMES, strict=True):
        if last > 0 and columns[k] in names and is_index(values[:, k]):
            remaining.remove(k)
            return remaining, ("its unnamed column of row numbers is left out",)
    return remaining, ()


def is_index(column: Values) -> bool:
    """Whether all values of a column are distinct whole numbers."""
    whole = np.isfinite(column).all() and (column == np.round(column)).all()
    return bool(whole) and len(np.unique(column)) == len(column)


def numbered(columns: int) -> tuple[str, ...]:
    """Names for columns that have none: "1", "2", ..."""
    return tuple(str(k + 1) for k in range(columns))


def called_in_messages(columns: Sequence[str], chosen: Iterable[int]) -> tuple[str, ...]:
    """The chosen columns by name, or by number where one has no name."""
    return tuple(columns[k] or str(k + 1) for k in chosen)


def kept_columns(
    columns: Sequence[str],
    drop: str | int | None,
    name: str,
) -> list[int]:
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
    remaining = list(range(len(columns)))
    for column in listed(drop, columns):
        positions = positions_of(column, columns)
        if not positions:
            raise InputError(f"{name} has no column {column!r} to drop: {nearest(column, columns)}")
        remaining = [k for k in remaining if k not in positions]
    if not remaining:
        raise InputError(f"{name} has no column left after drop={drop}: keep at least one")
    return remaining


def listed(asked: str | int, columns: Sequence[str]) -> list[str]:
    """The names or numbers of an option, which are joined by "+"; a name may hold a "+" itself."""
    if str(asked) in columns:
        return [str(asked)]
    return [text.strip() for text in str(asked).split("+")]


def positions_of(column: str, columns: Sequence[str]) -> list[int]:
    """Where the columns of a name are; else the one of this number, counted from 1."""
    positions = [k for k, name in enumerate(columns) if name == column]
    if positions:
        return positions
    if column.isdigit() and 1 <= int(column) <= len(columns):
        return [int(column) - 1]
    return []


def text_column(
    name: str,
    column: str,
    example: str,
    where: str,
    number: int = 0,
) -> InputError:
    """The error for a column that holds text throughout.

    Args:
        name: The file.
        column: Its name.
        example: One of its cells.
        where: Where that stands.
        number: The place of the column, counted from 1; 0 where it is not known.
    """
    asked = column
    if number and not _PLAIN.fullmatch(column):
        asked = str(number)
    hint = _advice(example) or (
        f"leave it out with the option drop={asked}, "
        f"or make it a condition of the others with context={asked}"
    )
    return InputError(
        f"{name}: column {column!r} holds text ({example!r} in {where}) "
        f"where numbers are expected: {hint}"
    )


def text_cell(
    name: str,
    column: str,
    example: str,
    where: str,
    number: int = 0,
) -> InputError:
    """The error for text in a column of numbers; arguments as for `text_column`."""
    hint = question(example) or "correct it or remove the row"
    return InputError(
        f"{name}: column {column!r} holds {example!r} in {where} where a number is expected: {hint}"
    )


def _advice(example: str) -> str:
    """What helps where a column holds numbers in another form."""
    if example.endswith("%") and is_number(example[:-1]):
        return "write percentages without the sign"
    if example.lower() in TRUTHS:
        return "write 1 for true and 0 for false"
    if "|" in example:
        return "separate cells by a comma, a semicolon, a tab or a space"
    return question(example)


def nearest(column: str, columns: Sequence[str]) -> str:
    """The end of a message about an unknown column: the nearest name, or all."""
    near = difflib.get_close_matches(column, columns, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(columns[:20])
    if len(columns) > 20:
        shown += ", ..."
    return f"choose from {shown}"
