"""Which machine made a run: what is stored of it, and how it is said."""

import dataclasses
from pathlib import Path

import pytest
import torch

import genzoo
from genzoo import machine
from genzoo.core.recipe import Recipe
from genzoo.results.making import (
    MadeRun,
    Making,
    making_sentences,
    makings_from_json,
    makings_to_json,
)
from genzoo.storage import records, run_files
from genzoo.training import Trainer, TrainingProgress
from genzoo.training import machine as training_machine
from genzoo.training.draws import CHUNK

HERE = Making("Z80", "AVX2", 2, "cpu", "2.6", "compiled")
THERE = dataclasses.replace(HERE, processor="6502", cores=1, engine="replay")
GPU = dataclasses.replace(HERE, device="Voodoo", engine="captured")


def test_a_sentence_for_each_machine_says_engines_and_stacks() -> None:
    runs = [
        MadeRun("vae", "ring", 10, [HERE]),
        MadeRun("vae", "grid", 10, [HERE]),
        MadeRun("gan", "ring", 10, [HERE]),
        MadeRun("gan", "grid", 1, [dataclasses.replace(HERE, engine="eager")]),
        MadeRun("kde", "ring", 10, [dataclasses.replace(HERE, engine="")]),
        MadeRun("flow", "ring", 8, [GPU]),
        MadeRun("old", "ring", 8, []),
    ]
    assert making_sentences(runs) == [
        "Trained on Z80 (2 cores, AVX2) with torch 2.6: engine compiled, 10 seeds together (vae, "
        "gan on ring); engine eager, each seed alone (gan on grid); without steps (kde).",
        "Trained on Voodoo beside Z80 (2 cores, AVX2) with torch 2.6: engine captured, 8 seeds "
        "together (flow).",
    ]


def test_who_began_and_who_finished_are_both_named() -> None:
    first, second, moved = making_sentences([MadeRun("vae", "ring", 2, [HERE, THERE])])
    assert "Z80 (2 cores" in first
    assert "6502 (1 core," in second
    assert moved == "1 run was begun on one machine and finished on another."


def test_they_are_stored_and_read() -> None:
    assert makings_from_json(makings_to_json([HERE, THERE])) == (HERE, THERE)


@pytest.mark.parametrize(
    ("system", "text", "name"),
    [("linux", "processor: 0\nmodel name\t: Z80 at 4 MHz\n", "Z80 at 4 MHz"), ("win32", "", "i8")],
)
def test_the_processor_is_called_as_its_maker_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, text: str, name: str
) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(machine.sys, "platform", system)
    monkeypatch.setattr(machine.platform, "processor", lambda: "i8")
    assert machine.processor.__wrapped__() == name


class StoppedError(Exception):
    pass


def test_another_machine_may_go_on_and_is_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trainer = Trainer(checkpoint=tmp_path / "checkpoint", checkpoint_seconds=0.0)
    recipe = Recipe(steps=2 * CHUNK, batch_size=4)

    def fit(*observers: object) -> genzoo.results.types.FitResult:
        build = lambda: genzoo.create_model("vae", (2,), width=4, depth=1)  # noqa: E731
        return trainer.fit(build, genzoo.create_source("ring"), [0, 1], recipe, observers)

    def stop(progress: TrainingProgress) -> None:
        if progress.step == 2 * CHUNK:
            raise StoppedError

    whole = fit().runs[0]
    trainer.discard_checkpoints()
    monkeypatch.setattr(training_machine, "processor", lambda: "Z80")
    with pytest.raises(StoppedError):
        fit(stop)
    monkeypatch.setattr(training_machine, "processor", lambda: "6502")
    run = fit().runs[0]
    assert [making.processor for making in run.makings] == ["Z80", "6502"]
    assert [making.engine for making in run.makings] == ["eager", "eager"]
    for key, value in whole.weights["last"].items():
        assert torch.equal(run.weights["last"][key], value)
    # Nothing is left to do, so whoever only reads it is not named.
    monkeypatch.setattr(training_machine, "processor", lambda: "68000")
    assert fit().runs[0].makings == run.makings


def test_it_decides_nothing_and_older_runs_have_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "run"

    def train() -> tuple[Making, ...]:
        fit = genzoo.train("vae:width=4", "ring", directory=folder, steps=2, record=False)
        return fit.runs[0].makings

    made = train()
    assert made == (training_machine.making_here(torch.device("cpu"), "eager"),)
    monkeypatch.setattr(training_machine, "processor", lambda: "6502")
    assert train() == made
    path = folder / run_files.CONFIG
    config = run_files.read_config(folder)
    del config["made"], config["digest"]
    path.write_text(records.sealed(config))
    assert train() == ()
