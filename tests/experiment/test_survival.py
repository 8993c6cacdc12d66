"""Runs survive: damage is noticed and mended, full disks and killed workers are reported.

Nothing is lost.
"""

import contextlib
import errno
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import resource_sharer
from multiprocessing.connection import Client
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import genzoo
from genzoo.api.earlier import Earlier, keep, left_out
from genzoo.cli import main
from genzoo.cli.commands import COMMANDS
from genzoo.disk import held
from genzoo.errors import InputError
from genzoo.experiment import ComparisonProgress, Experiment, local_workers, run_experiment
from genzoo.experiment.execution import run_tasks
from genzoo.experiment.run import experiment_tasks
from genzoo.signals import Interruption, Terminated
from genzoo.storage import run_files
from genzoo.storage.score_files import read_scores
from genzoo.training import Trainer
from tests.experiment.small import experiment

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def folders(root: Path, comparison: Experiment) -> list[Path]:
    task = experiment_tasks(comparison, root)[0]
    return [task.folder / f"seed-{seed:04d}" for seed in comparison.seeds]


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Experiment, list[float | None]]:
    root, comparison = (
        tmp_path_factory.mktemp("trained"),
        experiment(models=("vae",), seeds=(0, 1, 2)),
    )
    table = run_experiment(comparison, root)
    return root, comparison, [score.value for score in table.scores]


@pytest.fixture
def finished(
    trained: tuple[Path, Experiment, list[float | None]], tmp_path: Path
) -> tuple[Path, Experiment, list[float | None]]:
    """A copy, so that each test may damage its own."""
    root, comparison, values = trained
    copied = shutil.copytree(root, tmp_path / "finished")
    return copied, comparison, values


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def shifted(path: Path) -> None:
    np.save(path, np.load(path) + 1)


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def of_another_run(path: Path) -> None:
    path.write_bytes((path.parent.with_name("seed-0000") / path.name).read_bytes())


DAMAGES = [
    ("samples.npy", cut),
    ("samples.npy", shifted),
    ("samples.npy", zeroed),
    ("samples.npy", Path.unlink),
    ("model.safetensors", flipped),
    ("model.safetensors", of_another_run),
    ("history.npz", cut),
    ("config.json", flipped),
    ("config.json", of_another_run),
    ("scores.json", flipped),
    ("scores.json", cut),
]


@pytest.mark.parametrize(
    ("name", "damage"), DAMAGES, ids=lambda part: getattr(part, "__name__", part)
)
def test_a_damaged_run_is_made_again_to_the_bit(name, damage, finished):
    root, comparison, values = finished
    runs = folders(root, comparison)
    right = {
        path: path.read_bytes()
        for run in runs
        for path in run.iterdir()
        if path.name != "config.json"
    }
    damage(runs[1] / name)
    assert (name == "scores.json") == run_files.is_whole(runs[1])
    again = run_experiment(comparison, root)
    assert [score.value for score in again.scores] == values
    assert {path: path.read_bytes() for path in right} == right
    assert all(run_files.is_whole(run) for run in runs)


@pytest.mark.parametrize(
    ("name", "number"),
    [("config.json", r'("parameters": )\d+'), ("scores.json", r'("value": )-?[\d.e-]+')],
)
def test_a_number_that_was_changed_into_another_is_noticed(name, number, finished):
    """The file still reads as what it should be: its digest alone can tell."""
    root, comparison, values = finished
    run = folders(root, comparison)[1]
    path = run / name
    right = json.loads(path.read_text())
    path.write_text(re.sub(number, r"\g<1>7", path.read_text(), count=1))
    assert json.loads(path.read_text()) != right
    if name == "config.json":
        assert not run_files.is_whole(run)
        with pytest.raises(InputError, match="damaged"):
            run_files.read_config(run)
    else:
        assert read_scores(run) == {}
    assert [score.value for score in run_experiment(comparison, root).scores] == values


