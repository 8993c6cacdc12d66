"""Real and generated rows laid out for cross-fitted classification: folds, weights, features."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from genzoo.arrays import Array, Indices, Mask
from genzoo.metrics.neighbours import Neighbours, nearest

FOLDS = 5
RANKS = (2, 6, 16)
"""Ranks of the neighbours, among the fitted rows, whose distances are features."""
FEWEST_ROWS = 20
"""Rows of each kind below which five folds say nothing."""
SMALL = 400
"""Fitted rows up to which squares and products are left out and the ridge grows."""
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
        n: Number of all generated examples. The n - n_on off the support are known to be generated.
    """

    real: Array
    fake: Array
    n: int

    @property
    def every_fake(self) -> Array:
        """`(n,)`, at all generated examples; minus infinity at those off the support."""
        logits = np.full(self.n, -np.inf)
        logits[: len(self.fake)] = self.fake
        return logits


@dataclass(frozen=True)
class ClassificationProblem:
    """Two samples laid out for cross-fitted classification: first real, then generated examples.

    What depends on sizes is decided here, once: folds differ by a row, and must not decide
    differently.

    Attributes:
        labels: `(N,)`, 1 for real, 0 for generated.
        weights: `(N,)`, so that both kinds weigh the same; generated examples off the support are
            left out of the rows but not of the weight.
        fold: `(N,)`, the fold of each example, stratified.
        likelihood: `(N, 1)`, log p, or `(N, 0)` where it is not known.
        told: `(N, T)`, what else is known of each row that was not fitted to these rows.
        coordinates: `(N, C)`, clipped coordinates and their squares.
        searches: Neighbours among the generated and, where log p is not known, among the real
            examples.
        n: Number of all generated examples.
    """

    labels: Array
    weights: Array
    fold: Indices
    likelihood: Array
    told: Array
    coordinates: Array
    searches: list[Neighbours]
    n: int

    @property
    def fitted_rows(self) -> int:
        """Rows that one classifier is fitted to: three folds of five, give or take a few rows."""
        return len(self.labels) * (FOLDS - 2) // FOLDS

    @property
    def ranks(self) -> tuple[tuple[int, ...], ...]:
        """The ranks of the neighbours in each search."""
        real = int(self.labels.sum())
        fake = len(self.labels) - real
        ranks = (ranks_among(fake), ranks_among(real))
        return ranks[: len(self.searches)]

    @property
    def quadratic(self) -> bool:
        """Whether there are rows enough for squares and products of features."""
        return self.fitted_rows > SMALL

    @property
    def left_out(self) -> str:
        """What the classifiers do without at these sizes, in words; empty where it is nothing."""
        parts = []
        if not self.quadratic:
            parts.append("main effects alone, as rows are few")
        if self.coordinates.shape[1] == 0:
            parts.append(f"no coordinates, as columns are more than {COLUMNS}")
        return "; ".join(parts)

    def near(self, train: Mask) -> Array:
        """Log distances to neighbours among the training rows only, never to the example itself."""
        distances = []
        for search, ranks in zip(self.searches, self.ranks, strict=True):
            distances.append(_log_distances(search, ranks, train))
        return np.concatenate(distances, axis=1)

    def clip(self, logits: Array) -> Array:
        """Log-odds clipped to log N, as N examples can teach no larger ones."""
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
    clip: float | Array = CLIP,
    told: tuple[Array, Array] | None = None,
    own_real: Callable[[], Neighbours] | None = None,
) -> ClassificationProblem:
    """Prepare two samples, at least one row each, for classification.

    Args:
        x: Real examples `(m, D)`, in standard units.
        y: Generated examples `(n, D)`, in the same units.
        log_p: Log-densities of the source at x and y; minus infinity off the support.
        random: Draws the folds.
        own: The neighbours of y in y, where they are already known, at least `search_size` of them.
        clip: How far from the median coordinates count, in standard units; one for all columns or
            one for each, `(D,)`.
        told: What else is known of x and of y, `(m, T)` and `(n, T)`.
        own_real: Gives the neighbours of x in x, `search_size` of them, if they are kept.
    """
    n = len(y)
    told = told or (np.empty((len(x), 0)), np.empty((n, 0)))
    if log_p is not None:
        on = np.isfinite(log_p[1])
        if not on.all():
            y, log_p, own = y[on], (log_p[0], log_p[1][on]), None
            told = told[0], told[1][on]
    total = len(x) + len(y)
    likelihood = np.empty((total, 0))
    if log_p is not None:
        likelihood = _likelihood(log_p)
    searches: list[Neighbours] = []
    if len(y) >= FEWEST_ROWS:
        searches = [_among_generated(x, y, own)]
        if log_p is None:
            searches.append(_among_real(x, y, own_real))
    weights = np.concatenate([np.full(len(x), 1 / len(x)), np.full(len(y), 1 / n)])
    return ClassificationProblem(
        labels=np.concatenate([np.ones(len(x)), np.zeros(len(y))]),
        weights=weights * total / 2,
        fold=np.concatenate([_folds(len(x), random), _folds(len(y), random)]),
        likelihood=likelihood,
        told=np.concatenate(told),
        coordinates=_coordinates(np.concatenate([x, y]), clip),
        searches=searches,
        n=n,
    )


