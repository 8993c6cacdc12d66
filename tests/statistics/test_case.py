"""Values turned so that smaller is better, whatever the metric's direction."""

import math

import numpy as np
import pytest

from genzoo.results.types import Score
from genzoo.statistics.case import loss_of, ruler_of, series_of


def score(value: float | None, **fields: object) -> Score:
    return Score("vae", "ring", "metric", **{"seed": 0, **fields}, value=value)


def test_smaller_losses_are_better_in_every_direction() -> None:
    assert loss_of(score(0.3), "min") == 0.3
    assert loss_of(score(0.3), "max") == -0.3
    assert loss_of(score(0.3, null=0.5), "target") == pytest.approx(0.2)
    assert loss_of(score(0.7, null=0.5), "target") == pytest.approx(0.2)
    assert loss_of(score(0.7, null=0.5, ceiling=0.6), "target") == pytest.approx(0.1)
    assert loss_of(score(0.7, null=0.5, ceiling=0.0), "target") == pytest.approx(0.7)
    assert math.isnan(loss_of(score(None), "max"))


@pytest.mark.parametrize("direction", ["min", "max"])
def test_the_series_of_a_row_is_in_the_order_of_the_seeds(direction: str) -> None:
    made = [
        score(float(seed), seed=seed, standard_error=seed / 10, null=seed / 100)
        for seed in (2, 0, 1)
    ]
    found = series_of(made, direction)
    assert found.values.tolist() == [0, 1, 2]
    assert found.losses.tolist() == ([0, 1, 2] if direction == "min" else [0, -1, -2])
    assert found.errors.tolist() == [0, 0.1, 0.2]
    assert found.nulls.tolist() == [0, 0.01, 0.02]
    assert found.mean == 1


def test_a_diverged_run_has_no_value_and_a_finished_one_without_ends_the_series() -> None:
    gone = score(None, seed=1, status="diverged")
    found = series_of([score(1.0), gone], "max")
    np.testing.assert_array_equal(found.losses, [-1, np.nan])
    assert series_of([score(1.0), score(None, seed=1)], "max") is None
    assert series_of([gone], "max") is None
    assert series_of([score(1.0)], "target") is None


def test_a_ruler_is_estimator_bound_and_size() -> None:
    rows = [
        score(1.0, estimator="kNN, k = 5", bound="lower", n=100),
        score(1.0, estimator="kNN, k = 7", bound="lower", n=100),
    ]
    assert series_of(rows, "min").bounded
    assert ruler_of(rows[0]) == ruler_of(rows[1])
    for other in {"estimator": "grid"}, {"bound": "none"}, {"n": 99}:
        changed = score(
            1.0, seed=1, **{"estimator": "kNN, k = 5", "bound": "lower", "n": 100, **other}
        )
        assert series_of([rows[0], changed], "min").ruler is None
    assert not series_of([score(1.0)], "min").bounded
