"""A protocol: models, sources, recipe fields and seeds, written down in a small versioned file."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from genzoo.disk import check_regular
from genzoo.errors import InputError
from genzoo.experiment.matching import Match
from genzoo.registry import suggestion

FORMAT = 1
SINGULAR = {"protocols": "protocol", "benches": "bench"}
"""By folder of shipped files, what one of them is called."""

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
        if not isinstance(model, str):
            return dict(self.recipe)
        return {**self.recipe, **self.recipes.get(model, {})}


PROTOCOL_FIELDS = [field.name for field in fields(Protocol)]


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
    """The JSON object of a file, without its "format".

    The file is one shipped in a folder of this package, or the user's own .json file.

    Raises:
        InputError: On an unknown name, an unreadable file or another format.
    """
    kind = SINGULAR[folder]
    if name in shipped(folder):
        file = resources.files("genzoo.experiment") / folder / f"{name}.json"
        text = file.read_text(encoding="utf-8")
    elif name.endswith(".json"):
        text = _own_text(kind, name)
    else:
        near = suggestion(name, shipped(folder))
        raise InputError(f"unknown {kind} {name!r}: {near} (or name a .json file)")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the {kind} {name} is not JSON: {error}") from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise InputError(f'the {kind} {name} must be a JSON object with "format": {FORMAT}')
    return content


def _own_text(kind: str, name: str) -> str:
    """The text of the user's own file."""
    try:
        check_regular(Path(name))
        return Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read the {kind} {name}: it is no text in UTF-8") from error
    except OSError as error:
        raise InputError(f"cannot read the {kind} {name}: {error.strerror}") from error


def protocol_from(what: str, content: Mapping[str, Any]) -> Protocol:
    """A protocol from its fields.

    Args:
        what: How messages call it.
        content: Fields of `Protocol`; lists become tuples.

    Raises:
        InputError: On an unknown or missing field, or one of another kind.
    """
    check_fields(what, content, PROTOCOL_FIELDS, ("description", "models", "sources"))
    check_kinds(what, content, KINDS)
    models, sources = tuple(content["models"]), tuple(content["sources"])
    if content.get("match", ""):
        Match.parse(content["match"])
    strangers = sorted(set(content.get("recipes", {})) - set(models))
    if strangers:
        near = suggestion(strangers[0], list(models))
        raise InputError(
            f"the field 'recipes' of {what} names {strangers[0]!r}, "
            f"which is not in its models: {near}"
        )
    return Protocol(**{**content, "models": models, "sources": sources})


def check_fields(
    what: str, content: Mapping[str, Any], allowed: Sequence[str], needed: Sequence[str]
) -> None:
    """Refuse unknown fields, and needed ones that are missing or empty.

    Raises:
        InputError: In one sentence.
    """
    for key in content:
        if key not in allowed:
            near = suggestion(key, list(allowed))
            raise InputError(f"{what} has an unknown field {key!r}: {near}")
    for key in needed:
        if not content.get(key):
            raise InputError(f"{what} lacks the field {key!r}")


def check_kinds(what: str, content: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
    """Refuse fields that hold something else than they should.

    Args:
        what: How messages call the object.
        content: Its fields.
        kinds: By field, what it holds, a key of `HOLDS`; fields that are absent pass.

    Raises:
        InputError: In one sentence.
    """
    for key, kind in kinds.items():
        if key in content and not HOLDS[kind](content[key]):
            raise InputError(f"the field {key!r} of {what} must be {kind}, got {content[key]!r}")


def _all(values: Iterable[Any], hold: Callable[[Any], bool]) -> bool:
    return all(hold(value) for value in values)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and _all(value, _is_text)


def _is_list_of_counts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_count(count) and count > 0 for count in value)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and _all(value, _is_object)


def _is_object_of_objects(value: Any) -> bool:
    return isinstance(value, dict) and _all(value.values(), _is_object)


def _is_object_of_lists(value: Any) -> bool:
    return isinstance(value, dict) and _all(value.values(), _is_list_of_names)


HOLDS: Mapping[str, Callable[[Any], bool]] = {
    "a text": _is_text,
    "a number of seeds": _is_count,
    "a list of names": _is_list_of_names,
    "a list of positive counts": _is_list_of_counts,
    "a list of objects": _is_list_of_objects,
    "an object of lists of texts": _is_object_of_lists,
    "an object": _is_object,
    "an object of objects": _is_object_of_objects,
}
"""What a field of a file may be said to hold, and whether a value is that."""
