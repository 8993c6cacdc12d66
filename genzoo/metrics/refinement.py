"""Histograms whose cells are halved where they are too wide for the samples or for the law."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy
from scipy.stats import binom

from genzoo.core.metric import Estimate
from genzoo.metrics.densities import LOG_2
from genzoo.metrics.histogram import cell_counts, halved, histogram_js, histogram_kl
from genzoo.metrics.rows import Array, Mask

ROUNDS = 20
CROWDED = 40
"""Samples from which on a cell is halved that holds more than twice those expected."""
FALSE_SPLITS = 0.1
"""Cells to be halved by chance alone, in each round, for samples that are uneven in them."""
CHANCE = 0.025
"""Level of that test in cells that hold more or fewer samples than p says, beyond chance, and in their neighbours."""
UNSEEN = 0.25
"""Share of the standard error below which it does not matter what wide cells hide."""
ONE_SAMPLE = 1.0
"""Nats, at least, that one sample counts in the error: an edge or an overlap may lie where one more would be."""
FAR = 3.0
"""Standard errors from 0 beyond which what one more halving of all cells adds is what they hide, and not chance."""
LITTLE = 1e-3
"""Nats that a value may hide without being marked as a bound."""
TINY = np.finfo(np.float64).tiny


class Divergence(NamedTuple):
    """A divergence that is a sum over cells.

    Attributes:
        estimate: From counts and masses of all cells `(K,)`.
        part: What cells of masses q and p add, `(K,)`.
        hides: The most that cells of masses q and p may hide, whatever the laws are in them.
    """

    estimate: Callable[[Array, Array], Estimate]
    part: Callable[[Array, Array], Array]
    hides: Callable[[float, float], float]


def _js_part(q: Array, p: Array) -> Array:
    return np.asarray((xlogy(q, q) + xlogy(p, p) - xlogy(p + q, np.maximum(p + q, TINY) / 2)) / 2)


def _js_hides(q: float, p: float) -> float:
    return (p + q) * LOG_2 / 2 - float(_js_part(np.array(q), np.array(p)))


def _kl_part(q: Array, p: Array) -> Array:
    return np.asarray(xlogy(q, q) - xlogy(q, np.maximum(p, TINY)))


def _kl_hides(q: float, p: float) -> float:
    return q if q <= 2 * p else float("inf")


JS = Divergence(histogram_js, _js_part, _js_hides)
KL = Divergence(histogram_kl, _kl_part, _kl_hides)


def refined(
    divergence: Divergence,
    values: Array,
    cells: tuple[Array, Array],
    masses_between: Callable[[Array], Array],
    outside: int = 0,
) -> Estimate:
    """A divergence of samples of q from p over cells that are halved until they are narrow enough.

    A histogram is blind to what differs within its cells. A cell is halved where it holds many
    samples, and more than twice those expected; where its samples are shared by its halves
    otherwise than p is, beyond chance; and where p is so uneven in it that samples in proportion to
    p and uniform ones would make another value. What remains of that last difference, what one more
    halving of all cells would add where laws differ, and what the overflow cell may hide, is added
    to the error; where that is more than the error and a thousandth of a nat, the value is marked
    as the lower bound that every histogram is.

    Args:
        divergence: `JS` or `KL`.
        values: Samples of q where p > 0, `(n,)`.
        cells: Edges `(K + 1,)` to begin with, and masses of p between them `(K + 1,)`, overflow
            last.
        masses_between: Masses of p between edges.
        outside: Further samples of q, where p = 0.
    """
    edges, masses = cells
    rounds = 0
    while True:
        counts = _counts(values, edges, outside)
        found = divergence.estimate(counts, np.append(masses, 0.0))
        if found.value is None:
            return found
        within = _Quarters(values, edges, masses, masses_between)
        hidden = within.hidden(divergence, counts.sum())
        error = found.standard_error or 0.0
        wide = within.uneven(counts.sum()) | within.crowded(counts.sum())
        if hidden.sum() > UNSEEN * error:
            wide |= (within.count > 1) & (hidden > UNSEEN * error / len(hidden))
        if not wide.any() or rounds == ROUNDS:
            break
        edges, masses = within.halve(wide)
        rounds += 1
    if found.value > FAR * error:
        halves = within.halve(np.ones(len(hidden), dtype=np.bool_))
        finer = divergence.estimate(_counts(values, halves[0], outside), np.append(halves[1], 0.0))
        hidden += max((finer.value or 0.0) - found.value, 0.0) / len(hidden)
    unseen = float(hidden.sum()) + divergence.hides(counts[-2] / counts.sum(), float(masses[-1]))
    bounded = unseen > max(error, LITTLE)
    if np.isfinite(unseen):
        error = float(
            np.sqrt(error**2 + unseen**2 + (max(ONE_SAMPLE, found.value) / counts.sum()) ** 2)
        )
    return dataclasses.replace(found, standard_error=error, bound="lower" if bounded else "none")


class _Quarters:
    """Counts and masses in the quarters of cells.

    Attributes:
        count: Samples in each cell, `(K,)`.
        counts: In its quarters, `(K, 4)`.
        masses: Of p in its quarters, `(K, 4)`.
    """

    def __init__(
        self, values: Array, edges: Array, masses: Array, between: Callable[[Array], Array]
    ) -> None:
        fine = halved(halved(edges))
        self._edges, self._masses = edges, masses
        self.counts = cell_counts(values, fine)[:-1].reshape(-1, 4)
        self.count = self.counts.sum(axis=1)
        share = np.maximum(between(fine).reshape(-1, 4), 0.0)
        whole = share.sum(axis=1, keepdims=True)
        self.masses = (
            np.where(whole > 0, share / np.where(whole > 0, whole, 1.0), 0.25) * masses[:-1, None]
        )

    def crowded(self, n: float) -> Mask:
        """Cells with many samples, and more than twice those expected of n."""
        return np.asarray((self.count >= CROWDED) & (self.count > 2 * n * self._masses[:-1]))

    def uneven(self, n: float) -> Mask:
        """Cells whose halves share the samples otherwise than p, by exact binomial tests."""
        left, whole = self.counts[:, :2].sum(axis=1), self._masses[:-1]
        share = np.where(
            whole > 0, self.masses[:, :2].sum(axis=1) / np.where(whole > 0, whole, 1.0), 0.5
        )
        rare = FALSE_SPLITS / len(whole)
        other = np.pad(_two_sided(self.count, n, whole) < rare, 1)
        level = np.where(other[:-2] | other[1:-1] | other[2:], CHANCE, rare)
        return np.asarray((self.count > 1) & (_two_sided(left, self.count, share) < level))

    def hidden(self, divergence: Divergence, n: float) -> Array:
        """What uniform samples in each cell would add to those in proportion to p, `(K,)`."""
        q = self.count / n
        apart = sum(divergence.part(q / 4, mass) for mass in self.masses.T)
        return np.maximum(apart - divergence.part(q, self._masses[:-1]), 0.0)

    def halve(self, wide: Mask) -> tuple[Array, Array]:
        """Edges and masses, overflow last, after the chosen cells are halved."""
        middle = (self._edges[:-1] + self._edges[1:]) / 2
        edges = np.sort(np.append(self._edges, middle[wide]))
        parts = 1 + wide
        first = np.cumsum(parts) - parts
        masses = np.repeat(self._masses[:-1], parts)
        masses[first[wide]] = self.masses[wide, :2].sum(axis=1)
        masses[first[wide] + 1] = self.masses[wide, 2:].sum(axis=1)
        return edges, np.append(masses, self._masses[-1])


def _counts(values: Array, edges: Array, outside: int) -> Array:
    return np.append(cell_counts(values, edges), outside)


def _two_sided(successes: Array, trials: Array | float, share: Array) -> Array:
    """Twice the smaller tail of the binomial law."""
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(
        2 * np.minimum(binom.cdf(successes, trials, share), binom.sf(successes - 1, trials, share))
    )
