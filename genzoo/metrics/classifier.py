"""A light cross-fitted classifier of real against generated, shared by the divergences of the quick panel."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from genzoo.metrics.logistic import fit_logistic, with_intercept
from genzoo.metrics.neighbours import Neighbours, nearest
from genzoo.metrics.rows import Array, Indices, Mask

FOLDS = 5
RANKS = (2, 6, 16)
"""Which neighbours among the rows fitted to the features measure distances to, where there are as many."""
FEWEST_ROWS = 20
"""Rows of each kind below which five folds say nothing."""
SMALL = 400
"""Rows that one classifier is fitted to up to which squares and products are left out and the ridge grows."""
COLUMNS = 128
"""Columns above which coordinates are not features of their own."""
CLIP = 5.0
"""Standard deviations from the median at which coordinates in linear units are clipped."""
FLOOR = 20.0
"""Nats below the least likely real example at which log p stops counting."""


@dataclass(frozen=True)
class Logits:
    """Out-of-fold log-odds of "real", at equal odds of real and generated before looking.

    Attributes:
        real: `(m,)`, at real examples.
        fake: `(n_on,)`, at generated examples on the support.
        n: All generated examples; the n - n_on off the support are known to be generated.
    """

    real: Array
    fake: Array
    n: int


@dataclass(frozen=True)
class ClassificationProblem:
    """Two samples laid out for cross-fitted classification: real examples first, then generated ones.

    What depends on sizes is decided here, once: folds differ by a row, and must not decide
    differently.

    Attributes:
        labels: `(N,)`, 1 for real, 0 for generated.
        weights: `(N,)`, so that both kinds weigh the same; generated examples off the support are
            left out of the rows but not of the weight.
        fold: `(N,)`, the fold of each example, stratified.
        likelihood: `(N, 1)`, log p, or `(N, 0)` where it is not known.
        coordinates: `(N, C)`.
        searches: Neighbours among the generated and, where log p is not known, among the real
            examples.
        n: All generated examples.
    """

    labels: Array
    weights: Array
    fold: Indices
    likelihood: Array
    coordinates: Array
    searches: list[Neighbours]
    n: int

    @property
    def fitted_rows(self) -> int:
        """Rows that one classifier is fitted to, those of three folds of five, give or take a few."""
        return len(self.labels) * (FOLDS - 2) // FOLDS

    @property
    def ranks(self) -> tuple[tuple[int, ...], ...]:
        """The ranks of the neighbours in each search."""
        real = int(self.labels.sum())
        return tuple(ranks_among(size) for size in (len(self.labels) - real, real))[
            : len(self.searches)
        ]

    @property
    def quadratic(self) -> bool:
        """Whether there are rows enough for squares and products of features."""
        return self.fitted_rows > SMALL

    @property
    def left_out(self) -> str:
        """What the classifiers do without at these sizes, in words, or nothing."""
        parts = []
        if not self.quadratic:
            parts.append("main effects alone, as rows are few")
        if self.coordinates.shape[1] == 0:
            parts.append(f"no coordinates, as columns are more than {COLUMNS}")
        return "; ".join(parts)

    def near(self, train: Mask) -> Array:
        """Log distances to neighbours among the training rows only, never to the example itself."""
        pools = zip(self.searches, self.ranks, strict=True)
        return np.concatenate(
            [_log_distances(search, ranks, train) for search, ranks in pools], axis=1
        )

    def clip(self, logits: Array) -> Array:
        """Log-odds no longer than as many examples can teach."""
        limit = np.log(len(self.labels))
        clipped: Array = np.clip(logits, -limit, limit)
        return clipped

    def split(self, logits: Array) -> Logits:
        """Clipped log-odds of all rows, by kind."""
        logits, real = self.clip(logits), self.labels == 1
        return Logits(logits[real], logits[~real], self.n)


def lay_out(
    x: Array,
    y: Array,
    log_p: tuple[Array, Array] | None,
    random: np.random.Generator,
    own: Neighbours | None = None,
    clip: float = CLIP,
) -> ClassificationProblem:
    """Prepare two samples, at least one row each, for classification.

    Args:
        x: Real examples `(m, D)`, in standard units.
        y: Generated examples `(n, D)`, in the same units.
        log_p: Log-densities of the source at x and y; minus infinity off the support.
        random: Draws the folds.
        own: The neighbours of y in y, where they are already known, at least `search_size` of them.
        clip: How far from the median coordinates count.
    """
    n = len(y)
    if log_p is not None:
        on = np.isfinite(log_p[1])
        if not on.all():
            y, log_p, own = y[on], (log_p[0], log_p[1][on]), None
    total = len(x) + len(y)
    enough = len(y) >= FEWEST_ROWS
    return ClassificationProblem(
        labels=np.concatenate([np.ones(len(x)), np.zeros(len(y))]),
        weights=np.concatenate([np.full(len(x), 1 / len(x)), np.full(len(y), 1 / n)]) * total / 2,
        fold=np.concatenate([_folds(len(x), random), _folds(len(y), random)]),
        likelihood=_likelihood(log_p) if log_p is not None else np.empty((total, 0)),
        coordinates=_coordinates(np.concatenate([x, y]), clip),
        searches=_searches(x, y, log_p is None, own) if enough else [],
        n=n,
    )


def support_odds(problem: ClassificationProblem) -> Logits:
    """The log-odds of being on the support, for want of better where hardly any generated example is on it."""
    on = float((problem.labels == 0).sum())
    return problem.split(np.full(len(problem.labels), np.log((problem.n + 0.5) / (on + 0.5))))


def light(problem: ClassificationProblem) -> Array:
    """Log-odds `(FOLDS, N)` of ridge logistic regressions, as `without_each_fold` gives them.

    Features: log p where the density is known, log distances to the 2nd, 6th and 16th nearest
    generated example (and real example, where it is not), their squares and products, coordinates
    and their squares.
    """
    coefficients = None

    def fit(train: Mask) -> Array:
        nonlocal coefficients
        main = standardise(np.concatenate([problem.likelihood, problem.near(train)], axis=1), train)
        if problem.quadratic:
            main = quadratic(main)
        features = np.concatenate([main, standardise(problem.coordinates, train)], axis=1)
        ridge = np.repeat(
            _ridges(problem.fitted_rows), [main.shape[1], problem.coordinates.shape[1]]
        )
        coefficients = fit_logistic(
            features[train], problem.labels[train], problem.weights[train], ridge, coefficients
        )
        return with_intercept(features) @ coefficients

    return without_each_fold(problem, fit)


def without_each_fold(problem: ClassificationProblem, fit: Callable[[Mask], Array]) -> Array:
    """Log-odds `(FOLDS, N)`: line k holds, for all rows, those of classifiers that saw neither the row nor fold k.

    One classifier for each pair of folds is fitted to the other three. Rows of fold k get the mean
    of the four that left it out. So a combination for fold k can be fitted on line k and knows
    nothing of the labels of fold k; from plain out-of-fold log-odds it would know a little, as they
    come from classifiers that saw fold k, and tell equal laws apart in .51 of cases.

    Args:
        problem: Rows, labels and folds.
        fit: Fits a classifier to the rows of a mask and returns the log-odds of all rows.
    """
    found = np.zeros((FOLDS, len(problem.labels)))
    for j, k in itertools.combinations(range(FOLDS), 2):
        in_j, in_k = problem.fold == j, problem.fold == k
        logits = problem.clip(fit(~(in_j | in_k)))
        found[k, in_j] = logits[in_j]
        found[j, in_k] = logits[in_k]
        found[j, in_j] += logits[in_j] / (FOLDS - 1)
        found[k, in_k] += logits[in_k] / (FOLDS - 1)
    return found


def combine(problem: ClassificationProblem, classifiers: Sequence[Array]) -> Logits:
    """Log-odds from several classifiers, each `(FOLDS, N)`: a logistic regression of theirs, cross-fitted.

    It also corrects overconfidence: where nothing can be told apart, the combined odds are even.
    """
    combined = np.empty(len(problem.labels))
    for held_out in range(FOLDS):
        train = problem.fold != held_out
        features = standardise(
            np.stack([logits[held_out] for logits in classifiers], axis=1), train
        )
        ridge = np.ones(len(classifiers))
        coefficients = fit_logistic(
            features[train], problem.labels[train], problem.weights[train], ridge
        )
        combined[~train] = with_intercept(features[~train]) @ coefficients
    return problem.split(combined)


def ranks_among(n: int) -> tuple[int, ...]:
    """Those of `RANKS` that every row finds in a pool of n, in whichever three folds, itself left out."""
    fewest = n - 2 * -(-n // FOLDS) - 1
    return tuple(rank for rank in RANKS if rank <= fewest) or (1,)


def search_size(n: int) -> int:
    """Neighbours to find in a pool of n so that nearly always enough of them lie in the training folds."""
    return min(n - 1, int(RANKS[-1] * FOLDS / (FOLDS - 2)) + 12)


def _ridges(rows: int) -> tuple[float, float]:
    """Ridge of the main features and of the coordinates, chosen so that equal laws score near 0 at any size."""
    return max(1.0, SMALL / rows), max(50.0, rows / 40)


def _searches(x: Array, y: Array, both: bool, own: Neighbours | None) -> list[Neighbours]:
    m, size = len(x), search_size(len(y))
    own = own if own is not None else nearest(y, y, size, same=True)
    found = [
        _stack(nearest(x, y, size), Neighbours(own.distances[:, :size], own.indices[:, :size]), m)
    ]
    if both:
        size = search_size(m)
        found.append(_stack(nearest(x, x, size, same=True), nearest(y, x, size), 0))
    return found


def _stack(real: Neighbours, fake: Neighbours, offset: int) -> Neighbours:
    return Neighbours(
        np.concatenate([real.distances, fake.distances]),
        np.concatenate([real.indices, fake.indices]) + offset,
    )


def _likelihood(log_p: tuple[Array, Array]) -> Array:
    real = log_p[0][np.isfinite(log_p[0])]
    floor = (real.min() if len(real) else 0.0) - FLOOR
    return np.asarray(np.maximum(np.concatenate(log_p), floor)[:, None], dtype=np.float64)


def _coordinates(rows: Array, clip: float) -> Array:
    if rows.shape[1] > COLUMNS:
        return np.empty((len(rows), 0))
    rows = np.clip(rows - np.median(rows, axis=0), -clip, clip)
    return np.concatenate([rows, rows**2], axis=1)


def _folds(n: int, random: np.random.Generator) -> Indices:
    return random.permutation(np.arange(n) % FOLDS)


def _log_distances(search: Neighbours, ranks: tuple[int, ...], keep: Mask) -> Array:
    distance = search.kth(ranks, keep)
    positive = distance[distance > 0]
    logs: Array = np.log(np.maximum(distance, positive.min() / 10 if len(positive) else 1.0))
    return logs


def standardise(features: Array, train: Mask) -> Array:
    """Features in standard units of the training rows, clipped at 10."""
    centre, scale = features[train].mean(axis=0), features[train].std(axis=0)
    standard: Array = np.clip(
        (features - centre) / np.where(scale > 1e-9, scale, 1.0), -2 * CLIP, 2 * CLIP
    )
    return standard


def quadratic(features: Array) -> Array:
    """Features, their squares and their products."""
    first, second = np.triu_indices(features.shape[1])
    return np.concatenate([features, features[:, first] * features[:, second]], axis=1)
