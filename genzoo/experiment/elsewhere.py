"""Running tasks by any executor of `concurrent.futures`, on this machine or on others.

Workers need no disk that this process sees: what a task reads of the folder of the comparison
travels with it, what it makes travels back, and is stored here, once.
"""

import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace
from pathlib import Path

from genzoo.disk import new_folder, write_bytes
from genzoo.errors import InputError, one_line
from genzoo.experiment.one_task import guarded, one_thread
from genzoo.experiment.tally import Tally
from genzoo.experiment.tasks import FilmTask, FitTask, RowTask, Task, is_ready
from genzoo.results.types import Score
from genzoo.signals import Interruption
from genzoo.storage.run_files import CONFIG

TRIES = 3
"""How often a task is begun whose worker is lost."""

Files = Mapping[str, bytes]
"""By path below the folder of a comparison, the content of files."""

_ONE = threading.Lock()
"""Layers draw from the one random generator of a process, so that it has one task at a time."""


def run_elsewhere(
    tasks: Sequence[Task], executor: Executor, tally: Tally, interruption: Interruption
) -> None:
    """Run tasks by an executor; films of several stacks are made here, once these have come back.

    A task that is lost with its worker is begun again from its start.

    Raises:
        InputError: What a task raised, or when the executor loses a task again and again.
        KeyboardInterrupt: After tasks that have not begun were cancelled.
    """
    waiting = sorted(range(len(tasks)), key=lambda position: -tally.costs[position])
    running: dict[Future[tuple[list[Score], Files]], int] = {}
    losses: Counter[int] = Counter()
    try:
        while waiting or running:
            unfinished = [tasks[position] for position in [*waiting, *running.values()]]
            for position in list(waiting):
                task = tasks[position]
                if not is_ready(task, unfinished):
                    continue
                waiting.remove(position)
                if isinstance(task, FilmTask):
                    tally.finish(position, guarded(task, lambda *_: interruption.check()))
                else:
                    running[_submitted(executor, task)] = position
            done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            interruption.check()
            for future in done:
                position = running.pop(future)
                failure = future.exception()
                if failure is None:
                    scores, files = future.result()
                    store(tasks[position], files)
                    tally.finish(position, scores)
                    continue
                losses[position] += 1
                if isinstance(failure, InputError) or losses[position] == TRIES:
                    raise _told(failure, tasks[position]) from failure
                notice = f"a task was lost ({_named(failure)}); it is begun again"
                tally.tick(position, 0.0, "starts anew", notice)
                waiting.append(position)
    finally:
        for future in running:
            future.cancel()


def work(task: Task, files: Files) -> tuple[list[Score], Files]:
    """Run a task in a folder of its own.

    Args:
        task: A fit or a row.
        files: What it reads of the folder of the comparison.

    Returns:
        Its scores, and all files of the folders in which it has written.
    """
    with _ONE, one_thread(), tempfile.TemporaryDirectory(prefix="genzoo-") as folder:
        root = Path(folder)
        for name, content in files.items():
            write_bytes(root / name, content)
        scores = guarded(_in(task, root), lambda *_: None)
        made = _files(root, root.rglob("*"))
        changed = {Path(name).parent for name in made if made[name] != files.get(name)}
        return scores, {name: made[name] for name in made if Path(name).parent in changed}


def parcel(task: Task) -> Files:
    """What a task reads of the folder of the comparison.

    Checkpoints are left out: the fits of other machines are equal up to rounding alone.
    """
    if isinstance(task, FilmTask):
        return {}
    paths: list[Path] = []
    if isinstance(task, RowTask):
        paths += task.folder.rglob("*")
    else:
        for seed in task.seeds:
            paths += task.run_folder(seed).glob("*")
    return _files(task.root, paths)


def store(task: Task, files: Files) -> None:
    """Store what a task has made; runs are whole or absent.

    Raises:
        InputError: When it cannot be written.
    """
    folders: dict[Path, dict[str, bytes]] = {}
    for name, content in files.items():
        path = task.root / name
        folders.setdefault(path.parent, {})[path.name] = content
    for folder, contents in folders.items():
        if CONFIG not in contents:
            for name, content in contents.items():
                write_bytes(folder / name, content)
            continue
        shutil.rmtree(folder, ignore_errors=True)  # a damaged run, or one without these scores
        with new_folder(folder) as draft:
            for name, content in contents.items():
                (draft / name).write_bytes(content)
    if isinstance(task, FitTask):
        task.discard_checkpoints()


def _in(task: Task, root: Path) -> Task:
    """The task in another folder; films stay where the runs are."""
    if isinstance(task, FilmTask):
        return task
    return replace(task, root=root)


def _files(root: Path, paths: Iterable[Path]) -> Files:
    found: dict[str, bytes] = {}
    for path in paths:
        if path.is_file() and not path.name.startswith("."):
            found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


def _submitted(executor: Executor, task: Task) -> "Future[tuple[list[Score], Files]]":
    try:
        return executor.submit(work, task, parcel(task))
    except RuntimeError as failure:
        raise _told(failure, task) from failure


def _told(failure: BaseException, task: Task) -> InputError:
    if isinstance(failure, InputError):
        return failure
    return InputError(
        f"the executor has lost {task.row} on {task.problem.name} ({_named(failure)}); what is "
        f"finished is kept in {task.root}: do the same again with workers that live to continue"
    )


def _named(failure: BaseException) -> str:
    return one_line(f"{type(failure).__name__}: {failure}")
