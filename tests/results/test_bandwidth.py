"""Silverman's bandwidth, by hand."""

import pytest

from genzoo.results.bandwidth import silverman_bandwidth


def test_the_smaller_of_two_spreads_counts_and_shrinks_with_the_fifth_root() -> None:
    """32^(1/5) is 2; a normal law of standard deviation 2 has an interquartile range of 2.68."""
    assert silverman_bandwidth(1.0, 2.68, 32) == pytest.approx(0.9 * 1 / 2)
    assert silverman_bandwidth(3.0, 2.68, 32) == pytest.approx(0.9 * 2 / 2)
    assert silverman_bandwidth(3.0, 2.68, 1) == pytest.approx(0.9 * 2)


def test_where_the_quartiles_agree_the_standard_deviation_counts() -> None:
    assert silverman_bandwidth(3.0, 0.0, 32) == pytest.approx(0.9 * 3 / 2)
    assert silverman_bandwidth(0.0, 0.0, 32) == 0
