"""Whether what a user writes for an option is of the type that its factory declares."""

import inspect
import types
import typing
from typing import Any

from genzoo.errors import InputError

WIDEST = 2**63
"""Bound of the integers that torch and numpy hold."""


def check_type(what: str, value: Any, hint: Any) -> None:
    """Refuse a value that is not of the type that an option is annotated with.

    Args:
        what: What the message calls the option.
        value: What the user gave.
        hint: Its annotation.

    Raises:
        InputError: In one sentence.
    """
    if isinstance(value, int) and not -WIDEST < value < WIDEST:
        raise InputError(f"{what} takes an integer of at most 18 digits, got {value}")
    alternatives = (
        typing.get_args(hint)
        if typing.get_origin(hint) in (typing.Union, types.UnionType)
        else (hint,)
    )
    if not any(_fits(value, alternative) for alternative in alternatives):
        expected = " or ".join(_type_name(alternative) for alternative in alternatives)
        raise InputError(f"{what} takes {expected}, got {value!r}")


def _fits(value: Any, hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal:
        return value in typing.get_args(hint)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint in (bool, str):
        return isinstance(value, hint)
    if hint in (None, type(None)):
        return value is None
    return hint in (Any, inspect.Parameter.empty) or not isinstance(value, bool | int | float | str)


def _type_name(hint: Any) -> str:
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(repr(choice) for choice in typing.get_args(hint))
    return {int: "an integer", float: "a number", bool: "true or false", str: "text"}.get(
        hint, "none" if hint in (None, type(None)) else str(getattr(hint, "__name__", hint))
    )
