"""Every mistake is answered by one sentence on standard error, exit status 2, and no traceback."""

import json

import numpy as np
import pytest

from genzoo.cli import main
from tests.cli.refusals import refused

COMPARE = [
    "compare",
    "-m",
    "vae",
    "-d",
    "ring",
    "-o",
    "out",
    "--workers",
    "1",
    "--steps",
    "5",
    "--seeds",
    "2",
]


NAMES = {
    "model": (["compare", "-m", "vea"], "'vae'"),
    "model of train": (["train", "gan_minmax", "-d", "ring", "-o", "run"], "'gan_minimax'"),
    "source": (["compare", "-d", "rings"], "'ring'"),
    "source of evaluate": (["evaluate", "samples.npy", "-d", "rings"], "'ring'"),
    "metric": ([*COMPARE, "--metrics", "sliced_waserstein"], "'sliced_wasserstein'"),
    "panel": ([*COMPARE, "--metrics", "quik"], "'quick'"),
    "protocol": (["compare", "--protocol", "publishd_ring"], "'published_ring'"),
    "option of a model": (["compare", "-m", "vae:latent_dimension=2"], "'latent_dim'"),
    "option of a source": (["compare", "-d", "ring:mode=12"], "'modes'"),
    "recipe field": ([*COMPARE, "--recipe", "bettas=0.5,0.9"], "betas"),
    "update of a learning rate": (
        [*COMPARE, "--recipe", "learning_rate.encoder=1e-3"],
        "learning_rate",
    ),
}


@pytest.mark.parametrize(("words", "answer"), NAMES.values(), ids=NAMES.keys())
def test_an_unknown_name_is_answered_with_those_that_exist(words, answer, here, capsys):
    assert answer in refused(words, capsys)


VALUES = {
    "option of the wrong type": ["compare", "-m", "vae:latent_dim=two"],
    "option out of range": ["compare", "-d", "ring:sigma=-1"],
    "zero seeds": [*COMPARE[:-1], "0"],
    "negative seeds": [*COMPARE[:-1], "-3"],
    "zero seeds of train": ["train", "vae", "-d", "ring", "-o", "run", "--seeds", "0"],
    "a negative seed": ["train", "vae", "-d", "ring", "-o", "run", "--seed", "-1"],
    "seed and seeds": ["train", "vae", "-d", "ring", "-o", "run", "--seed", "1", "--seeds", "2"],
    "negative steps": ["compare", "--steps", "-1"],
    "zero learning rate": ["compare", "--lr", "0"],
    "zero batch size": ["compare", "--batch-size", "0"],
    "steps in words": [*COMPARE, "--recipe", "optimiser=adam", "batch_size=many"],
    "a batch size with a fraction": [*COMPARE, "--recipe", "batch_size=2.5"],
    "a recipe field twice": [*COMPARE, "--recipe", "steps=5"],
    "the same field twice": [*COMPARE, "--recipe", "optimiser=adam", "optimiser=sgd"],
    "a rate and a rate for one update": [
        *COMPARE,
        "--lr",
        "0.1",
        "--recipe",
        "learning_rate.encoder=0.1",
    ],
    "one of the betas": [*COMPARE, "--recipe", "betas=0.5"],
    "zero workers": [*COMPARE, "--workers", "0"],
    "unknown device": [*COMPARE, "--device", "abacus"],
    "the same model twice": ["compare", "-m", "vae", "vae"],
    "a missing file": ["compare", "-d", "missing.csv"],
    "a missing samples file": [*COMPARE, "--samples", "mine=missing.npy"],
    "the same samples name twice": [*COMPARE, "--samples", "mine=a.npy", "mine=b.npy"],
    "a missing run": ["sample", "missing", "-n", "5", "-o", "x.csv"],
    "a missing subject": ["evaluate", "missing", "-d", "ring"],
}


@pytest.mark.parametrize("words", VALUES.values(), ids=VALUES.keys())
def test_a_bad_value_is_one_sentence(words, here, capsys):
    refused(words, capsys)


FILES = {
    "text": ("a,b\n1,2\n3,four\n5,6\n", "four"),
    "NaN": ("a,b\n1,2\n3,nan\n5,6\n", "nan"),
    "a missing value": ("a,b\n1,2\n3,\n5,6\n", ""),
    "empty": ("", "empty"),
    "a header alone": ("a,b\n", "no rows"),
    "a single row": ("a,b\n1,2\n", "row"),
    "lines of unequal length": ("1,2\n3\n4,5\n", ""),
}


