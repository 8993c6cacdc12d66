"""Further real samples beside the reference: what equal laws score is measured on them."""

import torch

from genzoo.arrays import Array
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.source import FiniteSource, SplitSource, held_out_parts
from genzoo.metrics import facts
from genzoo.metrics.rows import (
    as_numbers,
    as_rows,
    reference_rows,
)


def fresh_truth(evidence: Evidence, repeats: int) -> list[tuple[Array, Array]]:
    """Fresh draws of a source with a density, each as many as there are samples.

    Returns:
        For each draw its rows in standard units, and log p with respect to these units. Empty for a
        source without density and for a finite one.
    """
    source = evidence.source
    if not isinstance(source, SupportsLogProb) or isinstance(source, FiniteSource):
        return []

    def compute() -> list[tuple[Array, Array]]:
        standard, volume = facts.units(evidence), facts.standard_rows(evidence)[2]
        generator = evidence.generator("fresh truth")
        draws = []
        for _ in range(repeats):
            x = source.sample(len(evidence.samples), generator=generator).x
            log_p = as_numbers(source.log_prob(x)) + volume
            draws.append((standard.apply(as_rows(x)), log_p))
        return draws

    return evidence.about_real(("fresh truth", repeats), compute)


def two_real_rows(evidence: Evidence) -> tuple[Array, Array]:
    """Two disjoint real samples as rows: the reference, and another as large as the generated one.

    The other is made of fresh draws. For a finite source it is made of training rows, as many as
    there are. For a split one the two are made of different held-out parts.
    """

    def compute() -> tuple[Array, Array]:
        x, n, source = reference_rows(evidence), len(evidence.samples), evidence.source
        generator = evidence.generator("second real sample")
        if isinstance(source, FiniteSource):
            chosen = torch.randperm(len(source.train.x), generator=generator)[:n]
            return x, as_rows(source.train.x[chosen])
        if isinstance(source, SplitSource):
            first, second = held_out_parts(source, n, generator=generator)
            return as_rows(first.x)[: len(x)], as_rows(second.x)
        return x, as_rows(source.sample(n, generator=generator).x)

    return evidence.about_real("two real samples", compute)


def two_real_samples(evidence: Evidence) -> tuple[Array, Array]:
    """`two_real_rows` in standard units; for a finite source in `copying_units`, alike for both."""
    chosen = facts.units(evidence)
    if isinstance(evidence.source, FiniteSource):
        chosen = facts.copying_units(evidence)
    first, second = two_real_rows(evidence)
    return chosen.apply(first), chosen.apply(second)


def two_comparable_samples(evidence: Evidence) -> tuple[Array, Array]:
    """`two_real_rows` in units of `comparable_rows`, those of a table as in `two_real_samples`."""
    if evidence.source.recommended_standardisation == "column":
        return two_real_samples(evidence)
    chosen = facts.comparable_units(evidence)
    first, second = two_real_rows(evidence)
    return chosen.apply(first), chosen.apply(second)
