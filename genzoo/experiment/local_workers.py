"""Worker processes of this machine: how they start, what they are told, and what is lost of them.

Each is alone in its pool, so that the death of one costs what it was doing and no more.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from types import TracebackType
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from genzoo.errors import InputError
from genzoo.experiment.one_task import StoppedError, guarded
from genzoo.experiment.tally import Tally
from genzoo.experiment.tasks import Task, is_ready
from genzoo.processes import worker_context
from genzoo.results.types import Score
from genzoo.signals import Interruption, held_back

GRACE = 2.0
"""Seconds that a worker has to come to the end of what it is doing, once it shall stop."""
KILLED = "a worker process was killed, as the system does where memory runs out"
SIGNALS_ARRIVE = 0.3
"""Seconds in which a signal to a whole group of processes reaches this one too."""
TRIES = 3
"""How often a task is begun whose workers are killed; the last time, no other runs beside it."""


def run_in_workers(
    tasks: Sequence[Task], workers: int, tally: Tally, interruption: Interruption
) -> None:
    """Run tasks in processes of their own, which end when this one does.

    A task whose worker is killed is begun again, from its checkpoint where it has one.

    Raises:
        InputError: What a task raised, or when its workers are killed again and again.
        KeyboardInterrupt: After the workers have stopped.
    """
    with _deaths_of_workers_unheard(), _Crew(workers) as crew:
        _share_out(tasks, crew, tally, interruption)


def _share_out(
    tasks: Sequence[Task], crew: "_Crew", tally: Tally, interruption: Interruption
) -> None:
    waiting = sorted(range(len(tasks)), key=lambda position: -tally.costs[position])
    running: dict[Future[list[Score]], tuple[int, _Worker]] = {}
    deaths: Counter[int] = Counter()
    while waiting or running:
        for position in _next(tasks, waiting, running, deaths):
            worker = crew.free()
            if worker is None:
                break
            waiting.remove(position)
            running[worker.submit(position, tasks[position])] = (position, worker)
        done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
        interruption.check()
        for _, worker in running.values():
            worker.hear(tally)
        for future in done:
            position, worker = running.pop(future)
            try:
                scores = future.result()
            except BrokenProcessPool as error:
                time.sleep(SIGNALS_ARRIVE)
                interruption.check()
                crew.lose(worker)
                deaths[position] += 1
                if deaths[position] == TRIES:
                    raise _given_up(tasks[position]) from error
                tally.tick(position, 0.0, "starts anew", f"{KILLED}; what it did is done again")
                waiting.insert(0, position)
            else:
                crew.give_back(worker)
                tally.finish(position, scores)


def _next(
    tasks: Sequence[Task],
    waiting: Sequence[int],
    running: "dict[Future[list[Score]], tuple[int, _Worker]]",
    deaths: Counter[int],
) -> list[int]:
    """The tasks that can start now, the dearest first.

    One whose workers were killed twice is left for the end and is alone then: memory may be short.
    """
    begun = [position for position, _ in running.values()]
    if any(deaths[position] == TRIES - 1 for position in begun):
        return []
    unfinished = [tasks[position] for position in [*waiting, *begun]]
    ready: list[int] = []
    alone: list[int] = []
    for position in waiting:
        if is_ready(tasks[position], unfinished):
            kind = alone if deaths[position] == TRIES - 1 else ready
            kind.append(position)
    if ready or running:
        return ready
    return alone[:1]


def _given_up(task: Task) -> InputError:
    return InputError(
        f"{KILLED}, {TRIES} times for {task.row} on {task.problem.name}; what is finished is kept "
        f"in {task.root}: free memory and do the same again to continue, with one worker if it "
        "goes on (a script of your own must start its work under if __name__ == '__main__')"
    )


class _Worker:
    """A process, and the queue by which it tells how far it is."""

    def __init__(self, context: BaseContext, leash: Connection) -> None:
        self.messages: Queue[Any] = context.Queue()
        arguments = (self.messages, leash)
        self.pool = ProcessPoolExecutor(1, context, _start_worker, arguments)

    def submit(self, position: int, task: Task) -> Future[list[Score]]:
        """Begin a task; the process starts with the first, and never hears Ctrl-C."""
        with held_back(signal.SIGINT):
            return self.pool.submit(_work, position, task)

    def hear(self, tally: Tally) -> None:
        """Pass on what it has told."""
        with contextlib.suppress(queue.Empty):
            while True:
                tally.tick(*self.messages.get_nowait())


class _Crew:
    """Workers, started when there is something to do.

    Use it as a context manager: they end with it.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.context = worker_context()
        self.leash, self.held = self.context.Pipe(duplex=False)
        self.others = set(multiprocessing.active_children())
        self.workers: list[_Worker] = []
        self.idle: list[_Worker] = []

    def free(self) -> _Worker | None:
        """A worker that has nothing to do, or None where all are busy."""
        if not self.idle and len(self.workers) < self.most:
            worker = _Worker(self.context, self.leash)
            self.workers.append(worker)
            return worker
        return self.idle.pop() if self.idle else None

    def give_back(self, worker: _Worker) -> None:
        """It has nothing to do any more."""
        self.idle.append(worker)

    def lose(self, worker: _Worker) -> None:
        """It is dead; another may take its place."""
        self.workers.remove(worker)
        worker.pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> "_Crew":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.held.close()
            _end(set(multiprocessing.active_children()) - self.others)
        for worker in self.workers:
            worker.pool.shutdown(wait=True, cancel_futures=True)
        self.held.close()
        self.leash.close()


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

    return guarded(task, tick)
