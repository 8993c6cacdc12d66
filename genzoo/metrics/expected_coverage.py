"""What n draws of the truth show of its modes: how many, and how uneven a histogram by chance."""

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy
from scipy.stats import binom, poisson

NEGLIGIBLE = 1e-12


def expected_modes(n: float, weights: npt.ArrayLike) -> float:
    """Expected number of modes with at least one of n draws, sum_k 1 - (1 - w_k)^n.

    It is 918.0 of 1000 equal ones for n = 2,500.
    """
    weights = np.asarray(weights, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return float(-np.expm1(n * np.log1p(-np.minimum(weights, 1.0))).sum())


def mode_kl_of_truth(n: int, weights: npt.ArrayLike) -> tuple[float, float]:
    """Mean and standard deviation, in nats, of `mode_kl` for n draws of the truth.

    They are what chance leaves where modes are many. The mean is exact: sum_k E[t(c_k)] + 1 / (2 n)
    with t(c) = (c / n) log(c / (n w_k)) - [c > 0] / (2 n) and c_k binomial (n, w_k). The variance
    is that of independent Poisson counts given their sum:
    sum_k Var t(c_k) - (sum_k Cov(t(c_k), c_k))^2 / n.
    """
    values, repeats = np.unique(np.asarray(weights, dtype=np.float64), return_counts=True)
    positive = values > 0
    moments = np.array([_moments(n, float(weight)) for weight in values[positive]])
    mean, variance, covariance = repeats[positive] @ moments
    sd = np.sqrt(max(variance - covariance**2 / n, 0.0))
    return float(mean + 1 / (2 * n)), float(sd)


def unseen_goes_unnoticed(n: int, weights: npt.ArrayLike, level: float) -> bool:
    """Whether the Holm test of all modes passes even the heaviest with none of n samples."""
    weights = np.asarray(weights, dtype=np.float64)
    return bool(2 * len(weights) * (1 - weights.max()) ** n > level)


def _moments(n: int, weight: float) -> tuple[float, float, float]:
    """E t(c) for a binomial count c; Var t(c) and Cov(t(c), c) for a Poisson one."""
    rate = n * weight
    low, high = poisson.ppf([NEGLIGIBLE, 1 - NEGLIGIBLE], rate)
    counts = np.arange(low, high + 1)
    term = xlogy(counts / n, counts / rate) - (counts > 0) / (2 * n)
    mean = binom.pmf(counts, n, weight) @ term
    p = poisson.pmf(counts, rate)
    variance = p @ (term - p @ term) ** 2
    covariance = p @ (term * (counts - rate))
    return float(mean), float(variance), float(covariance)
