"""Films from what compare and train keep, and the commands that make them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import genzoo
from genzoo.cli import main
from genzoo.errors import InputError
from genzoo.results.recording import Recording
from genzoo.results.recording_file import recording_bytes
from genzoo.results.types import ComparisonTable


@pytest.mark.thorough
def test_a_film_of_a_comparison(
    compared: ComparisonTable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(compared.directory)
    assert main(["film", root, "-o", str(tmp_path / "ring.gif"), "--worst", "--theme", "dark"]) == 0
    assert (tmp_path / "ring.gif").read_bytes()[:3] == b"GIF"
    assert "The film is" in capsys.readouterr().out
    assert main(["film", root, "-o", str(tmp_path / "moon.gif"), "--source", "moon"]) == 2
    assert "choose from ring, paintings, gaussian_1d" in capsys.readouterr().err


def test_a_film_of_one_training(tmp_path: Path) -> None:
    fit = genzoo.train("vae", "ring", seeds=2, steps=4, directory=tmp_path / "run")
    assert genzoo.film(fit, tmp_path / "fit.gif", seed="worst").exists()
    assert genzoo.film(tmp_path / "run", tmp_path / "run.gif").exists()
    bare = genzoo.train("vae", "ring", steps=4, record=False)
    with pytest.raises(InputError, match="no training was recorded"):
        genzoo.film(bare, tmp_path / "bare.gif")


def test_the_median_is_shown_though_the_worst_ended_nearer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fit = genzoo.train("vae", "ring", seeds=2, steps=4)
    median, worst = fit.recordings
    near = {name: values[:3] for name, values in worst.values.items()} | {"distance": np.zeros(3)}
    arrays = {name: array[:3] for name, array in worst.arrays.items()}
    worst = replace(worst, steps=worst.steps[:3], values=near, arrays=arrays)
    shown: list[int] = []

    def save(path: Path, chosen: dict[str, Recording], **words: object) -> Path:
        shown.extend(recording.seed for recording in chosen.values())
        return path

    monkeypatch.setattr("genzoo.api.film.save_film", save)
    kept = [replace(fit, recordings=(worst, median)), tmp_path]
    for seed, recording in enumerate((worst, replace(median, role=None))):
        (tmp_path / f"seed-{seed:04d}").mkdir()
        (tmp_path / f"seed-{seed:04d}" / "recording.npz").write_bytes(recording_bytes(recording))
    for results in kept:
        for role in ("median", "worst"):
            genzoo.film(results, tmp_path / "x.gif", seed=role)
    assert shown == [median.seed, worst.seed] * 2


@pytest.mark.thorough
def test_the_report_is_made_again_by_its_command(
    compared: ComparisonTable, written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again.html"
    assert main(["report", str(compared.directory), "-o", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == written
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no comparison" in capsys.readouterr().err
