"""The wish that the work ends: Ctrl-C and SIGTERM, and moments in which they must wait."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

MOMENT = 0.05
"""Seconds after which a wish that Python dropped is sent again."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, heard like Ctrl-C."""


UNHANDLED = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
"""The signals that mean a wish to stop, and their handlers where a program sets none."""


class Interruption:
    """Within the `with`, Ctrl-C and SIGTERM raise KeyboardInterrupt, and again at the next `check`.

    The second time is needed. An exception raised while Python runs a finaliser or a callback of
    C++ is printed or dropped, and one raised while an extension module loads becomes an
    ImportError. The work would go on: measured on training, one Ctrl-C in 25 was lost.

    Within another interruption, both remember. Outside the main thread, or where a program handles
    the signal itself, nothing is changed.

    Args:
        repeats: Whether a wish that was dropped is sent again a moment later, and no traceback
            printed of it: for work that does not check.
    """

    def __init__(self, *, repeats: bool = False) -> None:
        self.repeats = repeats
        self._heard: KeyboardInterrupt | None = None
        self._previous: dict[signal.Signals, Any] = {}
        self._usual_hook: Any = None

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number, unhandled in UNHANDLED.items():
                handler = signal.getsignal(number)
                if handler == unhandled or _interruption_of(handler):
                    self._previous[number] = signal.signal(number, self._hear)
        if self.repeats:
            self._usual_hook, sys.unraisablehook = sys.unraisablehook, self._hear_dropped
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.repeats:
            sys.unraisablehook = self._usual_hook
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt if a wish to stop was heard."""
        if self._heard is not None:
            raise self._heard

    def _hear(self, number: int, frame: FrameType | None) -> None:
        wish = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        self._remember(wish, signal.Signals(number))
        raise wish

    def _remember(self, wish: KeyboardInterrupt, number: signal.Signals) -> None:
        self._heard = wish
        outer = _interruption_of(self._previous.get(number))
        if outer is not None:
            outer._remember(wish, number)

    def _hear_dropped(self, unraisable: Any) -> None:
        wish = unraisable.exc_value
        if not isinstance(wish, KeyboardInterrupt):
            self._usual_hook(unraisable)
            return
        number = signal.SIGTERM if isinstance(wish, Terminated) else signal.SIGINT
        # an interruption within this one would check by itself
        if _interruption_of(signal.getsignal(number)) is self:
            again = threading.Timer(MOMENT, os.kill, (os.getpid(), number))
            again.daemon = True
            again.start()


def _interruption_of(handler: Any) -> Interruption | None:
    owner = getattr(handler, "__self__", None)
    return owner if isinstance(owner, Interruption) else None


@contextlib.contextmanager
def held_back(*numbers: signal.Signals) -> Iterator[None]:
    """Signals that arrive within are heard afterwards.

    Processes that are started within never hear them. This is for imports: an exception in the
    middle of one can leave a module half made. On Windows nothing is held back.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