@pytest.mark.parametrize(("text", "answer"), FILES.values(), ids=FILES.keys())
def test_a_bad_file_is_one_sentence_that_names_it(text, answer, here, capsys):
    (here / "data.csv").write_text(text)
    sentence = refused(["compare", "-m", "vae", "-d", "data.csv"], capsys)
    assert "data.csv" in sentence
    assert answer.lower() in sentence.lower()


def test_samples_of_the_wrong_shape(here, capsys):
    np.save("three.npy", np.zeros((10, 3), dtype=np.float32))
    assert "(n, 2)" in refused([*COMPARE, "--samples", "mine=three.npy"], capsys)
    assert "3" in refused(["evaluate", "three.npy", "-d", "ring"], capsys)


def test_an_evaluation_on_data_of_another_shape(here, capsys):
    assert main(["train", "vae", "-d", "ring", "-o", "run", "--steps", "2"]) == 0
    capsys.readouterr()
    assert "shape" in refused(["evaluate", "run", "-d", "paintings"], capsys)


def test_a_numpy_file_that_holds_objects_is_not_opened(here, capsys):
    np.save("objects.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    assert "objects.npy" in refused(["compare", "-d", "objects.npy"], capsys)


@pytest.mark.parametrize(
    "command", [COMPARE, ["train", "vae", "-d", "ring", "-o", "out", "--steps", "2"]]
)
def test_a_folder_that_cannot_be_made(command, here, capsys):
    (here / "file").write_text("in the way")
    words = ["file/out" if word == "out" else word for word in command]
    assert "file" in refused(words, capsys)


def test_samples_to_a_folder_that_does_not_exist_or_an_unknown_type(here, capsys):
    assert main(["train", "vae", "-d", "ring", "-o", "run", "--steps", "2"]) == 0
    capsys.readouterr()
    assert "nowhere" in refused(["sample", "run", "-n", "5", "-o", "nowhere/x.csv"], capsys)
    assert ".csv or .npy" in refused(["sample", "run", "-n", "5", "-o", "x.txt"], capsys)
    assert "at least 1" in refused(["sample", "run", "-n", "0", "-o", "x.csv"], capsys)


def test_training_into_a_folder_that_is_in_use(here, capsys):
    (here / "run").mkdir()
    (here / "run" / "precious.txt").write_text("mine")
    assert "run" in refused(["train", "vae", "-d", "ring", "-o", "run", "--steps", "2"], capsys)
    assert (here / "run" / "precious.txt").read_text() == "mine"


DAMAGE = {
    "weights cut short": ("model.safetensors", lambda content: content[: len(content) // 2]),
    "weights replaced by text": ("model.safetensors", lambda content: b"import os"),
    "weights gone": ("model.safetensors", None),
    "no JSON": ("config.json", lambda content: content[:-20]),
    "JSON of another kind": ("config.json", lambda content: b"[1, 2]"),
    "another model": ("config.json", lambda content: content.replace(b'"vae"', b'"autoencoder"')),
    "an unknown model": ("config.json", lambda content: content.replace(b'"vae"', b'"unheard_of"')),
}


@pytest.mark.parametrize(("name", "damage"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_run_is_one_sentence(name, damage, here, capsys):
    assert main(["train", "vae", "-d", "ring", "-o", "run", "--steps", "2"]) == 0
    capsys.readouterr()
    file = here / "run" / name
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage(file.read_bytes()))
    refused(["sample", "run", "-n", "5", "-o", "x.csv"], capsys)
    refused(["evaluate", "run", "-d", "ring"], capsys)


def test_constant_columns_and_few_rows_are_no_mistake(here, capsys):
    rows = np.random.default_rng(0).normal(size=(20, 3))
    rows[:, 1] = 7.0
    np.savetxt("few.csv", rows, delimiter=",")
    words = [
        "compare",
        "-m",
        "vae",
        "gan_nonsaturating",
        "-d",
        "few.csv",
        "--steps",
        "5",
        "--seeds",
        "2",
        "--workers",
        "1",
    ]
    assert main([*words, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert {score["status"] for score in scores} == {"finished"}
