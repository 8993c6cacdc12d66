"""Trained models sampled again by other numbers of steps: scores, page, table and picture."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import genzoo
from genzoo.api.step_scores import step_page, step_scores, within
from genzoo.core.noise import stream
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.results.step_scores import EXACT, NETWORK

STEPS = {
    "format": 1,
    "description": "By steps.",
    "profiles": {
        "tiny": {
            "description": "One ring.",
            "models": [
                "flow_matching:width=8",
                "Paired=ot_flow_matching:width=8",
                "Average=mean_flow:width=8,depth=1",
                "gaussian",
            ],
            "sources": ["ring"],
            "recipe": {"steps": 5, "batch_size": 32},
            "seeds": 2,
            "metrics": "sliced_wasserstein,mode_variance",
        }
    },
    "evaluations": [1, 2, 20],
}


@pytest.fixture(scope="module")
def made(little_done, tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    path = folder / "mine.json"
    path.write_text(json.dumps(STEPS))
    out = folder / "out"
    return genzoo.bench(str(path), out=out, record=False), out


def test_only_the_exact_field_knows_what_few_steps_cost(made):
    table, out = made
    with (out / "steps.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == {"flow_matching:width=8", "Paired", "Average"}
    # Heun's method takes two evaluations a step, and of pairs no exact field is known.
    kinds = {(row["model"], row["field"], row["most"], row["evaluations"]) for row in rows}
    assert kinds == {
        *(("flow_matching:width=8", kind, n, n) for kind in (NETWORK, EXACT) for n in ("2", "20")),
        *(("Paired", NETWORK, n, n) for n in ("2", "20")),
        *(("Average", NETWORK, n, n) for n in ("1", "2", "20")),
    }
    assert {row["seed"] for row in rows} == {"0", "1"}

    def mean(field, most):
        values = [
            float(row["value"])
            for row in rows
            if (row["field"], row["most"], row["metric"]) == (field, most, "mode_variance")
            and row["model"] == "flow_matching:width=8"
        ]
        return sum(values) / len(values)

    assert mean(EXACT, "20") == pytest.approx(1.0, abs=0.3)
    assert mean(EXACT, "2") > 5
    assert mean(NETWORK, "2") < 25 < mean(NETWORK, "20")
    assert len(list(out.glob("runs/*/flow*/seed-*"))) == 2
    assert table.facts["bench"].endswith("mine.json")


def test_page_and_picture(made):
    _, out = made
    page = (out / "bench.md").read_text(encoding="utf-8")
    part = page.split("## By evaluations of the network")[1]
    assert "### ring: mode variance" in part
    assert "| | ≤ 1 | ≤ 2 | ≤ 20 |" in part
    rows = [line.split(" | ")[0].lstrip("| ") for line in part.splitlines() if "," in line]
    assert rows[:4] == [
        "flow\\_matching:width=8, network",
        "Paired, network",
        "Average, network",
        "flow\\_matching:width=8, exact",
    ]
    assert "Fresh draws of the source: 0.99" in part
    assert (out / "figures" / "steps-ring.png").exists()


def test_the_default_number_of_steps_gives_the_scores_of_the_comparison(made):
    table, _ = made
    own = {
        (one.seed, one.metric): one.value
        for one in table.scores
        if one.model == "flow_matching:width=8"
    }
    for one in step_scores(table, "mode_variance", [50]):
        if (one.model, one.field) == ("flow_matching:width=8", NETWORK):
            assert one.value == pytest.approx(own[one.seed, one.metric])


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("flow_matching", {1: 0, 2: 1, 3: 1, 100: 50}),
        ("rectified_flow", {1: 1, 7: 7}),
        ("mean_flow", {1: 1, 7: 7}),
        ("equilibrium_matching", {1: 1, 7: 7}),
        # A last look at x_1 is one more.
        ("ddpm", {1: 0, 2: 1, 100: 99}),
        ("edm", {2: 0, 3: 1, 100: 49}),
    ],
)
def test_as_many_whole_steps_as_evaluations_allow(name, steps):
    model = MODELS.create(name, (2,))
    own = model.sampler_steps
    for most, expected in steps.items():
        shortened = within(model, most)
        assert (shortened.sampler_steps if shortened else 0) == expected
        if shortened:
            x = shortened.sample(3, generator=stream(0))
            assert bool(torch.isfinite(x).all())
    assert model.sampler_steps == own


def test_a_value_that_is_missing_is_no_number_and_no_mean(made):
    table, _ = made
    scores = step_scores(table, "mode_variance", [2])
    lost = [replace(one, value=math.nan) for one in scores]
    assert "| flow\\_matching:width=8, network | n/a |" in step_page(lost, table)


def test_a_folder_is_needed(made):
    with pytest.raises(InputError, match="give the comparison one"):
        step_scores(replace(made[0], directory=None), "energy", [1])


@pytest.mark.parametrize("counts", [[0], ["1"], 5, [1.5], [True]])
def test_evaluations_are_positive_counts(counts, tmp_path: Path):
    path = tmp_path / "b.json"
    path.write_text(json.dumps({**STEPS, "evaluations": counts}))
    with pytest.raises(InputError, match="must be a list of positive counts"):
        genzoo.load_bench(str(path))
