"""What words become.

Each option reaches the function that it speaks to, with its value, and nothing else changes.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import genzoo
from genzoo.cli import commands, main, samples
from genzoo.core.noise import stream
from genzoo.results.types import ComparisonTable, FitResult


@pytest.fixture
def called(monkeypatch):
    """The calls of genzoo's functions, as (name, positional arguments, named ones)."""
    calls = []

    def note(name, answer):
        def function(*given, **named):
            calls.append((name, given, named))
            return answer

        monkeypatch.setattr(genzoo, name, function)

    table = ComparisonTable((), (), "there")
    for name, answer in {
        "compare": table,
        "bench": table,
        "evaluate": table,
        "train": FitResult((), genzoo.Recipe()),
        "report": Path("page.html"),
        "film": Path("film.gif"),
    }.items():
        note(name, answer)
    monkeypatch.setattr(commands, "cores", lambda: 7)
    return calls


def of(calls, words):
    """The only call, without the observers."""
    assert main([*words, "--json"]) == 0
    ((name, given, named),) = calls
    named = {key: value for key, value in named.items() if key not in {"observer", "observers"}}
    return name, given, named


COMPARE = {
    "seeds": None,
    "out": "genzoo-results",
    "workers": 7,
    "executor": None,
    "device": "cpu",
    "engine": "auto",
    "record": True,
    "watch": False,
}
ASKED = {
    "metrics": None,
    "samples": {},
    "features": None,
    "protocol": None,
    "match": None,
    "add": False,
}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ([], {}),
        (["--steps", "30"], {"steps": 30}),
        (["--lr", "0.25"], {"learning_rate": 0.25}),
        (["--batch-size", "17"], {"batch_size": 17}),
        (["--recipe", "betas=0.5,0.9", "averaging=none"], {"betas": (0.5, 0.9), "averaging": None}),
        (["--recipe", "learning_rate.generator=1e-4"], {"learning_rate": {"generator": 1e-4}}),
        (
            ["--recipe", "schedule=cosine", "--recipe", "batch_size=4"],
            {"schedule": "cosine", "batch_size": 4},
        ),
        (["--seeds", "3"], {"seeds": 3}),
        (["-o", "here"], {"out": "here"}),
        (["--workers", "2"], {"workers": 2}),
        (["--no-record"], {"record": False}),
        (["--watch"], {"watch": True}),
        (["--engine", "replay"], {"engine": "replay"}),
        (["--metrics", "mmd,js"], {"metrics": "mmd,js"}),
        (["--features", "classifier"], {"features": "classifier"}),
        (["--protocol", "published_ring"], {"protocol": "published_ring"}),
        (["--match", "updates"], {"match": "updates"}),
        (["--samples", "a=a.csv", "b=b.npy"], {"samples": {"a": "a.csv", "b": "b.npy"}}),
    ],
)
def test_compare(words, changed, called):
    assert of(called, ["compare", *words]) == (
        "compare",
        (None, None),
        {**COMPARE, **ASKED, **changed},
    )


def test_compare_takes_names_of_models_and_data(called):
    found = of(called, ["compare", "-m", "vae", "wgan_gp", "-d", "ring", "mine.csv"])
    assert found == ("compare", (["vae", "wgan_gp"], ["ring", "mine.csv"]), {**COMPARE, **ASKED})


@pytest.mark.parametrize(
    ("words", "profile", "changed"),
    [
        ([], "quick", {"out": "genzoo-bench/packing-quick"}),
        (
            ["--profile", "compute", "--seeds", "4"],
            "compute",
            {"out": "genzoo-bench/packing-compute", "seeds": 4},
        ),
        (
            ["--workers", "3", "--no-record", "-o", "x"],
            "quick",
            {"out": "x", "workers": 3, "record": False},
        ),
    ],
)
def test_bench(words, profile, changed, called):
    expected = ("bench", ("packing",), {**COMPARE, "profile": profile, **changed})
    assert of(called, ["bench", "packing", *words]) == expected


