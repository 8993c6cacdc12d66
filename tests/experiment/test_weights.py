"""Averaged weights are sampled from, and what the last ones reach is said beside them."""

import math
from pathlib import Path

import pytest
import torch

import genzoo
from genzoo.api.runs import read_fit
from genzoo.cli import main
from genzoo.core.noise import stream
from genzoo.errors import InputError
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.models.gan_zoo import AS_PUBLISHED
from genzoo.observation.stage import Stage
from genzoo.results.diagnosis import summarise_weights
from genzoo.results.types import FitResult

MODEL = "gan_nonsaturating:width=8,depth=1"
FIELDS = {"steps": 30, "batch_size": 16, "averaging": 0.99}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights") / "run"
    genzoo.train(MODEL, "ring", seeds=2, directory=folder, **FIELDS)
    return folder


@pytest.fixture(scope="module")
def fit() -> FitResult:
    return genzoo.train(MODEL, "ring", seeds=2, **FIELDS)


def test_both_kinds_are_read_at_the_end(fit: FitResult) -> None:
    source = genzoo.create_source("ring")
    read = quick_metrics(source, Stage.of(source).real)
    for run in fit.runs:
        assert set(run.by_weights) == set(run.weights) == {"averaged", "last"}
        for kind, values in run.by_weights.items():
            assert values == read(
                run.model_of(kind).sample(1000, generator=stream(run.seed, "gauge"))
            )
        assert run.by_weights["averaged"]["distance"] == run.watched.series["distance"][-1]
        assert run.by_weights["last"] != run.by_weights["averaged"]
        last = run.model_of("last").state_dict()
        assert all(torch.equal(value, run.weights["last"][name]) for name, value in last.items())
        assert all(
            torch.equal(value, run.weights["averaged"][name])
            for name, value in run.model.state_dict().items()
        )


def test_runs_read_from_disk_know_which_weights_are_which(fit: FitResult, folder: Path) -> None:
    for run, stored in zip(fit.runs, read_fit(folder).runs, strict=True):
        assert stored.by_weights == run.by_weights
        for kind, weights in run.weights.items():
            assert all(
                torch.equal(value, stored.weights[kind][name]) for name, value in weights.items()
            )


def test_either_kind_can_be_scored(
    fit: FitResult, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def values(**settings: object) -> list[float]:
        table = genzoo.evaluate(fit, "ring", metrics="sliced_wasserstein", **settings)
        assert len(table.tables[0].remarks) >= 2
        return [score.value for score in table.scores if score.model == "model"]

    assert values() == values(weights="averaged") != values(weights="last")
    alone, _ = genzoo.evaluate(
        fit.runs[0].model_of("last"), "ring", metrics="sliced_wasserstein", seeds=1
    ).scores
    assert values(weights="last")[0] == alone.value
    assert (
        main(
            [
                "evaluate",
                str(folder),
                "-d",
                "ring",
                "--metrics",
                "modes_captured",
                "--weights",
                "last",
            ]
        )
        == 0
    )
    assert f"run: {AS_PUBLISHED}; last weights." in capsys.readouterr().out


def test_the_note_of_a_model_stays_beside_that_of_its_weights() -> None:
    fit = genzoo.train("autoencoder", "ring", **FIELDS)
    (table,) = genzoo.evaluate(fit, "ring", metrics="modes_captured", weights="last").tables
    assert f"model: {fit.runs[0].model.note}; last weights." in table.remarks


def test_a_comparison_says_what_averaging_changed(tmp_path: Path) -> None:
    again = {"seeds": 2, "metrics": "modes_captured", "out": tmp_path}
    table = genzoo.compare([MODEL], ["ring"], **again, **FIELDS)
    said = next(text for text in table.tables[0].remarks if "averaged" in text)
    runs = genzoo.train(MODEL, "ring", seeds=2, **FIELDS).runs
    weights = summarise_weights(run.by_weights for run in runs)
    assert said == f"{MODEL}: {AS_PUBLISHED}; {weights}."
    assert (
        genzoo.compare([MODEL], ["ring"], **again, **FIELDS).tables[0].remarks
        == table.tables[0].remarks
    )
    plain = genzoo.compare([MODEL], ["ring"], **again, **{**FIELDS, "averaging": None})
    assert not any("averaged" in text for text in plain.tables[0].remarks)


def test_without_averaging_there_is_one_kind() -> None:
    (run,) = genzoo.train(MODEL, "ring", **{**FIELDS, "averaging": None}).runs
    assert run.by_weights == {}
    with pytest.raises(InputError, match="seed 0 has no averaged weights: choose from last"):
        genzoo.evaluate(run, "ring", weights="averaged")
    with pytest.raises(InputError, match="only trained runs have last weights"):
        genzoo.evaluate(run.model, "ring", weights="last")
    gone = genzoo.train(
        MODEL, "ring", **{**FIELDS, "learning_rate": 1e30, "optimiser": "sgd"}
    ).runs[0]
    assert gone.diverged_at is not None
    assert gone.by_weights == {}


def test_the_sentence_is_of_means_over_runs_that_have_both() -> None:
    runs = [
        {kind: {"distance": at + i} for kind, at in (("averaged", 1.0), ("last", 2.0))}
        for i in range(3)
    ]
    assert summarise_weights([*runs, {}]).endswith("over seeds: distance 2 against 3")
    assert summarise_weights([{}, {}]) == summarise_weights([]) == ""
    lost = [{kind: {"distance": math.nan} for kind in ("averaged", "last")}]
    assert summarise_weights(lost).endswith("nan against nan")
