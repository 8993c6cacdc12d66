"""A report that is written while training goes on."""

import time
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any

from genzoo.api.report import REPORT, build_story
from genzoo.disk import write_text
from genzoo.experiment import ComparisonObserver, ComparisonProgress, Experiment
from genzoo.experiment.run import tables_so_far
from genzoo.reporting import report_page

EVERY = 5
"""Seconds between two writings, at least, and after which the page refreshes itself."""
SHARE = 0.05
"""Share of the time that drawing may take."""
STATUS = "genzoo says here how far it is"
"""What stands in a page in the place of its status, until the status is written."""


class Watch:
    """An observer of a comparison that keeps its report.html up to date.

    Use it as a context manager. The page holds the rows that are finished. It is drawn anew when
    there are more of them, and in between only its status changes. The file is replaced as a whole.
    Where the comparison is interrupted, the page says so.

    Args:
        root: Folder of the comparison.
        experiment: What is compared.
        facts: What `experiment_facts` says.
        observer: Hears of progress too.
    """

    def __init__(
        self,
        root: Path,
        experiment: Experiment,
        facts: Mapping[str, Any],
        observer: ComparisonObserver | None = None,
    ) -> None:
        self.root, self.experiment, self.facts, self.observer = root, experiment, facts, observer
        self._page, self._drawn = "", -1
        self._due = self._draw_due = time.monotonic()
        self._last = ComparisonProgress(0.0, None, 0, 0, "")

    def __enter__(self) -> "Watch":
        return self

    def __call__(self, progress: ComparisonProgress) -> None:
        """Hear of progress."""
        self._last = progress
        if self.observer is not None:
            self.observer(progress)
        if time.monotonic() >= self._due:
            done = self._done()
            if progress.seconds_left is not None:
                done += f", about {_duration(progress.seconds_left)} left"
            self._write(f"In training: {done}. {progress.message}.", refresh=EVERY)
            self._due = time.monotonic() + EVERY

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None and self._page:
            self._drawn, self._draw_due = -1, 0.0
            self._write(f"Stopped: {self._done()}. The same command continues.", refresh=None)

    def _write(self, status: str, *, refresh: int | None) -> None:
        start = time.monotonic()
        if self._drawn != self._last.finished and start >= self._draw_due:
            tables = tables_so_far(self.experiment, self.root, self._last.scores)
            story = build_story(self.root, tables, self.facts)
            self._page = report_page(replace(story, refresh=refresh, status=STATUS))
            self._drawn = self._last.finished
            self._draw_due = start + (time.monotonic() - start) / SHARE
        write_text(self.root / REPORT, self._page.replace(STATUS, escape(status), 1))

    def _done(self) -> str:
        return f"{self._last.finished} of {self._last.tasks} rows are finished"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return "a minute"
    return f"{seconds / 60:.0f} minutes"
