"""Tests over paired seeds.

Calibrated under equality, exact where enumeration is, powerful where they should be.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genzoo.statistics.intervals import t_interval
from genzoo.statistics.letters import letters
from genzoo.statistics.significance import (
    PairTest,
    beyond,
    compare_rows,
    holm_by_key,
    max_t_p_values,
    one_sided_p,
    seeds_for_level,
    seeds_needed,
    smallest_p,
    with_worst,
)


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=9))
def test_one_pair_is_the_exact_sign_flip_test(values: list[float]) -> None:
    d = np.round(np.array(values), 3)
    expected = np.mean(
        [
            abs((d * s).sum()) >= abs(d.sum()) - 1e-9
            for s in itertools.product((1, -1), repeat=len(d))
        ]
    )
    assert max_t_p_values(d[None])[0] == pytest.approx(expected)


@settings(max_examples=25)
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


def test_constant_differences_are_farther_out_than_nearly_constant_ones() -> None:
    """One flip of the second pair is constant but for 1e-5: far less than the first by t."""
    nearly = (1 + 1e-5 * np.arange(8)) * np.array([1, 1, 1, 1, 1, -1, -1, -1])
    p = max_t_p_values(np.array([np.ones(8), nearly]))
    assert p[0] == 2 / 2**8
    assert p[1] > 0.5


@pytest.mark.parametrize("unit", [2.0**-40, 2.0**-23, 1.0, 2.0**30])
def test_the_unit_of_a_pair_does_not_matter(unit: float) -> None:
    """As far out as the first pair are its own two flips, and two that make the other constant."""
    other = unit * np.array([1, 1, 1, 1, 1, -1, -1, -1])
    p = max_t_p_values(np.array([np.linspace(1, 2, 8), other]))
    assert p[0] == 4 / 2**8


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
        test = compare_rows(
            {
                "good": seed_effect + rng.normal(size=10),
                "bad": seed_effect + 1.5 + rng.normal(size=10),
            }
        )
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
    mixed = with_worst(
        np.array([[[1.0, 2.0], [np.nan, 0.0]], [[np.nan, np.nan], [np.nan, np.nan]]]), axis=(1, 2)
    )
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
def test_two_rows_share_a_letter_exactly_when_they_cannot_be_told_apart(
    count: int, data: st.DataObject
) -> None:
    names = [f"m{k}" for k in range(count)]
    tests = [
        pair(a, b, data.draw(st.sampled_from([0.01, 0.5])))
        for a, b in itertools.combinations(names, 2)
    ]
    shown = letters(names, tests)
    for test in tests:
        assert bool(set(shown[test.better]) & set(shown[test.worse])) == (not test.significant)


@pytest.mark.parametrize("seeds", [13, 30])
def test_beyond_twelve_seeds_the_smallest_p_is_that_of_the_drawn_flips(seeds: int) -> None:
    """What is seen counts as one of 10,000 sign vectors, and no other of them is as large."""
    values = np.linspace(1, 2, seeds)
    assert one_sided_p(values) == max_t_p_values(values[None], one_sided=True)[0] < 1e-3
    if seeds == 30:
        assert max_t_p_values(values[None])[0] == one_sided_p(values) == smallest_p(seeds) == 1e-4
    assert one_sided_p(-values) == 1.0


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
def test_drawn_flips_are_as_good_as_all_of_them(shift: float) -> None:
    """13 seeds: all 8,192 sign vectors written out, against random ones; three binomial errors."""
    d = np.random.default_rng(5).normal(shift, 1, size=13)
    signs = np.array(list(itertools.product((1, -1), repeat=13)))
    exact = float((np.abs(signs @ d) >= abs(d.sum()) - 1e-9).mean())
    error = 3 * np.sqrt(exact * (1 - exact) / 10_000)
    assert max_t_p_values(d[None])[0] == pytest.approx(exact, abs=error)
    exact = float((signs @ d >= d.sum() - 1e-9).mean())
    assert one_sided_p(d) == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / 10_000))


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=9))
def test_one_sided_p_is_the_share_of_sign_vectors(values: list[int]) -> None:
    signs = itertools.product((1, -1), repeat=len(values))
    expected = np.mean([np.dot(values, one) >= sum(values) for one in signs])
    assert one_sided_p(np.array(values, dtype=float)) == pytest.approx(expected)


@pytest.mark.parametrize("pairs", [1, 3, 45])
@pytest.mark.parametrize("effect", [0.2, 0.5, 1.5])
def test_seeds_needed_is_its_definition(pairs: int, effect: float) -> None:
    """Counted up from 6; more pairs need more seeds, for the level is shared among them."""
    d = np.array([-1.0, 0.0, 1.0, 2.0]) / np.std([-1, 0, 1, 2], ddof=1)
    d = d - d.mean() + effect
    n = 6
    while n < ((stats.t.ppf(1 - 0.05 / pairs / 2, n - 1) + stats.norm.ppf(0.8)) / effect) ** 2:
        n += 1
    assert seeds_needed(d, pairs) == n
    assert seeds_needed(-d, pairs) == n


def test_every_pair_is_told_what_it_needs_among_all_pairs() -> None:
    rng = np.random.default_rng(0)
    rows = {name: rng.normal(size=8).tolist() for name in "abc"}
    for test in compare_rows(rows):
        gap = np.array(rows[test.better]) - np.array(rows[test.worse])
        assert gap.mean() < 0
        assert test.seeds_needed == seeds_needed(gap, 3) > seeds_needed(gap, 1)


def test_a_margin_is_taken_off_the_mean_difference_only() -> None:
    rng = np.random.default_rng(0)
    d = rng.normal(size=(1, 9))
    for mean in (0.5, -0.5):
        moved = d - d.mean() + mean
        np.testing.assert_allclose(beyond(moved, 0.2), moved - np.sign(mean) * 0.2)
        np.testing.assert_allclose(beyond(moved, 0.6), d - d.mean(), atol=1e-12)


def test_holm_is_its_definition() -> None:
    found = holm_by_key({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.5})
    assert found == pytest.approx({"a": 0.04, "c": 0.09, "b": 0.09, "d": 0.5})
    assert holm_by_key({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}


def test_the_interval_of_a_mean_is_that_of_student() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert t_interval(values) == pytest.approx((3.75, *expected))
    assert t_interval(values, 0.5) == pytest.approx(
        (3.75, *stats.t.interval(0.5, 3, 3.75, stats.sem(values)))
    )
    assert t_interval([3.0]) == (3.0, -np.inf, np.inf)
