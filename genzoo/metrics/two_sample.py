"""Classifier two-sample metrics from the full stack, and distances that need both densities."""

import abc
import math
from typing import ClassVar

import numpy as np
from scipy.stats import norm, rankdata

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Estimate, Evidence, Metric, Panel
from genzoo.metrics import facts
from genzoo.metrics.classifier import FOLDS, Logits
from genzoo.metrics.classifier_stack import enough_rows
from genzoo.metrics.densities import (
    f_divergence,
    jensen_shannon,
    kl_divergence,
    pearson,
    squared_hellinger,
    total_variation,
)
from genzoo.metrics.divergence import js_bound, too_few_rows
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import Array, p_text, standard_error, total_error

FOLD_SPREAD = math.sqrt(1 + FOLDS / (FOLDS - 1))
"""How much wider accuracy spreads under equal laws than independent guesses, as folds share training rows."""
ONE_SIDED = 1.645


def fold_error(value: float, independent: float | None) -> float | None:
    """Standard error of an out-of-fold share of correct answers.

    Where the classifier can tell something, that of independent examples; where the share does not
    exceed 1/2 significantly, `FOLD_SPREAD` times as much, as folds then err together.
    """
    if independent is None or value - 0.5 > ONE_SIDED * FOLD_SPREAD * independent:
        return independent
    return FOLD_SPREAD * independent


def accuracy(logits: Logits, estimator: str) -> Estimate:
    """Balanced accuracy of out-of-fold log-odds, ties counted half, with a p-value against 1/2.

    Each fold is judged by classifiers fitted to the others, so under equal laws folds err together.
    A binomial test would reject equal laws in 9 to 12 of 100 samples; the normal approximation with
    the variance of guesses times 1 + n_test K / n_train = 2.25 (Nadeau and Bengio 2003) rejects in
    2 to 4. Standard error: see `fold_error`.
    """
    m, n = len(logits.real), logits.n
    fake_logits = np.full(n, -np.inf)
    fake_logits[: len(logits.fake)] = logits.fake
    real, fake = np.sign(logits.real) / 2 + 0.5, 0.5 - np.sign(fake_logits) / 2
    errors = (standard_error(0.5 * real), standard_error(0.5 * fake))
    value = 0.5 * float(real.mean() + fake.mean())
    p = norm.sf((value - 0.5) / (0.25 * math.sqrt(1 / m + 1 / n) * FOLD_SPREAD))
    error = fold_error(value, total_error(errors))
    return Estimate(value, error, n, f"{estimator}; {p_text(float(p))}", bound="lower", null=0.5)


def area_under_curve(logits: Logits, estimator: str) -> Estimate:
    """P(log-odds of a real example > those of a generated one), ties counted half.

    Standard error: DeLong et al. (1988), by `fold_error`.
    """
    m, n = len(logits.real), logits.n
    fake_logits = np.full(n, -np.inf)
    fake_logits[: len(logits.fake)] = logits.fake
    ranks = rankdata(np.concatenate([logits.real, fake_logits]))
    above = (ranks[:m] - rankdata(logits.real)) / n
    below = 1 - (ranks[m:] - rankdata(fake_logits)) / m
    value = float(above.mean())
    error = fold_error(value, total_error((standard_error(above), standard_error(below))))
    return Estimate(value, error, n, estimator, bound="lower", null=0.5)


@register_metric("js_stack", order=60)
class JSStack(Metric):
    """Jensen-Shannon divergence by the full stack of classifiers, in nats: a lower bound.

    JS >= log 2 - H, H the out-of-fold cross-entropy of three classifiers on five folds, combined:
    logistic regression on quadratic features, histogram gradient boosting on coordinates with log p
    or neighbour distances, and the light classifier of `js`. Samples alone are used besides log p
    of the source.

    Sees what `js` sees, and structure that trees find: a threshold, a band, the shape of a column.
    Blind to the same, less so. With 2,000 rows of both kinds or fewer trees add noise and no power;
    then it is the light classifier of `js` and its estimator says so. Null: 0 (about -.001 at 2,500
    samples). Cost: .5-1 s at 2,500 samples in two dimensions. Not for fewer than 5,000 rows where
    the last .01 matters.

    Lopez-Paz and Oquab 2017.
    """

    name = "js_stack"
    label = "JS (stack)"
    unit = "nats"
    direction = "min"
    question = "closest"
    limits = (-math.inf, math.log(2))
    optimum = 0.0
    panel = "standard"

    def _estimate(self, evidence: Evidence) -> Estimate:
        reason = too_few_rows(evidence)
        return (
            Estimate.absent(reason)
            if reason
            else js_bound(facts.stacked_logits(evidence), _name(evidence))
        )


