"""Which differences between rows are real and which are the seed: joint sign-flip tests over paired seeds."""

import bisect
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import stats

from genzoo.core.noise import stream

LEVEL = 0.05
EXACT_SEEDS = 12
"""With up to this many seeds all sign vectors are enumerated; beyond, `FLIPS` random ones are drawn."""
FLIPS = 9_999

Array = npt.NDArray[np.float64]


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
    """The smallest p-value that sign flips can give: 2 / 2^n, by symmetry, whatever the number of pairs."""
    return 2.0 ** (1 - seeds) if seeds <= EXACT_SEEDS else 1.0 / (FLIPS + 1)


def seeds_for_level(level: float = LEVEL) -> int:
    """The smallest number of seeds whose `smallest_p` is below the level."""
    return next(n for n in itertools.count(1) if smallest_p(n) < level)


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
    # flips keep sums of squares, so that t follows from the flipped means alone
    square = (differences**2).mean(1)
    means = _signs(seeds) @ differences.T / seeds
    variance = np.maximum(square - means**2, 1e-14 * square) / max(seeds - 1, 1)
    t = (means if one_sided else np.abs(means)) / np.sqrt(np.where(variance > 0, variance, 1.0))
    order = np.argsort(-t[0])
    largest = np.maximum.accumulate(t[:, order[::-1]], axis=1)[:, ::-1]
    p = np.empty(pairs)
    seen = t[0, order]
    p[order] = np.maximum.accumulate((largest >= seen - 1e-9 * np.abs(seen)).mean(0))
    return p


def compare_rows(losses: Mapping[str, Sequence[float]], margin: float = 0.0) -> list[PairTest]:
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
    values = np.array([losses[name] for name in names], dtype=np.float64)
    values = with_worst(values)
    pairs = list(itertools.combinations(range(len(names)), 2))
    differences = np.array([values[i] - values[j] for i, j in pairs]).reshape(
        len(pairs), values.shape[1]
    )
    p_values = max_t_p_values(beyond(differences, margin))
    tests = []
    for (i, j), difference, p in zip(pairs, differences, p_values, strict=True):
        better, worse = (i, j) if difference.mean() <= 0 else (j, i)
        tests.append(
            PairTest(names[better], names[worse], float(p), seeds_needed(difference, len(pairs)))
        )
    return tests


def beyond(differences: Array, margin: float) -> Array:
    """Paired differences `(pairs, seeds)` moved towards 0 so that each mean is what exceeds the margin."""
    means = differences.mean(axis=1, keepdims=True)
    return np.asarray(differences - np.clip(means, -margin, margin))


def one_sided_p(differences: Array) -> float:
    """P(mean of randomly signed differences >= their mean): small where the mean is above 0 beyond doubt.

    Args:
        differences: `(seeds,)` paired differences.
    """
    means = _signs(len(differences)) @ differences / len(differences)
    return float((means >= means[0] - 1e-12 * np.abs(differences).mean()).mean())


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values adjusted for their number (Holm 1979), by the same names."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return adjusted


def with_worst(losses: Array, axis: tuple[int, ...] | None = None) -> Array:
    """Losses in which a diverged run, NaN, is worse than the worst finished one, by their spread (1 where they agree).

    Args:
        losses: Smaller is better.
        axis: Over which runs are compared; all by default. 0 where none has finished.
    """
    finished = np.isfinite(losses)
    some = finished.any(axis=axis, keepdims=True)
    worst = np.max(losses, axis=axis, keepdims=True, initial=-np.inf, where=finished)
    spread = np.std(losses, axis=axis, keepdims=True, where=finished | ~some)
    return np.where(
        finished, losses, np.where(some, worst + np.where(spread > 0, spread, 1.0), 0.0)
    )


def seeds_needed(difference: Array, pairs: int, power: float = 0.8) -> int:
    """Seeds at which a paired t test at level .05 / pairs finds a difference of this size with the given power.

    The smallest n with n >= ((t_{1 - a/2, n - 1} + z_power) sd / |mean|)^2; at least what sign
    flips need.
    """
    spread, size = (
        float(difference.std(ddof=1)) if len(difference) > 1 else 0.0,
        abs(float(difference.mean())),
    )
    least = seeds_for_level()
    if spread == 0:
        return least if size else 10**6
    if size == 0:
        return 10**6
    goal = float(stats.norm.ppf(power))

    def are_enough(n: int) -> bool:
        return n >= ((_t_quantile(1 - LEVEL / pairs / 2, n - 1) + goal) * spread / size) ** 2

    return least + bisect.bisect_left(range(least, 10**6), True, key=are_enough)


def letters(order: Sequence[str], tests: Sequence[PairTest]) -> dict[str, str]:
    """Compact letter display (Piepho 2004): rows that share a letter cannot be told apart.

    Args:
        order: Rows from best to worst; the best gets "a".
        tests: All pairs of them.
    """
    apart = {frozenset((test.better, test.worse)) for test in tests if test.significant}
    groups: list[set[str]] = [set(order)]
    for pair in apart:
        first, second = tuple(pair)
        split = [group - {one} for group in groups if pair <= group for one in (first, second)]
        groups = [group for group in groups if not pair <= group] + split
        groups = [group for group in groups if not any(group < other for other in groups)]
        groups = [group for index, group in enumerate(groups) if group not in groups[:index]]
    position = {name: at for at, name in enumerate(order)}
    groups.sort(key=lambda group: sorted(position[name] for name in group))
    return {
        name: "".join(chr(97 + at % 26) for at, group in enumerate(groups) if name in group)
        for name in order
    }


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
