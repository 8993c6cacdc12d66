"""The wish that the work ends: Ctrl-C and SIGTERM, and moments in which they must wait."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

MOMENT = 0.05
"""Seconds after which a wish that Python dropped is sent again."""


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


@contextlib.contextmanager
def repeated_if_dropped() -> Iterator[None]:
    """Ctrl-C and SIGTERM that Python drops within are sent again a moment later, and no traceback is printed of them.

    Python can only print an exception that a finaliser or a callback of a weak reference raises; the command would go
    on. Where a program handles the signal itself, or an `Interruption` remembers it, nothing is sent.
    """
    usual = sys.unraisablehook

    def hear(unraisable: Any) -> None:
        wish = unraisable.exc_value
        if not isinstance(wish, KeyboardInterrupt):
            usual(unraisable)
            return
        number = signal.SIGTERM if isinstance(wish, Terminated) else signal.SIGINT
        if signal.getsignal(number) in (hear_termination, signal.default_int_handler):
            again = threading.Timer(MOMENT, os.kill, (os.getpid(), number))
            again.daemon = True
            again.start()

    sys.unraisablehook = hear
    try:
        yield
    finally:
        sys.unraisablehook = usual
