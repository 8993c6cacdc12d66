"""Which columns of a table are examples, which are conditions, and which are left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from genzoo.data.cells import is_number
from genzoo.data.conditions import Kind, column_of
from genzoo.data.tables import Table, kept_columns, listed, nearest, numbered, positions_of
from genzoo.data.values import Values
from genzoo.errors import InputError


@dataclass(frozen=True)
class FieldNames:
    """Columns that are conditions where a table has all of them: those of a source.

    Attributes:
        names: What the source calls its conditions.
        size: Numbers in one example; a table of so many columns holds examples alone.
    """

    names: tuple[str, ...]
    size: int


Asked = str | int | FieldNames | None
"""Columns to take as conditions: by name or number, several joined by "+", or where there are."""

KINDS: tuple[Kind, ...] = ("label", "number")
"""What may stand after the name of a column and "@"."""


@dataclass(frozen=True)
class Chosen:
    """Columns of a table, by their places.

    Attributes:
        examples: Those that examples are made of.
        conditions: Those that are conditions, each with what it is to be read as.
    """

    examples: list[int]
    conditions: dict[int, Kind]


def chosen_columns(
    columns: Sequence[str], drop: str | int | None, context: Asked, name: str, *, named: bool = True
) -> Chosen:
    """The columns that are examples, and those that are conditions.

    Args:
        columns: Their names.
        drop: Columns to leave out, see `kept_columns`.
        context: Columns that are conditions.
        name: The table, for messages.
        named: Whether the columns came with names, by which conditions of a source are found.

    Raises:
        InputError: When there is no such column, it is left out or named twice, or none is left for
            examples.
    """
    kept = kept_columns(columns, drop, name)
    if isinstance(context, FieldNames):
        found = _found(columns, kept, context) if named else {}
    elif context is None:
        found = {}
    else:
        found = _asked(columns, kept, context, name)
    examples = [k for k in kept if k not in found]
    if found and not examples:
        conditions = ", ".join(columns[k] for k in found)
        raise InputError(
            f"{name} has no column left beside its conditions, {conditions}: keep at least one"
        )
    return Chosen(examples, found)


def table_of_numbers(values: Values, drop: str | int | None, context: Asked, name: str) -> Table:
    """An array `(n, *event_shape)` as a table; columns of one of two axes are numbered.

    Args:
        values: The array.
        drop: Columns to leave out.
        context: Columns that are conditions.
        name: What messages call it.

    Raises:
        InputError: When columns are chosen of an array that has none.
    """
    if values.ndim > 2:
        if isinstance(context, str | int):
            raise InputError(
                f"{name}: conditions are columns of a table, got shape {values.shape}: "
                "leave context= out"
            )
        return Table(values)
    columns = numbered(values.shape[1])
    chosen = chosen_columns(columns, drop, context, name, named=False)
    names = tuple(columns[k] for k in chosen.examples)

    def place(index: tuple[int, ...]) -> str:
        row, column = index
        return f"row {row + 1}, column {names[column]}"

    conditions = [
        column_of(columns[k], values[:, k], kind) for k, kind in chosen.conditions.items()
    ]
    return Table(values[:, chosen.examples], names, place, conditions=tuple(conditions))


def are_named_in(cells: Sequence[str], context: Asked) -> bool:
    """Whether cells name columns: all that are asked for by name are among them."""
    if context is None:
        return False
    if isinstance(context, FieldNames):
        return all(_is_name_in(cells, name) for name in context.names)
    for text in listed(context, cells):
        column = text.rpartition("@")[0] or text
        if not _is_name_in(cells, text) and not _is_name_in(cells, column):
            return False
    return True


def _is_name_in(cells: Sequence[str], name: str) -> bool:
    return name in cells and not is_number(name)


def _found(columns: Sequence[str], kept: Sequence[int], fields: FieldNames) -> dict[int, Kind]:
    if len(kept) == fields.size:
        return {}
    there = [columns[k] for k in kept]
    if any(there.count(name) != 1 for name in fields.names):
        return {}
    return {kept[there.index(name)]: "" for name in fields.names}


def _asked(
    columns: Sequence[str], kept: Sequence[int], context: str | int, name: str
) -> dict[int, Kind]:
    found: dict[int, Kind] = {}
    for text in listed(context, columns):
        column, kind = _kind_of(text, columns, name)
        positions = positions_of(column, columns)
        if not positions:
            raise InputError(
                f"{name} has no column {column!r} to be a condition: {nearest(column, columns)}"
            )
        if len(positions) > 1:
            raise InputError(
                f"{name} has {len(positions)} columns {column!r}: say which is a condition by its "
                f"number, context={positions[0] + 1} or another"
            )
        (position,) = positions
        if position not in kept:
            raise InputError(
                f"{name}: column {column!r} cannot be dropped and be a condition: "
                "leave it out of drop= or of context="
            )
        if position in found:
            raise InputError(f"{name}: the condition {column!r} is named twice: name it once")
        found[position] = kind
    return found


def _kind_of(text: str, columns: Sequence[str], name: str) -> tuple[str, Kind]:
    """The name of a column, and what follows its last "@"."""
    column, at, word = text.rpartition("@")
    if not at or text in columns:
        return text, ""
    for kind in KINDS:
        if kind == word:
            return column, kind
    raise InputError(
        f"{name}: a condition is read as a label or a number, got {word!r} in {text!r}: "
        f"write {column}@label or {column}@number"
    )
