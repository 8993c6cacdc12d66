"""How much is done and how long the rest takes, by hand."""

import io
import queue
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from genzoo.experiment import ComparisonProgress, local_workers, tally
from genzoo.experiment.fit_task import FitTask
from genzoo.experiment.progress import Tick
from genzoo.experiment.row_task import RowTask
from genzoo.experiment.run import experiment_tasks
from genzoo.experiment.tally import Tally
from genzoo.storage.evaluation import RealSamples
from tests.experiment.small import experiment


class Clock:
    """A clock that moves only when told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(tally, "time", made)
    monkeypatch.setattr(local_workers, "time", made)
    return made


def test_the_share_done_weighs_tasks_by_their_cost_and_the_rest_takes_as_long(
    clock: Clock,
) -> None:
    where = SimpleNamespace(name="ring")
    tasks = [SimpleNamespace(cost=cost, row=f"row {cost}", problem=where) for cost in (1.0, 3.0)]
    heard: list[ComparisonProgress] = []
    kept = Tally(tasks, heard.append)
    kept.tick(0, 0.0, "training")
    clock.now += 6
    kept.tick(1, 0.5, "scoring")
    kept.tick(1, 0.2, "late")
    kept.finish(0, [])
    assert [at.fraction for at in heard] == [0.0, 1.5 / 4, 1.5 / 4, 2.5 / 4]
    assert [at.seconds_left for at in heard] == [None, 10.0, 10.0, pytest.approx(3.6)]
    assert [(at.finished, at.tasks) for at in heard] == [(0, 2), (0, 2), (0, 2), (1, 2)]
    assert heard[1].message == "row 3.0 on ring: scoring"


def test_a_worker_tells_no_more_than_five_times_a_second(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: queue.Queue = queue.Queue()
    worker = {"stop": threading.Event(), "messages": messages}
    monkeypatch.setattr(local_workers, "_worker", worker)

    def run(tick: Tick) -> list:
        for seconds in (0.0, 0.1, 0.05, 0.1, 0.1, 0.15):
            clock.now += seconds
            tick(clock.now, "training")
        return []

    assert local_workers._work(7, SimpleNamespace(run=run)) == []
    told = [messages.get_nowait() for _ in range(messages.qsize())]
    assert [position for position, *_ in told] == [7, 7, 7]
    assert [done for _, done, _ in told] == pytest.approx([100.0, 100.25, 100.5])


class Worker:
    """A process that needs some seconds to stop by itself."""

    def __init__(self, clock: Clock, needs: float) -> None:
        self.clock = clock
        self.needs = needs
        self.waited = -1.0
        self.ended = False

    def join(self, timeout: float) -> None:
        self.waited = min(self.needs, timeout)
        self.clock.now += self.waited

    def terminate(self) -> None:
        self.ended = True


def test_all_workers_together_have_one_moment_to_stop(clock: Clock) -> None:
    workers = [Worker(clock, needs) for needs in (0.5, 9.0, 9.0)]
    local_workers._end(workers)
    assert local_workers.GRACE == 2
    assert [worker.waited for worker in workers] == [0.5, 1.5, 0.0]
    assert all(worker.ended for worker in workers)


def test_only_processes_of_its_own_are_ended_where_work_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running, ended = ["of somebody else"], []

    class Broken:
        """Starts a process, and takes no work."""

        def __init__(self, *_: object) -> None:
            running.append("own")

        def submit(self, *_: object) -> None:
            raise ZeroDivisionError

        def shutdown(self, **_: object) -> None:
            running.remove("own")

    ends = [io.BytesIO(), io.BytesIO()]
    context = SimpleNamespace(Queue=queue.Queue, Pipe=lambda duplex: ends)
    monkeypatch.setattr(local_workers, "worker_context", lambda: context)
    monkeypatch.setattr(local_workers, "ProcessPoolExecutor", Broken)
    monkeypatch.setattr(local_workers.multiprocessing, "active_children", lambda: list(running))
    monkeypatch.setattr(local_workers, "_end", ended.append)
    task = SimpleNamespace(cost=1.0, row="vae", problem=SimpleNamespace(name="ring"))
    with pytest.raises(ZeroDivisionError):
        local_workers.run_in_workers([task], 1, Tally([task], None), SimpleNamespace())
    assert ended == [{"own"}]
    assert all(end.closed for end in ends)
    assert running == ["of somebody else"]


def test_what_is_on_disk_is_scored_seed_by_seed_in_equal_shares(tmp_path: Path) -> None:
    asked = experiment(models=("vae",), seeds=(0, 1, 2, 3))
    task = experiment_tasks(asked, tmp_path)[0]
    first: list[float] = []
    task.run(lambda done, _: first.append(done))
    share = first[-4]
    assert 0 < share < 1
    training = first[:-4]
    assert training == sorted(training)
    assert training[-1] == pytest.approx(share)
    assert first[-4:] == pytest.approx([share + (1 - share) * at / 4 for at in range(4)])
    again: list[float] = []
    task.run(lambda done, _: again.append(done))
    assert again == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("kind", [FitTask, RowTask])
def test_tasks_are_the_same_whatever_has_been_drawn_of_the_truth(kind: type) -> None:
    asked = experiment(models=("vae",))
    where = asked.problems[0]
    parts = [asked, where, "oracle"]
    if kind is FitTask:
        parts = [asked, asked.contestants[0], where]
    one = kind(*parts, Path("out"), RealSamples(where.source, 10))
    other = kind(*parts, Path("out"), RealSamples(where.source, 10))
    assert one == other
    assert one != replace(other, root=Path("elsewhere"))
