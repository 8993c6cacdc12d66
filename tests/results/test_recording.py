"""Which steps a recording looks at, and numbers in 16 bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from genzoo.results.recording import (
    FRAMES,
    Recording,
    affordable_frames,
    by_role,
    even_steps,
    final_distances,
    frame_steps,
    median_and_worst,
    pack,
    pick,
    unpack,
)


@given(st.integers(0, 200_000), st.integers(4, 80))
def test_frames_go_from_the_start_to_the_end_and_are_few(steps, frames):
    chosen = frame_steps(steps, frames)
    assert chosen[0] == 0
    assert chosen[-1] == steps
    assert list(chosen) == sorted(set(chosen))
    assert len(chosen) <= frames
    assert set(even_steps(steps, frames // 2)) <= set(chosen)
    assert set(np.diff(even_steps(steps, frames // 2))) <= {
        round(steps // (frames // 2)) + k for k in (0, 1)
    } | {1}


def test_early_gaps_grow_and_late_ones_are_equal():
    chosen = np.array(frame_steps(2000))
    assert len(chosen) > 0.9 * FRAMES
    gaps = np.diff(chosen)
    late = chosen[:-1] >= 100
    assert (gaps[late] == 100).all()
    assert (np.diff(gaps[~late]) >= -1).all()


def test_a_large_stack_is_filmed_in_fewer_frames():
    assert affordable_frames(10 * 10_000) == FRAMES
    assert 2 < affordable_frames(1000 * 10_000) < FRAMES
    assert affordable_frames(10**12) == 2


finite = st.floats(-1e6, 1e6, width=32)


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=1, max_dims=4, max_side=5),
        elements=finite | st.just(np.nan),
    )
)
def test_sixteen_bits_keep_each_column_to_half_a_step_of_its_range(array):
    codes, limits = pack(array)
    back = unpack(codes, limits)
    assert codes.dtype == np.uint16
    np.testing.assert_array_equal(np.isnan(back), np.isnan(array))
    width = np.where(np.isnan(array), 0, array).reshape(-1, array.shape[-1])
    tolerance = (limits[1] - limits[0]) / 65_534 * 0.51 + 1e-6 * np.abs(width).max(axis=0)
    known = ~np.isnan(array)
    assert (np.abs(back - array)[known] <= np.broadcast_to(tolerance, array.shape)[known]).all()


def test_infinity_is_kept_as_missing_and_spoils_no_range():
    codes, limits = pack(np.array([[0.0], [1.0], [np.inf]]))
    np.testing.assert_array_equal(unpack(codes, limits), [[0], [1], [np.nan]])


@pytest.mark.parametrize(
    ("distances", "chosen"),
    [
        ({3: 0.1}, (3,)),
        ({0: 1, 1: 2}, (0, 1)),
        ({0: 5, 1: 1, 2: 3}, (2, 0)),
        ({0: np.nan, 1: np.nan}, (0, 1)),
        ({1: np.nan, 0: np.nan, 2: np.inf}, (0, 1)),
        ({0: np.nan, 1: 0.2, 2: 0.1}, (1, 0)),
    ],
)
def test_median_and_worst(distances, chosen):
    assert median_and_worst(distances) == chosen


def film(seed: int, distance: float = 1.0, role: str | None = None, last: int = 10) -> Recording:
    return Recording(
        seed, np.array([0, last]), {"distance": np.array([9.0, distance])}, {}, {}, role
    )


def chosen(*recordings: Recording, distances: dict[int, float] | None = None) -> tuple[int, int]:
    roles = by_role(recordings, distances)
    return roles["median"].seed, roles["worst"].seed


def test_recordings_say_which_they_are() -> None:
    assert chosen(film(0, 0.5, "worst"), film(1, 0.1, "median")) == (1, 0)
    # whatever a last frame shows: a diverged seed may have been nearest until then
    assert chosen(film(2, 0.3, "median"), film(5, 0.1, "worst", last=4)) == (2, 5)
    assert chosen(film(5, np.nan, "median"), film(2, np.nan, "worst")) == (5, 2)
    assert chosen(film(7, 0.2, "median"), film(3, 0.2, "worst")) == (7, 3)
    assert by_role([]) == {}


@pytest.mark.parametrize("role", [None, "median", "worst"])
def test_one_recording_is_both(role) -> None:
    assert chosen(film(4, np.nan, role)) == (4, 4)
    assert chosen(film(4, 0.1, role), distances={3: 0.3, 4: 0.1, 5: 0.2}) == (4, 4)


def test_recordings_without_a_role_are_told_by_their_distance() -> None:
    assert chosen(film(0, 0.5), film(1, 0.1)) == (1, 0)
    assert chosen(film(0, 0.1, last=5), film(1, 0.5)) == (1, 0)
    assert chosen(film(0, np.nan), film(1, 0.5)) == (1, 0)
    assert chosen(film(1, 0.2), film(0, 0.2)) == (0, 1)
    assert chosen(film(1, np.nan), film(0, np.nan)) == (0, 1)


def test_several_batches_are_told_among_all_that_were_watched() -> None:
    batches = [
        film(0, 0.1, "median"),
        film(1, 0.4, "worst"),
        film(2, 0.2, "median"),
        film(3, 0.3, "worst"),
    ]
    distances = {0: 0.1, 1: 0.4, 2: 0.2, 3: 0.3, 4: 0.25}
    assert chosen(*batches, distances=distances) == (2, 1)
    assert chosen(*batches) == (2, 1)
    assert chosen(*batches, distances={**distances, 0: np.nan}) == (3, 0)


def test_a_seed_that_ends_before_the_others_has_no_final_distance() -> None:
    steps = {0: ([0, 10], [1.0, 0.5]), 1: ([0, 5], [1.0, 0.1])}
    found = final_distances({seed: (np.array(s), np.array(d)) for seed, (s, d) in steps.items()})
    assert found[0] == 0.5
    assert np.isnan(found[1])
    assert final_distances({}) == {}


def test_a_frame_is_a_slice():
    recording = Recording(
        0,
        np.array([0, 5]),
        {"loss": np.array([2.0, 1.0])},
        {"samples": np.arange(12.0).reshape(2, 3, 2)},
        {},
    )
    assert len(recording) == 2
    frame = recording.frame(1)
    assert (frame.step, frame.values) == (5, {"loss": 1.0})
    np.testing.assert_array_equal(frame.arrays["samples"], [[6, 7], [8, 9], [10, 11]])
    assert pick([0, 5, 9], [9, 5, 7]) == (5, 9)
