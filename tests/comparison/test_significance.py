"""Tests over paired seeds: calibrated under equality, exact where enumeration is, powerful where they should be."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genzoo.comparison.significance import (
    PairTest,
    compare_rows,
    letters,
    max_t_p_values,
    seeds_for_level,
    seeds_needed,
    smallest_p,
    with_worst,
)


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=9))
def test_one_pair_is_the_exact_sign_flip_test(values: list[float]) -> None:
    d = np.round(np.array(values), 3)
    expected = np.mean([abs((d * s).sum()) >= abs(d.sum()) - 1e-9 for s in itertools.product((1, -1), repeat=len(d))])
    assert max_t_p_values(d[None])[0] == pytest.approx(expected)


@given(st.integers(0, 10_000))
def test_max_t_is_its_definition_by_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = rng.normal(size=(4, 5)) * rng.uniform(0.1, 3, size=(4, 1)) + rng.normal(size=(4, 1))

    def t(x: np.ndarray) -> np.ndarray:
        return np.abs(stats.ttest_1samp(x, 0, axis=1).statistic)

    order = np.argsort(-t(d))
    seen = t(d)[order]
    flips = [t(d * np.array(signs))[order] for signs in itertools.product((1, -1), repeat=5)]
    raw = [np.mean([flip[i:].max() >= seen[i] * (1 - 1e-9) for flip in flips]) for i in range(4)]
    np.testing.assert_allclose(max_t_p_values(d)[order], [max(raw[: i + 1]) for i in range(4)])


def test_smallest_p_is_attained_whatever_the_number_of_pairs() -> None:
    base = np.linspace(1, 2, 8)
    p = max_t_p_values(np.array([base * k for k in (1, 2, 3)] + [base * 1e-3 + 1]))
    np.testing.assert_allclose(p, 2 / 2**8)
    assert smallest_p(8) == 2 / 2**8
    assert seeds_for_level() == 6
    assert smallest_p(5) > 0.05 > smallest_p(6)


def test_family_wise_false_alarms_hold_their_level() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(400):
        seed_effect = rng.normal(size=8)
        rows = {name: seed_effect + rng.standard_t(4, size=8) for name in "abcd"}
        alarms += any(test.significant for test in compare_rows(rows))
    assert alarms <= stats.binom.ppf(0.999, 400, 0.05)


def test_pairing_finds_a_difference_that_seeds_would_hide() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(50):
        seed_effect = 10 * rng.normal(size=10)
        test = compare_rows({"good": seed_effect + rng.normal(size=10), "bad": seed_effect + 1.5 + rng.normal(size=10)})
        found += test[0].significant and test[0].better == "good"
    assert found >= 35


def test_a_diverged_run_counts_as_the_worst() -> None:
    good = [0.1, 0.11, 0.12, 0.1, 0.13, 0.1, 0.09]
    (test,) = compare_rows({"steady": good, "wild": [np.nan] * 7})
    assert (test.better, test.significant) == ("steady", True)


@pytest.mark.parametrize("level", [0.0, 0.1, -5.0])
def test_a_diverged_run_is_worse_than_equal_ones(level: float) -> None:
    """Where all finished runs agree, as counts of missing modes do, it still counts as worse."""
    (test,) = compare_rows({"steady": [level] * 8, "wild": [np.nan] * 8})
    assert (test.better, test.significant) == ("steady", True)
    mixed = with_worst(np.array([[[1.0, 2.0], [np.nan, 0.0]], [[np.nan, np.nan], [np.nan, np.nan]]]), axis=(1, 2))
    assert mixed[0].tolist() == [[1.0, 2.0], [2 + np.std([1.0, 2.0, 0.0]), 0.0]]
    assert (mixed[1] == 0).all()


def test_seeds_needed_agrees_with_the_power_of_the_t_test() -> None:
    rng = np.random.default_rng(2)
    d = rng.normal(size=100_000)
    d = 0.5 + (d - d.mean()) / d.std(ddof=1)
    n = seeds_needed(d, 1)
    power = np.mean(stats.ttest_1samp(0.5 + rng.normal(size=(4000, n)), 0, axis=1).pvalue < 0.05)
    assert 0.77 < power < 0.84
    assert seeds_needed(np.zeros(5), 1) == 10**6
    assert seeds_needed(np.ones(5), 1) == 6


def pair(first: str, second: str, p: float) -> PairTest:
    return PairTest(first, second, p, 10)


def test_letters() -> None:
    assert letters("ab", [pair("a", "b", 0.01)]) == {"a": "a", "b": "b"}
    assert letters("ab", [pair("a", "b", 0.5)]) == {"a": "a", "b": "a"}
    chain = [pair("a", "b", 0.5), pair("b", "c", 0.5), pair("a", "c", 0.01)]
    assert letters("abc", chain) == {"a": "a", "b": "ab", "c": "b"}


@given(st.integers(2, 6), st.data())
def test_two_rows_share_a_letter_exactly_when_they_cannot_be_told_apart(count: int, data: st.DataObject) -> None:
    names = [f"m{k}" for k in range(count)]
    tests = [pair(a, b, data.draw(st.sampled_from([0.01, 0.5]))) for a, b in itertools.combinations(names, 2)]
    shown = letters(names, tests)
    for test in tests:
        assert bool(set(shown[test.better]) & set(shown[test.worse])) == (not test.significant)
