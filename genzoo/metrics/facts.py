"""What several metrics look up in the evidence, computed once: densities, standard units, neighbours, logits."""

import numpy as np
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.source import FiniteSource, SplitSource, training_examples
from genzoo.metrics.classifier import (
    CLIP,
    Logits,
    Problem,
    combine,
    lay_out,
    light,
    search_size,
    support_odds,
)
from genzoo.metrics.classifier_stack import enough_rows, stack
from genzoo.metrics.neighbours import Neighbours, nearest
from genzoo.metrics.rows import Array, Mask, as_rows, reference_rows, rng, sample_rows
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
"""Where coordinates of tables are clipped for classifiers: 240 million interquartile ranges from the median."""


def source_log_p(evidence: Evidence) -> tuple[Array, Array] | None:
    """log p at the real and at the generated examples, in nats; None where the source has no density.

    A real example that rounding puts just outside the support gets the least finite value of the
    others.
    """
    source = evidence.source
    if not isinstance(source, SupportsLogProb):
        return None

    def compute() -> tuple[Array, Array]:
        real = _numbers(source.log_prob(evidence.reference))
        outside = np.isneginf(real)
        if outside.any() and not outside.all():
            real[outside] = real[~outside].min()
        return real, _numbers(source.log_prob(evidence.samples))

    return evidence.shared("source log p", compute)


def model_log_q(evidence: Evidence) -> tuple[Array, Array] | None:
    """log q at the real and at the generated examples, in nats; None where the model has no density."""
    model = evidence.model
    if not isinstance(model, SupportsLogProb):
        return None

    def compute() -> tuple[Array, Array]:
        with torch.no_grad():
            return _numbers(model.log_prob(evidence.reference)), _numbers(
                model.log_prob(evidence.samples)
            )

    return evidence.shared("model log q", compute)


def not_a_density(log_q: tuple[Array, Array]) -> str:
    """Why log-densities of a model at real examples and at its own samples cannot be used, or nothing."""
    bad = int((np.isnan(log_q[0]) | np.isposinf(log_q[0])).sum()) + int(
        (~np.isfinite(log_q[1])).sum()
    )
    return f"the model's log-density is not a number at {bad} examples" if bad else ""


def of_table(evidence: Evidence) -> bool:
    """Whether columns are those of a table, to be compared in robust units.

    Not where the density is known: log p then needs units of one volume everywhere.
    """
    source = evidence.source
    return source.recommended_standardisation == "column" and not isinstance(
        source, SupportsLogProb
    )