@pytest.mark.parametrize("name", ["model.safetensors", "history.npz", "samples.npy", "config.json"])
def test_what_reads_a_damaged_run_says_so_in_one_sentence(name, tmp_path):
    genzoo.train("vae", "ring", steps=1, record=False, directory=tmp_path / "run")
    flipped(tmp_path / "run" / name)
    read = {
        "model.safetensors": run_files.read_weights,
        "history.npz": run_files.read_history,
        "samples.npy": run_files.read_samples,
        "config.json": run_files.read_config,
    }[name]
    with pytest.raises(InputError, match=rf"{name} .*damaged"):
        read(tmp_path / "run")


def test_runs_from_before_there_were_digests_are_taken_as_they_are(finished, monkeypatch):
    root, comparison, values = finished
    for metric in comparison.metrics:
        monkeypatch.setattr(type(metric), "__module__", "genzoo.metrics.small")
    for run in folders(root, comparison):
        config = json.loads((run / "config.json").read_text())
        older = {key: value for key, value in config.items() if key not in ("files", "digest")}
        (run / "config.json").write_text(json.dumps(older))
    for path in (root / "runs" / "ring").rglob("scores.json"):
        path.write_text(json.dumps(json.loads(path.read_text())["values"]))
    before = {path: path.stat().st_mtime_ns for path in (root / "runs" / "ring").rglob("seed-*/*")}
    again = run_experiment(comparison, root)
    assert [score.value for score in again.scores] == values
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_lost_seeds_are_made_again_in_the_whole_stack(tmp_path):
    comparison = experiment(models=("vae",), seeds=(0, 1, 2))
    run_experiment(comparison, tmp_path)
    runs = folders(tmp_path, comparison)
    right = [(run / "model.safetensors").read_bytes() for run in runs]
    kept = (runs[0] / "config.json").stat().st_mtime_ns
    for run in runs[1:]:
        (run / "config.json").unlink()
    run_experiment(comparison, tmp_path)
    assert [(run / "model.safetensors").read_bytes() for run in runs] == right
    assert (runs[0] / "config.json").stat().st_mtime_ns == kept
    assert [run_files.read_config(run)["seeds_together"] for run in runs] == [3, 3, 3]
    left = runs[0].parent / "checkpoint.safetensors"
    left.write_text("as if the process had been killed before it went")
    run_experiment(comparison, tmp_path)
    assert not left.exists()


def starve(monkeypatch, suffix):
    """Writing files whose name ends so fails as on a full disk."""
    write = Path.write_bytes

    def refuse(self, content):
        if self.name.endswith(suffix):
            raise FULL
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", refuse)


@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "samples.npy", "history.npz", "scores.json", "checkpoint.safetensors"],
)
def test_a_full_disk_stops_the_comparison_and_blames_no_model(name, tmp_path, monkeypatch):
    comparison = experiment(models=("vae",), seeds=(0, 1))
    with monkeypatch.context() as starved:
        starve(starved, name)
        with pytest.raises(InputError, match="No space left on device"):
            run_experiment(comparison, tmp_path)
    table = run_experiment(comparison, tmp_path)
    assert all(score.status == "finished" for score in table.scores)
    assert not [
        path
        for path in tmp_path.rglob("*")
        if path.name.startswith(".") or "checkpoint" in path.name
    ]


