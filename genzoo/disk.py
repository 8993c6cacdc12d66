"""Files that are whole or absent: drafts, locks, and one sentence where the file system refuses."""

import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from genzoo.errors import InputError

DRAFT = re.compile(r"\.(?P<process>\d+)\.draft\.(?P<name>.+)")
"""How a draft is called: the process that makes it, and what it is to become."""
OLDER_DRAFTS = (
    re.compile(r"\.(?P<process>\d+)\.(?P<name>[a-z].*)"),
    re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)"),
)
"""How genzoo 0.1.0 called them.

They are looked for in its own folders alone, since other programs use such names too.
"""
OLD = 3600.0
"""Seconds after which a draft is left over, where processes cannot be asked for."""


@contextlib.contextmanager
def writable(path: Path) -> Iterator[None]:
    """Turn a refusal of the file system into one sentence.

    Raises:
        InputError: When something within raises an `OSError`.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"cannot write {path}: {reason}; free space, or choose another folder"
        ) from error


def check_writable(folder: Path) -> None:
    """Make a folder, where it is missing, and write into it.

    Raises:
        InputError: When that is refused.
    """
    probe = folder / f".{os.getpid()}.draft.probe"
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()


def check_regular(path: Path) -> None:
    """Refuse pipes, devices and sockets, which may never come to an end; what is not there passes.

    Raises:
        InputError: In one sentence.
    """
    if "\0" in str(path):
        raise InputError(f"no file can be called {str(path)!r}: leave the NUL character out")
    try:
        special = path.exists() and not path.is_file() and not path.is_dir()
    except OSError as error:
        raise InputError(f"cannot use {path}: {error.strerror}") from error
    if special:
        raise InputError(
            f"{path} is a pipe or a device, which is not read: save its content in a file"
        )


def check_new(path: Path) -> None:
    """Refuse to write over what exists.

    Raises:
        InputError: When something of that name exists.
    """
    if os.path.lexists(path):
        raise InputError(
            f"{path} exists: choose another file, or say that it may be replaced (--replace)"
        )


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside a file or folder, which takes its name once it is written.

    The draft goes away where it is not written to its end. A file of that name is replaced; a
    folder of that name is not touched, and refuses the draft.

    Raises:
        InputError: When it cannot be written.
    """
    draft = path.with_name(f".{os.getpid()}.draft.{path.name}")
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, path.name)
        # an earlier process that had the same number may have left one
        _delete(draft)
        try:
            yield draft
            os.replace(draft, path)
        finally:
            _delete(draft)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file as a whole.

    Raises:
        InputError: When it cannot be written.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Replace a text file as a whole.

    Raises:
        InputError: When it cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that appears under its name only when everything in it has been written.

    Raises:
        InputError: When it cannot be written, or something stands there.
    """
    with replacing(path) as draft:
        draft.mkdir()
        yield draft


def sweep(folder: Path, name: str) -> None:
    """Delete what dead processes left of drafts of one file or folder."""
    for path in folder.glob(".*.draft.*"):
        draft = DRAFT.fullmatch(path.name)
        if draft and draft["name"] == name and _left_over(path, int(draft["process"])):
            _delete(path)


def sweep_below(folder: Path) -> None:
    """Delete what dead processes left of any drafts in a folder of genzoo and in those below it."""
    for path in list(folder.rglob(".*")):
        draft = _any_draft(path.name)
        if draft and _left_over(path, int(draft["process"])):
            _delete(path)


def _any_draft(name: str) -> re.Match[str] | None:
    """The parts of the name of a draft, of this version or of an older one."""
    for pattern in (DRAFT, *OLDER_DRAFTS):
        draft = pattern.fullmatch(name)
        if draft:
            return draft
    return None


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _left_over(path: Path, process: int) -> bool:
    """Whether the process that makes a draft is gone."""
    if process == os.getpid():
        return False
    if sys.platform == "win32":
        return _age(path) > OLD
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return _age(path) > OLD
    return False


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


@contextlib.contextmanager
def held(lock: Path, place: Path, what: str) -> Iterator[None]:
    """Hold a place on disk against other processes; what a dead process held is free.

    Args:
        lock: A file that stands while the place is held.
        place: What is held.
        what: Who holds it, in words for the message to another process.

    Raises:
        InputError: When another process holds it, or the lock cannot be written.
    """
    holder = lock.with_name(f"{lock.name}-holder")
    with writable(place):
        lock.parent.mkdir(parents=True, exist_ok=True)
        file_lock = FileLock(lock, timeout=0)
        try:
            file_lock.acquire()
        except Timeout:
            raise InputError(
                f"{place} is in use by {_named(holder)}: wait for it, or choose another folder"
            ) from None
    try:
        write_text(holder, f"{what}, process {os.getpid()}")
        yield
    finally:
        for file in (holder, lock):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
        file_lock.release()


def _named(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8").strip() or "another process"
    except OSError:
        return "another process"
