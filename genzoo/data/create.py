"""The door of data: a registered name with options, the user's own file, or rows in memory."""

import re
from pathlib import Path
from typing import Any

from genzoo.core.source import DataSource
from genzoo.data.arrays import ArraySource
from genzoo.data.chosen import FieldNames
from genzoo.data.files import SUFFIXES, FileSource, load_file, read_table
from genzoo.data.matching import in_the_order_of
from genzoo.data.memory import EXPECTED, called, in_memory, is_data
from genzoo.data.registry import SOURCES
from genzoo.data.tables import Table
from genzoo.errors import InputError
from genzoo.registry import Registry, Spec

FILES: Registry[FileSource] = Registry("data", "genzoo.files")
"""Checks the options of a file as those of a registered source are checked."""
FILES.register("file")(load_file)

ROWS: Registry[Table] = Registry("samples", "genzoo.rows")
"""The same for files whose rows are not split."""
ROWS.register("file")(read_table)

MEMORY: Registry[ArraySource] = Registry("data", "genzoo.memory")
"""The same for rows in memory."""
MEMORY.register("rows")(ArraySource)

_KNOWN_FILE = re.compile(
    rf"(.+?(?:{'|'.join(map(re.escape, SUFFIXES))}))(?::(.*))?",
    re.IGNORECASE | re.DOTALL,
)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def create_source(given: Any, **options: Any) -> DataSource:
    """Make a source of a text or of rows.

    Texts are `ring`, `ring:modes=12,radius=2`, `data.csv` or `data.csv:holdout=0.5`. A text with a
    known file ending or a path separator is a file; so is one that is no registered name and has a
    file ending or exists on disk.

    Args:
        given: A registered name or a path, with options; rows in memory as `ArraySource` takes
            them; or a source, which is returned as it is.
        **options: More options.

    Raises:
        InputError: On an unknown name or option, an option given twice, or data that cannot be
            read.
    """
    if isinstance(given, DataSource) and not options:
        return given
    if is_data(given):
        return MEMORY.create("rows", given, **options)
    if not isinstance(given, str | Path):
        raise InputError(
            f"a source must be a name, a file, a DataSource or data ({EXPECTED}), "
            f"got {called(given)}"
        )
    text = str(given).strip()
    path, tail = split_path(text)
    spec = Spec.parse(f"file:{tail}" if path else text)
    twice = sorted(set(spec.options) & set(options))
    if twice:
        raise InputError(
            f"option {twice[0]!r} is given twice, in {text!r} and beside it: give it once"
        )
    merged = {**spec.options, **options}
    if path:
        return FILES.create("file", path, **merged)
    return SOURCES.create(spec.name, **merged)


def read_rows(given: Any, name: str, fields: FieldNames | None = None) -> Table:
    """All rows of a file or in memory, not split.

    A file may come with its options, but for those of the split.

    Args:
        given: A path with options, or what `ArraySource` takes.
        name: What messages call rows in memory.
        fields: Conditions of a source, which are taken out of a table that has them all.

    Raises:
        InputError: When they cannot be read, or there is no such option.
    """
    if not isinstance(given, str | Path):
        return in_memory(given, name, fields)
    path, tail = split_path(str(given))
    options = {"context": fields, **Spec.parse(f"file:{tail}").options}
    return ROWS.create("file", Path(path or str(given)), **options)


def create_parts(
    train: Any, holdout: Any, *, name: str, like: DataSource | None = None
) -> ArraySource:
    """Data whose training part and holdout are given, see `ArraySource.of_parts`.

    Args:
        train: A file with its options, or rows in memory.
        holdout: The same.
        name: What messages call the data.
        like: A source whose columns, conditions and examples both must have, in its order.

    Raises:
        InputError: When a part cannot be read, or the parts do not fit each other or the source.
    """
    fields = None if like is None else fields_of(like)
    seen = read_rows(train, f"the training part of {name}", fields)
    unseen = read_rows(holdout, f"the holdout of {name}", fields)
    if like is not None:
        seen = in_the_order_of(like.column_names, seen, "the training part", name)
        unseen = in_the_order_of(like.column_names, unseen, "the holdout", name)
    spec = None if like is None else like.context_spec
    source = ArraySource.of_parts(seen, unseen, name=name, context_spec=spec)
    if like is not None and source.event_shape != like.event_shape:
        raise InputError(
            f"train and holdout have examples of shape {source.event_shape}, "
            f"{name} of {like.event_shape}"
        )
    return source


def fields_of(source: DataSource) -> FieldNames | None:
    """The columns that a table of the source's examples may have beside them."""
    if source.context_spec is None:
        return None
    return FieldNames(source.context_spec.names, source.event_size)


def split_path(text: str) -> tuple[str, str]:
    """The path and its options; an empty path when the text names a registered source."""
    match = _KNOWN_FILE.fullmatch(text)
    if match:
        return match[1], match[2] or ""
    # The colon of a drive of Windows begins no options.
    start = 2 if _DRIVE.match(text) else 0
    head, _, tail = text[start:].partition(":")
    head = text[:start] + head.strip()
    if "/" in head or "\\" in head:
        return head, tail
    if not head or head in SOURCES.names():
        return "", ""
    path = Path(head)
    if path.suffix or path.exists():
        return head, tail
    return "", ""
