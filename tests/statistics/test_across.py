"""Statistics over sources against definitions written out, closed forms and scipy."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from genzoo.statistics.across import (
    interquartile_mean,
    normalised,
    performance_profile,
    probability_of_improvement,
    profile_band,
    rank_test,
    stratified_interval,
)

NUMBERS = st.floats(-100, 100, allow_nan=False).map(lambda value: round(value, 3))


def matrices(rows, columns):
    return arrays(np.float64, st.tuples(rows, columns), elements=NUMBERS)


def test_interquartile_mean_leaves_out_a_quarter_at_each_end():
    scores = np.array([[1000.0, 4.0, 3.0, 2.0], [1.0, 5.0, 6.0, -1000.0]])
    assert interquartile_mean(scores) == np.mean([2, 3, 4, 5])


@given(matrices(st.integers(1, 5), st.integers(1, 6)), NUMBERS)
def test_interquartile_mean_moves_with_its_scores(scores, shift):
    assert interquartile_mean(scores + shift) == pytest.approx(
        interquartile_mean(scores) + shift, abs=1e-9
    )
    assert scores.min() - 1e-9 <= interquartile_mean(scores) <= scores.max() + 1e-9


@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.data())
def test_probability_of_improvement_is_the_mann_whitney_statistic_of_each_source(
    sources, seeds, others, data
):
    first = data.draw(arrays(np.float64, (sources, seeds), elements=NUMBERS))
    second = data.draw(arrays(np.float64, (sources, others), elements=NUMBERS))
    u = [
        stats.mannwhitneyu(a, b).statistic / (seeds * others)
        for a, b in zip(first, second, strict=True)
    ]
    found = probability_of_improvement(first, second)
    assert found == pytest.approx(np.mean(u))
    assert probability_of_improvement(second, first) == pytest.approx(1 - found)


def test_performance_profile_counts_runs_above_each_threshold():
    scores = np.array([[0.1, 0.5], [0.5, 0.9]])
    assert performance_profile(scores, np.array([0.0, 0.1, 0.5, 0.9])).tolist() == [
        1.0,
        0.75,
        0.25,
        0.0,
    ]


def test_the_band_of_a_profile_is_that_of_a_binomial_share():
    scores = np.tile([0.0, 1.0], (8, 5))
    low, high = profile_band(scores, np.array([-1.0, 0.5, 1.0]), random=np.random.default_rng(0))
    expected = stats.binom.ppf([0.025, 0.975], 80, 0.5) / 80
    assert [low[1], high[1]] == pytest.approx(expected, abs=0.013)
    assert (low[0], high[0], low[2], high[2]) == (1, 1, 0, 0)


def test_the_band_of_a_profile_keeps_its_sources():
    scores = np.repeat([[0.0], [1.0]], 6, axis=1)
    low, high = profile_band(scores, np.array([0.5]), random=np.random.default_rng(0))
    assert low == high == 0.5


@given(matrices(st.integers(5, 9), st.integers(3, 5)))
def test_friedman_agrees_with_scipy(losses):
    """scipy corrects for ties in the same way, and has no answer where all are tied."""
    found = rank_test(losses)
    assert found.mean_ranks.sum() == pytest.approx(losses.shape[1] * (losses.shape[1] + 1) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = stats.friedmanchisquare(*losses.T).pvalue
    assert found.p == pytest.approx(1.0 if np.isnan(p) else p, abs=1e-9)


@pytest.mark.parametrize(
    ("models", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)]
)
def test_critical_difference_is_the_published_one(models, q):
    """q of Demsar 2006, table 5."""
    found = rank_test(np.random.default_rng(0).normal(size=(14, models)))
    assert found.critical_difference == pytest.approx(
        q * np.sqrt(models * (models + 1) / (6 * 14)), rel=5e-4
    )


def test_the_best_model_has_rank_1():
    assert rank_test(np.array([[0.1, 0.3, 0.2]] * 6)).mean_ranks.tolist() == [1, 3, 2]


def test_scores_on_the_scale_of_the_controls():
    losses = np.array([[2.0, 1.0, 1.5], [10.0, np.nan, 40.0]])
    found = normalised(losses, worst=np.array([2.0, 20.0]), best=np.array([1.0, 10.0]))
    assert found.tolist() == [[0.0, 1.0, 0.5], [1.0, -2.0, -2.0]]
    assert normalised(np.array([[1.0, np.nan]]), np.array([2.0]), np.array([1.0])).tolist() == [
        [1.0, 0.0]
    ]


@pytest.mark.thorough
def test_interval_holds_its_level_for_other_seeds_of_the_same_sources():
    """Normal scores around different levels.

    The truth is the interquartile mean of the mixture, by a large sample.
    """
    random = np.random.default_rng(1)
    levels = np.linspace(-0.2, 0.2, 8)[:, None]
    truth = interquartile_mean(levels + random.normal(size=(8, 50_000)))
    inside = 0
    for _ in range(100):
        low, high = stratified_interval(
            interquartile_mean, levels + random.normal(size=(8, 10)), random=random, resamples=100
        )
        inside += low <= truth <= high
    assert 85 <= inside <= 99


def test_sources_are_kept_apart_and_pairs_together():
    """Runs that do not vary within a source give no interval.

    Paired differences that do not vary give none either.
    """
    random = np.random.default_rng(0)
    level = np.repeat(np.arange(8.0)[:, None], 10, axis=1)
    low, high = stratified_interval(interquartile_mean, level, random=random, resamples=50)
    assert low == high == interquartile_mean(level)
    noise = random.normal(size=(8, 10))
    gap = stratified_interval(
        lambda a, b: float((a - b).mean()), noise + 1, noise, random=random, resamples=50
    )
    assert gap == pytest.approx((1.0, 1.0))


def test_every_pair_beats_or_is_beaten():
    scores = [np.random.default_rng(at).normal(at, 1, size=(8, 10)) for at in range(3)]
    for a, b in itertools.combinations(scores, 2):
        assert probability_of_improvement(b, a) > 0.5


def test_interval_is_from_the_2_5_to_the_97_5_percentile_of_its_draws():
    """Of the mean of 400 zeros and ones the draws are binomial."""
    scores = np.tile([0.0, 1.0], (2, 100))
    found = stratified_interval(
        lambda drawn: float(drawn.mean()), scores, random=np.random.default_rng(0)
    )
    assert found == pytest.approx(stats.binom.ppf([0.025, 0.975], 400, 0.5) / 400, abs=0.004)
