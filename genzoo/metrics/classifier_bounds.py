"""Lower bounds of divergences from the out-of-fold log-odds of a classifier, in nats."""

import numpy as np

from genzoo.arrays import Array
from genzoo.core.metric import Estimate
from genzoo.metrics.classification_problem import Logits
from genzoo.metrics.densities import LOG_2
from genzoo.metrics.rows import (
    standard_error,
    total_error,
)


def js_bound(logits: Logits, estimator: str) -> Estimate:
    """JS(data, model) is at least log 2 less the out-of-fold cross-entropy, in expectation.

    Goodfellow et al. 2014. Samples off the support are told for certain and cost nothing. The value
    is not clipped at 0.
    """
    real = -0.5 * np.logaddexp(0.0, -logits.real)
    fake = np.zeros(logits.n)
    fake[: len(logits.fake)] = -0.5 * np.logaddexp(0.0, logits.fake)
    value = LOG_2 + float(real.mean() + fake.mean())
    error = total_error((standard_error(real), standard_error(fake)))
    return Estimate(value, error, logits.n, estimator, bound="lower")


def kl_bound(logits: Logits, estimator: str) -> Estimate:
    """KL(model || data) is at least 1 + E_model[-z] - E_data[exp(-z)] for any log-odds z.

    Nguyen et al. 2010.
    """
    return _variational(-logits.fake, -logits.real, logits.n, estimator)


def forward_kl_bound(logits: Logits, estimator: str) -> Estimate:
    """KL(data || model) is at least 1 + E_data[z] - E_model[exp(z)] for any log-odds z.

    Nguyen et al. 2010.
    """
    return _variational(logits.real, logits.every_fake, logits.n, estimator)


def _variational(at_p: Array, at_q: Array, n: int, estimator: str) -> Estimate:
    """1 + E_p[z] - E_q[exp(z)], from z at draws of p and of q."""
    odds = np.exp(at_q)
    value = 1 + float(at_p.mean() - odds.mean())
    error = total_error((standard_error(at_p), standard_error(odds)))
    return Estimate(value, error, n, estimator, bound="lower")
