"""The box in which examples are looked at."""

import numpy as np
import pytest

from genzoo.results.box import box_limits, padded_range


def test_a_range_is_widened_by_its_share_on_both_sides() -> None:
    assert padded_range(np.array([1.0, 3.0, 2.0]), pad=0.25) == (0.5, 3.5)
    assert padded_range(np.array([-1.0, 1.0]), pad=0.0) == (-1.0, 1.0)


def test_a_few_of_many_values_may_lie_outside() -> None:
    values = np.append(np.arange(1000.0), 1e6)
    low, high = padded_range(values, pad=0.0)
    assert (low, high) == (1.0, 999.0)
    assert padded_range(values[-101:], pad=0.0, tail=0.01) == (901.0, 999.0)
    assert padded_range(values[-100:], pad=0.0) == (901.0, 1e6)


@pytest.mark.parametrize(("value", "width"), [(0.0, 1.0), (0.5, 1.0), (20.0, 20.0), (-20.0, 20.0)])
def test_a_single_value_is_in_the_middle_of_a_box_that_is_not_empty(
    value: float, width: float
) -> None:
    assert padded_range(np.full(3, value), pad=0.1) == pytest.approx(
        (value - width / 2, value + width / 2)
    )


def test_one_scale_on_all_axes_unless_they_differ_more_than_fivefold() -> None:
    def box(width: float) -> list[tuple[float, float]]:
        return box_limits(np.array([[0.0, 10.0], [width, 11.0]]))

    for found, expected in zip(box(4.9), [(-0.588, 5.488), (7.462, 13.538)], strict=True):
        assert found == pytest.approx(expected)
    for found, expected in zip(box(5.1), [(-0.612, 5.712), (9.88, 11.12)], strict=True):
        assert found == pytest.approx(expected)


@pytest.mark.parametrize("unit", [0.01, 100.0])
@pytest.mark.parametrize("width", [2.0, 4.9, 5.1, 9.0])
def test_the_unit_of_points_is_that_of_their_box(unit: float, width: float) -> None:
    points = np.array([[0.0, 10.0], [width, 11.0]])
    for found, expected in zip(box_limits(unit * points), box_limits(points), strict=True):
        assert found == pytest.approx((unit * expected[0], unit * expected[1]))
