"""A Ctrl-C or SIGTERM that is heard even where Python loses it."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from genzoo.signals import Terminated, hear_termination

UNHANDLED = {
    signal.SIGINT: (signal.default_int_handler,),
    signal.SIGTERM: (signal.SIG_DFL, hear_termination),
}
"""The signals that mean a wish to stop, and their handlers where no program handles them itself."""


class Interruption:
    """Within the `with`, Ctrl-C and SIGTERM raise KeyboardInterrupt at once, and again at the next `check`.

    An exception raised while Python runs a finaliser or a callback of C++ is printed or dropped and the work would
    go on: measured on training, one Ctrl-C in 25 was lost. Outside the main thread, or where a program handles the
    signal itself, nothing is changed.
    """

    def __init__(self) -> None:
        self._heard: KeyboardInterrupt | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number, handlers in UNHANDLED.items():
                if signal.getsignal(number) in handlers:
                    self._previous[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt if a wish to stop was heard."""
        if self._heard is not None:
            raise self._heard

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._heard = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        raise self._heard
