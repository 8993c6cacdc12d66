"""A bench: a question, the protocols that answer it at several prices, and what papers answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from genzoo.comparison.protocol import Protocol, check_fields, protocol_from, read_object, shipped
from genzoo.errors import InputError
from genzoo.registry import suggestion

DEFAULT_PROFILE = "quick"


@dataclass(frozen=True)
class PublishedTable:
    """Numbers that a paper gives.

    Attributes:
        reference: Where they stand.
        setting: Nets, steps, batch, runs.
        columns: Headers of the numbers.
        rows: By method, its numbers as printed; "" where the paper gives none.
    """

    reference: str
    setting: str
    columns: tuple[str, ...]
    rows: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Bench:
    """What `genzoo bench` runs.

    Attributes:
        name: Its shipped name, or the file.
        description: One line.
        profiles: Protocols by name; the first is the default.
        published: Tables of papers on the same problems.
        differences: Why the numbers differ from the papers', in sentences.
    """

    name: str
    description: str
    profiles: Mapping[str, Protocol]
    published: tuple[PublishedTable, ...] = ()
    differences: str = ""

    def profile(self, name: str | None) -> tuple[str, Protocol]:
        """A profile by name, or the first.

        Raises:
            InputError: When there is none of that name.
        """
        chosen = next(iter(self.profiles)) if name is None else name
        if chosen not in self.profiles:
            known = list(self.profiles)
            raise InputError(f"the bench {self.name} has no profile {chosen!r}: {suggestion(chosen, known)}")
        return chosen, self.profiles[chosen]


def list_benches() -> list[str]:
    """Names of the shipped benches."""
    return shipped("benches")


def load_bench(name: str) -> Bench:
    """A shipped bench by name, or one from a .json file.

    Raises:
        InputError: On an unknown name, an unreadable file, another format, or a field that is unknown or wrong.
    """
    given = read_object("benches", name)
    what = f"the bench {name}"
    check_fields(what, given, [f.name for f in fields(Bench) if f.name != "name"], ("description", "profiles"))
    if not isinstance(given["profiles"], dict) or not all(isinstance(one, dict) for one in given["profiles"].values()):
        raise InputError(f"the field 'profiles' of {what} must hold an object for each profile")
    profiles = {key: protocol_from(f"profile {key!r} of {what}", one) for key, one in given["profiles"].items()}
    published = tuple(_published(what, one) for one in given.get("published", []))
    return Bench(name, given["description"], profiles, published, given.get("differences", ""))


def _published(what: str, given: Mapping[str, Any]) -> PublishedTable:
    what = f"a published table of {what}"
    names = [f.name for f in fields(PublishedTable)]
    check_fields(what, given, names, names)
    wrong = [row for row, cells in given["rows"].items() if len(cells) != len(given["columns"])]
    if wrong:
        raise InputError(f"row {wrong[0]!r} of {what} must have {len(given['columns'])} numbers")
    return PublishedTable(given["reference"], given["setting"], tuple(given["columns"]), given["rows"])
