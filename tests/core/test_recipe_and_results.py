"""Recipes, tidy scores and tables."""

import csv
import io
import json
import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genzoo.core.metric import Estimate
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.results.table import Cell, Column, SourceTable, format_cell, table_to_markdown
from genzoo.results.types import ComparisonTable, FitResult, Score, scores_to_csv

recipes = st.builds(
    Recipe,
    steps=st.integers(0, 10**6),
    batch_size=st.integers(1, 10**4),
    optimiser=st.sampled_from(["adam", "sgd", "rmsprop"]),
    learning_rate=st.one_of(
        st.floats(1e-6, 1),
        st.dictionaries(
            st.sampled_from(["generator", "discriminator"]), st.floats(1e-6, 1), min_size=1
        ),
    ),
    betas=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)),
    schedule=st.sampled_from(["constant", "cosine", "step"]),
    weight_decay=st.floats(0, 1) | st.just({"generator": 0.1, "discriminator": 0.0}),
    milestones=st.lists(st.floats(0.01, 0.99), min_size=1, unique=True).map(sorted),
    step_factor=st.floats(0.01, 2),
    warm_up=st.floats(0, 1),
    gradient_clip=st.none() | st.floats(0.1, 10),
    averaging=st.none() | st.floats(0, 0.999),
)


@given(recipes)
def test_a_recipe_survives_json(recipe):
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize(
    "field",
    [
        {"steps": -1},
        {"steps": 2.5},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"learning_rate": math.nan},
        {"learning_rate": {"generator": -1.0}},
        {"betas": (0.9, 1.0)},
        {"betas": (0.9,)},
        {"averaging": 1.0},
        {"gradient_clip": 0.0},
        {"optimiser": "adamw"},
        {"schedule": "linear"},
        {"weight_decay": -0.1},
        {"weight_decay": {"generator": math.inf}},
        {"milestones": ()},
        {"milestones": (0.5, 0.5)},
        {"milestones": 1.0},
        {"milestones": "half"},
        {"step_factor": 0.0},
        {"warm_up": 1.5},
        {"standardisation": "whiten"},
    ],
    ids=str,
)
def test_fields_out_of_range(field):
    with pytest.raises(InputError, match=f"recipe field {next(iter(field))} must be"):
        Recipe(**field)
    with pytest.raises(InputError, match=f"recipe field {next(iter(field))} must be"):
        Recipe().override(**field)


def test_fields_that_recipes_did_not_always_have_are_written_only_where_they_count():
    later = {"weight_decay": 0.1, "milestones": 0.3, "step_factor": 0.5, "warm_up": 0.2}
    assert not set(later) & set(Recipe().to_dict())
    written = Recipe(**later).to_dict()
    assert written == Recipe().to_dict() | later | {"milestones": (0.3,)}


def test_override_keeps_the_rest():
    recipe = Recipe(batch_size=7).override(steps=3, betas=(0, 0.99))
    assert (recipe.steps, recipe.batch_size, recipe.betas) == (3, 7, (0.0, 0.99))
    assert all(isinstance(beta, float) for beta in recipe.betas)
    with pytest.raises(InputError, match="no field 'step': choose from steps"):
        Recipe().override(step=3)


def test_rates():
    assert Recipe(learning_rate=0.1).rate("anything") == 0.1
    each = Recipe(learning_rate={"generator": 0.1, "discriminator": 0.2})
    assert each.rate("discriminator") == 0.2
    with pytest.raises(
        InputError, match=r"names \['discriminator', 'generator'\], but the model updates 'critic'"
    ):
        each.rate("critic")


def test_a_seed_that_was_not_trained():
    with pytest.raises(InputError, match="seed 3 was not trained"):
        FitResult((), Recipe()).run(3)


numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
estimates = st.builds(
    Estimate,
    value=numbers,
    standard_error=numbers,
    n=st.integers(0, 9),
    null=numbers,
    reason=st.text("a,\"'\n|é", max_size=5),
)


