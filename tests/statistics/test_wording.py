"""Pieces of sentences, and what tidy rows say of a run."""

from dataclasses import asdict, fields
from types import SimpleNamespace

import pytest

from genzoo.core.metric import Estimate
from genzoo.experiment.experiment import Experiment
from genzoo.experiment.rows import as_scores
from genzoo.results.types import Score
from genzoo.statistics.wording import listed, more_seeds, rounded_up


def test_names_in_a_sentence() -> None:
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]


def test_how_many_seeds_would_settle_a_difference() -> None:
    assert more_seeds(12, 10) == more_seeds(12, 11) == "about 12 seeds would settle"
    assert more_seeds(12, 12) == more_seeds(12, 30) == "by its size about 12 seeds should settle"
    assert more_seeds(1000, 10) == "about 1000 seeds would settle"
    assert more_seeds(1001, 10) == "more than 1000 seeds would be needed to settle"


@pytest.mark.parametrize(
    ("p", "written"),
    [
        (0.00391, "0.004"),
        (0.0391, "0.04"),
        (0.0312, "0.032"),
        (0.031, "0.031"),
        (1e-4, "0.0001"),
        (1.0, "1"),
    ],
)
def test_a_rounded_p_value_is_never_smaller_than_it_is(p: float, written: str) -> None:
    assert rounded_up(p) == written
    assert float(rounded_up(p)) >= p - 1e-12


ESTIMATE = Estimate(0.5, 0.1, n=7, estimator="kNN", bound="lower", null=0.2, ceiling=0.9)


def test_a_tidy_row_holds_the_estimate_and_what_the_run_cost() -> None:
    metrics = [SimpleNamespace(name=name) for name in ("b", "a")]
    cost = {
        "parameters": 3,
        "training_seconds": 4.0,
        "sampling_seconds": 5.0,
        "examples_seen": 6,
        "updates": 7,
        "evaluations": 8,
    }
    estimates = {"a": ESTIMATE, "b": Estimate.absent("no density")}
    first, second = as_scores("vae", "ring", 2, estimates, Experiment([], [], (), metrics), **cost)
    expected = {"model": "vae", "source": "ring", "seed": 2, "status": "finished", **cost}
    assert asdict(first) == {**expected, **asdict(Estimate.absent("no density")), "metric": "b"}
    assert asdict(second) == {**expected, **asdict(ESTIMATE), "metric": "a"}
    assert {one.name for one in fields(Score)} == set(asdict(second))
