"""How one task is run, whichever process runs it."""

import contextlib
import traceback
from collections.abc import Iterator

import torch
from threadpoolctl import threadpool_limits

from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.experiment.progress import Tick
from genzoo.experiment.tasks import FitTask, Task, failed_scores
from genzoo.results.types import Score


class StoppedError(Exception):
    """The process that gave the task wants it to stop, or is gone."""


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Networks as small as these are fastest with one; and sums do not depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def guarded(task: Task, tick: Tick) -> list[Score]:
    """A contestant that fails takes its own row down and no other."""
    try:
        return task.run(tick)
    except (InputError, StoppedError):
        raise
    except Exception as error:
        if not isinstance(task, FitTask):
            raise
        write_text(task.folder / "failure.txt", traceback.format_exc())
        return failed_scores(task, error)
