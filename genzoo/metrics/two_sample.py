"""Classifier two-sample metrics, from the full stack of classifiers."""

import math
from collections.abc import Callable

import numpy as np
from scipy.stats import norm, rankdata

from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.metrics import facts
from genzoo.metrics.classification_problem import FOLDS, Logits
from genzoo.metrics.classifier_bounds import js_bound
from genzoo.metrics.classifier_stack import enough_rows
from genzoo.metrics.divergence import too_few_rows
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import p_text, standard_error, total_error

FOLD_SPREAD = math.sqrt(1 + FOLDS / (FOLDS - 1))
"""How much wider accuracy spreads under equal laws than independent guesses.

Folds share training rows.
"""
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
    real = np.sign(logits.real) / 2 + 0.5
    fake = 0.5 - np.sign(logits.every_fake) / 2
    value = 0.5 * float(real.mean() + fake.mean())
    of_guesses = 0.25 * math.sqrt(1 / m + 1 / n) * FOLD_SPREAD
    p = norm.sf((value - 0.5) / of_guesses)
    independent = total_error((standard_error(0.5 * real), standard_error(0.5 * fake)))
    error = fold_error(value, independent)
    return Estimate(value, error, n, f"{estimator}; {p_text(float(p))}", bound="lower", null=0.5)


def area_under_curve(logits: Logits, estimator: str) -> Estimate:
    """P(log-odds of a real example > those of a generated one), ties counted half.

    Standard error: DeLong et al. (1988), by `fold_error`.
    """
    m, n = len(logits.real), logits.n
    real, fake = logits.real, logits.every_fake
    ranks = rankdata(np.concatenate([real, fake]))
    above = (ranks[:m] - rankdata(real)) / n
    below = 1 - (ranks[m:] - rankdata(fake)) / m
    value = float(above.mean())
    independent = total_error((standard_error(above), standard_error(below)))
    error = fold_error(value, independent)
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
    samples). Cost: .2-.5 s at 2,500 samples in two dimensions. Not for fewer than 5,000 rows where
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
        return _by_stack(evidence, js_bound)


@register_metric("c2st_accuracy", order=61)
class C2STAccuracy(Metric):
    """Accuracy of a classifier that tells samples from held-out examples (two-sample test).

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
        return _by_stack(evidence, accuracy)


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
        return _by_stack(evidence, area_under_curve)


def _by_stack(evidence: Evidence, score: Callable[[Logits, str], Estimate]) -> Estimate:
    """A score of the log-odds of the stack, or why there are too few rows for a classifier."""
    reason = too_few_rows(evidence)
    if reason:
        return Estimate.absent(reason)
    return score(facts.stacked_logits(evidence), _name(evidence))


def _name(evidence: Evidence) -> str:
    problem = facts.problem(evidence)
    if enough_rows(problem):
        return "full stack, 5 folds"
    name = "light classifier, 5 folds (too few rows for the stack)"
    if problem.left_out:
        name += f"; {problem.left_out}"
    return name
