"""Pictures drawn in several processes."""

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType

from genzoo.reporting import PagePicture
from genzoo.signals import held_back

Job = tuple[PagePicture, Path]
"""A picture, and the file that it is written to without its suffix."""

WORTH_PROCESSES = 8.0
"""Rough core-seconds of pictures below which starting processes costs more than it saves."""
START = 2.2
"""Core-seconds in which a process has loaded what it needs."""


def dealt(jobs: Sequence[Job], processes: int, busy: float) -> list[list[Job]]:
    """Deal pictures out so that all processes end together, the dearest ones first.

    Args:
        jobs: What is to be drawn.
        processes: The number of processes, this one first.
        busy: Core-seconds that this one has something else to do.
    """
    shares: list[list[Job]] = [[] for _ in range(processes)]
    loads = [busy, *[START] * (processes - 1)]
    for job in sorted(jobs, key=lambda job: job[0].cost, reverse=True):
        least = loads.index(min(loads))
        shares[least].append(job)
        loads[least] += job[0].cost
    return shares


class Drawing:
    """Draws pictures: a share in each other process, and one here.

    Use it as a context manager. The other processes end with the block. The share of one that dies
    is drawn here.

    Args:
        jobs: What is to be drawn.
        workers: The number of processes, this one among them.
        busy: Core-seconds that this one has something else to do within the block.
    """

    def __init__(self, jobs: Sequence[Job], workers: int, busy: float = 0.0) -> None:
        cost = sum(picture.cost for picture, _ in jobs)
        processes = workers if cost > WORTH_PROCESSES else 1
        self._mine, *others = dealt(jobs, processes, busy)
        self._theirs = list(filter(None, others))
        self._others: list[_Other] = []

    def __enter__(self) -> "Drawing":
        context = multiprocessing.get_context("spawn")
        # They never hear Ctrl-C, not even while they load.
        with held_back(signal.SIGINT):
            for share in self._theirs:
                here, there = context.Pipe()
                process = context.Process(target=_draw, args=(there,), daemon=True)
                process.start()
                there.close()
                # A process that loads takes no large message: sending waits, but not here.
                sender = threading.Thread(target=_send, args=(here, share), daemon=True)
                sender.start()
                self._others.append(_Other(share, process, here, sender))
        return self

    def finish(self) -> dict[str, str]:
        """The pictures as SVG, by key."""
        drawn = _drawn(self._mine)
        for other in self._others:
            other.sender.join()
            try:
                drawn |= other.line.recv()
            except (EOFError, OSError):
                drawn |= _drawn(other.share)
        return drawn

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for other in self._others:
            other.process.terminate()
            other.process.join()
            other.sender.join()
            other.line.close()


@dataclass(frozen=True)
class _Other:
    """Another process, its share, and the line to it."""

    share: Sequence[Job]
    process: BaseProcess
    line: Connection
    sender: threading.Thread


def _send(line: Connection, message: object) -> None:
    """Send to a process that may have died."""
    with contextlib.suppress(OSError):
        line.send(message)


def _draw(line: Connection) -> None:
    """Draw a share in a process of its own, unless the one that shares out has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError):
        _send(line, _drawn(line.recv()))


def _drawn(jobs: Sequence[Job]) -> dict[str, str]:
    drawn = {}
    for picture, file in jobs:
        drawn[picture.key] = picture.drawn(file)
    return drawn
