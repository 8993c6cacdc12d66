"""Columns of two tables of the same things: matched by name, or by position without names."""

from collections.abc import Sequence
from dataclasses import replace

from genzoo.data.tables import Table
from genzoo.errors import InputError

SHOWN = 8
"""Names that a message lists."""


def in_the_order_of(
    names: Sequence[str],
    table: Table,
    what: str,
    where: str,
) -> Table:
    """A table with its columns in the order of those that it is held against.

    A note says how they were matched.

    Args:
        names: Names on the other side; empty where it has none.
        table: What is put in order.
        what: What messages call the table.
        where: What messages call the other side.

    Raises:
        InputError: When both sides have names and these do not match.
    """
    order, note = match_columns(table.names, names, what, where)
    if order is not None:
        table = table.in_order(order)
    if note:
        table = replace(table, notes=(*table.notes, note))
    return table


def match_columns(
    mine: Sequence[str], theirs: Sequence[str], what: str, where: str
) -> tuple[list[int] | None, str]:
    """How the columns of two tables belong together.

    Equal names in another order are matched by name. Where a side has no names, or mere numbers 0
    ... D - 1 or 1 ... D, columns are matched by position.

    Args:
        mine: Names of the table that is put in order; empty where it has none.
        theirs: Names on the other side.
        what: What messages call the table.
        where: What messages call the other side.

    Returns:
        The order that brings the table to the other side's, None to leave it; and the note that
        says so.

    Raises:
        InputError: When both sides have names and these do not match.
    """
    mine, theirs = tuple(mine), tuple(theirs)
    if mine == theirs:
        return None, ""
    if not mine or not theirs:
        nameless = where if mine else what
        why = f"there are no column names in {nameless}"
        return None, f"columns matched by position, as {why}"
    if sorted(mine) == sorted(theirs) and len(set(mine)) == len(mine):
        return [mine.index(name) for name in theirs], "columns matched by name"
    if is_numbering(mine) or is_numbering(theirs):
        numbered = what if is_numbering(mine) else where
        why = f"those of {numbered} are numbered and not named"
        return None, f"columns matched by position, as {why}"
    raise InputError(_mismatch(mine, theirs, what, where))


def is_numbering(names: Sequence[str]) -> bool:
    """Whether names say no more than the position: "0", "1", ... or "1", "2", ..."""
    count = len(names)
    from_0, from_1 = map(str, range(count)), map(str, range(1, count + 1))
    return list(names) in (list(from_0), list(from_1))


def _mismatch(
    mine: Sequence[str],
    theirs: Sequence[str],
    what: str,
    where: str,
) -> str:
    for name in (*mine, *theirs):
        if mine.count(name) > 1 or theirs.count(name) > 1:
            return (
                f"columns of {what} cannot be matched with those of {where}, "
                f"as {name!r} occurs twice: rename one"
            )
    missing = [name for name in theirs if name not in mine]
    extra = [name for name in mine if name not in theirs]
    parts: list[str] = []
    if missing:
        parts.append(f"missing {_listed(missing)}")
    if extra:
        parts.append(f"extra {_listed(extra)}")
    return (
        f"columns of {what} do not match those of {where}: {'; '.join(parts)}: "
        "rename them, or leave columns out of a file with its option drop="
    )


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(map(repr, names[:SHOWN]))
    if len(names) > SHOWN:
        listed += f" and {len(names) - SHOWN} more"
    return listed
