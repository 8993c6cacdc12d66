"""One text, one source: a registered name with options, or the user's own file."""

import re
from pathlib import Path
from typing import Any

from genzoo.core.source import DataSource
from genzoo.data.files import SUFFIXES, FileSource, load_file
from genzoo.data.registry import SOURCES
from genzoo.errors import InputError
from genzoo.registry import Registry, Spec

FILES: Registry[FileSource] = Registry("data", "genzoo.files")
"""Checks the options of a file as those of a registered source are checked."""
FILES.register("file")(load_file)

_KNOWN_FILE = re.compile(rf"(.+?(?:{'|'.join(map(re.escape, SUFFIXES))}))(?::(.*))?", re.IGNORECASE | re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def create_source(text: str | Path, **options: Any) -> DataSource:
    """Make the source that a text names: `ring`, `ring:modes=12,radius=2`, `data.csv` or `data.csv:holdout=0.5`.

    A text with a known file ending or a path separator is a file; so is one that is no registered name and has a file
    ending or exists on disk.

    Args:
        text: A registered name or a path, with options.
        **options: More options.

    Raises:
        InputError: On an unknown name or option, an option given twice, or a file that cannot be read.
    """
    text = str(text).strip()
    path, tail = _split_path(text)
    spec = Spec.parse(f"file:{tail}" if path else text)
    twice = sorted(set(spec.options) & set(options))
    if twice:
        raise InputError(f"option {twice[0]!r} is given twice, in {text!r} and beside it: give it once")
    merged = {**spec.options, **options}
    return FILES.create("file", path, **merged) if path else SOURCES.create(spec.name, **merged)


def _split_path(text: str) -> tuple[str, str]:
    """The path and its options; an empty path when the text names a registered source."""
    known = _KNOWN_FILE.fullmatch(text)
    if known:
        return known[1], known[2] or ""
    start = 2 if _DRIVE.match(text) else 0
    head, _, tail = text[start:].partition(":")
    head = text[:start] + head.strip()
    if "/" in head or "\\" in head:
        return head, tail
    if head not in SOURCES.names() and head and (Path(head).suffix or Path(head).exists()):
        return head, tail
    return "", ""
