"""The commands from end to end, on small work."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import genzoo
from genzoo.cli import main

ALONE = ["--metrics", "sliced_wasserstein", "--workers", "1"]
SMALL = ["--steps", "20", "--seeds", "2", *ALONE]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "vae"
    assert (
        main(["train", "vae:latent_dim=2", "-d", "ring", "-o", str(folder), "--steps", "20"]) == 0
    )
    return folder


def printed_json(capsys):
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("kind", ["models", "sources", "data", "metrics", "protocols"])
def test_list_names_everything_registered(kind, capsys):
    names = {
        "models": genzoo.list_models,
        "sources": genzoo.list_sources,
        "data": genzoo.list_sources,
        "metrics": genzoo.list_metrics,
        "protocols": genzoo.list_protocols,
    }[kind]()
    assert main(["list", kind]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in names)
    assert main(["list", kind, "--json"]) == 0
    found = printed_json(capsys)
    assert [item["name"] for item in found] == names
    assert all(item["description"] for item in found)


def test_evaluate_on_the_features_of_a_classifier(here, capsys):
    np.save("digits.npy", genzoo.create_source("digits").holdout.x.numpy())
    words = [
        "evaluate",
        "digits.npy",
        "-d",
        "digits",
        "--seeds",
        "2",
        "--metrics",
        "sliced_wasserstein",
    ]
    assert main([*words, "--features", "classifier", "--json"]) == 0
    assert "on features classifier (10 columns)" in printed_json(capsys)["scores"][0]["estimator"]
    assert main([*words, "--features", "clasifier"]) == 2
    assert "did you mean 'classifier'" in capsys.readouterr().err


def test_explain_prints_what_the_page_of_metrics_says(capsys):
    assert main(["explain", "coverage", "iw_bound:importance_samples=7"]) == 0
    text = capsys.readouterr().out
    assert all(line in text for line in genzoo.metrics.explain("coverage").splitlines())
    assert "IW-7" in text
    assert main(["explain", "coverage", "--json"]) == 0
    (found,) = printed_json(capsys)
    assert found["explanation"] == genzoo.metrics.explain("coverage")
    assert found["direction"] == "larger is better"


def test_explain_without_a_name_lists_all_metrics(capsys):
    assert main(["explain", "--json"]) == 0
    assert [item["name"] for item in printed_json(capsys)] == genzoo.list_metrics()


def test_explain_answers_a_wrong_name_with_the_nearest(capsys):
    assert main(["explain", "coverage", "presision"]) == 2
    printed = capsys.readouterr()
    assert "did you mean 'precision'" in printed.err
    assert not printed.out


def test_list_takes_a_pattern_and_shows_options(capsys):
    assert main(["list", "models", "gan_*", "--json"]) == 0
    found = printed_json(capsys)
    assert {item["name"] for item in found} == set(genzoo.list_models("gan_*"))
    assert all(item["options"]["discriminator_steps"] == 1 for item in found)
    assert all("event_shape" not in item["options"] for item in found)


def test_compare_writes_results_and_reuses_them(here, capsys):
    words = ["compare", "-m", "vae", "-d", "ring", "-o", "out", *SMALL]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "oracle" in out
    assert "single_mode" in out
    first = (here / "out" / "results.csv").read_text()
    weights = next((here / "out").glob("runs/ring/vae-*/seed-0000/model.safetensors"))
    written = weights.stat().st_mtime_ns
    assert main([*words, "--json"]) == 0
    again = printed_json(capsys)
    assert {score["model"] for score in again["scores"]} == {"vae", "oracle", "single_mode"}
    assert weights.stat().st_mtime_ns == written
    assert [
        line.split(",")[:5] for line in (here / "out" / "results.csv").read_text().splitlines()
    ] == [line.split(",")[:5] for line in first.splitlines()]


def test_compare_takes_files_samples_and_recipe_fields(here, capsys, pictures):
    rows = np.random.default_rng(0).normal(size=(300, 2))
    np.savetxt("mine.csv", rows, delimiter=",", header="length,width", comments="")
    np.save("theirs.npy", rows[:100].astype(np.float32))
    recipe = [
        "--recipe",
        "betas=0.5,0.9",
        "learning_rate.discriminator=1e-4",
        "learning_rate.generator=2e-4",
    ]
    words = [
        "compare",
        "-d",
        "mine.csv",
        "-m",
        "gan_minimax",
        "--samples",
        "theirs=theirs.npy",
        "-o",
        "out",
    ]
    assert main([*words, *recipe, *SMALL, "--json"]) == 0
    scores = printed_json(capsys)["scores"]
    assert {score["model"] for score in scores} == {
        "gan_minimax",
        "oracle",
        "single_mode",
        "theirs",
    }
    assert {score["source"] for score in scores} == {"mine.csv"}
    assert {path.stem for path in (here / "out" / "figures").iterdir()} >= {
        "glance",
        "samples",
        "scores-mine.csv",
    }
    config = json.loads(
        next((here / "out").glob("runs/*/gan_minimax-*/seed-0000/config.json")).read_text()
    )
    assert config["recipe"]["betas"] == [0.5, 0.9]
    assert config["recipe"]["learning_rate"] == {"discriminator": 1e-4, "generator": 2e-4}


def test_compare_runs_a_protocol_from_a_file(here, capsys):
    protocol = {
        "format": 1,
        "description": "small",
        "models": ["vae"],
        "sources": ["ring"],
        "seeds": 2,
    }
    (here / "mine.json").write_text(json.dumps(protocol))
    words = ["compare", "--protocol", "mine.json", "--steps", "5", *ALONE, "--json"]
    assert main(words) == 0
    assert {score["seed"] for score in printed_json(capsys)["scores"]} == {0, 1}


def test_train_reports_each_seed(here, capsys):
    assert (
        main(["train", "vae", "-d", "ring", "-o", "run", "--steps", "5", "--seeds", "2", "--json"])
        == 0
    )
    report = printed_json(capsys)
    assert [run["seed"] for run in report["runs"]] == [0, 1]
    assert report["recipe"]["steps"] == 5
    assert (here / "run" / "seed-0001" / "model.safetensors").exists()
    assert main(["evaluate", "run", "-d", "ring", "--metrics", "sliced_wasserstein", "--json"]) == 0
    assert {score["seed"] for score in printed_json(capsys)["scores"]} == {0, 1}


def test_train_one_chosen_seed(here, capsys):
    assert main(["train", "vae", "-d", "ring", "-o", "run", "--steps", "5", "--seed", "7"]) == 0
    assert json.loads((here / "run" / "config.json").read_text())["seed"] == 7
    assert "run" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["samples.csv", "samples.npy"])
def test_samples_go_to_a_file_and_back_into_an_evaluation(name, trained, here, capsys):
    assert main(["sample", str(trained), "-n", "50", "-o", name]) == 0
    read = np.loadtxt(name, delimiter=",") if name.endswith(".csv") else np.load(name)
    assert read.shape == (50, 2)
    assert main(["sample", str(trained), "-n", "50", "-o", f"again-{name}"]) == 0
    assert (here / name).read_bytes() == (here / f"again-{name}").read_bytes()
    capsys.readouterr()
    words = [
        "evaluate",
        name,
        "-d",
        "ring",
        "--seeds",
        "2",
        "--metrics",
        "sliced_wasserstein",
        "--json",
    ]
    assert main(words) == 0
    scores = printed_json(capsys)["scores"]
    assert [score["model"] for score in scores] == [name, name, "oracle", "oracle"]
    assert all(score["value"] > 0 for score in scores)


def test_evaluate_gives_the_numbers_of_the_comparison(many_samples, here, capsys):
    assert main(["compare", "-m", "vae", "-d", "ring", "-o", "out", *SMALL, "--json"]) == 0
    compared = {(s["model"], s["seed"]): s["value"] for s in printed_json(capsys)["scores"]}
    folder = next((here / "out").glob("runs/ring/vae-*"))
    assert (
        main(["evaluate", str(folder), "-d", "ring", "--metrics", "sliced_wasserstein", "--json"])
        == 0
    )
    alone = {(s["model"], s["seed"]): s["value"] for s in printed_json(capsys)["scores"]}
    names = {folder.name: "vae", "oracle": "oracle"}
    assert {(names[row], seed): value for (row, seed), value in alone.items()} == {
        key: value for key, value in compared.items() if key[0] in names.values()
    }


def test_json_is_the_only_thing_on_standard_output(here, capfd, pages, pictures):
    assert main(["compare", "-m", "vae", "-d", "ring", "-o", "out", *SMALL, "--json"]) == 0
    json.loads(capfd.readouterr().out)


@pytest.mark.thorough
def test_ctrl_c_says_what_was_kept_and_the_same_command_continues(here):
    words = [
        "compare",
        "-m",
        "vae",
        "gan_minimax:width=64",
        "-d",
        "ring",
        "--seeds",
        "2",
        "-o",
        "out",
    ]
    words += ALONE
    command = [sys.executable, "-m", "genzoo.cli", *words]
    running = subprocess.Popen([*command, "--steps", "500000"], stderr=subprocess.PIPE, text=True)
    assert "step" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    error = running.communicate(timeout=60)[1]
    assert running.returncode == 130, error
    assert "Traceback" not in error
    assert "run the same command again to continue" in error


def test_a_closed_pipe_is_quiet(here):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "genzoo.cli", "list", "models"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("JS", "Jensen-Shannon divergence"),
        ("js [nats] ↓", "Jensen-Shannon divergence"),
        ("KL(model||data)", "Kullback-Leibler divergence"),
        ("coverage (n = 2,500) ↑", "Coverage"),
        ("single_mode", "A collapsed model"),
        ("examples seen", "How many examples"),
        ("best beyond doubt", "The model is better"),
        ("In the lead, not settled", "The model has the best mean"),
    ],
)
def test_what_a_table_shows_can_be_looked_up(word, start, capsys):
    assert main(["explain", word, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["explanation"].startswith(start)


def test_every_label_of_a_metric_can_be_looked_up():
    metrics = [genzoo.metrics.METRICS.create(name) for name in genzoo.list_metrics()]
    for metric in metrics:
        assert genzoo.metrics.metric_called(metric.label).label == metric.label
