"""Histograms whose cells are halved where they are too wide for the samples or for the law."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy
from scipy.stats import binom

from genzoo.arrays import Array, Mask
from genzoo.core.metric import Estimate
from genzoo.metrics.densities import LOG_2
from genzoo.metrics.histogram import TINY, cell_counts, halved, histogram_js, histogram_kl

ROUNDS = 20
CROWDED = 40
"""Samples from which on a cell is halved that holds more than twice those expected."""
FALSE_SPLITS = 0.1
"""Cells to be halved by chance alone, in each round, for samples that are uneven in them."""
CHANCE = 0.025
"""Level of that test in cells whose count differs from p beyond chance, and in their neighbours."""
UNSEEN = 0.25
"""Share of the standard error below which it does not matter what wide cells hide."""
ONE_SAMPLE = 1.0
"""Nats, at least, that one sample counts in the error.

An edge or an overlap of the laws may lie where one more sample would be.
"""
FAR = 3.0
"""Standard errors from 0 beyond which what one more halving of all cells adds is not chance."""
LITTLE = 1e-3
"""Nats that a value may hide without being marked as a bound."""


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
    mixture = xlogy(p + q, np.maximum(p + q, TINY) / 2)
    return np.asarray((xlogy(q, q) + xlogy(p, p) - mixture) / 2)


def _js_hides(q: float, p: float) -> float:
    of_disjoint = (p + q) * LOG_2 / 2
    return of_disjoint - float(_js_part(np.array(q), np.array(p)))


def _kl_part(q: Array, p: Array) -> Array:
    return np.asarray(xlogy(q, q) - xlogy(q, np.maximum(p, TINY)))


def _kl_hides(q: float, p: float) -> float:
    if q > 2 * p:
        return float("inf")
    return q


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

    A histogram is blind to what differs within its cells. A cell is halved in three cases: where it
    holds many samples, and more than twice those expected; where its samples are shared by its
    halves otherwise than p is, beyond chance; and where p is so uneven in it that samples in
    proportion to p and uniform ones would make another value.

    Three things are added to the error: what remains of that last difference, what one more halving
    of all cells would add where laws differ, and what the overflow cell may hide. Where they are
    more than the error and a thousandth of a nat, the value is marked as the lower bound that every
    histogram is.

    Args:
        divergence: `JS` or `KL`.
        values: Samples of q where p > 0, `(n,)`.
        cells: Edges `(K + 1,)` to begin with, and masses of p between them `(K + 1,)`, overflow
            last.
        masses_between: From edges `(K + 1,)` to the masses of p between them `(K,)`.
        outside: Number of further samples of q, where p = 0.
    """
    edges, masses = cells
    rounds = 0
    while True:
        counts = _counts(values, edges, outside)
        estimate = divergence.estimate(counts, np.append(masses, 0.0))
        if estimate.value is None:
            return estimate
        n = counts.sum()
        within = _Quarters(values, edges, masses, masses_between)
        hidden = within.hidden(divergence, n)
        error = estimate.standard_error or 0.0
        wide = within.uneven(n) | within.crowded(n)
        if hidden.sum() > UNSEEN * error:
            wide |= (within.count > 1) & (hidden > UNSEEN * error / len(hidden))
        if not wide.any() or rounds == ROUNDS:
            break
        edges, masses = within.halve(wide)
        rounds += 1
    value = estimate.value
    if value > FAR * error:
        every = np.ones(len(hidden), dtype=np.bool_)
        finer_edges, finer_masses = within.halve(every)
        finer_counts = _counts(values, finer_edges, outside)
        finer = divergence.estimate(finer_counts, np.append(finer_masses, 0.0))
        hidden += max((finer.value or 0.0) - value, 0.0) / len(hidden)
    of_overflow = divergence.hides(counts[-2] / n, float(masses[-1]))
    unseen = float(hidden.sum()) + of_overflow
    is_bound = unseen > max(error, LITTLE)
    if np.isfinite(unseen):
        of_one_sample = max(ONE_SAMPLE, value) / n
        error = float(np.sqrt(error**2 + unseen**2 + of_one_sample**2))
    if is_bound:
        return dataclasses.replace(estimate, standard_error=error, bound="lower")
    return dataclasses.replace(estimate, standard_error=error, bound="none")


class _Quarters:
    """Counts and masses in the quarters of cells.

    Attributes:
        count: Number of samples in each cell, `(K,)`.
        counts: Numbers of samples in its quarters, `(K, 4)`.
        masses: Masses of p in its quarters, `(K, 4)`.
    """

    def __init__(
        self, values: Array, edges: Array, masses: Array, between: Callable[[Array], Array]
    ) -> None:
        fine = halved(halved(edges))
        self._edges, self._masses = edges, masses
        self.counts = cell_counts(values, fine)[:-1].reshape(-1, 4)
        self.count = self.counts.sum(axis=1)
        quarters = np.maximum(between(fine).reshape(-1, 4), 0.0)
        whole = quarters.sum(axis=1, keepdims=True)
        shares = _shares(quarters, whole, usual=0.25)
        self.masses = shares * masses[:-1, None]

    def crowded(self, n: float) -> Mask:
        """Cells with many samples, and more than twice those expected of n."""
        return np.asarray((self.count >= CROWDED) & (self.count > 2 * n * self._masses[:-1]))

    def uneven(self, n: float) -> Mask:
        """Cells whose halves share the samples otherwise than p, by exact binomial tests."""
        whole = self._masses[:-1]
        left = self.counts[:, :2].sum(axis=1)
        left_share = _shares(self.masses[:, :2].sum(axis=1), whole, usual=0.5)
        rare = FALSE_SPLITS / len(whole)
        differs = np.pad(_two_sided(self.count, n, whole) < rare, 1)
        near_difference = differs[:-2] | differs[1:-1] | differs[2:]
        level = np.where(near_difference, CHANCE, rare)
        p_values = _two_sided(left, self.count, left_share)
        return np.asarray((self.count > 1) & (p_values < level))

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


def _shares(parts: Array, whole: Array, *, usual: float) -> Array:
    """Parts over a whole; the usual share where there is no whole."""
    some = whole > 0
    return np.where(some, parts / np.where(some, whole, 1.0), usual)


def _two_sided(successes: Array, trials: Array | float, share: Array) -> Array:
    """Twice the smaller tail of the binomial law."""
    share = np.clip(share, 0.0, 1.0)
    below = binom.cdf(successes, trials, share)
    above = binom.sf(successes - 1, trials, share)
    return np.asarray(2 * np.minimum(below, above))