def ranks_among(n: int) -> tuple[int, ...]:
    """Those of `RANKS` that every row has in any three folds of a pool of n, itself left out."""
    fewest = n - 2 * -(-n // FOLDS) - 1
    return tuple(rank for rank in RANKS if rank <= fewest) or (1,)


def search_size(n: int) -> int:
    """Neighbours to find in a pool of n: nearly always enough of them lie in the training folds."""
    return min(n - 1, int(RANKS[-1] * FOLDS / (FOLDS - 2)) + 12)


def real_neighbours(x: Array) -> Neighbours:
    """The neighbours of real rows `(m, D)` among themselves, as many as `lay_out` needs."""
    return nearest(x, x, search_size(len(x)), same=True)


def _among_generated(x: Array, y: Array, own: Neighbours | None) -> Neighbours:
    """Neighbours of all rows among y; indices count x first."""
    size = search_size(len(y))
    if own is None:
        own = nearest(y, y, size, same=True)
    own = Neighbours(own.distances[:, :size], own.indices[:, :size])
    return _stack(nearest(x, y, size), own, len(x))


def _among_real(x: Array, y: Array, own: Callable[[], Neighbours] | None) -> Neighbours:
    """Neighbours of all rows among x."""
    of_real = real_neighbours(x) if own is None else own()
    return _stack(of_real, nearest(y, x, search_size(len(x))), 0)


def _stack(real: Neighbours, fake: Neighbours, offset: int) -> Neighbours:
    """Neighbours of real and then of generated rows, in a pool whose rows begin at the offset."""
    distances = np.concatenate([real.distances, fake.distances])
    indices = np.concatenate([real.indices, fake.indices])
    return Neighbours(distances, indices + offset)


def _likelihood(log_p: tuple[Array, Array]) -> Array:
    real = log_p[0][np.isfinite(log_p[0])]
    least = real.min() if len(real) else 0.0
    raised = np.maximum(np.concatenate(log_p), least - FLOOR)
    return np.asarray(raised[:, None], dtype=np.float64)


def _coordinates(rows: Array, clip: float | Array) -> Array:
    if rows.shape[1] > COLUMNS:
        return np.empty((len(rows), 0))
    rows = np.clip(rows - np.median(rows, axis=0), -clip, clip)
    return np.concatenate([rows, rows**2], axis=1)


def _folds(n: int, random: np.random.Generator) -> Indices:
    return random.permutation(np.arange(n) % FOLDS)


def _log_distances(search: Neighbours, ranks: tuple[int, ...], keep: Mask) -> Array:
    distance = search.kth(ranks, keep)
    positive = distance[distance > 0]
    least = positive.min() / 10 if len(positive) else 1.0
    logs: Array = np.log(np.maximum(distance, least))
    return logs
