"""Divergence of the joint law of examples and conditions."""

import dataclasses
import math

import numpy as np
from torch import Tensor

from genzoo.arrays import Array
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import FiniteSource
from genzoo.metrics import facts
from genzoo.metrics.asked import told
from genzoo.metrics.classification_problem import CLIP, ClassificationProblem, Logits, lay_out
from genzoo.metrics.classifier import combine, light, support_odds
from genzoo.metrics.classifier_bounds import js_bound
from genzoo.metrics.divergence import too_few_rows
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import as_rows, rng
from genzoo.metrics.units import ColumnUnits


@register_metric("joint_js", order=17)
class JointJS(Metric):
    """Jensen-Shannon divergence between the joint laws of examples and conditions, in nats.

    JS(p(x, c), q(x, c)): 0 for a perfect conditional model, log 2 for one whose samples never are
    what was asked for. Log 2 less the out-of-fold cross-entropy of the cross-fitted classifier of
    `js`, which here sees the conditions beside the example: one-hot columns of labels and numbers
    in standard units, which weigh together as much as all columns of x; and whether the example
    shows its label, as `condition_accuracy` tells. Where the density is known it is log p(x | c). A
    lower bound in expectation, which may come out slightly negative.

    Sees what `js` sees, and conditions that are ignored, confused or obeyed too little: a model
    that has the right law of x and ignores which of K separate classes it is asked for scores .22,
    .38, .53 at K = 2, 4, 10, where `js` is 0. Blind as `js` is, and, nearly, to classes of fewer
    than some ten samples and to conditions that say little of x or move it along one of many
    columns. Null: 0 (about -.003 at 2,500 samples). Cost: .1-.3 s at 2,500 samples in two
    dimensions, and a classifier of labels. Of rows of a file as many samples are compared as there
    are real rows, since more could only repeat their conditions. Not for models without conditions,
    nor for ranking them against `js`, which it exceeds by what the conditions add.

    DeVries et al. 2019 (Frechet joint distance, the same question); Lopez-Paz and Oquab 2017.
    """

    name = "joint_js"
    label = "JS with conditions"
    unit = "nats"
    direction = "min"
    limits = (-math.inf, math.log(2))
    optimum = 0.0
    conditional = True

    def _estimate(self, evidence: Evidence) -> Estimate:
        spec = evidence.source.context_spec
        real, fake = evidence.reference_context, evidence.sample_context
        if spec is None or fake is None:
            return Estimate.absent("no conditions")
        if real is None:
            return Estimate.absent("the real examples come without conditions")
        reason = too_few_rows(evidence)
        if reason:
            return Estimate.absent(reason)
        problem = _joint_problem(evidence, spec, real, fake)
        features = "neighbour distances"
        if problem.likelihood.shape[1]:
            features = "log p given the conditions and neighbour distances"
        name = f"classifier of examples and conditions on {features}, 5 folds"
        if problem.left_out:
            name += f"; {problem.left_out}"
        return js_bound(_odds(problem), name)


def _odds(problem: ClassificationProblem) -> Logits:
    """Out-of-fold log-odds of the light classifier, recalibrated."""
    if not problem.searches:
        return support_odds(problem)
    return combine(problem, [light(problem)])


def _joint_problem(
    evidence: Evidence, spec: ContextSpec, real: Tensor, fake: Tensor
) -> ClassificationProblem:
    """Real against generated pairs (x, c), laid out for classification.

    Args:
        evidence: Real and generated examples.
        spec: What their conditions mean.
        real: Conditions of the real examples, `(m, C)`.
        fake: Conditions of the generated examples, `(n, C)`.
    """
    x, y, _ = facts.standard_rows(evidence)
    n = len(y)
    if isinstance(evidence.source, FiniteSource):
        n = min(n, len(x))
    standard = condition_units(evidence, spec)
    weight = math.sqrt(x.shape[1] / len(spec.fields))
    of_real = weight * standard.apply(as_rows(real))
    of_fake = weight * standard.apply(as_rows(fake))
    limit = facts.FARTHEST if standard.logarithmic else CLIP
    widths = [x.shape[1], spec.width]
    log_p = facts.source_log_p(evidence, given=True)
    if log_p is not None:
        log_p = log_p[0], log_p[1][:n]
    return lay_out(
        np.concatenate([x, of_real], axis=1),
        np.concatenate([y, of_fake], axis=1)[:n],
        log_p,
        rng(evidence.generator("joint classifier folds")),
        clip=np.repeat([limit, limit * weight], widths),
        told=_agreement(evidence, n),
    )


def _agreement(evidence: Evidence, n: int) -> tuple[Array, Array] | None:
    """Whether real and generated examples show each label that they come with, 1 or 0.

    As somebody tells who never saw these rows; None where nobody can.
    """
    labels = told(evidence)
    if isinstance(labels, str):
        return None
    m = len(evidence.reference)
    real = labels.real_asked[:m] == labels.real_shown[:m]
    fake = labels.asked[:n] == labels.shown[:n]
    return real.astype(np.float64), fake.astype(np.float64)


def condition_units(evidence: Evidence, spec: ContextSpec) -> ColumnUnits:
    """Standard units of conditions: the columns of one label vary together as much as a number.

    They are fitted to the conditions of training rows, as `genzoo.metrics.facts.units` to the rows.
    """
    context = facts.training_batch(evidence).context
    if context is None:
        raise TypeError(f"the source gives training rows without their conditions, {spec}")
    rows = as_rows(context[:: max(1, len(context) // facts.UNIT_ROWS)])
    standard = facts.fitted_units(evidence, rows, np.ones(spec.width, dtype=np.bool_))
    scale = standard.scale.copy()
    start = 0
    for field in spec.fields:
        columns = slice(start, start + field.width)
        start += field.width
        if isinstance(field, Category):
            spread = math.sqrt(float(rows[:, columns].var(axis=0).sum()))
            scale[columns] = spread or 1.0
    return dataclasses.replace(standard, scale=scale)
