"""Which differences between rows are real and which are the seed.

Joint sign-flip tests over paired seeds.
"""

import bisect
import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from scipy import stats

from genzoo.arrays import Array
from genzoo.core.noise import stream
from genzoo.p_values import holm

LEVEL = 0.05
EXACT_SEEDS = 12
"""Seeds up to which all sign vectors are enumerated; beyond, `FLIPS` random ones are drawn."""
FLIPS = 9_999
NEVER = 10**6
"""What is said of the seeds needed where no number would do."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class PairTest:
    """One pair of rows on one metric.

    Attributes:
        better: The row with the better mean.
        worse: The other.
        p: Family-wise adjusted p-value.
        seeds_needed: Seeds at which a difference of this size would be found in 4 of 5 comparisons.
    """

    better: str
    worse: str
    p: float
    seeds_needed: int

    @property
    def significant(self) -> bool:
        """Whether p is below `LEVEL`."""
        return self.p < LEVEL


def smallest_p(seeds: int) -> float:
    """The smallest p-value that sign flips can give, whatever the number of pairs.

    2 / 2^n of n seeds, by symmetry, where all sign vectors are enumerated.
    """
    if seeds <= EXACT_SEEDS:
        return 2.0 ** (1 - seeds)
    return 1.0 / (FLIPS + 1)


def seeds_for_level(level: float = LEVEL) -> int:
    """The smallest number of seeds whose `smallest_p` is below the level."""
    seeds = 1
    while smallest_p(seeds) >= level:
        seeds += 1
    return seeds


def max_t_p_values(differences: Array, *, one_sided: bool = False) -> Array:
    """Step-down max-T p-values under joint sign flips (Westfall and Young 1993).

    Under the hypothesis that a pair does not differ, its paired differences are symmetric about 0;
    one flip of a seed's sign in all pairs at once keeps their dependence. With t_j the paired t
    statistic of pair j, ordered by |t|, p_(k) = max_{i <= k} P(max_{j >= i} |t*_(j)| >= |t_(i)|).
    One-sided, the same with t for |t|.

    Args:
        differences: `(pairs, seeds)` paired differences.
        one_sided: Whether only means above 0 count.

    Returns:
        `(pairs,)`.
    """
    pairs, seeds = differences.shape
    if pairs == 0:
        return np.empty(0)
    # Flips keep sums of squares, so that t follows from the flipped means alone.
    square = (differences**2).mean(1)
    means = _signs(seeds) @ differences.T / seeds
    variance = np.maximum(square - means**2, 1e-14 * square) / max(seeds - 1, 1)
    error = np.sqrt(np.where(variance > 0, variance, 1.0))
    t = means / error
    if not one_sided:
        t = np.abs(t)
    order = np.argsort(-t[0])
    largest = np.maximum.accumulate(t[:, order[::-1]], axis=1)[:, ::-1]
    # The first sign vector flips nothing: its statistics are those that were seen.
    seen = t[0, order]
    as_large = largest >= seen - 1e-9 * np.abs(seen)
    p = np.empty(pairs)
    p[order] = np.maximum.accumulate(as_large.mean(0))
    return p


def compare_rows(
    losses: Mapping[str, Sequence[float] | Array], margin: float = 0.0
) -> list[PairTest]:
    """Test all pairs of rows.

    Args:
        losses: By row, one value for each seed, in the same order; smaller is better, and a
            diverged run is NaN: it counts as worse than every finished one.
        margin: What the estimator may be off: a mean difference is tested by how far it lies
            beyond.

    Returns:
        One test for each pair.
    """
    names = list(losses)
    values = with_worst(np.array(list(losses.values()), dtype=np.float64))
    first, second = np.triu_indices(len(names), 1)
    differences = values[first] - values[second]
    p_values = max_t_p_values(beyond(differences, margin))
    tests = []
    for i, j, difference, p in zip(first, second, differences, p_values, strict=True):
        better, worse = names[i], names[j]
        if difference.mean() > 0:
            better, worse = worse, better
        needed = seeds_needed(difference, len(differences))
        tests.append(PairTest(better, worse, float(p), needed))
    return tests


def beyond(differences: Array, margin: float) -> Array:
    """Paired differences moved towards 0, so that each mean is what exceeds the margin.

    Args:
        differences: `(pairs, seeds)`.
        margin: In units of the differences.

    Returns:
        `(pairs, seeds)`.
    """
    means = differences.mean(axis=1, keepdims=True)
    return np.asarray(differences - np.clip(means, -margin, margin))


def one_sided_p(differences: Array) -> float:
    """P(mean of randomly signed differences >= their mean).

    It is small where the mean is above 0 beyond doubt.

    Args:
        differences: `(seeds,)` paired differences.
    """
    means = _signs(len(differences)) @ differences / len(differences)
    rounding = 1e-12 * np.abs(differences).mean()
    return float((means >= means[0] - rounding).mean())


def holm_by_key(p_values: Mapping[Key, float]) -> dict[Key, float]:
    """p-values adjusted for their number (Holm 1979), by the same keys, the smallest first."""
    names = sorted(p_values, key=lambda name: p_values[name])
    adjusted = holm(np.array([p_values[name] for name in names]))
    return dict(zip(names, adjusted.tolist(), strict=True))


def with_worst(losses: Array, axis: tuple[int, ...] | None = None) -> Array:
    """Losses in which a diverged run, NaN, is worse than the worst finished one.

    By the standard deviation of the finished ones, or by 1 where they agree; where none has
    finished, all losses are 0.

    Args:
        losses: Smaller is better.
        axis: Over which runs are compared; all by default.
    """
    finished = np.isfinite(losses)
    some = finished.any(axis=axis, keepdims=True)
    worst = np.max(losses, axis=axis, keepdims=True, initial=-np.inf, where=finished)
    spread = np.std(losses, axis=axis, keepdims=True, where=finished | ~some)
    step = np.where(spread > 0, spread, 1.0)
    diverged = np.where(some, worst + step, 0.0)
    return np.where(finished, losses, diverged)


def seeds_needed(difference: Array, pairs: int, power: float = 0.8) -> int:
    """Seeds at which a paired t test finds a difference of this size with the given power.

    The smallest n with n >= ((t_{1 - a/2, n - 1} + z_power) sd / |mean|)^2 at the level
    a = .05 / pairs; at least what sign flips need, and `NEVER` where there is no difference.

    Args:
        difference: `(seeds,)` paired differences.
        pairs: Number of pairs that are tested together.
        power: Probability of finding it.
    """
    size = abs(float(difference.mean()))
    if size == 0:
        return NEVER
    spread = 0.0
    if len(difference) > 1:
        spread = float(difference.std(ddof=1))
    least = seeds_for_level()
    if spread == 0:
        return least
    goal = float(stats.norm.ppf(power))

    def are_enough(n: int) -> bool:
        return n >= ((_t_quantile(1 - LEVEL / pairs / 2, n - 1) + goal) * spread / size) ** 2

    return least + bisect.bisect_left(range(least, NEVER), True, key=are_enough)


@cache
def _t_quantile(level: float, freedom: int) -> float:
    return float(stats.t.ppf(level, freedom))


@cache
def _signs(seeds: int) -> Array:
    if seeds <= EXACT_SEEDS:
        return np.array(list(itertools.product((1.0, -1.0), repeat=seeds)))
    rng = np.random.default_rng(stream(0, "sign flips").initial_seed())
    drawn = rng.choice((1.0, -1.0), size=(FLIPS, seeds))
    return np.vstack([np.ones(seeds), drawn])
