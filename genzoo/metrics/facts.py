"""What several metrics look up in the evidence, computed once: densities, units, logits."""

import numpy as np
import torch
from torch import Tensor

from genzoo.arrays import Array, Mask
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import FiniteSource, training_examples
from genzoo.metrics.classification_problem import (
    CLIP,
    ClassificationProblem,
    Logits,
    lay_out,
    real_neighbours,
    search_size,
)
from genzoo.metrics.classifier import combine, light, support_odds
from genzoo.metrics.classifier_stack import enough_rows, stack
from genzoo.metrics.neighbours import Neighbours, nearest
from genzoo.metrics.rows import (
    as_numbers,
    as_rows,
    reference_rows,
    rng,
    sample_rows,
)
from genzoo.metrics.units import (
    ColumnUnits,
    constant_columns,
    data_units,
    linear_units,
    table_units,
)

UNIT_ROWS = 2500
"""Training rows, or fresh draws, that units are fitted to."""
FARTHEST = 20.0
"""Where coordinates of tables are clipped for classifiers.

It is 240 million interquartile ranges from the median.
"""


def source_log_p(evidence: Evidence, *, given: bool = False) -> tuple[Array, Array] | None:
    """log p at the real and the generated examples, in nats; None for a source without density.

    A real example that rounding puts just outside the support gets the least finite value of the
    others.

    Args:
        evidence: Real and generated examples.
        given: Take log p(x | c), the density given the conditions of each example; None then also
            where some have none.
    """
    source = evidence.source
    if not isinstance(source, SupportsLogProb):
        return None
    real_context, fake_context = None, None
    if given:
        real_context, fake_context = evidence.reference_context, evidence.sample_context
        if real_context is None or fake_context is None:
            return None

    def compute() -> tuple[Array, Array]:
        real = as_numbers(source.log_prob(evidence.reference, real_context))
        outside = np.isneginf(real)
        if outside.any() and not outside.all():
            real[outside] = real[~outside].min()
        return real, as_numbers(source.log_prob(evidence.samples, fake_context))

    return evidence.shared(("source log p", given), compute)


def real_log_q(evidence: Evidence) -> Array | None:
    """log q at the real examples, in nats; None for a model without density."""
    return _log_q(evidence, "real", evidence.reference, evidence.reference_context)


def model_log_q(evidence: Evidence) -> tuple[Array, Array] | None:
    """log q at the real and the generated examples, in nats; None for a model without density."""
    real = real_log_q(evidence)
    fake = _log_q(evidence, "generated", evidence.samples, evidence.sample_context)
    if real is None or fake is None:
        return None
    return real, fake


def _log_q(evidence: Evidence, which: str, x: Tensor, context: Tensor | None) -> Array | None:
    model = evidence.model
    if not isinstance(model, SupportsLogProb):
        return None
    given = evidence.given_to_model(context)

    def compute() -> Array:
        with torch.no_grad():
            return as_numbers(model.log_prob(x, given))

    return evidence.shared(f"model log q, {which}", compute)


def densities(evidence: Evidence) -> tuple[tuple[Array, Array], tuple[Array, Array]] | None:
    """log p and log q at the real and the generated examples; None where one is not known.

    Both are given the conditions, where the model takes any. Conditions have the same law in both,
    so that log p - log q is then the log-ratio of the joint laws of x and c.
    """
    given = evidence.is_conditional
    log_p = source_log_p(evidence, given=given)
    if log_p is None:
        return None
    log_q = model_log_q(evidence)
    if log_q is None:
        return None
    return log_p, log_q


def named_given(evidence: Evidence, estimator: str) -> str:
    """The name of an estimator that asks the model, which says so where it is given conditions.

    Values with and without conditions are on different scales. As they differ in the first clause
    of the name, nothing ranks one against the other.
    """
    if not evidence.is_conditional:
        return estimator
    first, mark, rest = estimator.partition(";")
    return f"{first}, given the conditions{mark}{rest}"


def of_table(evidence: Evidence) -> bool:
    """Whether columns are those of a table, to be compared in robust units.

    Not where the density is known: log p then needs units of one volume everywhere.
    """
    source = evidence.source
    if isinstance(source, SupportsLogProb):
        return False
    return source.recommended_standardisation == "column"


