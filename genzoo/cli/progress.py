"""Progress on standard error: a bar on a terminal, a plain line every few seconds elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from genzoo.errors import visible

LINE_SECONDS = 5.0
"""Least time between two plain lines."""
SEEN = 0.02
"""Share of the work that must be seen to be done before the time left is said."""


class Meter:
    """Shows how much of some work is done, and about how long the rest takes.

    Use it as a context manager. The time left is said once a fiftieth of the work has been seen to
    be done, and assumes that the rest goes as fast.
    """

    def __init__(self) -> None:
        self._spoken = time.monotonic()
        self._first: tuple[float, float] | None = None
        self._bar = Progress(
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %  {task.description}", markup=False),
            console=Console(file=sys.stderr),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("starting", total=1.0)

    def __enter__(self) -> "Meter":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def update(self, fraction: float, what: str) -> None:
        """Say that a fraction of the work is done, and what is being done now."""
        now = time.monotonic()
        left = self._time_left(fraction, now)
        # the time left comes first, since a narrow terminal cuts the end off
        description = f"{left}, {visible(what)}" if left else visible(what)
        self._bar.update(self._task, completed=fraction, description=description)
        if self._bar.disable and now - self._spoken >= LINE_SECONDS:
            self._spoken = now
            line = f"genzoo: {100 * fraction:.0f} %  {visible(what)}"
            if left:
                line += f", {left}"
            print(line, file=sys.stderr, flush=True)  # noqa: T201

    def _time_left(self, fraction: float, now: float) -> str:
        """About how long the rest takes, in words; nothing while that cannot be said."""
        # what comes before the work, such as timing it, says nothing of its pace
        if fraction == 0 or self._first is None:
            self._first = (now, fraction)
        began, at = self._first
        seen = fraction - at
        if seen <= SEEN or fraction >= 1:
            return ""
        return f"about {_duration((now - began) * (1 - fraction) / seen)} left"


def _duration(seconds: float) -> str:
    """Seconds for people.

    >>> _duration(8.4), _duration(71), _duration(5000)
    ('8 s', '1 min 11 s', '1 h 23 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
