"""Huge numbers, impossible paths, pipes, escapes, formulas: each is answered by one sentence."""

import csv
import json
import os

import numpy as np
import pytest

import genzoo
from genzoo.cli import main
from genzoo.experiment.protocol import KINDS
from tests.cli.refusals import refused

DIGITS = "9" * 30
ESCAPE = "\x1b[31mred"
QUICK = ["--steps", "1", "--seeds", "1", "--metrics", "energy", "--workers", "1", "--no-record"]
COMPARE = ["compare", "-m", "autoencoder", "-d", "ring", "-o", "out", *QUICK]
TRAIN = ["train", "vae", "-d", "ring", "-o", "run", "--steps", "1", "--no-record"]


INTEGERS = {
    "seeds of a comparison": ["compare", "--seeds", DIGITS],
    "seeds of a bench": ["bench", "packing", "--seeds", DIGITS],
    "seeds of train": [*TRAIN, "--seeds", DIGITS],
    "a seed": [*TRAIN, "--seed", DIGITS],
    "negative seeds": ["compare", "--seeds", f"-{DIGITS}"],
    "steps": ["compare", "--steps", DIGITS],
    "batch size": ["compare", "--batch-size", DIGITS],
    "workers": ["compare", "--workers", DIGITS],
    "samples": ["sample", "run", "-o", "x.csv", "-n", DIGITS],
    "the seed of samples": ["sample", "run", "-o", "x.csv", "-n", "1", "--seed", DIGITS],
    "examples of an evaluation": ["evaluate", "x.csv", "-d", "ring", "-n", DIGITS],
    "seeds of an evaluation": ["evaluate", "x.csv", "-d", "ring", "--seeds", DIGITS],
    "an option of a source": ["compare", "-d", f"ring:modes={DIGITS}"],
    "an option of a model": ["compare", "-m", f"vae:latent_dim={DIGITS}"],
    "an option of a file": ["compare", "-d", f"x.csv:split_seed={DIGITS}"],
    "an option of a metric": [*COMPARE, "--metrics", f"iw_bound:importance_samples={DIGITS}"],
    "a recipe field that is a count": [*COMPARE[:-9], "--recipe", f"steps={DIGITS}"],
    "a recipe field that is a number": [*COMPARE, "--recipe", f"gradient_clip={DIGITS}"],
    "a learning rate": [*COMPARE, "--recipe", f"learning_rate.autoencoder={DIGITS}"],
    "thousands of digits": ["compare", "--seeds", "9" * 5000],
    "eighteen digits of seeds": ["compare", "--seeds", "9" * 18],
    "eighteen digits of examples": ["evaluate", "rows.csv", "-d", "ring", "-n", "9" * 18],
    "eighteen digits of a batch": ["compare", "--batch-size", "9" * 18],
}


@pytest.mark.parametrize("words", INTEGERS.values(), ids=INTEGERS.keys())
def test_an_integer_that_nothing_holds(words, here, capsys):
    np.savetxt(here / "x.csv", np.arange(20.0).reshape(10, 2), delimiter=",")
    np.savetxt(here / "rows.csv", np.arange(20.0).reshape(10, 2), delimiter=",")
    refused(words, capsys)


MEMORY = [
    "-d ring:modes=999999999999",
    "-d grid:side=9999999",
    "-d random_mixture:modes=1000,dimension=10000",
    "-d high_dim_mixture:modes=1000,dimension=10000",
    "-d sines:points=9999999999",
    "-d paintings:points=9999999999",
    "-d checkerboard:cells=9999999",
    "-d spirals:turns=1e12",
    "-d pinwheel:arms=9999999999",
    "-d veegan_mixture:dimension=99999999999",
    "-m vae:latent_dim=1000000000",
    "-m vae:width=100000000",
    "-m vae:depth=100000000",
    "-m autoencoder:components=9999999999",
    "-m autoencoder:latent_dim=9999999",
    "-m bigan:width=100000000",
    "-m gan:packing=99999999",
    "-m gan:unrolled_steps=99999999999",
    "-m gan:discriminator_steps=99999999999",
]


@pytest.mark.parametrize("words", MEMORY)
def test_more_than_there_is_memory_or_time_for(words, here, capsys):
    option, value = words.split()
    sentence = refused(
        [*COMPARE, option, value] if option == "--batch-size" else ["compare", option, value],
        capsys,
    )
    assert "at most" in sentence or "needs" in sentence


SIZES = [
    "ring:sigma=1e300",
    "ring:sigma=1e-300",
    "ring:radius=1e300",
    "checkerboard:half_width=1e300",
    "circles:noise=1e200",
]