@register_metric("c2st_accuracy", order=61)
class C2STAccuracy(Metric):
    """Accuracy of a classifier that tells samples from held-out examples (classifier two-sample test).

    Balanced out-of-fold accuracy of the stack of `js_stack`: (1 + TV) / 2 for the best possible
    classifier, so a lower bound on that. A p-value against 1/2 is in the estimator; it and, while
    nothing can be told, the standard error allow for what folds share.

    Sees the kinds of difference that `js_stack` sees, and misses the same. Blind, nearly, also to
    small ones that move no decision: a tenth of missing mass hardly shows. Null: 1/2. Cost: nothing
    beside `js_stack`. With 2,000 rows of both kinds or fewer it is that of the light classifier,
    and its estimator says so. Not for comparing runs of different size.

    Lopez-Paz and Oquab 2017; Nadeau and Bengio 2003.
    """

    name = "c2st_accuracy"
    label = "C2ST accuracy"
    direction = "min"
    question = "closest"
    limits = (0.0, 1.0)
    optimum = 0.5
    panel = "standard"
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        reason = too_few_rows(evidence)
        return (
            Estimate.absent(reason)
            if reason
            else accuracy(facts.stacked_logits(evidence), _name(evidence))
        )


@register_metric("c2st_auc", order=62)
class C2STAUC(Metric):
    """Area under the ROC curve of a classifier that tells samples from held-out examples.

    AUC = P(log-odds of a real example > those of a sample), from the stack of `js_stack`, out of
    fold; ties half. Standard error: DeLong, times 1.5 while it cannot be told from 1/2, as folds
    then err together. At best .7602 for two unit normals one apart.

    Sees the kinds of difference that `js_stack` sees, small ones better than `c2st_accuracy`. Blind
    to what that misses, and to calibration. Null: 1/2. Cost: a sort beside `js_stack`. With 2,000
    rows of both kinds or fewer it is that of the light classifier, and its estimator says so. Not
    for comparing runs of different size.

    Lopez-Paz and Oquab 2017; DeLong, DeLong and Clarke-Pearson 1988.
    """

    name = "c2st_auc"
    label = "C2ST AUC"
    direction = "min"
    question = "closest"
    limits = (0.0, 1.0)
    optimum = 0.5
    panel = "standard"
    depends_on_n = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        reason = too_few_rows(evidence)
        return (
            Estimate.absent(reason)
            if reason
            else area_under_curve(facts.stacked_logits(evidence), _name(evidence))
        )


def _name(evidence: Evidence) -> str:
    problem = facts.problem(evidence)
    if enough_rows(problem):
        return "full stack, 5 folds"
    left_out = f"; {problem.left_out}" if problem.left_out else ""
    return f"light classifier, 5 folds (too few rows for the stack){left_out}"


