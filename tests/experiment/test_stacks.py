"""Seeds in stacks: how they are split, and that nothing but rounding knows of it."""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import genzoo
from genzoo.api.scheduler import executor_at
from genzoo.cli import entry
from genzoo.cli.parser import parse
from genzoo.core.noise import NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.experiment import (
    Contestant,
    Experiment,
    elsewhere,
    fit_task,
    local_workers,
    run_experiment,
    stacks,
)
from genzoo.experiment.execution import run_tasks
from genzoo.experiment.films import FilmTask
from genzoo.experiment.fit_task import FitTask
from genzoo.experiment.run import experiment_tasks
from genzoo.experiment.tasks import is_ready, pieces
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.models import MODELS
from genzoo.observation.filming import film, film_run, steps_to_keep, watch
from genzoo.results.types import ComparisonTable
from genzoo.storage import run_files
from genzoo.training import Trainer
from tests.experiment.small import experiment


@pytest.fixture
def small_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "MOST", 3)


@given(st.integers(1, 200), st.integers(1, 20))
@settings(max_examples=60)
def test_a_split_keeps_the_order_and_is_as_equal_as_can_be(count: int, size: int) -> None:
    seeds = list(range(7, 7 + count))
    parts = stacks.split(seeds, size)
    assert list(itertools.chain(*parts)) == seeds
    sizes = [len(part) for part in parts]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= size
    assert sizes[0] - sizes[-1] <= 1
    assert len(parts) == 1 or 1 not in sizes or max(sizes) == 1
    if min(sizes) > 1:
        assert len(parts) == -(-count // size)


def test_the_state_of_a_seed_by_hand() -> None:
    class Line(torch.nn.Linear):
        event_shape = (3,)

        def updates(self) -> list[Any]:
            narrow, wide = NoiseSpec("normal", (2,)), NoiseSpec("normal", (5,))
            return [SimpleNamespace(noise={"z": narrow}), SimpleNamespace(noise={"z": wide})]

    model: Any = Line(3, 2)
    assert stacks.state_bytes(model, Recipe(batch_size=10)) == 4 * (4 * 8 + 10 * (3 + 5))


def test_large_models_have_small_stacks_and_the_default_seeds_are_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, recipe = MODELS.create("vae", (2,)), Recipe()
    assert stacks.stack_size(model, recipe) == 10
    monkeypatch.setattr(stacks, "BYTES", 3.5 * stacks.state_bytes(model, recipe))
    assert stacks.stack_size(model, recipe) == 3
    monkeypatch.setattr(stacks, "BYTES", 1)
    assert stacks.stack_size(model, recipe) == 1


def test_films_come_after_all_stacks_of_their_row(small_stacks: None) -> None:
    asked = experiment(models=("vae",), seeds=(0, 1, 2, 3), gauge=quick_metrics)
    rows = experiment_tasks(asked, Path("out"))
    tasks = pieces(rows)
    own = [task for task in tasks if isinstance(task, FitTask)]
    assert [task.seeds for task in own] == [(0, 1), (2, 3)]
    (films,) = [task for task in tasks if isinstance(task, FilmTask)]
    assert is_ready(own[0], tasks)
    assert not is_ready(films, tasks)
    assert not is_ready(films, [own[1], films])
    assert is_ready(films, [films, *tasks[3:]])
    assert pieces(experiment_tasks(replace(asked, seeds=(0, 1)), Path("out"))) == experiment_tasks(
        replace(asked, seeds=(0, 1)), Path("out")
    )


def test_a_film_made_from_disk_is_the_film_made_from_memory(tmp_path: Path) -> None:
    asked = experiment(models=("autoencoder",), seeds=(0, 1), steps=3, gauge=quick_metrics)
    task = experiment_tasks(asked, tmp_path)[0]
    assert isinstance(task, FitTask)
    source, recipe = task.problem.source, task.contestant.recipe
    fit = Trainer().fit(
        task.build, source, (0, 1), recipe, (), steps_to_keep(task.build, recipe.steps, 2)
    )
    right = film(fit, source, quick_metrics, (0, 1))
    watched = watch(fit, source, quick_metrics, 2)
    for one, other in zip(right.runs, watched.runs, strict=True):
        assert one.watched is not None
        assert other.watched is not None
        for name, series in one.watched.series.items():
            np.testing.assert_array_equal(series, other.watched.series[name])
    for expected in right.recordings:
        run = watched.run(expected.seed)
        seconds = sum(one.seconds for one in fit.runs)
        found = film_run(run, source, quick_metrics, expected.role, seconds)
        for name, array in expected.arrays.items():
            np.testing.assert_array_equal(array, found.arrays[name])
        for name, array in expected.values.items():
            np.testing.assert_array_equal(array, found.values[name])


def values(table: ComparisonTable) -> list[tuple[str, int, float | None]]:
    return [(score.model, score.seed, score.value) for score in table.scores]


def content(root: Path) -> dict[str, bytes]:
    """What runs are made of; records hold seconds."""
    found = {}
    for path in sorted(root.rglob("seed-*/*")):
        if path.suffix != ".json":
            found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


class Postponed(Executor):
    """Runs the last that was submitted first, and may lose tasks."""

    def __init__(self, lost: int = 0) -> None:
        self.lost = lost
        self.ran: list[Any] = []

    def submit(self, work: Callable[..., Any], /, *args: Any, **_: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self.ran.append(args[0])
        if self.lost:
            self.lost -= 1
            future.set_exception(ConnectionError("a worker is gone"))
            return future
        try:
            future.set_result(work(*args))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Experiment, ComparisonTable]:
    """A row of two stacks, made in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacks, "MOST", 3)
        root = tmp_path_factory.mktemp("alone")
        asked = experiment(models=("vae",), seeds=(4, 1, 2, 3), gauge=quick_metrics, n=100)
        return root, asked, run_experiment(asked, root)


def test_a_row_of_stacks_is_what_its_stacks_are_alone(
    alone: tuple[Path, Experiment, ComparisonTable], tmp_path: Path
) -> None:
    root, asked, table = alone
    run_experiment(replace(asked, seeds=(2, 3), gauge=None), tmp_path)
    own = content(tmp_path)
    assert own
    everything = content(root)
    for name, expected in own.items():
        if "/vae-" in name:
            assert everything[name] == expected, name
    configs = [run_files.read_config(path) for path in sorted(root.glob("runs/ring/vae*/seed-*"))]
    assert [config["seeds_together"] for config in configs] == [2, 2, 2, 2]
    row = experiment_tasks(asked, root)[0]
    assert isinstance(row, FitTask)
    assert {film.role for film in row.recordings()} == {"median", "worst"}
    distances = {seed: one.series["distance"][-1] for seed, one in row.watched().items()}
    worst = max(distances, key=lambda seed: float(distances[seed]))
    roles = {film.role: film.seed for film in row.recordings()}
    assert roles["worst"] == worst
    left = [path.name for path in row.folder.iterdir()]
    assert sorted(left) == [f"seed-{seed:04d}" for seed in (1, 2, 3, 4)]
    assert [score.seed for score in table.scores if score.model == "vae"][::2] == [4, 1, 2, 3]


@pytest.mark.parametrize("lost", [0, 2])
def test_any_executor_gives_the_same_files_and_a_lost_task_is_made_again(
    lost: int,
    alone: tuple[Path, Experiment, ComparisonTable],
    tmp_path: Path,
    small_stacks: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, asked, table = alone
    stored: list[str] = []
    store = elsewhere.store
    monkeypatch.setattr(
        elsewhere,
        "store",
        lambda task, files: (stored.extend(files), store(task, files)),
    )
    executor = Postponed(lost)
    spread = run_experiment(asked, tmp_path, executor=executor)
    assert values(spread) == values(table)
    assert content(tmp_path) == content(root)
    assert len(stored) == len(set(stored))
    assert len(executor.ran) == lost + len(pieces(experiment_tasks(asked, tmp_path))) - 1
    again = Postponed()
    assert values(run_experiment(asked, tmp_path, executor=again)) == values(table)
    assert content(tmp_path) == content(root)


def test_what_an_executor_loses_again_and_again_is_told_in_one_sentence(tmp_path: Path) -> None:
    asked = experiment(models=("vae",), seeds=(0, 1))
    with pytest.raises(InputError, match=r"lost \w+ on ring \(ConnectionError: a worker is gone"):
        run_experiment(asked, tmp_path, executor=Postponed(99))


def test_a_run_that_was_lost_costs_its_stack_alone(
    alone: tuple[Path, Experiment, ComparisonTable],
    small_stacks: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, asked, table = alone
    before = content(root)
    row = experiment_tasks(asked, root)[0]
    assert isinstance(row, FitTask)
    (row.run_folder(3) / run_files.CONFIG).unlink()
    trained: list[tuple[int, ...]] = []
    fit = Trainer.fit

    def spy(self: Trainer, build: Any, source: Any, seeds: Any, *rest: Any) -> Any:
        trained.append(tuple(seeds))
        return fit(self, build, source, seeds, *rest)

    monkeypatch.setattr(Trainer, "fit", spy)
    assert values(run_experiment(asked, root)) == values(table)
    assert trained == [(2, 3)]
    after = content(root)
    films = {name for name in before if name.endswith("recording.npz")}
    assert {name: after[name] for name in after if name not in films} == {
        name: before[name] for name in before if name not in films
    }


def test_where_memory_is_refused_a_stack_is_halved_and_its_runs_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = Trainer.fit
    asked: list[int] = []

    def short(self: Trainer, build: Any, source: Any, seeds: Any, *rest: Any) -> Any:
        asked.append(len(seeds))
        if len(seeds) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return fit(self, build, source, seeds, *rest)

    monkeypatch.setattr(fit_task.Trainer, "fit", short)
    comparison = experiment(models=("vae",), seeds=(0, 1, 2, 3, 4), gauge=quick_metrics)
    table = run_experiment(comparison, tmp_path)
    assert asked == [5, 2, 3, 1, 2]
    assert {score.status for score in table.scores if score.model == "vae"} == {"finished"}
    row = experiment_tasks(comparison, tmp_path)[0]
    assert isinstance(row, FitTask)
    configs = row.configs()
    assert [configs[seed]["seeds_together"] for seed in range(5)] == [2, 2, 1, 2, 2]
    assert len(row.recordings()) == 2


def test_memory_that_one_seed_is_refused_is_its_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(fit_task.Trainer, "fit", never)
    table = run_experiment(experiment(models=("vae",), seeds=(0, 1)), tmp_path)
    told = {(score.status, score.reason) for score in table.scores if score.model == "vae"}
    assert told == {("failed", "failed: MemoryError: ")}


def test_sizes_of_stacks_do_not_depend_on_workers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[list[Any]] = []

    def note(tasks: Any, *_: Any) -> None:
        seen.append([task.seeds for task in tasks if isinstance(task, FitTask)])

    monkeypatch.setattr("genzoo.experiment.execution.run_in_workers", note)
    monkeypatch.setattr("genzoo.experiment.execution.run_elsewhere", note)
    monkeypatch.setattr("genzoo.experiment.execution._run_here", note)
    asked = experiment(models=("vae",), seeds=tuple(range(25)), steps=10_000)
    for workers in (1, 2, 3, 16):
        run_tasks(experiment_tasks(asked, tmp_path), workers=workers)
    run_tasks(experiment_tasks(asked, tmp_path), executor=Postponed())
    assert [len(part) for part in seen[0]] == [9, 8, 8]
    assert all(other == seen[0] for other in seen)


@pytest.mark.thorough
def test_three_workers_give_the_files_of_one(
    alone: tuple[Path, Experiment, ComparisonTable],
    tmp_path: Path,
    small_stacks: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, asked, table = alone
    monkeypatch.setattr("genzoo.experiment.execution.WORTH_WORKERS", 0.0)
    assert values(run_experiment(asked, tmp_path, workers=3)) == values(table)
    assert content(tmp_path) == content(root)
    assert local_workers.TRIES == 3


def test_what_cannot_travel_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(InputError, match="cannot be sent"):
        genzoo.compare({"mine": lambda shape: None}, ["ring"], executor=Postponed(), seeds=1)


@pytest.mark.thorough
def test_dask_workers_give_the_files_of_one_process_and_a_killed_one_costs_its_stack(
    alone: tuple[Path, Experiment, ComparisonTable],
    tmp_path: Path,
    small_stacks: None,
) -> None:
    distributed = pytest.importorskip("distributed")
    root, asked, table = alone
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        spread = run_experiment(asked, tmp_path / "whole", executor=executor)
        assert values(spread) == values(table)
        assert content(tmp_path / "whole") == content(root)
        mortal = replace(asked, contestants=[*asked.contestants, _mortal(tmp_path / "died")])
        survived = run_experiment(mortal, tmp_path / "killed", executor=executor)
        assert (tmp_path / "died").exists()
        own = [one for one in values(survived) if one[0] != "mortal"]
        assert own == values(table)
        assert {score.status for score in survived.scores if score.model == "mortal"} == {
            "finished"
        }


@dataclass(frozen=True)
class Mortal:
    """Builds a model, and kills the worker that is the first to build one."""

    mark: Path
    parent: int

    def __call__(self, event_shape: tuple[int, ...], context_spec: Any = None) -> Any:
        if os.getpid() != self.parent and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return MODELS.create("vae", event_shape)


def _mortal(mark: Path) -> Contestant:
    return Contestant("mortal", Mortal(mark, os.getpid()), Recipe(steps=3), {"name": "mortal"})


def test_without_a_scheduler_there_is_no_executor_and_without_dask_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with executor_at(None) as executor:
        assert executor is None
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InputError, match=r"pip install 'genzoo\[dask\]'"),
        executor_at("tcp://127.0.0.1:1"),
    ):
        pass


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["compare", "--workers", "3"], True),
        (["compare", "--workers", "1"], False),
        (["bench", "packing", "--scheduler", "tcp://there:1"], False),
        (["list", "models"], False),
    ],
)
def test_workers_are_made_ready_only_where_they_may_be_used(
    words: list[str], expected: bool
) -> None:
    assert entry._has_workers(parse(words)) is expected
