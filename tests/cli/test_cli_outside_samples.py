"""Samples on the command line.

Headers of what is drawn, patterns, sizes, parts of the data, and mistakes.
"""

import json

import numpy as np
import pandas as pd
import pytest

import genzoo
from genzoo.cli import main
from genzoo.cli.runs import write_samples
from genzoo.core.noise import stream
from genzoo.data import load_file
from genzoo.storage import run_files

TRAIN = ["--steps", "20", "--no-record"]
ONE = ["--metrics", "sliced_wasserstein"]


def table(n=200, seed=0, columns=("height", "weight, kg")):
    return pd.DataFrame(
        np.random.default_rng(seed).normal(size=(n, len(columns))), columns=list(columns)
    )


def printed(words, capsys):
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(words, capsys):
    capsys.readouterr()
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


NAMES = {
    "plain": ["a", "b", "c"],
    "with delimiters": ["height, cm", 'the "b"', "x;y"],
    "with spaces": ["first one", "second one", "third one"],
    "positions": ["0", "1", "2"],
    "years": ["2019", "2020", "2021"],
    "some numbers": ["a", "1", "2"],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_a_header_is_read_back(names, tmp_path):
    rows = genzoo.create_source("high_dim_mixture:dimension=3").sample(40, generator=stream(0)).x
    write_samples(tmp_path / "x.csv", rows, names)
    source = load_file(tmp_path / "x.csv")
    assert source.column_names == tuple(names)
    assert len(source.train.x) + len(source.holdout.x) == 40


def test_samples_carry_the_names_of_the_data(here, capsys):
    table().to_csv("real.csv", index=False)
    assert main(["train", "vae", "-d", "real.csv", "-o", "run", *TRAIN]) == 0
    assert main(["sample", "run", "-n", "60", "-o", "x.csv"]) == 0
    assert (here / "x.csv").read_text().splitlines()[0] == 'height,"weight, kg"'
    assert load_file("x.csv").column_names == ("height", "weight, kg")
    found = printed(["evaluate", "x.csv", "-d", "real.csv", "--seeds", "2", *ONE], capsys)
    assert not any("matched" in remark for remark in found["tables"][0]["remarks"])
    table()[["weight, kg", "height"]].to_csv("other.csv", index=False)
    for subject in ("x.csv", "run"):
        found = printed(["evaluate", subject, "-d", "other.csv", *ONE], capsys)
        assert any(
            f"{subject}: columns matched by name" in remark
            for remark in found["tables"][0]["remarks"]
        )
    table(columns=("height", "age")).to_csv("age.csv", index=False)
    assert "missing 'age'; extra 'weight, kg'" in refused(
        ["evaluate", "x.csv", "-d", "age.csv"], capsys
    )


def test_a_folder_that_kept_no_names_gives_no_header(here, capsys):
    table().to_csv("real.csv", index=False)
    assert main(["train", "vae", "-d", "real.csv", "-o", "run", *TRAIN]) == 0
    config = run_files.read_config(here / "run")
    del config["source"]["columns"], config["digest"]
    (here / "run" / "config.json").write_text(json.dumps(config))
    assert main(["sample", "run", "-n", "60", "-o", "x.csv"]) == 0
    assert np.loadtxt("x.csv", delimiter=",").shape == (60, 2)
    found = printed(["evaluate", "run", "-d", "real.csv", *ONE], capsys)
    assert any(
        "matched by position, as there are no column names in the model" in r
        for r in found["tables"][0]["remarks"]
    )
    assert main(["train", "vae", "-d", "ring", "-o", "toy", *TRAIN]) == 0
    assert main(["sample", "toy", "-n", "60", "-o", "y.csv"]) == 0
    assert np.loadtxt("y.csv", delimiter=",").shape == (60, 2)


def test_a_comparison_keeps_the_names_too(here, capsys):
    table().to_csv("real.csv", index=False)
    words = [
        "compare",
        "-m",
        "vae",
        "-d",
        "real.csv",
        "--seeds",
        "1",
        "--workers",
        "1",
        "-o",
        "out",
        *TRAIN,
        *ONE,
    ]
    assert main(words) == 0
    folder = next((here / "out").glob("runs/*/vae-*/seed-0000"))
    assert main(["sample", str(folder), "-n", "9", "-o", "x.csv"]) == 0
    assert load_file("x.csv").column_names == ("height", "weight, kg")


def test_one_file_for_each_seed(here, capsys):
    for seed in (9, 10, 11):
        np.save(
            f"run{seed}.npy",
            genzoo.create_source("ring").sample(50 + seed, generator=stream(seed)).x.numpy(),
        )
    found = printed(["evaluate", "run*.npy", "-d", "ring", *ONE], capsys)
    assert [score["n"] for score in found["scores"] if score["model"] == "run*.npy"] == [59, 60, 61]
    assert any(
        "one file for each seed, of 59 to 61 rows" in remark
        for remark in found["tables"][0]["remarks"]
    )
    words = [
        "compare",
        "-m",
        "vae",
        "-d",
        "ring",
        "--samples",
        "mine=run*.npy",
        "--workers",
        "1",
        "-o",
        "out",
    ]
    found = printed([*words, "--seeds", "3", *TRAIN, *ONE], capsys)
    assert [score["n"] for score in found["scores"] if score["model"] == "mine"] == [59, 60, 61]
    assert "3 sets of rows and 2 seeds" in refused([*words, "--seeds", "2", *TRAIN, *ONE], capsys)
    assert "3 sets of rows and 4 seeds" in refused(
        ["evaluate", "run*.npy", "-d", "ring", "--seeds", "4"], capsys
    )
    assert "no file matches no*.npy" in refused(["evaluate", "no*.npy", "-d", "ring"], capsys)


def test_rows_at_a_seed(here, capsys):
    np.save("x.npy", genzoo.create_source("ring").sample(6000, generator=stream(0)).x.numpy())
    found = printed(["evaluate", "x.npy", "-d", "ring", "-n", "5000", "--seeds", "1", *ONE], capsys)
    assert {score["n"] for score in found["scores"]} == {5000}
    assert "n must be an integer of at least 2" in refused(
        ["evaluate", "x.npy", "-d", "ring", "-n", "0"], capsys
    )
    assert "takes an integer" in refused(["evaluate", "x.npy", "-d", "ring", "-n", "many"], capsys)


def test_parts_of_the_data(here, capsys):
    table(100, 0).to_csv("train.csv", index=False)
    table(80, 1).to_csv("holdout.csv")
    table(50, 2).to_csv("mine.csv", index=False)
    words = [
        "evaluate",
        "mine.csv",
        "--train",
        "train.csv",
        "--holdout",
        "holdout.csv",
        "--seeds",
        "2",
        *ONE,
    ]
    found = printed(words, capsys)["tables"][0]
    assert found["source"] == "train.csv"
    assert "half of the 80 held-out rows" in found["remarks"][0]
    assert any(
        "its unnamed column of row numbers is left out (holdout)" in remark
        for remark in found["remarks"]
    )
    assert printed([*words, "-d", "train.csv"], capsys)["scores"][0]["value"] is not None
    assert "give holdout too" in refused(["evaluate", "mine.csv", "--train", "train.csv"], capsys)
    assert "give train too" in refused(
        ["evaluate", "mine.csv", "-d", "train.csv", "--holdout", "holdout.csv"], capsys
    )
    assert "nothing to score against" in refused(["evaluate", "mine.csv"], capsys)
    assert "ring has no split" in refused([*words, "-d", "ring"], capsys)


def test_options_of_a_samples_file(here, capsys):
    rows = np.random.default_rng(0).normal(size=(40, 2))
    np.savez("x.npz", a=np.c_[rows, np.zeros(40)], b=rows)
    assert "key= (a, b)" in refused(["evaluate", "x.npz", "-d", "ring"], capsys)
    found = printed(["evaluate", "x.npz:key=a,drop=3", "-d", "ring", "--seeds", "1", *ONE], capsys)
    assert found["scores"][0]["n"] == 40
    assert "did you mean 'drop'" in refused(
        ["evaluate", "x.npz:key=a,dorp=3", "-d", "ring"], capsys
    )
    assert "no option 'holdout'" in refused(
        ["evaluate", "x.npz:holdout=.5,key=a", "-d", "ring"], capsys
    )
    np.savetxt("first.csv", [[0, 1], [1, 0], [0, 1]], fmt="%d", delimiter=",")
    assert "header=true or header=false" in refused(["evaluate", "first.csv", "-d", "ring"], capsys)
    found = printed(
        ["evaluate", "first.csv:header=false", "-d", "ring", "--seeds", "1", *ONE], capsys
    )
    assert found["scores"][0]["n"] == 3
