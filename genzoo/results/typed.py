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
        kind: The dataclass. Its fields hold numbers, texts, truths, None, literals, or tuples of
            these.
        given: Its fields by name; lists become tuples.

    Raises:
        TypeError: When a field is unknown, missing or of another type.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"{kind.__name__} is no object")
    hints = typing.get_type_hints(kind)
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if name not in hints:
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        fields[name] = tuple(value) if isinstance(value, list) else value
        if not _is(fields[name], hints[name]):
            raise TypeError(f"{name} of {kind.__name__} is {type(value).__name__}")
    missing = _required(kind) - fields.keys()
    if missing:
        raise TypeError(f"{kind.__name__} lacks {', '.join(sorted(missing))}")
    return kind(**fields)


def _required(kind: Any) -> set[str]:
    """The fields of a dataclass that have no default."""
    names = set()
    for field in dataclasses.fields(kind):
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            names.add(field.name)
    return names


def _is(value: Any, hint: Any) -> bool:
    """Whether a value is of the type that a dataclass declares."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_is(value, part) for part in parts)
    if origin is typing.Literal:
        return isinstance(value, str | int) and value in parts
    if origin is tuple:
        return isinstance(value, tuple) and _are(value, parts)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint in (None, type(None)):
        return value is None
    return isinstance(value, hint)


def _are(values: tuple[Any, ...], hints: tuple[Any, ...]) -> bool:
    """Whether the items of a tuple are of the types of `tuple[X, Y]`, or of `tuple[X, ...]`."""
    if Ellipsis in hints:
        hints = hints[:1] * len(values)
    if len(values) != len(hints):
        return False
    return all(_is(value, hint) for value, hint in zip(values, hints, strict=True))
