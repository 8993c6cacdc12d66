"""Which modes a sample covers, and how well: pure functions of samples and modes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import binom, chi2
from torch import Tensor

from genzoo.arrays import Array, Indices, Mask
from genzoo.core.metric import Estimate
from genzoo.core.source import GaussianModes, Modes
from genzoo.errors import InputError
from genzoo.metrics.rows import (
    as_rows,
)
from genzoo.p_values import holm

LEVEL = 0.05
"""Family-wise level of the test of all modes."""
HIGH_QUALITY = 0.99
"""Share of a Gaussian mode inside the chi-square radius."""
SEPARATION = 9.0
"""Standard deviations between two modes beyond which hardly an example is nearest to the wrong one.

Three in a million are.
"""
SCARCE = 1 / 20
"""Share of a mode's mass in the truth below which the samples near it are strays."""
TRIAL_DRAWS = 50_000
BLOCK, LEAST_BLOCK = 2**19, 10_000
"""Distances that are held at once, and samples counted at once at least."""
REPEATS = 50


@dataclass(frozen=True)
class ModeCoverage:
    """Counts of a sample over K modes, and the test of their masses.

    Attributes:
        counts: `(K,)` samples nearest to each mode; samples that belong to none are in no count.
        high_quality: `(K,)` those of them within the radius; the counts themselves where modes have
            no radius.
        n: All samples.
        p_values: `(K,)` exact two-sided binomial p-values of `high_quality` against the true
            masses, Holm-adjusted.
        starved: `(K,)` whether a mode's mass is significantly below its weight, or scarce; see
            `mass_test`.
        captured: `(K,)` whether a mode counts as captured.
    """

    counts: Array
    high_quality: Array
    n: int
    p_values: Array
    starved: Mask
    captured: Mask


def mode_coverage(
    x: Any,
    modes: Modes,
    *,
    radius: float | None = None,
    criterion: Literal["mass", "single"] = "mass",
) -> ModeCoverage:
    """Count samples over modes and decide which modes are captured.

    Args:
        x: Samples `(n, *event_shape)`.
        modes: Modes of the source.
        radius: Mahalanobis distance within which a sample is of high quality; by default the
            chi-square radius `high_quality_radius(D)`. The papers use 3.
        criterion: `"mass"`: captured when some high-quality sample is nearest to it and it is not
            starved. `"single"`: when one is (Srivastava et al. 2017), which one lucky sample
            satisfies.

    Raises:
        InputError: When x is not a finite array of examples, or the criterion is unknown.
    """
    if criterion not in ("mass", "single"):
        raise InputError(f"criterion must be 'mass' or 'single', got {criterion!r}")
    counts, high_quality = count_modes(x, modes, radius)
    adjusted, starved = mass_test(high_quality, mode_masses(modes, radius)[1], len(x))
    captured = high_quality > 0
    if criterion == "mass":
        captured = captured & ~starved
    return ModeCoverage(counts, high_quality, len(x), adjusted, starved, captured)