class BothDensities(Metric):
    """Base of distances that need the density of the source and of the model."""

    direction = "min"
    question = "closest"
    optimum = 0.0
    source_needs: ClassVar = (SupportsLogProb,)
    model_needs: ClassVar = (SupportsLogProb,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        log_p, log_q = facts.source_log_p(evidence), facts.model_log_q(evidence)
        if log_p is None or log_q is None:
            return Estimate.absent(SupportsLogProb.absence)
        reason = facts.not_a_density(log_q)
        return Estimate.absent(reason) if reason else self._measure(log_p, log_q)

    @abc.abstractmethod
    def _measure(self, log_p: tuple[Array, Array], log_q: tuple[Array, Array]) -> Estimate:
        """The distance, from log-densities at real examples and at samples."""


class FDivergence(BothDensities):
    """Base of f-divergences, see `f_divergence`."""

    panel: ClassVar[Panel] = "standard"

    def _measure(self, log_p: tuple[Array, Array], log_q: tuple[Array, Array]) -> Estimate:
        return f_divergence(self._generator, log_p[0], log_q[0], log_p[1], log_q[1])

    @staticmethod
    @abc.abstractmethod
    def _generator(h: Array) -> Array:
        """The integrand, see `f_divergence`."""


@register_metric("js_exact", order=15)
class JSExact(FDivergence):
    """Jensen-Shannon divergence between model and data from both densities, in nats.

    JS = log 2 + E_{z ~ (p + q)/2} [h log h + (1 - h) log(1 - h)], h = p / (p + q): always within
    [0, log 2], with a spread 3 to 28 times smaller than the average of two KL terms. Sees every
    difference. Blind to how far apart disjoint laws are. Null: 0. Cost: nothing beside the
    densities. Not for models without one, and so not for comparing them with models that have one:
    that is `js`.

    Lin 1991.
    """

    name = "js_exact"
    label = "JS (both densities)"
    unit = "nats"
    limits = (0.0, math.log(2))
    panel = "quick"
    _generator = staticmethod(jensen_shannon)


@register_metric("kl_exact", order=16)
class KLExact(BothDensities):
    """Kullback-Leibler divergence KL(model || data) from both densities, in nats.

    KL(q || p) = E_q[log q - log p], the mean log-ratio over samples, with the control variate p / q
    - 1 where it is safe (Schulman 2020, "k3"). Sees samples where there is no data. Blind, nearly,
    to missing modes. Infinite, and then absent with its reason, for samples off the support. Null:
    0. Cost: nothing beside the densities. Not for models without one: that is `kl`.

    Kullback and Leibler 1951.
    """

    name = "kl_exact"
    label = "KL(model||data) (both densities)"
    unit = "nats"

    def _measure(self, log_p: tuple[Array, Array], log_q: tuple[Array, Array]) -> Estimate:
        return kl_divergence(log_q[1], log_p[1])


@register_metric("total_variation", order=64)
class TotalVariation(FDivergence):
    """Total variation between model and data, where both densities are known: half the L1 distance, in [0, 1].

    TV = E_{z ~ (p + q)/2} |2 h - 1|, h = p / (p + q). The best classifier is right with probability
    (1 + TV) / 2. Sees every difference. Blind to how far apart disjoint laws are. Null: 0, but
    estimates with equal laws that differ by rounding stay at 0 only to rounding. Cost: nothing
    beside the densities. Not for models without one.

    Tsybakov 2009.
    """

    name = "total_variation"
    label = "TV"
    limits = (0.0, 1.0)
    _generator = staticmethod(total_variation)


@register_metric("hellinger", order=65)
class Hellinger(FDivergence):
    """Squared Hellinger distance between model and data, where both densities are known: 1 - int sqrt(p q), in [0, 1].

    E_{z ~ (p + q)/2} [1 - 2 sqrt(h (1 - h))], h = p / (p + q). Sees every difference. Blind to how
    far apart disjoint laws are. Null: 0. Cost: nothing beside the densities. Not for models without
    one.

    Hellinger 1909; Tsybakov 2009.
    """

    name = "hellinger"
    label = "Hellinger²"
    limits = (0.0, 1.0)
    _generator = staticmethod(squared_hellinger)


@register_metric("pearson", order=66)
class Pearson(FDivergence):
    """Pearson's chi-square distance between data and model, where both densities are known: int (p - q)^2 / q.

    E_{z ~ (p + q)/2} 2 (2 h - 1)^2 / (1 - h), h = p / (p + q). Sees above all data where the model
    has little mass: missing modes, narrow modes. Blind, nearly, to samples where there is no data:
    a tenth of rubbish scores .1. Null: 0. Cost: nothing beside the densities. Not for ranking: for
    models with lighter tails than the data or missing modes it is infinite, or lies in tails that
    no draw shows; where one draw makes a tenth of the variance it is given as a lower bound.

    Pearson 1900; Nowozin, Cseke and Tomioka 2016 (as an f-divergence).
    """

    name = "pearson"
    label = "Pearson χ²"
    limits = (0.0, math.inf)
    ranked = False
    _generator = staticmethod(pearson)
