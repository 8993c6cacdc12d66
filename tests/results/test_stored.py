"""What a run folder may hold: the limits of each number, and shapes that fit each other."""

import math

import numpy as np
import pytest

from genzoo.core.recipe import Recipe
from genzoo.results.recording import Recording
from genzoo.results.stored import config_fault, history_fault, recording_fault
from genzoo.results.types import History

CONFIG = {
    "seed": 0,
    "recipe": Recipe().to_dict(),
    "diverged_at": None,
    "training_seconds": 1.5,
    "seeds_together": 1,
    "status": "finished",
    "parameters": 12,
}


@pytest.mark.parametrize("count", [0, 1, 2**62, 2**63 - 1])
def test_counts_are_those_that_64_bits_hold(count: int) -> None:
    assert config_fault(CONFIG | {"seed": count}) == ""


@pytest.mark.parametrize("count", [-1, 2**63, True, 1.0, "1", None])
def test_what_is_no_count_is_named(count: object) -> None:
    assert config_fault(CONFIG | {"seed": count}) == f"'seed' is {count!r}"


@pytest.mark.parametrize("seconds", [0, 5.5, -1.0, 10**30])
def test_seconds_are_any_finite_number(seconds: float) -> None:
    assert config_fault(CONFIG | {"training_seconds": seconds}) == ""


@pytest.mark.parametrize("seconds", [True, math.nan, math.inf, "1", None])
def test_what_is_no_number_is_named(seconds: object) -> None:
    assert config_fault(CONFIG | {"training_seconds": seconds}) == (
        f"'training_seconds' is {seconds!r}"
    )


def test_steps_are_a_row_of_integers_that_increase() -> None:
    fault = "its steps are no increasing integers"
    for steps in [], [1], [0, 5, 6]:
        assert history_fault(History(np.array(steps, dtype=np.int64), {}), gauged=False) == ""
    for wrong in [1, 1], [2, 1], [[1, 2]], [1.0, 2.0], 3:
        assert history_fault(History(np.array(wrong), {}), gauged=False) == fault


def test_gauges_are_distances_at_one_step_at_least() -> None:
    steps, distance = np.array([0, 5]), np.array([2.0, 1.0])
    assert history_fault(History(steps, {"distance": distance}), gauged=True) == ""
    assert history_fault(History(steps, {"loss": distance}), gauged=True) != ""
    assert history_fault(History(steps[:0], {"distance": distance[:0]}), gauged=True) != ""


def film(samples: tuple[int, ...], real: tuple[int, ...]) -> Recording:
    """Two frames."""
    return Recording(
        0,
        np.array([0, 5]),
        {"distance": np.ones(2)},
        {"samples": np.zeros(samples)},
        {"real": np.zeros(real)},
    )


@pytest.mark.parametrize("event", [(1,), (2,), (4, 4), (4, 4, 3)])
def test_samples_of_a_film_have_the_shape_of_the_data(event: tuple[int, ...]) -> None:
    assert recording_fault(film((2, 7, *event), (9, *event))) == ""
    assert recording_fault(film((2, 7, *event, 1), (9, *event))) != ""
    assert recording_fault(film((2, 7, *event), (9, 5, *event))) != ""


def test_data_of_a_film_are_rows_of_examples_and_frames_are_as_many_as_steps() -> None:
    assert recording_fault(film((2, 7), (9,))) == "its samples have another shape than the data"
    frames = "its 'samples' do not hold one frame for each step"
    assert recording_fault(film((3, 7, 2), (9, 2))) == frames
    assert recording_fault(film((2,), (9,))) == frames