def count_modes(x: Any, modes: Modes, radius: float | None = None) -> tuple[Array, Array]:
    """Samples nearest to each mode, and those of them within the radius, `(K,)` each.

    They are counted in blocks, so that the distances to all modes fit in memory.
    """
    rows = torch.as_tensor(x)
    blocks: Sequence[Tensor] = [rows]
    if rows.ndim:
        blocks = torch.split(rows, max(LEAST_BLOCK, BLOCK // len(modes)))
    counts, close = [], []
    for block in blocks:
        counts_of_block, close_of_block = _count_block(block, modes, radius)
        counts.append(counts_of_block)
        close.append(close_of_block)
    return np.sum(counts, axis=0), np.sum(close, axis=0)


def _count_block(x: Tensor, modes: Modes, radius: float | None) -> tuple[Array, Array]:
    if not isinstance(modes, GaussianModes):
        index = modes.assign(x).numpy()
        counts = _count(index[index >= 0], len(modes))
        return counts, counts
    distances = modes.distances(torch.from_numpy(as_rows(x))).numpy()
    nearest = distances.argmin(axis=1)
    close = distances.min(axis=1) < _radius(modes, radius)
    return _count(nearest, len(modes)), _count(nearest[close], len(modes))


def high_quality_radius(dimension: int) -> float:
    """sqrt of the .99 quantile of chi-square with D degrees of freedom.

    It is 3.035, 5.530, 9.655 at D = 2, 15, 64.
    """
    return float(np.sqrt(chi2.ppf(HIGH_QUALITY, dimension)))


def high_quality_ceiling(modes: GaussianModes, radius: float | None = None) -> float | None:
    """The share of the truth that is of high quality, exactly; None where modes overlap."""
    if modes_overlap(modes):
        return None
    dimension = modes.locations.shape[1]
    return float(chi2.cdf(_radius(modes, radius) ** 2, dimension))


def mode_masses(modes: Modes, radius: float | None = None) -> tuple[Array, Array]:
    """Shares of the truth nearest to each mode: of all, and of its high-quality part; `(K,)` each.

    The weights, where modes are far apart; where Gaussian modes overlap, from 50,000 draws of them.
    """
    weights = modes.weights.numpy().astype(np.float64)
    if not isinstance(modes, GaussianModes) or not modes_overlap(modes):
        return weights, weights
    counts, high_quality = count_modes(_trial_draws(modes), modes, radius)
    return _smoothed_shares(counts, weights), _smoothed_shares(high_quality, weights)


def _smoothed_shares(counts: Array, weights: Array) -> Array:
    """Shares of counts and of one more draw, which is spread by the weights: never 0."""
    return np.asarray((counts + weights) / (counts.sum() + 1))


def mass_test(counts: npt.ArrayLike, weights: npt.ArrayLike, n: int = 0) -> tuple[Array, Mask]:
    """Exact two-sided binomial test of every count against its weight, Holm-adjusted.

    Where few of n samples are in any count, shares of them say little. So a count below n w_k / 20
    is also starved, provided that n draws of the truth would show the mode: 2 K (1 - w_k)^n is at
    most 5 %.

    Args:
        counts: n_k `(K,)`.
        weights: w_k `(K,)`.
        n: All samples, those in no count among them; by default the counted ones.

    Returns:
        Adjusted p-values `(K,)` (twice the smaller tail), and which counts are significantly below,
        or scarce.
    """
    counts = np.asarray(counts, dtype=np.float64)
    weights = np.asarray(weights, dtype=np.float64)
    total = counts.sum()
    if total == 0:
        return np.ones(len(counts)), np.ones(len(counts), dtype=np.bool_)
    adjusted, is_low = _tails(counts, weights, total)
    size = max(n, total)
    would_show = 2 * len(weights) * (1 - weights) ** size <= LEVEL
    scarce = (counts < SCARCE * size * weights) & would_show
    return adjusted, (adjusted <= LEVEL) & is_low | scarce


def starvation_power(n: int, weights: npt.ArrayLike, factor: float = 0.5) -> float:
    """Least probability that `mass_test` finds the lightest mode at `factor` times its weight."""
    weights = np.asarray(weights, dtype=np.float64)
    weight = weights.min()
    critical = binom.ppf(LEVEL / 2 / len(weights), n, weight) - 1
    return float(binom.cdf(critical, n, factor * weight))


def mode_kl(counts: npt.ArrayLike, weights: npt.ArrayLike) -> Estimate:
    """KL of the histogram over modes from the weights, in nats.

    sum q log(q / w) - (occupied - 1) / (2 n), with "occupied" the number of modes with samples. The
    correction removes the bias of plugging in counts (Miller 1955). The standard error joins the
    first-order variance, less what chance adds to it, with the second-order one, which alone
    remains at q = w.
    """
    counts = np.asarray(counts, dtype=np.float64)
    weights = np.asarray(weights, dtype=np.float64)
    n = float(counts.sum())
    if n == 0:
        return Estimate.absent("no sample belongs to a mode")
    some = counts > 0
    if (weights[some] == 0).any():
        return Estimate.absent("infinite: samples in a mode of weight 0")
    q = counts[some] / n
    ratio = np.log(q / weights[some])
    freedom = int(some.sum()) - 1
    first_order = max(q @ ratio**2 - (q @ ratio) ** 2 - freedom / n, 0.0) / n
    variance = first_order + freedom / (2 * n**2)
    value = float(q @ ratio) - freedom / (2 * n)
    return Estimate(value, float(np.sqrt(variance)), int(n), "plug-in, bias-corrected", null=0.0)


def resampled_error(
    counts: Array, weights: Array, n: int, random: np.random.Generator
) -> tuple[float, float]:
    """Bootstrap standard errors of the numbers of captured and of starved modes, of n samples.

    Counts are drawn again from shares that are pulled to the weights as far as chance explains the
    distance (James and Stein 1961): drawn from the raw shares, the noise of one sample would count
    twice.
    """
    total = counts.sum()
    if total == 0:
        return 0.0, 0.0
    expected = total * weights
    excess = ((counts - expected) ** 2 / np.maximum(expected, 1e-12)).sum()
    trust = 0.0
    if excess > 0:
        trust = max(0.0, 1 - (len(counts) - 1) / excess)
    shares = weights + trust * (counts / total - weights)
    drawn = random.multinomial(int(total), shares / shares.sum(), size=REPEATS)
    drawn = drawn.astype(np.float64)
    starved = np.stack([mass_test(row, weights, n)[1] for row in drawn])
    captured = (~starved & (drawn > 0)).sum(axis=1)
    return float(captured.std(ddof=1)), float(starved.sum(axis=1).std(ddof=1))


def _tails(counts: Array, weights: Array, total: float) -> tuple[Array, Mask]:
    """Adjusted two-sided p-values, and whether each count is below what its weight says."""
    below = binom.cdf(counts, total, weights)
    above = binom.sf(counts - 1, total, weights)
    adjusted = holm(np.minimum(1.0, 2 * np.minimum(below, above)))
    return adjusted, below < above


def _count(index: Indices, size: int) -> Array:
    return np.bincount(index, minlength=size).astype(np.float64)


def _radius(modes: GaussianModes, radius: float | None) -> float:
    if radius is None:
        return high_quality_radius(modes.locations.shape[1])
    return radius


def modes_overlap(modes: GaussianModes) -> bool:
    """Whether some modes are less than 9 standard deviations apart.

    The mode nearest to a sample may then be another one than the one that made it.
    """
    if len(modes) == 1:
        return False
    widest = np.sqrt(torch.linalg.eigvalsh(modes.covariances)[:, -1].numpy())
    distances = torch.cdist(modes.locations, modes.locations).numpy()
    gaps = distances - SEPARATION / 2 * (widest[:, None] + widest)
    others = ~np.eye(len(modes), dtype=np.bool_)
    return bool(gaps[others].min() <= 0)


def _trial_draws(modes: GaussianModes) -> Array:
    """About 50,000 draws of the modes, as many of each as its weight says."""
    random = np.random.default_rng(0)
    locations = modes.locations.numpy()
    roots = torch.linalg.cholesky(modes.covariances).numpy()
    sizes = np.round(modes.weights.numpy() * TRIAL_DRAWS).astype(int)
    parts = []
    for location, root, size in zip(locations, roots, sizes, strict=True):
        noise = random.standard_normal((size, len(location)))
        parts.append(location + noise @ root.T)
    return np.concatenate(parts)
