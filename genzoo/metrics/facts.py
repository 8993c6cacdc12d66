"""What several metrics look up in the evidence, computed once: densities, standard units, neighbours, logits."""

import numpy as np
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.source import FiniteSource, SplitSource
from genzoo.metrics.classifier import (
    Logits,
    Problem,
    column_scale,
    combine,
    lay_out,
    light,
    search_size,
    support_odds,
)
from genzoo.metrics.neighbours import Neighbours, nearest
from genzoo.metrics.rows import Array, as_rows, reference_rows, rng, sample_rows
from genzoo.metrics.stack import enough_rows, stack


def source_log_p(evidence: Evidence) -> tuple[Array, Array] | None:
    """log p at the real and at the generated examples, in nats; None where the source has no density.

    A real example that rounding puts just outside the support gets the least finite value of the others.
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
            return _numbers(model.log_prob(evidence.reference)), _numbers(model.log_prob(evidence.samples))

    return evidence.shared("model log q", compute)


def not_a_density(log_q: tuple[Array, Array]) -> str:
    """Why log-densities of a model at real examples and at its own samples cannot be used, or nothing."""
    bad = int((np.isnan(log_q[0]) | np.isposinf(log_q[0])).sum()) + int((~np.isfinite(log_q[1])).sum())
    return f"the model's log-density is not a number at {bad} examples" if bad else ""


def standard_rows(evidence: Evidence) -> tuple[Array, Array, float]:
    """Real and generated rows in the standard units of the real columns, and the log of the units' volume."""

    def compute() -> tuple[Array, Array, float]:
        x = reference_rows(evidence)
        scale = column_scale(x)
        centre = x.mean(axis=0)
        return (x - centre) / scale, (sample_rows(evidence) - centre) / scale, float(np.log(scale).sum())

    return evidence.shared("standard rows", compute)


def comparable(evidence: Evidence, *parts: Array) -> list[Array]:
    """Rows for a distance over columns: in data units, or in standard units where columns carry different ones."""
    if evidence.source.recommended_standardisation != "column":
        return list(parts)
    real = reference_rows(evidence)
    centre, scale = real.mean(axis=0), column_scale(real)
    return [(part - centre) / scale for part in parts]


def comparable_rows(evidence: Evidence) -> tuple[Array, Array]:
    """`comparable` real and generated rows."""
    x, y = comparable(evidence, reference_rows(evidence), sample_rows(evidence))
    return x, y


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
        return lay_out(x, y, source_log_p(evidence), random, own_neighbours(evidence))

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
        scale, volume = column_scale(reference_rows(evidence)), standard_rows(evidence)[2]
        generator = evidence.generator("fresh truth")
        drawn = [source.sample(len(evidence.samples), generator=generator).x for _ in range(repeats)]
        return [(as_rows(x) / scale, _numbers(source.log_prob(x)) + volume) for x in drawn]

    return evidence.shared(("fresh truth", repeats), compute)


def two_real_rows(evidence: Evidence) -> tuple[Array, Array]:
    """Two disjoint real samples as rows: the reference and fresh draws of the size of the samples.

    For a finite source, which has no fresh draws, two halves of the reference; for a split one, two samples made of
    different held-out parts.
    """

    def compute() -> tuple[Array, Array]:
        x, source = reference_rows(evidence), evidence.source
        if isinstance(source, FiniteSource):
            half = max(len(x) // 2, 1)
            return x[:half], x[-half:]
        generator = evidence.generator("second real sample")
        if isinstance(source, SplitSource):
            first, second = source.held_out(len(evidence.samples), generator=generator)
            return as_rows(first)[: len(x)], as_rows(second)
        return x, as_rows(source.sample(len(evidence.samples), generator=generator).x)

    return evidence.shared("two real samples", compute)


def two_real_samples(evidence: Evidence) -> tuple[Array, Array]:
    """`two_real_rows` in the standard units of the real columns."""
    real = reference_rows(evidence)
    centre, scale = real.mean(axis=0), column_scale(real)
    first, second = two_real_rows(evidence)
    return (first - centre) / scale, (second - centre) / scale


def _numbers(x: torch.Tensor) -> Array:
    values: Array = x.detach().cpu().to(torch.float64).numpy().copy()
    return values
