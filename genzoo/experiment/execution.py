"""Running tasks: here, or in worker processes, with progress and a clean stop."""

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from types import TracebackType
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.experiment.tally import ComparisonObserver, Tally
from genzoo.experiment.tasks import FitTask, Task, failed_scores
from genzoo.results.types import Score
from genzoo.signals import Interruption, held_back

WORTH_WORKERS = 2.0
"""Rough core-seconds of work below which starting processes costs more than it saves."""

GRACE = 2.0
"""Seconds that a worker has to come to the end of what it is doing, once it shall stop."""
KILLED = "a worker process was killed, as the system does where memory runs out"
SIGNALS_ARRIVE = 0.3
"""Seconds in which a signal to a whole group of processes reaches this one too."""


class StoppedError(Exception):
    """The process that gave the task wants it to stop, or is gone."""


def run_tasks(
    tasks: Sequence[Task], *, workers: int = 1, observer: ComparisonObserver | None = None
) -> list[list[Score]]:
    """Run tasks and return their scores in the same order.

    Args:
        tasks: Fits and rows, in the order of the tables.
        workers: Processes, each with one thread; 1 runs in this process.
        observer: Hears of progress.

    Raises:
        InputError: What a task raised because of its input.
        KeyboardInterrupt: After the workers have stopped; finished runs are on disk.
    """
    tally = Tally(tasks, observer)
    workers = min(workers, len(tasks))
    if workers > 1 and sum(tally.costs) > WORTH_WORKERS:
        with Interruption() as interruption, _deaths_of_workers_unheard():
            return _run_in_processes(tasks, workers, tally, interruption)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1), Interruption() as interruption:

            def tick(position: int, done: float, doing: str) -> None:
                interruption.check()
                tally.tick(position, done, doing)

            for position, task in enumerate(tasks):
                tally.finish(position, _guarded(task, partial(tick, position)))
                interruption.check()
    finally:
        torch.set_num_threads(before)
    return tally.scores


def _guarded(task: Task, tick: Callable[[float, str], None]) -> list[Score]:
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


def _run_in_processes(
    tasks: Sequence[Task], workers: int, tally: Tally, interruption: Interruption
) -> list[list[Score]]:
    order = sorted(range(len(tasks)), key=lambda position: -tasks[position].cost)
    try:
        _share_out(tasks, order, workers, tally, interruption)
    except BrokenProcessPool:
        time.sleep(SIGNALS_ARRIVE)
        interruption.check()
        rest = [position for position in order if tally.results[position] is None]
        notice = f"{KILLED}; the {len(rest)} rows that are left go on in a new one"
        tally.tick(rest[0], 0.0, "starts anew", notice)
        try:
            _share_out(tasks, rest, 1, tally, interruption)
        except BrokenProcessPool as error:
            time.sleep(SIGNALS_ARRIVE)
            interruption.check()
            raise InputError(
                f"{KILLED}, for the second time; what is finished is kept in {tasks[0].root}: "
                "free memory and do the same again to continue, with one worker if it goes on (a "
                "script of your own must start its work under if __name__ == '__main__')"
            ) from error
    return tally.scores


def _share_out(
    tasks: Sequence[Task],
    positions: Sequence[int],
    workers: int,
    tally: Tally,
    interruption: Interruption,
) -> None:
    """Run the tasks at these positions in processes of their own, which end when this one does."""
    context = multiprocessing.get_context("spawn")
    messages: Queue[Any] = context.Queue()
    leash, held = context.Pipe(duplex=False)
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(workers, context, _start_worker, (messages, leash))
    try:
        futures: dict[Future[list[Score]], int] = {}
        # The workers never hear Ctrl-C, not even while they load.
        with held_back(signal.SIGINT):
            for position in positions:
                futures[executor.submit(_work, position, tasks[position])] = position
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
            interruption.check()
            _hear(messages, tally)
            for future in sorted(done, key=lambda one: one.exception() is not None):
                tally.finish(futures[future], future.result())
    except BaseException:
        held.close()
        _end(set(multiprocessing.active_children()) - others)
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        held.close()
        leash.close()


@contextlib.contextmanager
def _deaths_of_workers_unheard() -> Iterator[None]:
    """No traceback of the thread that hands tensors to workers, when one dies while it takes some.

    That thread of `multiprocessing.resource_sharer` calls `sys.excepthook` itself. The death is not
    hidden: the pool reports it.
    """
    usual = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        serving = threading.current_thread() is not threading.main_thread()
        if serving and isinstance(error, EOFError | ConnectionError):
            return
        usual(kind, error, trace)

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = usual


def _end(processes: Collection[BaseProcess]) -> None:
    """Give processes that were told to stop a moment, and end those that do not come to it."""
    until = time.monotonic() + GRACE
    for process in processes:
        process.join(max(until - time.monotonic(), 0.0))
        process.terminate()


def _hear(messages: "Queue[Any]", tally: Tally) -> None:
    while True:
        try:
            tally.tick(*messages.get_nowait())
        except queue.Empty:
            return


_worker: dict[str, Any] = {}


def _start_worker(messages: "Queue[Any]", leash: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and lets go of the leash
    messages.cancel_join_thread()
    torch.set_num_threads(1)
    threadpool_limits(1)
    stop = threading.Event()
    threading.Thread(target=_end_with_parent, args=(leash, stop), daemon=True).start()
    _worker.update(messages=messages, stop=stop)


def _end_with_parent(leash: Connection, stop: threading.Event) -> None:
    """Wait for the end of a pipe whose other end the parent alone holds: it closes it, or dies.

    A task stops at its next tick; one that does not come to a tick in time is ended with its
    process.
    """
    with contextlib.suppress(OSError):
        leash.poll(None)
    stop.set()
    _fall_silent()
    time.sleep(GRACE)
    os._exit(1)


def _fall_silent() -> None:
    """What breaks in a worker because its parent has gone is told to nobody."""
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed with the process


def _work(position: int, task: Task) -> list[Score]:
    last = 0.0

    def tick(done: float, doing: str) -> None:
        nonlocal last
        if _worker["stop"].is_set():
            raise StoppedError
        if time.monotonic() - last > 0.2:
            last = time.monotonic()
            _worker["messages"].put((position, done, doing))

    return _guarded(task, tick)
