"""Settings given on the command line as words."""

import argparse
from typing import Any

from genzoo.errors import InputError
from genzoo.registry import read_value


def recipe_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """Recipe fields given on the command line.

    `learning_rate.generator=1e-4` names the rate of one update.
    """
    fields: dict[str, Any] = {}
    if arguments.steps is not None:
        fields["steps"] = arguments.steps
    if arguments.lr is not None:
        fields["learning_rate"] = arguments.lr
    if arguments.batch_size is not None:
        fields["batch_size"] = arguments.batch_size
    for name, text in distinct(arguments.recipe, "--recipe").items():
        field, dot, update = name.partition(".")
        if dot and isinstance(fields.setdefault(field, {}), dict):
            fields[field][update] = _value(text)
        elif field in fields:
            raise InputError(f"recipe field {field!r} is given twice: give it once")
        else:
            fields[field] = _value(text)
    return fields


def distinct(pairs: list[tuple[str, str]], option: str) -> dict[str, str]:
    """Pairs as a mapping.

    Args:
        pairs: Names and values.
        option: The option that they were given with, for the message.

    Raises:
        InputError: When a name is given twice.
    """
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{option} names {name!r} twice: give it once")
    return dict(pairs)


def _value(text: str) -> Any:
    """One value, or several joined by commas."""
    if "," in text:
        return tuple(read_value(part) for part in text.split(","))
    return read_value(text)
