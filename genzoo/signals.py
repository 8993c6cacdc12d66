"""The wish that the work ends: Ctrl-C and SIGTERM, and moments in which they must wait."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM, heard like Ctrl-C."""


def hear_termination(number: int, frame: FrameType | None) -> None:
    """A handler for SIGTERM."""
    raise Terminated


@contextlib.contextmanager
def held_back(*numbers: signal.Signals) -> Iterator[None]:
    """Signals that arrive within are heard afterwards; processes that are started within never hear them.

    An exception in the middle of an import can leave a module half made. On Windows nothing is held back.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
