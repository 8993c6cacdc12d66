"""A protocol: models, sources, recipe fields and seeds, written down in a small versioned file."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from genzoo.disk import check_regular
from genzoo.errors import InputError
from genzoo.experiment.matching import Match
from genzoo.registry import suggestion

FORMAT = 1

HOLDS: Mapping[str, Callable[[Any], bool]] = {
    "a text": lambda value: isinstance(value, str),
    "a number of seeds": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "a list of names": lambda value: (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    ),
    "a list of objects": lambda value: (
        isinstance(value, list) and all(isinstance(item, dict) for item in value)
    ),
    "an object of lists of texts": lambda value: (
        isinstance(value, dict) and all(HOLDS["a list of names"](item) for item in value.values())
    ),
    "an object": lambda value: isinstance(value, dict),
    "an object of objects": lambda value: (
        isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())
    ),
}
"""What a field of a file may be said to hold, and whether a value is that."""

KINDS = {
    "description": "a text",
    "reference": "a text",
    "models": "a list of names",
    "sources": "a list of names",
    "recipe": "an object",
    "recipes": "an object of objects",
    "seeds": "a number of seeds",
    "metrics": "a text",
    "match": "a text",
}
"""What each field of a protocol holds."""


@dataclass(frozen=True)
class Protocol:
    """What `genzoo compare --protocol` runs.

    Attributes:
        description: One line.
        reference: Where the protocol was published, and what was changed.
        models: Names with options, or `LABEL=NAME:OPTIONS` for a row called LABEL.
        sources: Names with options.
        recipe: Recipe fields that replace every model's own.
        recipes: By model as written in `models`, recipe fields that replace those too.
        seeds: Number of seeds.
        metrics: Panel or metric names.
        match: What all models are given equally much of, as in `genzoo compare --match`; nothing
            for no match.
    """

    description: str
    models: tuple[str, ...]
    sources: tuple[str, ...]
    reference: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seeds: int = 10
    metrics: str = "quick"
    match: str = ""

    def recipe_of(self, model: Any) -> dict[str, Any]:
        """The recipe fields that it gives a model, as written in `models`."""
        own = self.recipes.get(model, {}) if isinstance(model, str) else {}
        return {**self.recipe, **own}


def list_protocols() -> list[str]:
    """Names of the shipped protocols."""
    return shipped("protocols")


def load_protocol(name: str) -> Protocol:
    """A shipped protocol by name, or one from a .json file.

    Raises:
        InputError: On an unknown name, an unreadable file, another format or an unknown field.
    """
    return protocol_from(f"the protocol {name}", read_object("protocols", name))


def shipped(folder: str) -> list[str]:
    """Names of the .json files of a folder of this package."""
    files = (resources.files("genzoo.experiment") / folder).iterdir()
    return sorted(item.name.removesuffix(".json") for item in files if item.name.endswith(".json"))


def read_object(folder: str, name: str) -> dict[str, Any]:
    """The JSON object of a file shipped in a folder of this package, or of the user's own .json file, without "format".

    Raises:
        InputError: On an unknown name, an unreadable file or another format.
    """
    kind = folder.removesuffix("es" if folder == "benches" else "s")
    if name in shipped(folder):
        text = (resources.files("genzoo.experiment") / folder / f"{name}.json").read_text(
            encoding="utf-8"
        )
    elif not name.endswith(".json"):
        raise InputError(
            f"unknown {kind} {name!r}: {suggestion(name, shipped(folder))} (or name a .json file)"
        )
    else:
        try:
            check_regular(Path(name))
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise InputError(f"cannot read the {kind} {name}: {reason}") from error
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the {kind} {name} is not JSON: {error}") from error
    if not isinstance(given, dict) or given.pop("format", None) != FORMAT:
        raise InputError(f'the {kind} {name} must be a JSON object with "format": {FORMAT}')
    return given


def protocol_from(what: str, given: Mapping[str, Any]) -> Protocol:
    """A protocol from its fields.

    Args:
        what: How messages call it.
        given: Fields of `Protocol`; lists become tuples.

    Raises:
        InputError: On an unknown or missing field, or one of another kind.
    """
    check_fields(
        what, given, [f.name for f in fields(Protocol)], ("description", "models", "sources")
    )
    check_kinds(what, given, KINDS)
    if given.get("match", ""):
        Match.parse(given["match"])
    strangers = sorted(set(given.get("recipes", {})) - set(given["models"]))
    if strangers:
        near = suggestion(strangers[0], list(given["models"]))
        raise InputError(
            f"the field 'recipes' of {what} names {strangers[0]!r}, which is not in its models: {near}"
        )
    return Protocol(
        **{**given, "models": tuple(given["models"]), "sources": tuple(given["sources"])}
    )


def check_fields(
    what: str, given: Mapping[str, Any], known: list[str], needed: Sequence[str]
) -> None:
    """Refuse unknown fields, and needed ones that are missing or empty.

    Raises:
        InputError: In one sentence.
    """
    for key in given:
        if key not in known:
            raise InputError(f"{what} has an unknown field {key!r}: {suggestion(key, known)}")
    for key in needed:
        if not given.get(key):
            raise InputError(f"{what} lacks the field {key!r}")


def check_kinds(what: str, given: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
    """Refuse fields that hold something else than they should.

    Args:
        what: How messages call the object.
        given: Its fields.
        kinds: By field, what it holds, a key of `HOLDS`; fields that are absent pass.

    Raises:
        InputError: In one sentence.
    """
    for key, kind in kinds.items():
        if key in given and not HOLDS[kind](given[key]):
            raise InputError(f"the field {key!r} of {what} must be {kind}, got {given[key]!r}")
