"""Divergences as metrics where both densities are known."""

import abc
import dataclasses
import math
from typing import ClassVar

from genzoo.arrays import Array
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Estimate, Evidence, Metric, Panel
from genzoo.metrics import facts
from genzoo.metrics.densities import (
    f_divergence,
    jensen_shannon,
    kl_divergence,
    pearson,
    squared_hellinger,
    total_variation,
)
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import not_a_density


class BothDensities(Metric):
    """Base of distances that need the density of the source and of the model.

    Of a conditional model they are those of the joint law of examples and conditions, from p(x | c)
    and q(x | c).
    """

    direction = "min"
    question = "closest"
    optimum = 0.0
    source_needs: ClassVar = (SupportsLogProb,)
    model_needs: ClassVar = (SupportsLogProb,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        known = facts.densities(evidence)
        if known is None:
            return Estimate.absent("samples without the model's conditions")
        log_p, log_q = known
        reason = not_a_density(log_q)
        if reason:
            return Estimate.absent(reason)
        estimate = self._measure(log_p, log_q)
        name = facts.named_given(evidence, estimate.estimator)
        return dataclasses.replace(estimate, estimator=name)

    @abc.abstractmethod
    def _measure(self, log_p: tuple[Array, Array], log_q: tuple[Array, Array]) -> Estimate:
        """The distance, from log-densities at real examples and at samples."""


class DensityFDivergence(BothDensities):
    """Base of f-divergences, see `f_divergence`."""

    panel: ClassVar[Panel] = "standard"

    def _measure(self, log_p: tuple[Array, Array], log_q: tuple[Array, Array]) -> Estimate:
        return f_divergence(self._generator, log_p[0], log_q[0], log_p[1], log_q[1])

    @staticmethod
    @abc.abstractmethod
    def _generator(h: Array) -> Array:
        """The integrand, see `f_divergence`."""


@register_metric("js_exact", order=15)
class JSExact(DensityFDivergence):
    """Jensen-Shannon divergence between model and data from both densities, in nats.

    JS = log 2 + E_{z ~ (p + q)/2} [h log h + (1 - h) log(1 - h)], h = p / (p + q): always within
    [0, log 2], with a spread 3 to 28 times smaller than the average of two KL terms. Of a
    conditional model it is that of the joint laws of examples and conditions, from p(x | c) and q(x
    | c), as is every divergence by both densities. Sees every difference. Blind to how far apart
    disjoint laws are. Null: 0. Cost: nothing beside the densities. Not for models without one, and
    so not for comparing them with models that have one: that is `js`.

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
class TotalVariationDistance(DensityFDivergence):
    """Total variation between model and data from both densities, in [0, 1].

    Half the L1 distance: TV = E_{z ~ (p + q)/2} |2 h - 1|, h = p / (p + q). The best classifier is
    right with probability (1 + TV) / 2. Sees every difference. Blind to how far apart disjoint laws
    are. Null: 0, but estimates with equal laws that differ by rounding stay at 0 only to rounding.
    Cost: nothing beside the densities. Not for models without one.

    Tsybakov 2009.
    """

    name = "total_variation"
    label = "TV"
    limits = (0.0, 1.0)
    _generator = staticmethod(total_variation)


@register_metric("hellinger", order=65)
class Hellinger(DensityFDivergence):
    """Squared Hellinger distance between model and data from both densities, in [0, 1].

    1 - int sqrt(p q) = E_{z ~ (p + q)/2} [1 - 2 sqrt(h (1 - h))], h = p / (p + q). Sees every
    difference. Blind to how far apart disjoint laws are. Null: 0. Cost: nothing beside the
    densities. Not for models without one.

    Hellinger 1909; Tsybakov 2009.
    """

    name = "hellinger"
    label = "Hellinger²"
    limits = (0.0, 1.0)
    _generator = staticmethod(squared_hellinger)


@register_metric("pearson", order=66)
class PearsonDistance(DensityFDivergence):
    """Pearson's chi-square distance between data and model from both densities.

    int (p - q)^2 / q = E_{z ~ (p + q)/2} 2 (2 h - 1)^2 / (1 - h), h = p / (p + q). Sees above all
    data where the model has little mass: missing modes, narrow modes. Blind, nearly, to samples
    where there is no data: a tenth of rubbish scores .1. Null: 0. Cost: nothing beside the
    densities. Not for ranking: for models with lighter tails than the data or missing modes it is
    infinite, or lies in tails that no draw shows; where one draw makes a tenth of the variance it
    is given as a lower bound.

    Pearson 1900; Nowozin, Cseke and Tomioka 2016 (as an f-divergence).
    """

    name = "pearson"
    label = "Pearson χ²"
    limits = (0.0, math.inf)
    ranked = False
    _generator = staticmethod(pearson)
