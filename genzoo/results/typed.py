"""Dataclasses from stored fields, whose values must be of the types that the class declares."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def typed(kind: type[T], given: Any) -> T:
    """An instance of a dataclass of JSON types.

    Args:
        kind: The dataclass; its fields hold numbers, texts, truths, None, literals, or tuples of
            these.
        given: Its fields; lists become tuples.

    Raises:
        TypeError: When a field is unknown, missing or of another type.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"{kind.__name__} is no object")
    hints = typing.get_type_hints(kind)
    found = {}
    for name, value in given.items():
        if name not in hints:
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        found[name] = tuple(value) if isinstance(value, list) else value
        if not _is(found[name], hints[name]):
            raise TypeError(f"{name} of {kind.__name__} is {type(value).__name__}")
    missing = {
        field.name
        for field in dataclasses.fields(kind)  # type: ignore[arg-type]
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    if missing - set(found):
        raise TypeError(f"{kind.__name__} lacks {', '.join(sorted(missing - set(found)))}")
    return kind(**found)


def _is(value: Any, hint: Any) -> bool:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_is(value, part) for part in parts)
    if origin is typing.Literal:
        return isinstance(value, str | int) and value in parts
    if origin is tuple:
        sizes = (
            len(parts) == len(value) if isinstance(value, tuple) and Ellipsis not in parts else True
        )
        each = [part for part in parts if part is not Ellipsis]
        return (
            isinstance(value, tuple)
            and sizes
            and all(_is(item, each[min(k, len(each) - 1)]) for k, item in enumerate(value))
        )
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return value is None if hint in (None, type(None)) else isinstance(value, hint)
