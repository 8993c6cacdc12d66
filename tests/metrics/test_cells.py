"""The cell panel: counts, variance and rank within k-means cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from genzoo.metrics.cells import (
    Cells,
    CellSamples,
    cell_count,
    count_difference,
    different_cells,
    fit_cells,
    rank_ratio,
    split_by_cell,
    variance_ratio,
)


def from_counts(real, fake):
    return CellSamples([np.zeros((k, 1)) for k in real], [np.zeros((k, 1)) for k in fake])


def from_rows(*pairs):
    return CellSamples([real for real, _ in pairs], [fake for _, fake in pairs])


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=2, max_size=8))
def test_the_distance_is_its_definition_and_the_p_value_pearson_s(pairs):
    real, fake = (np.array(side) for side in zip(*pairs, strict=True))
    m, n = real.sum(), fake.sum()
    p, q = real / m, fake / n
    found = count_difference(from_counts(real, fake))
    assert found.value == pytest.approx(
        ((p - q) ** 2 / (p + q)).sum() - (len(real) - 1) * (1 / m + 1 / n) / 2
    )
    assert found.value <= 2
    expected = chi2_contingency([real, fake], correction=False).pvalue
    assert found.estimator == f"chi-square over {len(real)} cells; p = {expected:.2g}"


def test_a_missing_half_is_a_third():
    """p = (1/2, 1/2), q = (1, 0): sum (p - q)^2 / (p + q) = 1/6 + 1/2."""
    found = count_difference(from_counts([50_000, 50_000], [100_000, 0]))
    assert found.value == pytest.approx(2 / 3, abs=1e-4)
    assert count_difference(from_counts([10, 0], [0, 10])).value == pytest.approx(2 - 1 / 10)


@pytest.mark.parametrize("shares", [np.full(10, 0.1), np.r_[0.3, np.full(9, 0.7 / 9)]])
def test_counts_are_unbiased_and_their_error_covers(shares):
    random = np.random.default_rng(0)
    p = np.full(10, 0.1)
    truth = ((p - shares) ** 2 / (p + shares)).sum()
    found = [
        count_difference(from_counts(random.multinomial(500, p), random.multinomial(500, shares)))
        for _ in range(300)
    ]
    values = np.array([f.value for f in found])
    assert values.mean() == pytest.approx(truth, abs=0.003)
    assert np.mean([f.standard_error for f in found]) == pytest.approx(values.std(), rel=0.25)


def test_false_alarms_are_at_the_level():
    random = np.random.default_rng(0)
    p = np.full(20, 0.05)
    found = [
        different_cells(from_counts(random.multinomial(1000, p), random.multinomial(1000, p)))
        for _ in range(200)
    ]
    assert np.mean([f.value for f in found]) == pytest.approx(0.05, abs=0.012)
    assert all(f.null == 0.05 for f in found)


def test_variance_and_rank_of_known_shapes():
    random = np.random.default_rng(0)
    ball, line = (
        random.standard_normal((20_000, 3)),
        random.standard_normal((20_000, 1)) * np.ones(3),
    )
    found = variance_ratio(from_rows((ball, 2 * ball), (ball, ball)))
    assert found.value == pytest.approx(np.log(4) / 2)
    assert rank_ratio(from_rows((ball, line))).value == pytest.approx(-np.log(3), abs=0.001)
    assert rank_ratio(from_rows((ball, 5 * ball + 7))).value == pytest.approx(0, abs=1e-9)
    flat = ball * [1.0, 1.0, 0.0]
    assert rank_ratio(from_rows((ball, flat))).value == pytest.approx(np.log(2 / 3), abs=0.001)


@pytest.mark.parametrize("measure", [variance_ratio, rank_ratio])
def test_equal_shapes_score_zero_and_the_error_covers(measure):
    random = np.random.default_rng(0)
    found = []
    for _ in range(120):
        cells = [
            (random.normal(0, [1, 0.4], (60, 2)), random.normal(0, [1, 0.4], (40, 2)))
            for _ in range(5)
        ]
        found.append(measure(from_rows(*cells)))
    values = np.array([f.value for f in found])
    assert values.mean() == pytest.approx(0, abs=0.03)
    assert np.mean([f.standard_error for f in found]) == pytest.approx(values.std(), rel=0.3)


def test_the_error_of_spreads_holds_where_a_few_far_rows_make_them():
    """Log-normal rows (sigma 2): by sample moments two in five ratios exceed twice their error."""
    random = np.random.default_rng(0)
    found = [
        variance_ratio(from_rows(tuple(random.lognormal(0, 2, (2, 40, 1))))) for _ in range(200)
    ]
    assert sum(abs(f.value) > 1.96 * f.standard_error for f in found) <= 18


def test_cells_without_rows_are_left_out():
    ball = np.random.default_rng(0).standard_normal((50, 2))
    assert (
        variance_ratio(from_rows((ball, ball), (ball, ball[:2]))).estimator == "mean over 1 cells"
    )
    assert "no cell" in variance_ratio(from_rows((ball, ball[:1]))).reason
    assert "no cell" in variance_ratio(from_rows((ball, np.ones((50, 2))))).reason


@pytest.mark.parametrize("measure", [variance_ratio, rank_ratio])
def test_equal_rows_do_not_vary_whatever_rounding_makes_of_their_mean(measure):
    """The mean of thirty times .1 is not .1."""
    ball = np.random.default_rng(0).standard_normal((50, 2))
    constant = np.full((30, 2), 0.1)
    assert (constant - constant.mean(axis=0)).any()
    assert "no cell" in measure(from_rows((ball, constant))).reason
    assert measure(from_rows((ball, constant + 1e-9 * ball[:30]))).value is not None


def test_cells_are_nearest_centres():
    cells = Cells(np.array([[0.0], [10.0]]))
    assert cells.assign(np.array([[1.0], [9.0], [4.9]])).tolist() == [0, 1, 0]
    samples = split_by_cell(cells, np.array([[1.0], [2.0]]), np.array([[9.0]]))
    assert [c.tolist() for c in samples.counts] == [[2, 0], [0, 1]]


def test_cells_of_few_distinct_rows():
    rows = np.repeat([[0.0], [1.0], [5.0]], 10, axis=0)
    assert len(fit_cells(rows, 8, np.random.default_rng(0)).centres) == 3
    assert [cell_count(n, 10**6) for n in (35, 1000, 10**6)] == [2, 20, 100]
