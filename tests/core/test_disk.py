"""Files are whole or absent, places are held by one process, and refusals are one sentence."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from genzoo.disk import held, new_folder, replacing, sweep, sweep_below, write_bytes, write_text
from genzoo.errors import InputError

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
DEAD = 2**22 + 1
"""No Linux process has such a number."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refuse(*given: object, **named: object) -> None:
    raise FULL


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "a.txt"
    write_text(path, "first")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(
        InputError, match=r"cannot write .*a\.txt: No space left on device; free space"
    ):
        write_bytes(path, b"second")
    assert path.read_text() == "first"
    assert names(path.parent) == ["a.txt"]


def test_what_is_interrupted_leaves_no_draft(tmp_path: Path) -> None:
    def interrupted() -> None:
        with replacing(tmp_path / "film.gif") as draft:
            draft.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(tmp_path) == []


def test_a_folder_appears_whole_and_never_in_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with new_folder(path) as draft:
        (draft / "a").write_text("1")
        assert not path.exists()

    def second() -> None:
        with new_folder(path) as draft:
            (draft / "b").write_text("2")

    with pytest.raises(InputError, match=r"cannot write .*run: Directory not empty"):
        second()
    assert names(tmp_path) == ["run"]
    assert names(path) == ["a"]

    def starved() -> None:
        with new_folder(path) as draft:
            (draft / "c").write_text("3")
            raise FULL

    with pytest.raises(InputError, match="No space left"):
        starved()
    assert names(tmp_path) == ["run"]
    assert names(path) == ["a"]


def test_drafts_of_the_dead_are_swept_and_nothing_else(tmp_path: Path) -> None:
    dead, mine = f".{DEAD}.draft.report.html", f".{os.getpid()}.draft.report.html"
    others = [
        f".{DEAD}.draft.film.gif",
        ".hidden.7",
        f".notes.txt.{DEAD}",
        ".7.draft",
        "report.html",
        mine,
    ]
    for name in (dead, *others):
        (tmp_path / name).write_text("x")
    sweep(tmp_path, "report.html")
    assert names(tmp_path) == sorted(others)
    write_text(tmp_path / "film.gif", "new")
    assert f".{DEAD}.draft.film.gif" not in names(tmp_path)


def test_drafts_of_earlier_versions_are_swept_below_a_folder_of_genzoo(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "ring"
    (run / f".seed-0001.{DEAD}").mkdir(parents=True)
    (run / f".seed-0001.{DEAD}" / "config.json").write_text("{")
    for name in (
        f".{DEAD}.samples.npy",
        f".report.html.{DEAD}",
        ".keep",
        f".{os.getpid()}.samples.npy",
    ):
        (run / name).write_text("x")
    sweep_below(tmp_path)
    assert names(run) == sorted([".keep", f".{os.getpid()}.samples.npy"])


def test_a_place_is_held_once_and_its_holder_is_named(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    with held(lock, tmp_path, "another comparison"):
        with (
            pytest.raises(
                InputError, match=f"in use by another comparison, process {os.getpid()}: wait"
            ),
            held(lock, tmp_path, "a second one"),
        ):
            pytest.fail("held twice")
        assert lock.exists()
    assert names(tmp_path) == []
    with held(lock, tmp_path, "a second one"):
        pass


def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    dies = (
        "import os, sys, pathlib; from genzoo.disk import held; p = pathlib.Path(sys.argv[1]);"
        "place = held(p / '.lock', p, 'the dead'); place.__enter__(); os._exit(9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", dies, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 9, ended.stderr
    assert ".lock" in names(tmp_path)
    with held(tmp_path / ".lock", tmp_path, "the living"):
        pass
    assert names(tmp_path) == []
