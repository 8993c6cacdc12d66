"""Likelihood, its bounds and reconstruction error on held-out examples."""

import math
from typing import ClassVar, Literal

import numpy as np
import torch

from genzoo.arrays import Array
from genzoo.core.capabilities import SupportsElbo, SupportsLogProb, SupportsReconstruct
from genzoo.core.metric import Estimate, Evidence, Metric, Panel
from genzoo.errors import InputError
from genzoo.metrics import facts
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    as_numbers,
    as_rows,
    reference_rows,
    standard_error,
)

IMPORTANCE_SAMPLES = 100
"""K of the registered bound."""


@register_metric("reconstruction", order=40)
class Reconstruction(Metric):
    """Squared error of reconstruction of held-out examples, summed over the event.

    (1/m) sum_i ||x_i - decode(encode(x_i))||^2, in squared data units; a conditional model encodes
    and decodes with the conditions of x_i, which its code need not hold. Sees what the code cannot
    hold. Blind to sampling: a perfect autoencoder may sample rubbish, and a copy of the input
    scores 0. Null: not 0 where the code is narrower than the data; PCA gives the floor of linear
    models. Cost: one pass of the model. Not for judging samples.

    Baldi and Hornik 1989.
    """

    name = "reconstruction"
    label = "reconstruction"
    unit = "data units²"
    direction = "min"
    limits = (0.0, math.inf)
    optimum = 0.0
    model_needs: ClassVar = (SupportsReconstruct,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        model = evidence.model
        if not isinstance(model, SupportsReconstruct):
            raise TypeError(f"reconstruction needs an encoder, got {type(model).__name__}")
        context = evidence.given_to_model(evidence.reference_context)
        with torch.no_grad():
            reconstructed = model.reconstruct(evidence.reference, context).to(torch.float64)
        if not bool(torch.isfinite(reconstructed).all()):
            return Estimate.absent("the model's reconstructions are not finite")
        difference = reference_rows(evidence) - as_rows(reconstructed)
        name = facts.named_given(evidence, "squared error, held-out examples")
        return _mean((difference**2).sum(axis=1), name)


@register_metric("log_likelihood", order=41)
class LogLikelihood(Metric):
    """Mean log-likelihood of held-out examples under the model, in nats an example.

    (1/m) sum_i log q(x_i), in data units; of a conditional model log q(x_i | c_i). Sees missing
    mass and excess width; it is KL(data || model) up to the entropy of the data. Blind to a little
    rubbish: mixing 90 % noise into a model costs 2.3 nats. Null and ceiling: the mean log p of the
    truth at the same examples, given the conditions where the model is. Cost: one pass. Not for
    models with bounds only, nor for ranking models with conditions against models without: whoever
    is told the class of an example starts ahead, by up to the entropy of the classes.

    Theis, van den Oord and Bethge 2016.
    """

    name = "log_likelihood"
    label = "log-likelihood"
    unit = "nats"
    direction = "max"
    question = "closest"
    model_needs: ClassVar = (SupportsLogProb,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        log_q = facts.real_log_q(evidence)
        if log_q is None:
            return Estimate.absent(SupportsLogProb.absence)
        name = facts.named_given(evidence, "exact, held-out examples")
        return _mean(log_q, name, ceiling=_truth(evidence))


class Bound(Metric):
    """Importance-weighted lower bound on the mean log-likelihood of held-out examples, in nats.

    (1/m) sum_i log (1/K) sum_k p(x_i, z_k) / q(z_k | x_i), z_k ~ q(z | x_i), in data units; of a
    conditional model all of them given c_i, a bound on log p(x_i | c_i). K = 1 is the ELBO; it does
    not decrease in K and stays below the log-likelihood in expectation (the registered `elbo` has K
    = 1, `iw_bound` K = 100). The gap at K = 1 is the KL of the posteriors, so compare bounds with
    bounds of the same K.

    Sees what the log-likelihood sees, and a poor posterior besides. Blind to a little rubbish among
    the samples. Null: the mean log p of the truth at the same examples (the ceiling), with an exact
    posterior, and given the conditions where the model is. Cost: K passes. The standard error
    includes the draws of z. Not for ranking against models whose likelihood is exact, nor models
    with conditions against models without.

    Kingma and Welling 2014; Burda, Grosse and Salakhutdinov 2016.

    Args:
        name: Registered name.
        label: Column header.
        panel: Cheapest panel.
        importance_samples: K.
    """

    unit = "nats"
    direction = "max"
    model_needs: ClassVar = (SupportsElbo,)

    def __init__(self, name: str, label: str, panel: Panel, importance_samples: int) -> None:
        if importance_samples < 1:
            raise InputError(f"importance_samples must be at least 1, got {importance_samples}")
        self.name, self.label, self.panel = name, label, panel  # type: ignore[misc]
        self.importance_samples = importance_samples

    def _estimate(self, evidence: Evidence) -> Estimate:
        model, count = evidence.model, self.importance_samples
        if not isinstance(model, SupportsElbo):
            raise TypeError(f"{self.name} needs a posterior, got {type(model).__name__}")
        stem = self.name.partition(":")[0]
        bound = model.elbo(
            evidence.reference,
            importance_samples=count,
            generator=evidence.generator(f"{stem} {count}"),
            context=evidence.given_to_model(evidence.reference_context),
        )
        name = facts.named_given(evidence, f"K = {count}, held-out examples")
        return _mean(as_numbers(bound), name, bound="lower", ceiling=_truth(evidence))


@register_metric("elbo", order=42)
def elbo() -> Metric:
    """Evidence lower bound on the log-likelihood of held-out examples, in nats an example."""
    return Bound("elbo", "ELBO", "quick", 1)


@register_metric("iw_bound", order=43)
def iw_bound(importance_samples: int = IMPORTANCE_SAMPLES) -> Metric:
    """Importance-weighted lower bound on the mean log-likelihood of held-out examples, in nats.

    Args:
        importance_samples: K, the draws of the posterior for each example. Bounds of several K are
            several metrics.
    """
    usual = importance_samples == IMPORTANCE_SAMPLES
    name = "iw_bound" if usual else f"iw_bound:importance_samples={importance_samples}"
    return Bound(name, f"IW-{importance_samples}", "standard", importance_samples)


def _truth(evidence: Evidence) -> float | None:
    """Mean log p of the truth at the real examples, in nats, where it is known.

    Given the conditions, where the model takes any.
    """
    log_p = facts.source_log_p(evidence, given=evidence.is_conditional)
    if log_p is None:
        return None
    return float(log_p[0].mean())


def _mean(
    values: Array,
    estimator: str,
    *,
    bound: Literal["none", "lower"] = "none",
    ceiling: float | None = None,
) -> Estimate:
    strange = int((np.isnan(values) | np.isposinf(values)).sum())
    if strange:
        return Estimate.absent(f"not a number at {strange} of {len(values)} held-out examples")
    impossible = int(np.isneginf(values).sum())
    if impossible:
        return Estimate.absent(
            f"minus infinity: {impossible} of {len(values)} held-out examples are impossible"
        )
    value, error = float(values.mean()), standard_error(values)
    return Estimate(value, error, len(values), estimator, bound, ceiling=ceiling)