@pytest.mark.parametrize("source", SIZES)
def test_a_number_whose_square_is_lost(source, here, capsys):
    assert "1e" in refused(["compare", "-d", source], capsys)


@pytest.mark.parametrize(
    "option", ["--seeds", "-o", "-d", "-m", "--metrics", "--recipe", "--workers"]
)
def test_two_dashes_as_a_value(option, here, capsys):
    assert option in refused(["compare", f"{option}=--"], capsys)


PATHS = [
    [*COMPARE, "-o", "{}"],
    [*TRAIN, "-o", "{}"],
    ["bench", "packing", "-o", "{}"],
    ["sample", "run", "-n", "1", "-o", "{}"],
    ["sample", "{}", "-n", "1", "-o", "x.csv"],
    ["film", "run", "-o", "{}"],
    ["film", "{}", "-o", "x.gif"],
    ["report", "run", "-o", "{}"],
    ["report", "{}"],
    ["compare", "--protocol", "{}"],
    ["bench", "{}"],
    ["evaluate", "{}", "-d", "ring"],
    ["evaluate", "x.csv", "--train", "{}", "--holdout", "x.csv"],
    ["compare", "-d", "{}"],
    [*COMPARE, "--samples", "mine={}"],
]


@pytest.mark.parametrize("path", ["", " ", "a\0b", "a\0b.csv", "x" * 5000])
@pytest.mark.parametrize("words", PATHS, ids=" ".join)
def test_a_path_that_cannot_be(words, path, here, capsys):
    given = [word.replace("{}", path) for word in words]
    refused(given, capsys)


def test_what_a_message_quotes_is_cut_and_written_out(here, capsys):
    for words in (
        ["compare", "-m", "x" * 5000],
        ["compare", "-m", " x" * 3000],
        ["compare", "-d", f"ring:{ESCAPE}=1"],
        ["compare", "-m", f"vae:activation={'y' * 5000}"],
        [*COMPARE, "--recipe", f"schedule={'y' * 5000}"],
        [*COMPARE, "--metrics", "z" * 5000],
        ["explain", ESCAPE],
        ["list", "models", "--" + "q" * 5000],
        ["\u202eabc"],
    ):
        refused(words, capsys)


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.npy", "pipe.npz", "pipe.parquet", "pipe.json"])
def test_a_pipe_is_not_waited_for(name, here, capsys):
    os.mkfifo(here / name)
    for words in (
        ["compare", "-d", name],
        ["evaluate", name, "-d", "ring"],
        [*COMPARE, "--samples", f"mine={name}"],
    ):
        if not name.endswith(".json"):
            assert "pipe or a device" in refused(words, capsys)
    if name.endswith(".json"):
        assert "pipe or a device" in refused(["compare", "--protocol", name], capsys)
        assert "pipe or a device" in refused(["bench", name], capsys)


def test_a_device_is_no_file(here, capsys):
    (here / "zero.csv").symlink_to("/dev/zero")
    assert "pipe or a device" in refused(["compare", "-d", "zero.csv"], capsys)


PROTOCOL = {"format": 1, "description": "d", "models": ["autoencoder"], "sources": ["ring"]}
WRONG = [5, 1.5, True, None, "text", [1], ["ring"], {"a": 1}, {"a": {"b": 1}}, 10**18, 10**30]


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("field", KINDS)
def test_a_protocol_field_of_another_kind(field, value, here, capsys):
    given = {**PROTOCOL, field: value}
    (here / "p.json").write_text(json.dumps(given))
    bench = {
        "format": 1,
        "description": "d",
        "profiles": {"quick": {k: v for k, v in given.items() if k != "format"}},
    }
    (here / "b.json").write_text(json.dumps(bench))
    fits = field in ("description", "reference") and isinstance(value, str)
    if not fits and (field, value) not in (("sources", ["ring"]), ("seeds", 5)):
        for words in (["compare", "--protocol", "p.json"], ["bench", "b.json"]):
            refused([*words, "-o", "out", "--workers", "1"], capsys)
        assert not (here / "out").exists() or not list((here / "out").rglob("config.json"))


BENCH_FIELDS = {
    "description": 5,
    "differences": [1],
    "published": "text",
    "published of numbers": [1],
    "published without lists": [
        {"reference": "r", "setting": "s", "columns": ["a"], "rows": {"x": "1"}}
    ],
    "published numbers": [{"reference": "r", "setting": "s", "columns": ["a"], "rows": {"x": [1]}}],
    "published columns": [{"reference": "r", "setting": "s", "columns": [1], "rows": {"x": ["1"]}}],
}


