"""Digests of source code outside genzoo.

By them, what earlier code computed is not taken for what changed code would compute.
"""

import functools
import hashlib
import sys
from pathlib import Path

OWN = "genzoo"
"""The package whose version alone says what its code is."""


def is_own(module: str) -> bool:
    """Whether a module, by its name, belongs to genzoo."""
    return module.partition(".")[0] == OWN


@functools.cache
def module_digest(module: str) -> str:
    """A digest of the source of a module, or of the whole package that it lies in.

    It is made once in a process.

    Args:
        module: The name of an imported module.

    Returns:
        Sixteen hexadecimal digits; nothing where the source cannot be read.
    """
    loaded = sys.modules.get(module)
    if loaded is None:
        return ""
    package = (getattr(loaded, "__package__", None) or "").partition(".")[0]
    if package and package != module:
        return module_digest(package)
    try:
        return _digest_of(_files_of(loaded))
    except OSError:
        return ""


def _files_of(module: object) -> list[tuple[str, Path]]:
    """The source files of a module, each with the name that it has below its top folder."""
    folders = getattr(module, "__path__", None)
    if folders is None:
        path = Path(getattr(module, "__file__", None) or "")
        return [(path.name, path)] if path.suffix == ".py" else []
    files = []
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            files.append((path.relative_to(folder).as_posix(), path))
    return files


def _digest_of(files: list[tuple[str, Path]]) -> str:
    if not files:
        return ""
    digest = hashlib.sha256()
    for name, path in files:
        content = path.read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
