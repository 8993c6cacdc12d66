"""A bench: a question, the protocols that answer it at several prices, and what papers answered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genzoo.errors import InputError
from genzoo.experiment.protocol import (
    Protocol,
    check_fields,
    check_kinds,
    protocol_from,
    read_object,
    shipped,
)
from genzoo.registry import suggestion

DEFAULT_PROFILE = "quick"
PROFILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,60}")
"""Names of profiles: folders are called after them."""

KINDS = {
    "description": "a text",
    "profiles": "an object of objects",
    "published": "a list of objects",
    "differences": "a text",
    "evaluations": "a list of positive counts",
}
"""What each field of a bench holds."""

PUBLISHED = {
    "reference": "a text",
    "setting": "a text",
    "columns": "a list of names",
    "rows": "an object of lists of texts",
}
"""What each field of a published table holds."""


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
        evaluations: How often networks may be evaluated for a sample when trained models are
            sampled again, with other numbers of steps; none where they are not.
    """

    name: str
    description: str
    profiles: Mapping[str, Protocol]
    published: tuple[PublishedTable, ...] = ()
    differences: str = ""
    evaluations: tuple[int, ...] = ()

    def profile(self, name: str | None) -> tuple[str, Protocol]:
        """A profile by name, or the first.

        Raises:
            InputError: When there is none of that name.
        """
        names = list(self.profiles)
        if name is None:
            name = names[0]
        if name not in names:
            near = suggestion(name, names)
            raise InputError(f"the bench {self.name} has no profile {name!r}: {near}")
        return name, self.profiles[name]


def list_benches() -> list[str]:
    """Names of the shipped benches."""
    return shipped("benches")


def load_bench(name: str) -> Bench:
    """A shipped bench by name, or one from a .json file.

    Raises:
        InputError: On an unknown name, an unreadable file, another format, or a field that is
            unknown or wrong.
    """
    content = read_object("benches", name)
    what = f"the bench {name}"
    check_fields(what, content, list(KINDS), ("description", "profiles"))
    check_kinds(what, content, KINDS)
    for key in content["profiles"]:
        if not PROFILE.fullmatch(key):
            raise InputError(
                f"a profile of {what} is called {key!r}: use letters, digits, '.', '_' and '-' only"
            )
    profiles = {}
    for key, protocol in content["profiles"].items():
        profiles[key] = protocol_from(f"profile {key!r} of {what}", protocol)
    published = [_published(what, table) for table in content.get("published", [])]
    return Bench(
        name,
        content["description"],
        profiles,
        tuple(published),
        content.get("differences", ""),
        tuple(content.get("evaluations", ())),
    )


def _published(what: str, table: Mapping[str, Any]) -> PublishedTable:
    what = f"a published table of {what}"
    names = list(PUBLISHED)
    check_fields(what, table, names, names)
    check_kinds(what, table, PUBLISHED)
    columns = table["columns"]
    for row, cells in table["rows"].items():
        if len(cells) != len(columns):
            raise InputError(f"row {row!r} of {what} must have {len(columns)} numbers")
    return PublishedTable(table["reference"], table["setting"], tuple(columns), table["rows"])
