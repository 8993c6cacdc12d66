"""Running tasks: here, in worker processes, or wherever an executor runs them."""

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial

from genzoo.experiment.elsewhere import run_elsewhere
from genzoo.experiment.local_workers import run_in_workers
from genzoo.experiment.one_task import guarded, one_thread
from genzoo.experiment.tally import ComparisonObserver, Tally
from genzoo.experiment.tasks import Row, Task, pieces
from genzoo.results.types import Score
from genzoo.signals import Interruption

WORTH_WORKERS = 2.0
"""Rough core-seconds of work below which starting processes costs more than it saves."""


def run_tasks(
    rows: Sequence[Row],
    *,
    workers: int = 1,
    executor: Executor | None = None,
    observer: ComparisonObserver | None = None,
) -> list[list[Score]]:
    """Run rows as tasks, and return the scores of these in the same order.

    Args:
        rows: In the order of the tables.
        workers: Processes, each with one thread; 1 runs in this process.
        executor: Where to run in their place.
        observer: Hears of progress.

    Raises:
        InputError: What a task raised because of its input, or when workers are lost again and
            again.
        KeyboardInterrupt: After the workers have stopped; finished runs are on disk.
    """
    tasks = pieces(rows)
    tally = Tally(tasks, observer)
    workers = min(workers, len(tasks))
    with Interruption() as interruption:
        if executor is not None:
            run_elsewhere(tasks, executor, tally, interruption)
        elif workers > 1 and sum(tally.costs) > WORTH_WORKERS:
            run_in_workers(tasks, workers, tally, interruption)
        else:
            _run_here(tasks, tally, interruption)
    return tally.scores


def _run_here(tasks: Sequence[Task], tally: Tally, interruption: Interruption) -> None:
    def tick(position: int, done: float, doing: str) -> None:
        interruption.check()
        tally.tick(position, done, doing)

    with one_thread():
        for position, task in enumerate(tasks):
            tally.finish(position, guarded(task, partial(tick, position)))
            interruption.check()