def units(evidence: Evidence) -> ColumnUnits:
    """Standard units of every column, see `ColumnUnits`.

    They are fitted to training rows or, for an endless source, to fresh draws. Constant columns,
    see `constant`, are left out, unless there are no others.
    """

    def compute() -> ColumnUnits:
        every = training_batch(evidence).x
        rows = as_rows(every[:: max(1, len(every) // UNIT_ROWS)])
        varies = ~constant(evidence)
        if not varies.any():
            varies = np.ones_like(varies)
        return fitted_units(evidence, rows, varies)

    return evidence.about_real("units", compute)


def training_batch(evidence: Evidence) -> Batch:
    """All training rows of a finite source, or 2,500 fresh draws of an endless one."""

    def compute() -> Batch:
        generator = evidence.generator("units")
        return training_examples(evidence.source, UNIT_ROWS, generator=generator)

    return evidence.about_real("training rows for units", compute)


def constant(evidence: Evidence) -> Mask:
    """`(D,)` which columns are constant in the training rows and the reference.

    None where the density is known.
    """

    def compute() -> Mask:
        real = reference_rows(evidence)
        if isinstance(evidence.source, SupportsLogProb):
            return np.zeros(real.shape[1], dtype=np.bool_)
        every = training_batch(evidence).x
        ends = torch.stack([every.amin(dim=0), every.amax(dim=0)])
        return constant_columns(as_rows(ends), real)

    return evidence.about_real("constant columns", compute)


def standard_rows(evidence: Evidence) -> tuple[Array, Array, float]:
    """Real and generated rows in standard `units`, and log of the volume of these if linear."""

    def compute() -> tuple[Array, Array, float]:
        standard = units(evidence)
        volume = float(np.log(standard.scale[standard.kept]).sum())
        x = standard.apply(reference_rows(evidence))
        y = standard.apply(sample_rows(evidence))
        return x, y, volume

    return evidence.shared("standard rows", compute)


def comparable_units(evidence: Evidence) -> ColumnUnits:
    """Units for a distance over columns: standard ones where columns differ in unit."""
    standard = units(evidence)
    if evidence.source.recommended_standardisation == "column":
        return standard
    return data_units(standard.kept)


def comparable_rows(evidence: Evidence) -> tuple[Array, Array]:
    """Real and generated rows in `comparable_units`."""
    chosen = comparable_units(evidence)
    return chosen.apply(reference_rows(evidence)), chosen.apply(sample_rows(evidence))


def copying_units(evidence: Evidence) -> ColumnUnits:
    """Standard units fitted to training and held-out rows alike, so that they favour neither."""

    def compute() -> ColumnUnits:
        rows = _training_and_held_out(evidence)
        return fitted_units(evidence, rows, units(evidence).kept)

    return evidence.shared("copying units", compute)


def own_neighbours(evidence: Evidence) -> Neighbours:
    """Neighbours of the generated examples among themselves, in standard units."""

    def compute() -> Neighbours:
        y = standard_rows(evidence)[1]
        return nearest(y, y, search_size(len(y)), same=True)

    return evidence.shared("own neighbours", compute)


def problem(evidence: Evidence) -> ClassificationProblem:
    """Real against generated, laid out for classification."""

    def compute() -> ClassificationProblem:
        x, y, _ = standard_rows(evidence)
        random = rng(evidence.generator("classifier folds"))
        clip = CLIP
        if units(evidence).logarithmic:
            clip = FARTHEST
        return lay_out(
            x,
            y,
            source_log_p(evidence),
            random,
            own_neighbours(evidence),
            clip,
            own_real=lambda: evidence.about_real("real neighbours", lambda: real_neighbours(x)),
        )

    return evidence.shared("classification problem", compute)


def light_folds(evidence: Evidence) -> Array:
    """Log-odds of the light classifier without each fold."""
    return evidence.shared("light folds", lambda: light(problem(evidence)))


def logits(evidence: Evidence) -> Logits:
    """Out-of-fold log-odds of the light classifier, recalibrated."""

    def compute() -> Logits:
        rows = problem(evidence)
        if not rows.searches:
            return support_odds(rows)
        return combine(rows, [light_folds(evidence)])

    return evidence.shared("light logits", compute)


def stacked_logits(evidence: Evidence) -> Logits:
    """Out-of-fold log-odds of the full stack of classifiers; of the light one if rows are few."""

    def compute() -> Logits:
        rows = problem(evidence)
        if not enough_rows(rows):
            return logits(evidence)
        return stack(rows, light_folds(evidence), rng(evidence.generator("classifier stack")))

    return evidence.shared("stacked logits", compute)


def fitted_units(evidence: Evidence, rows: Array, kept: Mask) -> ColumnUnits:
    """Standard units of the kind that suits the source, fitted to rows `(n, D)`."""
    if of_table(evidence):
        return table_units(rows, kept)
    return linear_units(rows, kept)


def _training_and_held_out(evidence: Evidence) -> Array:
    """At most `UNIT_ROWS` training rows of a finite source, and the reference."""
    source = evidence.source
    if not isinstance(source, FiniteSource):
        raise TypeError(f"a source that draws afresh has no training rows: {type(source).__name__}")
    step = max(1, len(source.train.x) // UNIT_ROWS)
    return np.concatenate([as_rows(source.train.x[::step]), reference_rows(evidence)])