def units(evidence: Evidence) -> ColumnUnits:
    """Standard units of every column, from training rows or, for an endless source, fresh draws; see `ColumnUnits`.

    Constant columns, see `constant`, are left out, unless there are no others.
    """

    def compute() -> ColumnUnits:
        every = _training_rows(evidence)
        rows = as_rows(every[:: max(1, len(every) // UNIT_ROWS)])
        left_out = constant(evidence)
        kept = np.ones_like(left_out) if left_out.all() else ~left_out
        return table_units(rows, kept) if of_table(evidence) else linear_units(rows, kept)

    return evidence.shared("units", compute)


def constant(evidence: Evidence) -> Mask:
    """`(D,)` which columns are constant in the training rows and the reference; none where the density is known."""

    def compute() -> Mask:
        real = reference_rows(evidence)
        if isinstance(evidence.source, SupportsLogProb):
            return np.zeros(real.shape[1], dtype=np.bool_)
        every = _training_rows(evidence)
        ends = torch.stack([every.amin(dim=0), every.amax(dim=0)])
        return constant_columns(as_rows(ends), real)

    return evidence.shared("constant columns", compute)


def standard_rows(evidence: Evidence) -> tuple[Array, Array, float]:
    """Real and generated rows in standard `units`, and the log of the volume of these where they are linear."""

    def compute() -> tuple[Array, Array, float]:
        standard = units(evidence)
        volume = float(np.log(standard.scale[standard.kept]).sum())
        return (
            standard.apply(reference_rows(evidence)),
            standard.apply(sample_rows(evidence)),
            volume,
        )

    return evidence.shared("standard rows", compute)


def comparable_units(evidence: Evidence) -> ColumnUnits:
    """Units for a distance over columns: data units, or standard ones where columns carry different units."""
    standard = units(evidence)
    return (
        standard
        if evidence.source.recommended_standardisation == "column"
        else data_units(standard.kept)
    )


def comparable_rows(evidence: Evidence) -> tuple[Array, Array]:
    """Real and generated rows in `comparable_units`."""
    chosen = comparable_units(evidence)
    return chosen.apply(reference_rows(evidence)), chosen.apply(sample_rows(evidence))


def copying_units(evidence: Evidence) -> ColumnUnits:
    """Standard units that treat training and held-out rows alike: fitted to both, so that neither is nearer by that."""

    def compute() -> ColumnUnits:
        rows, kept = _training_and_held_out(evidence), units(evidence).kept
        return table_units(rows, kept) if of_table(evidence) else linear_units(rows, kept)

    return evidence.shared("copying units", compute)


def own_neighbours(evidence: Evidence) -> Neighbours:
    """Neighbours of the generated examples among themselves, in standard units."""

    def compute() -> Neighbours:
        y = standard_rows(evidence)[1]
        return nearest(y, y, search_size(len(y)), same=True)

    return evidence.shared("own neighbours", compute)


def problem(evidence: Evidence) -> Problem:
    """Real against generated, laid out for classification."""

    def compute() -> Problem:
        x, y, _ = standard_rows(evidence)
        random = rng(evidence.generator("classifier folds"))
        clip = FARTHEST if units(evidence).logarithmic else CLIP
        return lay_out(x, y, source_log_p(evidence), random, own_neighbours(evidence), clip)

    return evidence.shared("classification problem", compute)


def light_folds(evidence: Evidence) -> Array:
    """Log-odds of the light classifier without each fold."""
    return evidence.shared("light folds", lambda: light(problem(evidence)))


def logits(evidence: Evidence) -> Logits:
    """Out-of-fold log-odds of the light classifier, recalibrated."""

    def compute() -> Logits:
        rows = problem(evidence)
        return combine(rows, [light_folds(evidence)]) if rows.searches else support_odds(rows)

    return evidence.shared("light logits", compute)


def stacked_logits(evidence: Evidence) -> Logits:
    """Out-of-fold log-odds of the full stack of classifiers; of the light one where there are too few rows."""

    def compute() -> Logits:
        rows = problem(evidence)
        if not enough_rows(rows):
            return logits(evidence)
        return stack(rows, light_folds(evidence), rng(evidence.generator("classifier stack")))

    return evidence.shared("stacked logits", compute)


def fresh_truth(evidence: Evidence, repeats: int) -> list[tuple[Array, Array]]:
    """Fresh draws of a source with a density, as many as there are samples: standard rows and log p in their units."""
    source = evidence.source
    if not isinstance(source, SupportsLogProb) or isinstance(source, FiniteSource):
        return []

    def compute() -> list[tuple[Array, Array]]:
        standard, volume = units(evidence), standard_rows(evidence)[2]
        generator = evidence.generator("fresh truth")
        drawn = [
            source.sample(len(evidence.samples), generator=generator).x for _ in range(repeats)
        ]
        return [(standard.apply(as_rows(x)), _numbers(source.log_prob(x)) + volume) for x in drawn]

    return evidence.shared(("fresh truth", repeats), compute)


def two_real_rows(evidence: Evidence) -> tuple[Array, Array]:
    """Two disjoint real samples as rows: the reference, and another of the size of the generated sample.

    The other is made of fresh draws; for a finite source of training rows, as many as there are;
    for a split one the two are made of different held-out parts.
    """

    def compute() -> tuple[Array, Array]:
        x, n, source = reference_rows(evidence), len(evidence.samples), evidence.source
        generator = evidence.generator("second real sample")
        if isinstance(source, FiniteSource):
            chosen = torch.randperm(len(source.train.x), generator=generator)[:n]
            return x, as_rows(source.train.x[chosen])
        if isinstance(source, SplitSource):
            first, second = source.held_out(n, generator=generator)
            return as_rows(first)[: len(x)], as_rows(second)
        return x, as_rows(source.sample(n, generator=generator).x)

    return evidence.shared("two real samples", compute)


def two_real_samples(evidence: Evidence) -> tuple[Array, Array]:
    """`two_real_rows` in standard units; those of a finite source treat both samples alike, see `copying_units`."""
    chosen = (
        copying_units(evidence) if isinstance(evidence.source, FiniteSource) else units(evidence)
    )
    first, second = two_real_rows(evidence)
    return chosen.apply(first), chosen.apply(second)


def two_comparable_samples(evidence: Evidence) -> tuple[Array, Array]:
    """`two_real_rows` in the units of `comparable_rows`, those of a table as in `two_real_samples`."""
    if evidence.source.recommended_standardisation == "column":
        return two_real_samples(evidence)
    chosen = comparable_units(evidence)
    first, second = two_real_rows(evidence)
    return chosen.apply(first), chosen.apply(second)


def _training_rows(evidence: Evidence) -> torch.Tensor:
    """All training rows of a finite source, or 2,500 fresh draws of an endless one."""

    def compute() -> torch.Tensor:
        return training_examples(evidence.source, UNIT_ROWS, generator=evidence.generator("units"))

    return evidence.shared("training rows for units", compute)


def _training_and_held_out(evidence: Evidence) -> Array:
    """At most `UNIT_ROWS` training rows of a finite source, and the reference."""
    source = evidence.source
    if not isinstance(source, FiniteSource):
        raise TypeError(f"a source that draws afresh has no training rows: {type(source).__name__}")
    step = max(1, len(source.train.x) // UNIT_ROWS)
    return np.concatenate([as_rows(source.train.x[::step]), reference_rows(evidence)])


def _numbers(x: torch.Tensor) -> Array:
    values: Array = x.detach().cpu().to(torch.float64).numpy().copy()
    return values