@pytest.mark.parametrize("field", BENCH_FIELDS)
def test_a_bench_field_of_another_kind(field, here, capsys):
    profile = {key: value for key, value in PROTOCOL.items() if key != "format"}
    bench = {"format": 1, "description": "d", "profiles": {"quick": profile}}
    (here / "b.json").write_text(
        json.dumps({**bench, field.partition(" ")[0]: BENCH_FIELDS[field]})
    )
    assert "must be" in refused(["bench", "b.json", "-o", "out"], capsys)


@pytest.mark.parametrize("name", ["/../../escaped/q", "..", "a/b", "", "a b", ESCAPE, "x" * 300])
def test_a_profile_that_names_a_folder_elsewhere(name, here, capsys):
    profile = {key: value for key, value in PROTOCOL.items() if key != "format"}
    (here / "b.json").write_text(
        json.dumps({"format": 1, "description": "d", "profiles": {name: profile}})
    )
    assert "a profile of the bench b.json is called" in refused(["bench", "b.json"], capsys)
    assert [path.name for path in here.iterdir()] == ["b.json"]


def test_a_report_replaces_reports_alone(here, capsys):
    assert main(COMPARE) == 0
    (here / "letter.txt").write_text("mine")
    (here / "folder").mkdir()
    capsys.readouterr()
    for target in ("letter.txt", "folder", "out/comparison.json"):
        assert "--replace" in refused(["report", "out", "-o", target], capsys)
    assert (here / "letter.txt").read_text() == "mine"
    assert main(["report", "out", "-o", "letter.txt", "--replace"]) == 0
    assert "<!DOCTYPE html>" in (here / "letter.txt").read_text()
    assert main(["report", "out", "-o", "letter.txt"]) == 0
    assert main(["report", "out"]) == 0


def test_samples_and_films_replace_nothing_unasked(here, capsys):
    assert main(["train", "vae", "-d", "ring", "-o", "run", "--steps", "2"]) == 0
    for command, name in ((["sample", "-n", "3"], "mine.csv"), (["film"], "mine.gif")):
        (here / name).write_text("mine")
        (here / "folder").mkdir(exist_ok=True)
        capsys.readouterr()
        for target in (name, "folder"):
            assert "--replace" in refused([*command, "run", "-o", target], capsys)
        assert (here / name).read_text() == "mine"
        assert main([*command, "run", "-o", name, "--replace"]) == 0
        assert (here / name).read_bytes() != b"mine"


def test_a_film_is_of_the_folder_that_is_named(here, capsys):
    assert main(["train", "vae", "-d", "ring", "-o", "deep/down/run", "--steps", "2"]) == 0
    capsys.readouterr()
    for folder in (".", "deep", "deep/down"):
        assert "no comparison and no run" in refused(["film", folder, "-o", "x.gif"], capsys)
    assert main(["film", "deep/down/run", "-o", "x.gif"]) == 0


def test_control_characters_of_a_label_are_written_out(here, capsys):
    words = ["compare", "-m", f"{ESCAPE}=autoencoder", "-d", "ring", "-o", "out", *QUICK]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert "\\x1b[31mred" in out
    assert "\x1b" not in out + err + (here / "out" / "table.md").read_text()


def test_a_row_that_is_called_like_a_formula(here, capsys):
    np.savetxt("mine.csv", np.random.default_rng(0).normal(size=(40, 2)), delimiter=",")
    given = [
        "compare",
        "-m",
        "@SUM(A1)=autoencoder",
        "-d",
        "ring",
        "--samples",
        "+1=mine.csv",
        "-o",
        "out",
        *QUICK,
    ]
    assert main(given) == 0
    rows = {row["model"] for row in csv.DictReader((here / "out" / "results.csv").open(newline=""))}
    assert {"'@SUM(A1)", "'+1"} <= rows


@pytest.mark.parametrize("sign", "=+-@")
def test_a_column_that_is_called_like_a_formula(sign, here):
    rows = np.random.default_rng(0).normal(size=(40, 2))
    name = f"{sign}1+1"
    np.savetxt("rows.csv", rows, delimiter=",", header=f"{name},b", comments="")
    assert main(["train", "autoencoder", "-d", "rows.csv", "-o", "run", "--steps", "1"]) == 0
    assert main(["sample", "run", "-n", "20", "-o", "new.csv"]) == 0
    with open("new.csv", newline="") as file:
        assert next(csv.reader(file)) == [f"'{name}", "b"]
    assert (
        main(["evaluate", "new.csv", "-d", "rows.csv", "--seeds", "1", "--metrics", "energy"]) == 0
    )
    assert genzoo.create_source("new.csv").column_names == (name, "b")