TRAIN = {"seeds": 1, "directory": "x", "device": "cpu", "engine": "auto", "record": True}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ([], {}),
        (
            ["--lr", "0.25", "--batch-size", "9", "--steps", "4"],
            {"learning_rate": 0.25, "batch_size": 9, "steps": 4},
        ),
        (["--seeds", "6"], {"seeds": 6}),
        (["--seed", "6"], {"seeds": [6]}),
        (["--seed", "0"], {"seeds": [0]}),
        (["--no-record"], {"record": False}),
        (["--recipe", "gradient_clip=2"], {"gradient_clip": 2}),
    ],
)
def test_train(words, changed, called):
    expected = ("train", ("vae", "ring"), {**TRAIN, **changed})
    assert of(called, ["train", "vae", "-d", "ring", "-o", "x", *words]) == expected


EVALUATE = dict.fromkeys(["features", "weights", "seeds", "train", "holdout"]) | {
    "metrics": "quick",
    "name": "s.npy",
}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ([], {}),
        (["-n", "50"], {"n": 50}),
        (["--seeds", "5"], {"seeds": 5}),
        (["--train", "a.csv", "--holdout", "b.csv"], {"train": "a.csv", "holdout": "b.csv"}),
        (["--weights", "last"], {"weights": "last"}),
        (["--metrics", "full", "--features", "pixels"], {"metrics": "full", "features": "pixels"}),
    ],
)
def test_evaluate(words, changed, called):
    expected = ("evaluate", ("some/s.npy", "ring"), {**EVALUATE, **changed})
    assert of(called, ["evaluate", "some/s.npy", "-d", "ring", *words]) == expected


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ([], {}),
        (["--worst"], {"seed": "worst"}),
        (["--theme", "dark"], {"theme": "dark"}),
        (["--source", "grid"], {"source": "grid"}),
        (["--generation"], {"generation": True}),
    ],
)
def test_film(words, changed, called):
    usual = {"source": None, "seed": "median", "theme": "light", "generation": False}
    assert of(called, ["film", "d", "-o", "f.gif", *words]) == (
        "film",
        ("d", "f.gif"),
        {**usual, **changed},
    )


def test_report(called):
    assert of(called, ["report", "d"]) == ("report", ("d", None), {"replace_file": False})
    called.clear()
    assert of(called, ["report", "d", "-o", "p.html"]) == (
        "report",
        ("d", "p.html"),
        {"replace_file": False},
    )


def test_what_was_written_is_said(called, capsys):
    assert main(["film", "d", "-o", "f.gif"]) == main(["report", "d"]) == 0
    assert capsys.readouterr().out == "The film is film.gif.\nThe report is page.html.\n"
    assert main(["film", "d", "-o", "f.gif", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": "film.gif"}
    assert main(["compare", "-o", "x"]) == main(["bench", "packing", "-o", "y"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Runs, tables and figures are in x; open x/report.html to see it all."
    assert second.endswith("is y/bench.md; the runs are there too.")


class Echo:
    """A model whose samples are the first numbers of the stream that it is given."""

    context_spec = None

    def sample(self, n, *, generator, context):
        assert context is None
        return torch.rand(n, 2, generator=generator)


@pytest.mark.parametrize(("words", "seed"), [([], 0), (["--seed", "0"], 0), (["--seed", "5"], 5)])
def test_sample_draws_from_the_stream_that_its_seed_names(
    words, seed, tmp_path, monkeypatch, capsys
):
    loaded = []
    monkeypatch.setattr(genzoo, "load", lambda folder: loaded.append(folder) or Echo())
    monkeypatch.setattr("genzoo.storage.run_files.read_config", lambda folder: {})
    file = str(tmp_path / "s.npy")
    assert samples.sample is commands.COMMANDS["sample"]
    assert main(["sample", "d", "-n", "3", "-o", file, *words]) == 0
    assert capsys.readouterr().out == f"3 samples of shape (2,) are in {file}.\n"
    assert loaded == [Path("d")]
    np.testing.assert_array_equal(
        np.load(file), torch.rand(3, 2, generator=stream(seed, "samples")).numpy()
    )
