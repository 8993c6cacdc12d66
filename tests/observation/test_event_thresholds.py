"""Thresholds of events, just below and just above each: the numbers that the docs state."""

import numpy as np
import pytest

from genzoo.observation.events import mode_events, posterior_events, saturation_events
from genzoo.observation.improvement import improving
from genzoo.results.types import History

K = 8
WEIGHTS = np.full(K, 1 / K)
ALL, ONE = WEIGHTS, np.eye(K)[0]


def overlapping(share: float) -> np.ndarray:
    """Shares whose overlap with the weights is this."""
    each = (share - 1 / K) / (K - 1)
    return np.array([1 - (K - 1) * each, *[each] * (K - 1)])


def kinds(*rows: np.ndarray) -> list[str]:
    steps = list(range(100, 100 + len(rows)))
    return [event.kind for event in mode_events(steps, np.stack(rows), WEIGHTS)]


def test_a_collapse_is_an_overlap_below_one_half() -> None:
    assert kinds(ALL, ALL, *[overlapping(0.499)] * 2) == ["collapsed"]
    assert kinds(ALL, ALL, *[overlapping(0.501)] * 2) == []


def test_modes_are_held_from_an_overlap_of_seven_tenths_on() -> None:
    assert kinds(*[overlapping(0.701)] * 2, ONE, ONE) == ["collapsed"]
    assert kinds(*[overlapping(0.699)] * 3, ONE, ONE) == []
    assert kinds(ALL, ALL, ONE, ONE, *[overlapping(0.701)] * 2) == ["collapsed", "recovered"]
    assert kinds(ALL, ALL, ONE, ONE, *[overlapping(0.699)] * 2) == ["collapsed"]


def test_never_spread_is_said_of_half_the_looks() -> None:
    middle = overlapping(0.6)
    assert kinds(*[middle] * 5, *[ONE] * 5) == ["unspread"]
    assert kinds(*[middle] * 6, *[ONE] * 5) == []
    assert kinds(middle, ONE) == []
    assert kinds(ONE, ONE) == ["unspread"]


def two(share: float) -> np.ndarray:
    return np.array([share, 1 - share, *[0.0] * (K - 2)])


def test_a_change_moves_more_than_half_of_the_mass() -> None:
    assert "rotating" in kinds(*[two(0.751), two(0.249)] * 4)
    assert "rotating" not in kinds(*[two(0.749), two(0.251)] * 4)


def test_three_of_five_changes_are_a_rotation() -> None:
    modes = np.eye(K)
    assert "rotating" in kinds(*modes[[0, 1, 2, 3, 3, 3]])
    assert "rotating" not in kinds(*modes[[0, 1, 2, 2, 2, 2]])
    assert "rotating" not in kinds(*modes[[0, 1, 2, 3, 4]])


def test_who_holds_the_modes_does_not_rotate() -> None:
    def tilted(mass: float) -> list[np.ndarray]:
        one = WEIGHTS + mass / 4 * np.repeat([1, -1], 4)
        return [one, one[::-1]] * 4

    assert "rotating" in kinds(*tilted(0.301))
    assert "rotating" not in kinds(*tilted(0.299))


def watched(name: str, *values: float, **others: float) -> History:
    """One value for each twentieth of training, ten steps each."""
    columns = {f"d/{name}": np.repeat(values, 10)}
    return History(
        np.arange(1, 201),
        columns | {f"d/{key}": np.full(200, value) for key, value in others.items()},
    )


def test_a_saturated_discriminator_is_right_99_times_in_100_and_sees_1_in_100() -> None:
    assert len(saturation_events(watched("accuracy", *[0.991] * 20))) == 1
    assert saturation_events(watched("accuracy", *[0.989] * 20)) == []
    assert len(saturation_events(watched("accuracy", *[1.0] * 20, **{"D(fake)": 0.0099}))) == 1
    assert saturation_events(watched("accuracy", *[1.0] * 20, **{"D(fake)": 0.0101})) == []


@pytest.mark.parametrize(("accuracy", "until"), [(0.94, 11), (0.95, None)])
def test_exactly_99_in_100_is_saturated_and_exactly_95_in_100_is_not_over(
    accuracy: float, until: int | None
) -> None:
    """A step for each twentieth, so that nothing is rounded."""
    steps = np.arange(1, 21)
    values = np.array([0.99] * 10 + [accuracy] * 10)
    (event,) = saturation_events(History(steps, {"d/accuracy": values}))
    assert (event.step, event.until) == (1, until)


def test_saturation_is_over_below_95_in_100_for_two_twentieths() -> None:
    for rest, until in ([0.949] * 10, 101), ([0.951] * 10, None), ([0.949, 0.951] * 5, None):
        (event,) = saturation_events(watched("accuracy", *[1.0] * 10, *rest))
        assert event.until == until


def test_a_code_of_less_than_a_twentieth_of_a_nat_for_two_twentieths_is_lost() -> None:
    assert len(posterior_events(watched("KL", *[0.049] * 20))) == 1
    assert posterior_events(watched("KL", *[0.051] * 20)) == []
    (event,) = posterior_events(watched("KL", *[1.0] * 18, 0.049, 0.049))
    assert event.step == 181


FIRST, BEFORE, LAST = [10.0] * 5, [5.0, 5.1, 5.2, 5.3, 5.4], [4.0, 3.9, 3.8, 3.7, 3.6]


@pytest.mark.parametrize(
    ("first", "before", "last", "expected"),
    [
        (FIRST, BEFORE, LAST, True),
        # 9 of 10 pairs: 23 and 22 of 25
        (FIRST, BEFORE, [5.15, *LAST[1:]], True),
        (FIRST, BEFORE, [5.25, *LAST[1:]], False),
        # a twentieth nearer: 5.1 % and 4.9 %
        (FIRST, [5.0] * 5, [4.765, 4.755, 4.745, 4.735, 4.725], True),
        (FIRST, [5.0] * 5, [4.775, 4.765, 4.755, 4.745, 4.735], False),
        # 6 of 10 pairs within the last third: 6 and 5
        (FIRST, BEFORE, [4.3, 4.2, 4.1, 4.0, 4.4], True),
        (FIRST, BEFORE, [4.3, 4.1, 4.2, 4.0, 4.4], False),
        # 3 of 4 pairs before: 19 and 18 of 25
        ([10.0, 10.0, 10.0, 5.35, 1.0], BEFORE, LAST, True),
        ([10.0, 10.0, 10.0, 5.25, 1.0], BEFORE, LAST, False),
    ],
)
def test_what_still_improves(
    first: list[float], before: list[float], last: list[float], expected: bool
) -> None:
    assert improving(np.array([*first, *before, *last])) == expected
    assert improving(np.array([99.0, np.nan, *first, *before, *last])) == expected


def test_fewer_than_fifteen_looks_say_nothing() -> None:
    assert improving(np.geomspace(10, 1, 15))
    assert not improving(np.geomspace(10, 1, 14))
