"""Evidence that metrics are checked on: some of each kind, and what is met in the field."""

import dataclasses
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from genzoo.core.metric import Evidence
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, real_sample
from genzoo.testing.asked_specimens import GivenGaussian, Shelves
from genzoo.testing.specimens import (
    LinearGAN,
    LinearGaussian,
    Parabolas,
    Rows,
    StandardNormal,
)
from genzoo.testing.support import Build, build_ready
from genzoo.testing.velocity_specimens import MovedNoise, ThreeGaussians

MakeEvidence = Callable[[], Evidence]
"""Makes the same evidence at each call, with an empty cache."""

SIZE = 200
"""Generated and real examples of the default evidence."""


def default_evidence() -> tuple[MakeEvidence, ...]:
    """Evidence with modes, a density, a curve parameter, a finite table, and conditions.

    Its models have between them every capability. The generated examples are draws of the source
    brought a tenth nearer to 0, so that most metrics have a value.
    """
    return (
        _maker(ThreeGaussians(), MovedNoise),
        _maker(StandardNormal((3,)), LinearGaussian),
        _maker(Parabolas(), LinearGAN),
        _maker(Rows(), LinearGaussian),
        with_conditions,
    )


def with_conditions() -> Evidence:
    """Evidence of a conditional model: a label and a number come with each example."""
    source = Shelves()
    return _evidence(source, lambda: GivenGaussian(source.event_shape, source.context_spec))


def _maker(source: DataSource, kind: Callable[[tuple[int, ...]], GenerativeModel]) -> MakeEvidence:
    return lambda: _evidence(source, lambda: kind(source.event_shape))


def _evidence(source: DataSource, build: Build) -> Evidence:
    draws = source.sample(SIZE, generator=stream(0, "check", "samples"))
    real, _ = real_sample(source, SIZE, generator=stream(0, "check", "real"))
    return Evidence(
        0.9 * draws.x,
        real.x,
        source,
        build_ready(build, dtype=torch.float32),
        sample_context=draws.context,
        reference_context=real.context,
    )


def of_truth(source: DataSource) -> Evidence:
    """Draws of a source, held against others of its draws."""
    real, oracle = real_sample(source, SIZE, generator=stream(1, "check", "truth"))
    return Evidence(
        oracle.x,
        real.x,
        source,
        sample_context=oracle.context,
        reference_context=real.context,
    )


def hostile_evidence(make: MakeEvidence) -> Iterator[tuple[str, Evidence]]:
    """Variations of evidence that a metric meets in the field, with a name for each."""
    plain = make()
    x = plain.samples
    real = plain.reference
    copies = x[:1].expand_as(x).clone()
    real_copies = real[:1].expand_as(real).clone()

    def vary(samples: Tensor, reference: Tensor | None = None) -> Evidence:
        if reference is None:
            reference = real.clone()
        return dataclasses.replace(
            plain,
            samples=samples,
            reference=reference,
            sample_context=_for_as_many(plain.sample_context, samples),
            reference_context=_for_as_many(plain.reference_context, reference),
            real_facts={},
            _cache={},
        )

    yield "one sample", vary(x[:1])
    yield "one sample and one real example", vary(x[:1], real[:1])
    yield "two samples", vary(x[:2])
    yield "one real example", vary(x.clone(), real[:1])
    yield "more samples than real examples", vary(x.clone(), real[: len(real) // 2])
    yield "fewer samples than real examples", vary(x[: len(x) // 3])
    yield "constant samples", vary(copies)
    yield "constant real examples", vary(x.clone(), real_copies)
    yield "constant samples and real examples", vary(torch.zeros_like(x), torch.zeros_like(real))
    yield "every sample twice", vary(torch.cat([x, x]))
    yield "samples that are the real examples", vary(real.clone())
    yield "half precision", vary(x.half())
    yield "double precision", vary(x.double())
    yield "samples a million times as large", vary(1e6 * x)
    yield "everything a million times as large", vary(1e6 * x, 1e6 * real)
    yield "disjoint supports", vary(x + 1e3)


def _for_as_many(context: Tensor | None, examples: Tensor) -> Tensor | None:
    """Conditions for each of the examples: the first ones, over again where they are too few."""
    if context is None:
        return None
    return context[torch.arange(len(examples)) % len(context)]
