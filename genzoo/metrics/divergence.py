"""Jensen-Shannon and Kullback-Leibler divergences of a model from the data.

Each is estimated by the best means that the case allows.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import torch

from genzoo.arrays import Array
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import SupportsParameter
from genzoo.metrics import facts, refinement
from genzoo.metrics.classification_problem import FEWEST_ROWS, Logits
from genzoo.metrics.classifier_bounds import forward_kl_bound, js_bound, kl_bound
from genzoo.metrics.densities import infinite, kl_divergence
from genzoo.metrics.entropy import HIGHEST_DIMENSION, NEAREST, neighbour_kl, truth_terms
from genzoo.metrics.histogram import cells_of_density, histogram_size, masses_of_density
from genzoo.metrics.real_samples import fresh_truth
from genzoo.metrics.refinement import refined
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    not_a_density,
    reference_rows,
    sample_rows,
    share_standard_error,
)

TRUTH_REPEATS = 4
"""Fresh real samples that neighbour entropy is compared with."""
MOST_REPEATED = 20_000
"""Samples above which one fresh real sample is enough."""


@register_metric("js", order=10)
class JS(Metric):
    """Jensen-Shannon divergence between model and data, in nats.

    JS = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2: 0 for a perfect model, log 2 = .693
    for disjoint laws. From samples, so that all models of a table are measured alike, with a
    density or without. In one dimension with a known density of the data, a histogram with exact
    cell masses, halved where the laws differ within them, bias-corrected, and marked as a lower
    bound where cells may hide more than its error. Else log 2 less the out-of-fold cross-entropy of
    a cross-fitted logistic regression on log p (where known), log distances to neighbours and
    coordinates. That is a lower bound in expectation and may come out slightly negative. See
    `js_exact`.

    The classifier sees shift, scale, missing and starved modes, rubbish, and whatever changes how
    near neighbours are. Blind, nearly, to what moves neither mean nor spread of a column among
    many: a wrong shape of one of 15, two of 50 that depend on each other (a correlation of .9 at
    1,000 rows: 0, truth .21); to structure finer than the distance to the 2nd neighbour; to the
    tails beyond the outermost rows; to mass below about 1 / sqrt(n). It does without coordinates
    above 128 columns and without products of features below 670 rows in all; the estimator says so.
    Never seen are copies of training rows, constant columns, and how far apart disjoint laws are:
    near log 2 it says no more than that they differ. Tables are compared in standard units,
    asinh((x - median) / IQR). Null: 0; the classifier's is about -.003 at 2,500 samples, -.01 at
    25. Cost: .05-.1 s at 2,500 samples in two dimensions. Not for fewer than 20 rows of either
    kind.

    Goodfellow et al. 2014; Lopez-Paz and Oquab 2017 (classifier two-sample tests).
    """

    name = "js"
    label = "JS"
    unit = "nats"
    direction = "min"
    question = "closest"
    limits = (-math.inf, math.log(2))
    optimum = 0.0

    def _estimate(self, evidence: Evidence) -> Estimate:
        histogram = _one_dimensional_js(evidence)
        if histogram is not None:
            return histogram
        features = "neighbour distances"
        if facts.source_log_p(evidence) is not None:
            features = "log p and neighbour distances"
        return _by_classifier(evidence, js_bound, f"classifier on {features}, 5 folds")


@register_metric("kl", order=11)
class KL(Metric):
    """Kullback-Leibler divergence KL(model || data), in nats: how unlikely samples are as data.

    KL(q || p) = E_q[log q - log p]. From samples, so that all models of a table are measured alike,
    with a density or without. With a known density of the data in at most 5 dimensions,
    nearest-neighbour entropy averaged over k = 1..5, less what it gives fresh real samples of the
    same size; else a variational lower bound from the cross-fitted classifier of `js`. See
    `kl_exact`.

    Sees samples where there is no data: bridges, outliers, excess width. Blind, nearly, to missing
    modes (a model that keeps k of K equal ones scores log(K / k)) and to missing tails. Infinite,
    and then absent with its reason, for samples off the support (see `off_support` and
    `kl_on_support`), for a model with atoms, and for noiseless curve families. Null: 0. Cost: .04 s
    at 2,500 samples in two dimensions. Not for ranking models that are far off on a bound.

    Kozachenko and Leonenko 1987; Wang, Kulkarni and Verdu 2009; Nguyen, Wainwright and Jordan 2010.
    """

    name = "kl"
    label = "KL(model||data)"
    unit = "nats"
    direction = "min"
    question = "closest"
    optimum = 0.0

    def _estimate(self, evidence: Evidence) -> Estimate:
        log_p = facts.source_log_p(evidence)
        if log_p is not None:
            outside = int(np.isneginf(log_p[1]).sum())
            if outside:
                return infinite(outside, len(log_p[1]))
            if evidence.source.event_size <= HIGHEST_DIMENSION:
                return _neighbour_kl(evidence, log_p[1])
        elif isinstance(evidence.source, SupportsParameter):
            return Estimate.absent("infinite: the data lie on a curve family without noise")
        return _by_classifier(evidence, kl_bound, "variational bound by classifier, 5 folds")


@register_metric("forward_kl", order=12)
class ForwardKL(Metric):
    """Kullback-Leibler divergence KL(data || model), in nats; a lower bound without both densities.

    KL(p || q) = E_p[log p - log q]. With both densities the mean log-ratio over real examples; of a
    conditional model that of p(x | c) and q(x | c), which makes it the divergence of the joint laws
    of x and c. Otherwise the variational lower bound 1 + E_p[z] - E_q[exp(z)] on the log-odds z of
    the cross-fitted classifier of `js`: from samples alone missing modes cannot be weighed (the
    truth may be 70 where the bound says 5).

    Sees missing modes and narrow modes. Blind to bridges between modes. Null: about -.01 at 2,500
    samples. Cost: nothing beside `js`. Not for ranking models.

    Donsker and Varadhan 1983; Nguyen, Wainwright and Jordan 2010.
    """

    name = "forward_kl"
    label = "KL(data||model)"
    unit = "nats"
    direction = "min"
    question = "closest"
    optimum = 0.0
    panel = "standard"
    ranked = False

    def _estimate(self, evidence: Evidence) -> Estimate:
        known = facts.densities(evidence)
        if known is not None:
            log_p, log_q = known
            reason = not_a_density(log_q)
            if reason:
                return Estimate.absent(reason)
            exact = kl_divergence(log_p[0], log_q[0])
            name = facts.named_given(evidence, exact.estimator)
            return dataclasses.replace(exact, estimator=name)
        return _by_classifier(
            evidence, forward_kl_bound, "variational bound by classifier, 5 folds"
        )


@register_metric("kl_on_support", order=13)
class KLOnSupport(Metric):
    """Kullback-Leibler divergence of the samples that lie on the support from the data, in nats.

    KL(q' || p) with q' the model conditioned on p > 0: the finite part of KL(model || data) for
    data with a bounded support, to be read beside `off_support`. Nearest-neighbour entropy as in
    `kl`, so in at most 5 dimensions.

    Sees wrong weights and shapes on the support. Blind to what lies off it. Null: 0. Cost: as `kl`.
    Not for data whose density is positive everywhere, where it equals `kl`.

    Kozachenko and Leonenko 1987; Wang, Kulkarni and Verdu 2009.
    """

    name = "kl_on_support"
    label = "KL on support"
    unit = "nats"
    direction = "min"
    optimum = 0.0
    panel = "standard"
    source_needs: ClassVar = (SupportsLogProb,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        log_p = facts.source_log_p(evidence)
        if log_p is None or evidence.source.event_size > HIGHEST_DIMENSION:
            return Estimate.absent(f"more than {HIGHEST_DIMENSION} dimensions")
        on = np.isfinite(log_p[1])
        if on.all():
            return _neighbour_kl(evidence, log_p[1])
        count = int(on.sum())
        if count < FEWEST_ROWS:
            return Estimate.absent(
                f"too few rows: {count} samples on the support, {FEWEST_ROWS} are needed"
            )
        _, y, volume = facts.standard_rows(evidence)
        draws = fresh_truth(evidence, TRUTH_REPEATS)
        truth = [(x[:count], log_p_at_x[:count]) for x, log_p_at_x in draws]
        return neighbour_kl(y[on], log_p[1][on] + volume, truth_terms(truth))


@register_metric("off_support", order=14)
class OffSupport(Metric):
    """Share of samples where the density of the data is exactly 0.

    count(log p(y) = -infinity) / n. Null and optimum 0. Sees mass outside a bounded support, where
    KL(model || data) is infinite whatever the amount. Blind to everything on the support; always 0
    for data with a density that is positive everywhere. Cost: one evaluation of the density. Not on
    its own.

    Arjovsky and Bottou 2017 (divergences of laws with disjoint supports).
    """

    name = "off_support"
    label = "off support"
    direction = "min"
    question = "good"
    limits = (0.0, 1.0)
    optimum = 0.0
    source_needs: ClassVar = (SupportsLogProb,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        log_p = facts.source_log_p(evidence)
        outside = 0
        if log_p is not None:
            outside = int(np.isneginf(log_p[1]).sum())
        n = len(evidence.samples)
        return Estimate(outside / n, share_standard_error(outside, n), n, "count", null=0.0)


def too_few_rows(evidence: Evidence) -> str:
    """Why a classifier cannot be fitted, or nothing."""
    fewest = min(len(evidence.samples), len(evidence.reference))
    if fewest >= FEWEST_ROWS:
        return ""
    return f"too few rows: {fewest}, a classifier needs {FEWEST_ROWS} of each kind"


def _by_classifier(
    evidence: Evidence, bound: Callable[[Logits, str], Estimate], estimator: str
) -> Estimate:
    """A bound from the log-odds of the light classifier.

    The name of the estimator also says what the classifier does without.
    """
    reason = too_few_rows(evidence)
    if reason:
        return Estimate.absent(reason)
    left_out = facts.problem(evidence).left_out
    if left_out:
        estimator += f"; {left_out}"
    return bound(facts.logits(evidence), estimator)


def _neighbour_kl(evidence: Evidence, log_p: Array) -> Estimate:
    if len(log_p) < FEWEST_ROWS:
        reason = f"too few rows: {len(log_p)}, neighbour entropy needs {FEWEST_ROWS} samples"
        return Estimate.absent(reason)
    _, y, volume = facts.standard_rows(evidence)
    distances = facts.own_neighbours(evidence).distances[:, :NEAREST]
    repeats = TRUTH_REPEATS if len(y) <= MOST_REPEATED else 1
    floors = evidence.about_real(
        ("terms at the truth", repeats), lambda: truth_terms(fresh_truth(evidence, repeats))
    )
    return neighbour_kl(y, log_p + volume, floors, distances)


def _one_dimensional_js(evidence: Evidence) -> Estimate | None:
    """From a histogram with the exact masses of p.

    None where the data have more dimensions or no known density, rows are few, or p is too rough.
    """
    source = evidence.source
    if source.event_size > 1 or not isinstance(source, SupportsLogProb):
        return None
    if len(evidence.samples) < FEWEST_ROWS:
        return None

    def log_prob(values: Array) -> Array:
        points = torch.from_numpy(values).reshape(len(values), *source.event_shape)
        return np.asarray(source.log_prob(points), dtype=np.float64)

    x = reference_rows(evidence)[:, 0]
    y = sample_rows(evidence)[:, 0]
    cells = cells_of_density(log_prob, float(x.min()), float(x.max()), histogram_size(len(y)), x)
    if cells is None:
        return None
    on = np.isfinite(log_prob(y))
    return refined(refinement.JS, y[on], cells, masses_of_density(log_prob), int((~on).sum()))
