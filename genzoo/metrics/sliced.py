"""Sliced Wasserstein distance of two samples, with its error and its real-against-real floor."""

import math
from typing import Any, NamedTuple

import numpy as np

from genzoo.arrays import Array
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.metrics import facts
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    as_pair,
    rng,
)

PROJECTIONS = 500
ERROR_PROJECTIONS = 24
"""Projections used for the standard error and the floor."""
SPLITS = 24
"""Random halvings of the real examples for the floor."""
BLOCK = 4_000_000
"""Projected numbers held in memory at a time."""


class Floor(NamedTuple):
    """What two independent real samples of the given sizes score: mean and standard deviation."""

    mean: float
    sd: float


def sliced_wasserstein(
    x: Any, y: Any, *, random: np.random.Generator, projections: int = PROJECTIONS
) -> Estimate:
    """Sliced Wasserstein-2 distance squared: mean over directions of that of the projections.

    SW2^2 = E_u W2^2(<u, x>, <u, y>), u uniform on the sphere; directions come in orthogonal sets.
    |mu|^2 / D for a shift by mu. `null` is the mean over random halvings of x, scaled to the two
    sample sizes. The standard error is that of the influence of both samples (Kantorovich
    potentials; del Barrio and Loubes 2019), and at least the spread over halvings.

    Args:
        x: Real examples `(m, *event_shape)`.
        y: Generated examples `(n, *event_shape)`.
        random: Draws the directions and the halvings.
        projections: Number of directions.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    x, y = as_pair(x, y)
    return _against_floor(x, y, *_axes_and_floor(x, len(y), random, projections))


def _axes_and_floor(
    x: Array, n: int, random: np.random.Generator, projections: int = PROJECTIONS
) -> tuple[Array, Floor | None]:
    """Directions, and what n real rows score along some of them."""
    if x.shape[1] == 1:
        projections = 1
    axes = directions(projections, x.shape[1], random)
    return axes, halving_floor(x - x.mean(axis=0), n, axes[:ERROR_PROJECTIONS], random)


def _against_floor(x: Array, y: Array, axes: Array, floor: Floor | None) -> Estimate:
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    value = _mean_distance(x, y, axes)
    variance = _influence_variance(x, y, axes[:ERROR_PROJECTIONS])
    null = None
    if floor is not None:
        variance = max(variance, floor.sd**2)
        null = floor.mean
    error = None
    if min(len(x), len(y)) > 1:
        error = float(np.sqrt(variance))
    return Estimate(value, error, len(y), f"{len(axes)} projections", null=null)


def directions(count: int, dimension: int, random: np.random.Generator) -> Array:
    """Unit vectors `(count, dimension)`, uniform on the sphere, in orthogonal sets."""
    if dimension == 1:
        return np.ones((count, 1))
    if count <= dimension:
        first: Array = np.linalg.qr(random.standard_normal((dimension, count)))[0].T
        return first
    set_count = math.ceil(count / dimension)
    sets = np.linalg.qr(random.standard_normal((set_count, dimension, dimension)))[0]
    return np.asarray(sets.transpose(0, 2, 1).reshape(-1, dimension)[:count])


def halving_floor(x: Array, n: int, axes: Array, random: np.random.Generator) -> Floor | None:
    """The distance between random halves of x, scaled to samples of m = len(x) and n.

    W2^2 between samples of one law shrinks like 1/m + 1/n. None for fewer than 4 rows.
    """
    half = len(x) // 2
    if half < 2:
        return None
    projected = axes @ x[: 2 * half].T
    order = np.argsort(projected, axis=1)
    # One long vector: rows are taken from it in a third of the time.
    ordered = np.take_along_axis(projected, order, axis=1).ravel()
    order = order.ravel()
    shape = (len(axes), half)
    values = []
    for _ in range(SPLITS):
        in_first = random.permutation(np.arange(2 * half) < half).take(order)
        gap = ordered.compress(in_first) - ordered.compress(~in_first)
        values.append(float((gap.reshape(shape) ** 2).mean()))
    scale = (1 / len(x) + 1 / n) / (2 / half)
    return Floor(scale * float(np.mean(values)), scale * float(np.std(values, ddof=1)))


def _mean_distance(x: Array, y: Array, axes: Array) -> float:
    step = max(1, BLOCK // (len(x) + len(y)))
    total = 0.0
    for start in range(0, len(axes), step):
        block = axes[start : start + step]
        a, b = np.sort(block @ x.T, axis=1), np.sort(block @ y.T, axis=1)
        total += float(_squared_distances(a, b).sum())
    return total / len(axes)


def _squared_distances(a: Array, b: Array) -> Array:
    """W2^2 of sorted samples `(P, m)` and `(P, n)`, each row by itself."""
    if a.shape[1] == b.shape[1]:
        equal: Array = ((a - b) ** 2).mean(axis=1)
        return equal
    i, j, mass = _plan(a.shape[1], b.shape[1])
    unequal: Array = ((a[:, i] - b[:, j]) ** 2) @ mass
    return unequal


def _plan(m: int, n: int) -> tuple[Any, Any, Array]:
    """Quantile coupling of m and n equal masses: pairs of ranks and their mass."""
    levels = np.union1d(np.arange(1, m + 1) * n, np.arange(1, n + 1) * m)
    mass = np.diff(np.concatenate([[0], levels])) / (m * n)
    last = levels - 1
    return last // n, last // m, mass


def _influence_variance(x: Array, y: Array, axes: Array) -> float:
    """Variance of the estimate from the Kantorovich potentials averaged over directions."""
    a, b = axes @ x.T, axes @ y.T
    of_x = _potential(a, np.sort(b, axis=1)).mean(axis=0)
    of_y = _potential(b, np.sort(a, axis=1)).mean(axis=0)
    return float(of_x.var() / len(x) + of_y.var() / len(y))


def _potential(values: Array, target: Array) -> Array:
    """phi(v) with phi'(v) = 2 (v - T(v)), row by row.

    T is the monotone map of a row of values to the same row of the target.
    """
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    slope = 2 * (ordered - _at_levels(target, values.shape[1]))
    steps = np.diff(ordered, axis=1) * (slope[:, 1:] + slope[:, :-1]) / 2
    potential = np.zeros_like(values)
    np.put_along_axis(potential, order[:, 1:], np.cumsum(steps, axis=1), axis=1)
    return potential


def _at_levels(target: Array, n: int) -> Array:
    """Quantiles of the sorted rows of the target at the levels of n equal masses."""
    m = target.shape[1]
    if m == n:
        return target
    levels = (np.arange(n) + 0.5) / n
    target_levels = (np.arange(m) + 0.5) / m
    return np.stack([np.interp(levels, target_levels, row) for row in target])


@register_metric("sliced_wasserstein", order=50)
class SlicedWasserstein(Metric):
    """Sliced Wasserstein-2 distance squared between samples and held-out examples.

    SW2^2 = E_u W2^2(<u, x>, <u, y>) over 500 directions u on the sphere, in squared data units:
    |mu|^2 / D for a shift by mu, about (s - 1)^2 times the variance for a change of scale s. The
    value is not corrected; its null, two real samples of these sizes, is given beside it, from
    halvings of the held-out examples.

    Sees shift, scale, missing modes, in data units and with a gradual answer where laws are
    disjoint. Blind to fine structure: width within modes, bridges. Null: falls like 1/m + 1/n.
    Cost: .05-.15 s at 2,500 samples. Tables are compared in standard units, asinh((x - median) /
    IQR), where tails count by the logarithm of their size. Not for telling shapes within modes.

    Rabin et al. 2012; Bonneel et al. 2015.
    """

    name = "sliced_wasserstein"
    label = "sliced W2²"
    unit = "data units²"
    direction = "min"
    question = "closest"
    limits = (0.0, math.inf)
    optimum = 0.0
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        x, y = facts.comparable_rows(evidence)
        random = rng(evidence.generator("projections"))
        axes, floor = evidence.about_real(
            "directions and floor", lambda: _axes_and_floor(x, len(y), random)
        )
        return _against_floor(x, y, axes, floor)