def test_a_training_that_cannot_be_stored_is_not_lost(tmp_path, monkeypatch):
    with monkeypatch.context() as starved:
        starve(starved, "samples.npy")
        with pytest.raises(InputError, match="No space left on device"):
            genzoo.train("vae", "ring", steps=30, record=False, directory=tmp_path / "run")
    (checkpoint,) = tmp_path.iterdir()
    assert "checkpoint" in checkpoint.name
    steps = []
    fit = genzoo.train(
        "vae",
        "ring",
        steps=30,
        record=False,
        directory=tmp_path / "run",
        observers=[lambda p: steps.append(p.step)],
    )
    assert steps == [], "it was trained already"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    checkpoint.write_text("as if the process had been killed before it went")
    genzoo.train("vae", "ring", steps=30, record=False, directory=tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    fresh = genzoo.train("vae", "ring", steps=30, record=False)
    for key, value in fresh.runs[0].weights["last"].items():
        assert torch.equal(value, fit.runs[0].weights["last"][key])


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_finished_training_is_read_where_the_same_is_asked_again(seeds, tmp_path):
    first = genzoo.train("vae", "ring", steps=2, seeds=seeds, directory=tmp_path / "run")
    again = genzoo.train("vae", "ring", steps=2, seeds=seeds, directory=tmp_path / "run")
    for one, other in zip(first.runs, again.runs, strict=True):
        assert (one.seed, one.events, one.stacked, one.seconds) == (
            other.seed,
            other.events,
            other.stacked,
            other.seconds,
        )
        assert one.weights.keys() == other.weights.keys()
        assert (one.watched is None) == (other.watched is None)
    assert [film.role for film in first.recordings] == [film.role for film in again.recordings]
    for other in ({"steps": 3}, {"seeds": seeds + 1}):
        with pytest.raises(InputError, match="exists already"):
            genzoo.train(
                "vae", "ring", **{"steps": 2, "seeds": seeds, "directory": tmp_path / "run"} | other
            )


def test_what_appears_in_the_place_of_a_training_meanwhile_is_not_touched(tmp_path):
    def write(progress):
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / "precious.txt").write_text("mine")

    with pytest.raises(InputError, match=r"cannot write .*run"):
        genzoo.train(
            "vae", "ring", steps=1, record=False, directory=tmp_path / "run", observers=[write]
        )
    assert (tmp_path / "run" / "precious.txt").read_text() == "mine"


def test_what_a_function_makes_is_never_taken_for_the_same(tmp_path):
    def build(width):
        return lambda shape: genzoo.create_model("vae", shape, width=width)

    fields = {"steps": 1, "record": False, "directory": tmp_path / "run"}
    genzoo.train(build(8), "ring", **fields)
    with pytest.raises(InputError, match="exists already"):
        genzoo.train(build(16), "ring", **fields)


def test_a_finished_training_that_is_damaged_is_not_read(tmp_path):
    genzoo.train("vae", "ring", steps=1, record=False, directory=tmp_path / "run")
    cut(tmp_path / "run" / "samples.npy")
    with pytest.raises(InputError, match="damaged: delete"):
        genzoo.train("vae", "ring", steps=1, record=False, directory=tmp_path / "run")


def test_a_second_process_in_a_place_is_told(tmp_path, capsys):
    places = {"c": tmp_path / "c" / ".lock", "t": tmp_path / ".t.lock"}
    words = {
        "c": ["compare", "-m", "vae", "-d", "ring", "--seeds", "1"],
        "t": ["train", "vae", "-d", "ring"],
    }
    for name, lock in places.items():
        with held(lock, tmp_path / name, "somebody else"):
            assert main([*words[name], "--steps", "1", "-o", str(tmp_path / name)]) == 2
        assert (
            f"{tmp_path / name} is in use by somebody else, process {os.getpid()}"
            in capsys.readouterr().err
        )


def test_the_fit_leaves_its_checkpoint_until_its_runs_are_stored(tmp_path):
    from tests.training.test_trainer import RECIPE, Line, Quadratic

    trainer = Trainer(checkpoint=tmp_path / "fit")
    trainer.fit(Quadratic, Line(), [0, 1], RECIPE)
    assert [path.name for path in tmp_path.iterdir()] == ["fit"]
    trainer.discard_checkpoints()
    assert not list(tmp_path.iterdir())


