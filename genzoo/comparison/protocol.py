"""A protocol: models, sources, recipe fields and seeds, written down in a small versioned file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from genzoo.errors import InputError
from genzoo.registry import suggestion

FORMAT = 1


@dataclass(frozen=True)
class Protocol:
    """What `genzoo compare --protocol` runs.

    Attributes:
        description: One line.
        reference: Where the protocol was published, and what was changed.
        models: Names with options.
        sources: Names with options.
        recipe: Recipe fields that replace every model's own.
        seeds: Number of seeds.
        metrics: Panel or metric names.
    """

    description: str
    models: tuple[str, ...]
    sources: tuple[str, ...]
    reference: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 10
    metrics: str = "quick"


def list_protocols() -> list[str]:
    """Names of the shipped protocols."""
    folder = resources.files("genzoo.comparison") / "protocols"
    return sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json"))


def load_protocol(name: str) -> Protocol:
    """A shipped protocol by name, or one from a .json file.

    Raises:
        InputError: On an unknown name, an unreadable file, another format or an unknown field.
    """
    if name in list_protocols():
        text = (resources.files("genzoo.comparison") / "protocols" / f"{name}.json").read_text(encoding="utf-8")
        return _parse(name, text)
    if not name.endswith(".json"):
        raise InputError(f"unknown protocol {name!r}: {suggestion(name, list_protocols())} (or name a .json file)")
    try:
        return _parse(name, Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the protocol {name}: {error}") from error


def _parse(name: str, text: str) -> Protocol:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InputError(f"the protocol {name} is not JSON: {error}") from error
    if not isinstance(given, dict) or given.pop("format", None) != FORMAT:
        raise InputError(f'the protocol {name} must be a JSON object with "format": {FORMAT}')
    known = [f.name for f in fields(Protocol)]
    for key in given:
        if key not in known:
            raise InputError(f"the protocol {name} has an unknown field {key!r}: {suggestion(key, known)}")
    for key in ("description", "models", "sources"):
        if not given.get(key):
            raise InputError(f"the protocol {name} lacks the field {key!r}")
    for key in ("models", "sources"):
        if not isinstance(given[key], list) or not all(isinstance(item, str) for item in given[key]):
            raise InputError(f"the field {key!r} of the protocol {name} must be a list of names")
        given[key] = tuple(given[key])
    return Protocol(**given)
