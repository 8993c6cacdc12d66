"""What is said while models train: modes in the line of progress, and a report that keeps up."""

import importlib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import genzoo
from genzoo.api import watching
from genzoo.api.watching import Watch
from genzoo.cli import main
from genzoo.errors import InputError
from genzoo.experiment import ComparisonProgress, tally
from genzoo.observation import live
from genzoo.training import TrainingProgress


def lines_of(model: str, source: str, **settings: Any) -> list[str]:
    lines: list[str] = []
    genzoo.train(
        model, source, observers=[lambda progress: lines.append(progress.summary)], **settings
    )
    return lines


def test_the_line_says_how_many_modes_one_seed_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SECONDS", 0.0)
    lines = lines_of("vae", "ring:modes=3", seeds=2, steps=66)
    assert len(lines) == 2
    assert all(re.search(r"vae [-.\d]+, [0-3] of 3 modes$", line) for line in lines)
    others = lines_of("vae", "swiss_roll", steps=2), lines_of("vae", "ring", steps=2, record=False)
    assert not any("modes" in line for lines in others for line in lines)
    assert not any("modes" in line for line in lines_of("autoencoder", "ring", steps=2))


def test_the_look_is_of_the_first_seed_that_has_not_diverged_and_rare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "SECONDS", 1e9)
    seen: list[TrainingProgress] = []
    heard: list[int] = []

    def count(samples: Any) -> dict[str, float]:
        heard.append(len(samples))
        return {"modes captured": 5.0}

    watch = live.LiveModes(genzoo.create_source("ring"), lambda source, real: count, seen.append)
    genzoo.train("gan_minimax", "ring", seeds=2, steps=70, observers=[watch], record=False)
    assert heard == [live.SAMPLES]
    assert all(progress.notes == ("5 of 8 modes",) for progress in seen)
    now = seen[-1].model
    assert now is not None
    fit = genzoo.train("gan_minimax", "ring", seeds=2, steps=70, record=False)
    for name, value in now().state_dict().items():
        assert value.equal(fit.models[0].state_dict()[name]), name


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write at every chance, and keep every page."""
    pages: list[str] = []
    kept = watching.write_text

    def write(path: Path, text: str) -> None:
        if path.name == "report.html":
            pages.append(text)
        kept(path, text)

    monkeypatch.setattr(watching, "EVERY", 1e-9)
    monkeypatch.setattr(watching, "SHARE", 1e9)
    for module in (watching, importlib.import_module("genzoo.api.report")):
        monkeypatch.setattr(module, "write_text", write)
    return pages


def status(page: str) -> str:
    found = re.search(r'role="status">([^<]*)<', page)
    return found[1] if found else ""


WORDS = [
    "compare",
    "-m",
    "vae",
    "gan_minimax",
    "-d",
    "ring",
    "--seeds",
    "2",
    "--steps",
    "70",
    "--batch-size",
    "16",
]
WORDS += ["--metrics", "sliced_wasserstein", "--workers", "1", "--watch", "--no-record"]


def test_a_watched_report_grows_and_ends_without_refreshing(
    pages: None, eager: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*WORDS, "-o", str(tmp_path / "out")]) == 0
    assert "report.html in a browser" in capsys.readouterr().err
    *course, final = eager
    assert "In training: 0 of 4 rows are finished" in status(course[0])
    assert "vae on ring: step 64 of 70" in status(course[0])
    assert "No row is finished yet" in course[0]
    assert all(page.count('http-equiv="refresh"') == 1 for page in course)
    finished = [int(re.search(r"(\d) of 4 rows", status(page))[1]) for page in course]  # type: ignore[index]
    assert finished == sorted(finished)
    assert set(finished) == {0, 1, 2, 3, 4}
    alone = course[finished.index(1)]
    assert "<th scope=row>vae</th>" in alone
    assert not any(
        f"<th scope=row>{row}</th>" in alone for row in ("gan_minimax", "oracle", "single_mode")
    )
    assert final == (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert status(final) == ""
    assert "refresh" not in final[: final.index("<body>")]


def test_a_watched_report_says_that_training_was_stopped(eager: list[str], tmp_path: Path) -> None:
    def stop(progress: ComparisonProgress) -> None:
        if progress.finished == 1:
            raise KeyboardInterrupt

    settings: dict[str, Any] = {
        "seeds": 2,
        "steps": 2,
        "metrics": "sliced_wasserstein",
        "out": tmp_path / "out",
    }
    with pytest.raises(KeyboardInterrupt):
        genzoo.compare(["vae", "gan_minimax"], ["ring"], watch=True, observer=stop, **settings)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert status(page) == "Stopped: 1 of 4 rows are finished. The same command continues."
    assert "refresh" not in page[: page.index("<body>")]
    assert "<th scope=row>vae</th>" in page


def test_drawing_takes_a_small_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now, drawn = [0.0], []

    def draw(*_: Any) -> tuple[()]:
        drawn.append(now[0])
        now[0] += 2.0
        return ()

    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(watching, "tables_so_far", draw)
    monkeypatch.setattr(watching, "build_story", lambda *_: genzoo.reporting.Story([]))
    watch = Watch(tmp_path, None, {}, None)  # type: ignore[arg-type]
    for second in range(200):
        now[0] = max(now[0], float(second))
        watch(ComparisonProgress(0.1, None, second, 200, "work"))
    assert 4 <= len(drawn) <= 200 * watching.SHARE / 2.0 + 1
    now[0] = 300.0
    watch(ComparisonProgress(0.1, None, 199, 200, "<b>"))
    assert "&lt;b&gt;" in status((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_watching_needs_a_folder() -> None:
    with pytest.raises(InputError, match="needs a folder"):
        genzoo.compare(["vae"], ["ring"], watch=True, seeds=1, steps=1)


def test_the_time_left_follows_from_the_pace_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    monkeypatch.setattr(tally.time, "monotonic", lambda: now[0])
    left: list[float | None] = []
    task: Any = SimpleNamespace(cost=1.0, row="vae", problem=SimpleNamespace(name="ring"))
    kept = tally.Tally([task, task], lambda progress: left.append(progress.seconds_left))
    for seconds, done in (
        (40, 0.2),
        (50, 0.2),
        (60, 0.4),
        (70, 1.0),
    ):  # 40 s pass before anything is heard
        now[0] = 50.0 + seconds
        kept.tick(0, done, "training")
    assert left == [None, None, pytest.approx(20 * 0.8 / 0.1), pytest.approx(30 * 0.5 / 0.4)]
