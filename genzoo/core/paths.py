"""What may be read as a file."""

from pathlib import Path

from genzoo.errors import InputError


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
        raise InputError(f"{path} is a pipe or a device, which is not read: save its content in a file")
