"""Divergences between two laws whose log-densities are both known, and between discrete laws.

All in nats.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit, xlogy

from genzoo.arrays import Array
from genzoo.core.metric import Estimate
from genzoo.errors import InputError
from genzoo.metrics.rows import (
    standard_error,
    total_error,
)

LOG_2 = float(np.log(2.0))
HEAVY_SHARE = 0.01
"""Share of a sample variance that one draw makes in tails too heavy for a control variate."""
UNSEEN_TAILS = 0.1
"""Such a share above which an unbounded f-divergence is given as a lower bound."""


def js_divergence(
    log_p_at_x: npt.ArrayLike,
    log_q_at_x: npt.ArrayLike,
    log_p_at_y: npt.ArrayLike,
    log_q_at_y: npt.ArrayLike,
) -> Estimate:
    """Jensen-Shannon divergence from both densities at draws x ~ p and y ~ q.

    JS = log 2 + E_{z ~ (p + q)/2} [h log h + (1 - h) log(1 - h)], h = p / (p + q): the conditional
    expectation (Rao-Blackwell) of the usual average of two KL terms. Always within [0, log 2].

    Args:
        log_p_at_x: log p at draws of p, `(m,)`.
        log_q_at_x: log q at draws of p, `(m,)`; minus infinity where q has no mass.
        log_p_at_y: log p at draws of q, `(n,)`; minus infinity where p has no mass.
        log_q_at_y: log q at draws of q, `(n,)`.
    """
    return f_divergence(jensen_shannon, log_p_at_x, log_q_at_x, log_p_at_y, log_q_at_y)


def kl_divergence(log_p: npt.ArrayLike, log_q: npt.ArrayLike) -> Estimate:
    """KL(p || q) from both log-densities at draws of p.

    mean of -log r + b (r - 1), r = q / p, whose mean is KL for any b because E_p r = 1. The
    coefficient b is the least-squares one: near equal laws it is 1 (Schulman 2020, "k3"). b = 0
    where r has tails too heavy for that (one draw makes more than a hundredth of its variance), and
    where the draws contradict E_p r = 1: q then has mass that they do not show.

    Args:
        log_p: `(n,)` at draws of p.
        log_q: `(n,)` at the same draws; minus infinity where q has no mass, which makes KL
            infinite.
    """
    log_p, log_q = _finite_somewhere(log_p, log_q)
    missing = int(np.isneginf(log_q).sum())
    if missing:
        return infinite(missing, len(log_q))
    log_ratio = log_q - log_p
    ratio = np.exp(np.minimum(log_ratio, 300.0))
    terms = _with_control(-log_ratio, ratio - 1)
    value, error = float(terms.mean()), standard_error(terms)
    return Estimate(value, error, len(terms), "both densities, control variate")


def _with_control(values: Array, control: Array) -> Array:
    """Values plus the multiple of a control variate of mean 0 that varies least."""
    spread = float(control.std())
    heavy = _largest_share(control) > max(HEAVY_SHARE, 60 / len(control))
    if spread == 0 or heavy or abs(control.mean()) > 4 * spread / np.sqrt(len(control)):
        return values
    products = (values - values.mean()) * (control - control.mean())
    slope = float(products.mean()) / spread**2
    adjusted: Array = values - slope * control
    return adjusted


def _largest_share(values: Array) -> float:
    """Share of the sum of squared deviations that one value makes; 0 for equal values."""
    squares = (values - values.mean()) ** 2
    if not squares.any():
        return 0.0
    return float(squares.max() / squares.sum())


def f_divergence(
    generator: Callable[[Array], Array],
    log_p_at_x: npt.ArrayLike,
    log_q_at_x: npt.ArrayLike,
    log_p_at_y: npt.ArrayLike,
    log_q_at_y: npt.ArrayLike,
) -> Estimate:
    """f-divergence E_{z ~ (p + q)/2} g(h), h = p / (p + q), from both densities at draws of both.

    `generator` is g on [0, 1], g(h) = 2 (1 - h) f(h / (1 - h)) for D_f = E_q f(p / q): |2 h - 1|
    gives total variation, 1 - 2 sqrt(h (1 - h)) the squared Hellinger distance, log 2 + h log h +
    (1 - h) log(1 - h) Jensen-Shannon, (2 h - 1)^2 the triangular discrimination / 2, 2 (2 h - 1)^2
    / (1 - h) Pearson's chi-square.

    Bounded g have bounded variance whatever the laws, unlike ratios under one of them. Of unbounded
    ones there is no value where g exceeds every number. Where one draw makes more than a tenth of
    the variance, the mean may lie in tails unseen and the value is marked as a lower bound.

    Args:
        generator: g, from values of h `(N,)` to as many numbers.
        log_p_at_x: log p at draws of p, `(m,)`.
        log_q_at_x: log q at draws of p, `(m,)`; minus infinity where q has no mass.
        log_p_at_y: log p at draws of q, `(n,)`; minus infinity where p has no mass.
        log_q_at_y: log q at draws of q, `(n,)`.
    """
    real = generator(_posterior(*_finite_somewhere(log_p_at_x, log_q_at_x)))
    fake = generator(_posterior(*_finite_somewhere(log_p_at_y, log_q_at_y)))
    bound: Literal["none", "lower"] = "none"
    is_bounded = np.isfinite(generator(np.array([0.0, 1.0]))).all()
    if not is_bounded:
        beyond = int((~np.isfinite(np.concatenate([real, fake]))).sum())
        if beyond:
            return Estimate.absent(
                f"infinite: the densities have no finite ratio at {beyond} of the examples"
            )
        if max(_largest_share(real), _largest_share(fake)) > UNSEEN_TAILS:
            bound = "lower"
    value = 0.5 * float(real.mean()) + 0.5 * float(fake.mean())
    error = total_error((standard_error(0.5 * real), standard_error(0.5 * fake)))
    return Estimate(value, error, len(fake), "both densities, Rao-Blackwell", bound)


def jensen_shannon(h: Array) -> Array:
    """log 2 + h log h + (1 - h) log(1 - h)."""
    return np.asarray(LOG_2 + xlogy(h, h) + xlogy(1 - h, 1 - h))


def total_variation(h: Array) -> Array:
    """|2 h - 1|."""
    return np.abs(2 * h - 1)


def squared_hellinger(h: Array) -> Array:
    """1 - 2 sqrt(h (1 - h))."""
    return np.asarray(1 - 2 * np.sqrt(h * (1 - h)))


def pearson(h: Array) -> Array:
    """2 (2 h - 1)^2 / (1 - h), infinite at h = 1."""
    infinity = np.full_like(h, np.inf)
    return np.asarray(np.divide(2 * (2 * h - 1) ** 2, 1 - h, out=infinity, where=h < 1))


def infinite(outside: int, n: int) -> Estimate:
    """What is said of a divergence that is infinite, as mass lies where the other law has none."""
    return Estimate.absent(f"infinite: {outside} of {n} samples off the support")


def discrete_kl(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """KL(p || q) = sum p log(p / q) of two probability vectors; infinite where p > 0 = q.

    Raises:
        InputError: When they are not probability vectors of one length.
    """
    p, q = _probabilities(p, q)
    some = p > 0
    if (q[some] == 0).any():
        return float("inf")
    return float(p[some] @ (np.log(p[some]) - np.log(q[some])))


def discrete_js(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """JS(p, q) of two probability vectors, within [0, log 2].

    It is the square of scipy's `jensenshannon`.
    """
    p, q = _probabilities(p, q)
    total = 0.0
    for law in (p, q):
        some = law > 0
        log_ratio = LOG_2 + np.log(law[some]) - np.log(p[some] + q[some])
        total += float(law[some] @ log_ratio)
    return total / 2


def _posterior(log_p: Array, log_q: Array) -> Array:
    """h = p / (p + q)."""
    return np.asarray(expit(log_p - log_q))


def _finite_somewhere(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Array, Array]:
    """Two vectors of log-densities at the same points, of which one at most is minus infinity."""
    a = np.asarray(first, dtype=np.float64)
    b = np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or len(a) == 0:
        raise InputError(
            f"log-densities must be two vectors of one length, got shapes {a.shape} and {b.shape}"
        )
    bad = np.isnan(a) | np.isnan(b) | np.isposinf(a) | np.isposinf(b)
    bad |= np.isneginf(a) & np.isneginf(b)
    if bad.any():
        raise InputError(
            "log-densities must be numbers, minus infinity in one law at most: "
            f"{int(bad.sum())} are not"
        )
    return a, b


def _probabilities(p: npt.ArrayLike, q: npt.ArrayLike) -> tuple[Array, Array]:
    a = np.asarray(p, dtype=np.float64)
    b = np.asarray(q, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(
            f"p and q must be vectors of one length, got shapes {a.shape} and {b.shape}"
        )
    for name, vector in (("p", a), ("q", b)):
        if not ((vector >= 0).all() and abs(vector.sum() - 1) < 1e-6):
            raise InputError(
                f"{name} must be non-negative and sum to 1, got a sum of {vector.sum():g}"
            )
    return a, b