@dataclass(frozen=True)
class Mortal:
    """A task whose worker is killed so many times."""

    name: str
    root: Path
    deaths: int

    cost = 10.0

    @property
    def row(self):
        return self.name

    @property
    def problem(self):
        return SimpleNamespace(name="ring")

    def run(self, tick):
        tick(0.5, "half")
        before = len(list(self.root.glob(f"{self.name}-*")))
        if before < self.deaths:
            (self.root / f"{self.name}-{before}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return [self.name]


@pytest.mark.thorough
@pytest.mark.parametrize("deaths", [1, 2])
def test_a_killed_worker_costs_what_it_did_and_no_more(deaths, tmp_path):
    heard: list[ComparisonProgress] = []
    tasks = [Mortal("a", tmp_path, 0), Mortal("b", tmp_path, deaths), Mortal("c", tmp_path, 0)]
    assert run_tasks(tasks, workers=2, observer=heard.append) == [["a"], ["b"], ["c"]]
    notices = [progress.notice for progress in heard if progress.notice]
    assert len(notices) == deaths
    assert all("was killed" in notice and "done again" in notice for notice in notices)
    assert not multiprocessing.active_children()


@pytest.mark.thorough
def test_a_worker_that_is_killed_again_and_again_ends_the_comparison_in_one_sentence(tmp_path):
    tasks = [Mortal("a", tmp_path, 0), Mortal("b", tmp_path, 9)]
    with pytest.raises(InputError, match=f"3 times for b on ring; .*kept in {tmp_path}"):
        run_tasks(tasks, workers=2)
    assert len(list(tmp_path.glob("b-*"))) == 3


def test_a_worker_that_dies_while_it_takes_a_tensor_prints_no_traceback(capsys):
    def take_and_die(shared):
        address, _ = shared._id
        Client(address, authkey=multiprocessing.current_process().authkey).close()
        # The thread that serves takes one after the other: after this it has met the death.
        os.close(shared.detach())

    reading, writing = os.pipe()
    try:
        with local_workers._deaths_of_workers_unheard():
            take_and_die(resource_sharer.DupFd(reading))
            with ThreadPoolExecutor(1) as other:
                other.submit(sys.excepthook, ValueError, ValueError("heard"), None).result()
        assert capsys.readouterr().err == "ValueError: heard\n"
        take_and_die(resource_sharer.DupFd(reading))
        assert "EOFError" in capsys.readouterr().err
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("closed", [True, False])
def test_a_worker_ends_when_its_leash_is_let_go(closed, monkeypatch):
    ended, stop = threading.Event(), threading.Event()
    monkeypatch.setattr(local_workers, "GRACE", 0.0)
    monkeypatch.setattr(os, "_exit", lambda status: ended.set())
    silenced = threading.Event()
    monkeypatch.setattr(local_workers, "_fall_silent", silenced.set)
    leash, held = multiprocessing.Pipe(duplex=False)
    threading.Thread(target=local_workers._end_with_parent, args=(leash, stop), daemon=True).start()
    if closed:
        held.close()
        assert ended.wait(10)
        assert stop.is_set()
        assert silenced.is_set()
    else:
        time.sleep(0.05)
        assert not stop.is_set()
        held.close()
        assert ended.wait(10)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_wish_to_stop_that_python_drops_is_heard_all_the_same(
    number, status, monkeypatch, capsys
):
    """Signals may arrive while a callback of a weak reference runs.

    Exceptions of such a callback are only printed.
    """

    class Thing:
        pass

    def dropped(arguments):
        thing = Thing()
        watched = weakref.ref(thing, lambda _: os.kill(os.getpid(), number))
        del thing
        assert watched() is None
        time.sleep(5)
        pytest.fail("nobody heard")

    monkeypatch.setitem(COMMANDS, "list", dropped)
    before = signal.getsignal(number), sys.unraisablehook
    assert main(["list", "models"]) == status
    assert (signal.getsignal(number), sys.unraisablehook) == before
    assert "Traceback" not in capsys.readouterr().err


def test_what_a_wish_to_stop_breaks_is_no_mistake(monkeypatch, capsys):
    """An extension module whose loading is stopped fails with an ImportError of its own."""

    def broken(arguments):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    monkeypatch.setitem(COMMANDS, "list", broken)
    assert main(["list", "models"]) == 143
    assert capsys.readouterr().err.startswith("\ngenzoo: stopped")


def test_other_errors_are_not_taken_for_a_wish_to_stop(monkeypatch):
    def broken(arguments):
        raise ImportError("no such module")

    monkeypatch.setitem(COMMANDS, "list", broken)
    with pytest.raises(ImportError, match="no such module"):
        main(["list", "models"])


def test_an_outer_interruption_remembers_what_an_inner_one_heard():
    with Interruption() as outer, Interruption() as inner:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        for each in (inner, outer):
            with pytest.raises(Terminated):
                each.check()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_once_the_work_is_done_a_wish_to_stop_changes_nothing():
    script = (
        "import os, signal, sys; import genzoo.cli.entry as entry; entry.main = lambda: 0\n"
        "sys.exit = lambda status: os.write(1, b'left')\n"
        "entry.run(); os.kill(os.getpid(), signal.SIGINT); os.kill(os.getpid(), signal.SIGTERM)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"left")


def test_what_else_python_drops_is_printed(monkeypatch):
    printed = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda dropped: printed.append(str(dropped.exc_value))
    )

    class Broken:
        def __del__(self):
            raise ValueError("broken")

    with Interruption(repeats=True):
        Broken()
    assert printed == ["broken"]


def test_sigterm_is_heard_like_ctrl_c(monkeypatch, capsys, tmp_path):
    def terminated(arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        pytest.fail("nobody heard")

    monkeypatch.setitem(COMMANDS, "list", terminated)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["list", "models"]) == 143
    assert "stopped" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before
    with Interruption() as interruption:
        with pytest.raises(Terminated):
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Terminated):
            interruption.check()
    assert signal.getsignal(signal.SIGTERM) == before