@given(estimates)
def test_a_score_keeps_its_estimate(estimate):
    score = Score("vae", "ring", "js", 0, **vars(estimate))
    assert score.estimate == estimate


@given(st.lists(estimates, max_size=4))
def test_scores_survive_csv(estimates):
    scores = [
        Score("vae:beta=2,width=3", "ring", "js", i, **vars(e)) for i, e in enumerate(estimates)
    ]
    rows = list(csv.DictReader(io.StringIO(scores_to_csv(scores), newline="")))
    assert [row["model"] for row in rows] == ["vae:beta=2,width=3"] * len(scores)
    for row, estimate in zip(rows, estimates, strict=True):
        assert (float(row["value"]) if row["value"] else None) == estimate.value
        assert row["reason"] == estimate.reason


def test_scores_become_a_data_frame():
    pandas = pytest.importorskip("pandas")
    scores = (
        Score("vae", "ring", "js", 0, 0.5),
        Score("vae", "ring", "js", 1, None, reason="no density"),
    )
    frame = ComparisonTable(scores, ()).to_dataframe()
    assert list(frame["seed"]) == [0, 1]
    assert pandas.isna(frame["value"][1])
    assert list(ComparisonTable((), ()).to_dataframe().columns) == list(frame.columns)


def read_number(text):
    return float(text.replace(",", ""))


@given(
    st.floats(-1e6, 1e6) | st.floats(-100, 100),
    st.floats(-10, 4).map(lambda exponent: 10**exponent),
)
@example(30.4, 5e-8)
def test_a_cell_shows_mean_and_half_width_to_within_the_interval(mean, half):
    text = format_cell(Cell(mean, mean - half, mean + half, finished=10, total=10))
    half = (mean + half - (mean - half)) / 2
    if " ± " not in text:  # an interval that rounding has closed
        assert half <= 1e-9 * abs(mean)
        return
    shown, width = map(read_number, text.split(" ± "))
    assert abs(shown - mean) <= 0.06 * half
    assert abs(width - half) <= 0.06 * half


@given(st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-6))
def test_a_cell_without_interval_shows_three_digits(mean):
    assert read_number(format_cell(Cell(mean, finished=1, total=1))) == pytest.approx(
        mean, rel=0.006
    )


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "n/a"),
        (Cell(None, reason="no density"), "n/a"),
        (Cell(None, flag="†"), "n/a †"),
        (Cell(0.0, 0.0, 0.0, 5, 5), "0"),
        (Cell(8.0, 8.0, 8.0, 10, 10), "8.00"),
        (Cell(1.0, 0.9, 1.1, 8, 10), "1.00 ± 0.10 (8/10)"),
        (Cell(1.0, 0.9, 1.1, 10, 10, bound="lower"), "≥ 1.00 ± 0.10"),
        (Cell(1.0, 0.9, 1.1, 10, 10, bound="upper", flag="!"), "≤ 1.00 ± 0.10 !"),
    ],
)
def test_cells(cell, text):
    assert format_cell(cell) == text


@pytest.mark.parametrize(("direction", "arrow"), [("min", "↓"), ("max", "↑"), ("target", "◎")])
def test_headers_point_the_better_way(direction, arrow):
    assert Column("js", "JS", "nats", direction).header == f"JS [nats] {arrow}"
    assert Column("js", "JS", "", direction).header == f"JS {arrow}"


def test_a_markdown_table_has_a_cell_for_every_row_and_column():
    table = SourceTable(
        "my|file",
        (Column("js", "JS"), Column("kl", "KL")),
        ("a|b", "oracle"),
        {("a|b", "js"): Cell(1.0, total=1)},
        ("Note.",),
    )
    lines = [line for line in table_to_markdown(table).splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in lines] == [4] * 4
    assert "Note." in table_to_markdown(table)
    assert table_to_markdown(table) in ComparisonTable((), (table,)).to_markdown()
