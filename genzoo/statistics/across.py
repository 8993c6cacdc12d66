"""Statistics over several sources: ranks and normalised scores.

They say something about models in general.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from genzoo.arrays import Array

FEWEST_FOR_RANKS = 5
"""Sources below which ranks are not tested.

Seeds are no substitute: they are not independent data sets.
"""
FEWEST_FOR_SCORES = 8
"""Sources below which the intervals of `stratified_interval` are too narrow."""
FEWEST_SEEDS = 10
"""Seeds below which they are."""
RESAMPLES = 2_000


class RankTest(NamedTuple):
    """Ranks of models over sources.

    Attributes:
        mean_ranks: `(M,)`, 1 is best.
        p: Friedman's p-value that no model is better than another.
        critical_difference: Two mean ranks that are farther apart differ at the 5 % level
            (Nemenyi).
    """

    mean_ranks: Array
    p: float
    critical_difference: float


def rank_test(losses: Array) -> RankTest:
    """Friedman's test with Nemenyi's critical difference (Demsar 2006).

    The difference is q / sqrt(2) sqrt(M (M + 1) / (6 N)), with q of the studentised range.

    Args:
        losses: `(N, M)`, one number for each source and model, smaller is better; ties share their
            mean rank.
    """
    sources, models = losses.shape
    ranks = stats.rankdata(losses, axis=1)
    mean_ranks = ranks.mean(0)
    middle = (models + 1) / 2
    spread = float(((ranks - middle) ** 2).sum())
    p = 1.0
    if spread > 0:
        between = float(((mean_ranks - middle) ** 2).sum())
        statistic = (models - 1) * sources**2 * between / spread
        p = float(stats.chi2.sf(statistic, models - 1))
    q = float(stats.studentized_range.ppf(0.95, models, np.inf)) / np.sqrt(2)
    error = float(np.sqrt(models * (models + 1) / (6 * sources)))
    return RankTest(mean_ranks, p, q * error)


def interquartile_mean(scores: Array) -> float:
    """Mean of the middle half of all runs of all sources.

    A quarter of the runs is left out at each end: it is robust as a median and efficient as a mean
    (Agarwal et al. 2021).

    Args:
        scores: `(N, S)`, of N sources and S seeds.
    """
    return float(stats.trim_mean(scores, 0.25, axis=None))


def probability_of_improvement(first: Array, second: Array) -> float:
    """P(X > Y) + P(X = Y) / 2 for one run of each model on a source drawn at random.

    After Agarwal et al. (2021).

    Args:
        first: Scores of one model `(N, S)`, larger is better.
        second: Scores of the other `(N, T)` on the same sources.
    """
    gap = first[:, :, None] - second[:, None, :]
    return float(((gap > 0) + 0.5 * (gap == 0)).mean())


def performance_profile(scores: Array, thresholds: Array) -> Array:
    """Share of all runs whose score exceeds each threshold.

    After Agarwal et al. (2021) and Dolan and More (2002).

    Args:
        scores: `(N, S)`, larger is better.
        thresholds: `(T,)`.

    Returns:
        `(T,)`, never increasing along increasing thresholds.
    """
    return np.asarray((scores.reshape(1, -1) > thresholds[:, None]).mean(axis=1))


def profile_band(
    scores: Array, thresholds: Array, *, random: np.random.Generator, resamples: int = RESAMPLES
) -> tuple[Array, Array]:
    """Pointwise 95 % band of `performance_profile`, from runs drawn again within each source.

    Args:
        scores: `(N, S)`.
        thresholds: `(T,)`.
        random: Source of the draws.
        resamples: How many times runs are drawn.

    Returns:
        Its lower and its upper end, `(T,)` each.
    """
    sources, seeds = scores.shape
    better = (scores.reshape(-1, 1) > thresholds).astype(np.float64)
    equal = np.full(seeds, 1 / seeds)
    times = random.multinomial(seeds, equal, size=(resamples, sources))
    profiles = times.reshape(resamples, -1) @ better / (sources * seeds)
    low, high = np.quantile(profiles, (0.025, 0.975), axis=0)
    return low, high


def stratified_interval(
    statistic: Callable[..., float],
    *scores: Array,
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Percentile bootstrap interval of 95 %, from runs drawn again within each source.

    The sources are kept: it holds for other seeds on these sources, and says nothing of other
    sources (Agarwal et al. 2021).

    Args:
        statistic: Of arrays of the shapes of `scores`.
        scores: One or more `(N, S)`; of several, the same seeds are drawn in each, as they are
            paired.
        random: Source of the draws.
        resamples: How many times runs are drawn.
    """
    sources, seeds = scores[0].shape
    values = np.empty(resamples)
    for position in range(resamples):
        drawn = random.integers(seeds, size=(sources, seeds))
        resampled = [np.take_along_axis(each, drawn, axis=1) for each in scores]
        values[position] = statistic(*resampled)
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def normalised(losses: Array, worst: Array, best: Array) -> Array:
    """Scores on the scale of the controls: 0 as bad as the collapsed one, 1 as good as the truth.

    (worst - loss) / (worst - best); a diverged run, NaN, gets 0 or the lowest score of its source
    if that is less.

    Args:
        losses: `(N, S)`, smaller is better.
        worst: Mean loss of the collapsed control on each source `(N,)`.
        best: Mean loss of the truth `(N,)`, less than `worst`.
    """
    scores = (worst[:, None] - losses) / (worst - best)[:, None]
    floor = np.fmin.reduce(scores, axis=1, initial=0.0)
    return np.where(np.isnan(scores), floor[:, None], scores)