def test_rows_of_an_earlier_comparison_are_named_or_kept(tmp_path):
    def compare(models, **named):
        return genzoo.compare(
            models, out=tmp_path, record=False, steps=1, metrics=["sliced_wasserstein"], **named
        )

    compare(["vae", "AE=autoencoder"], sources=["ring"], seeds=[0, 1])
    table = compare(["gan_minimax"], sources=["ring"], seeds=[0, 1])
    assert "vae, AE. --add (add=True) keeps" in " ".join(table.tables[0].remarks)
    table = compare(["gan_nonsaturating"], add=True)
    assert table.tables[0].rows[:4] == ("gan_minimax", "vae", "AE", "gan_nonsaturating")
    assert {score.seed for score in table.scores} == {0, 1}
    assert "Left out" not in " ".join(table.tables[0].remarks)
    table = compare(["gan_minimax"], add=True, seeds=[3])
    assert "vae (it has the seeds 0, 1)" in " ".join(table.tables[0].remarks)
    with pytest.raises(InputError, match="nothing to add to"):
        genzoo.compare(["vae"], out=tmp_path / "empty", add=True)


def test_an_earlier_model_that_is_gone_is_named_with_the_reason():
    gone = {"name": "from_a_plug_in", "options": {}, "row": "mine", "recipe": {}, "seeds": [0]}
    earlier = Earlier([gone], ["theirs.csv"], ["ring"], [0], "quick")
    kept = keep(earlier, [], [0])
    assert kept.contestants == []
    said = left_out(earlier, experiment(), kept.reasons)
    assert "mine (" in said
    assert "from_a_plug_in" in said
    assert "theirs.csv" in said
    assert "--add" not in said
    assert left_out(replace(earlier, models=[], samples=[]), experiment(), {}) == ""
    assert (
        "give its function"
        in keep(replace(earlier, models=[gone | {"name": None}]), [], [0]).reasons["mine"]
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"models": [{}], "sources": [], "seeds": [0], "metrics": "quick"}']
)
def test_a_damaged_comparison_counts_as_none(text, tmp_path):
    (tmp_path / "comparison.json").write_text(text)
    assert Earlier.of(tmp_path) == Earlier()
