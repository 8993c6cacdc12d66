"""Evidence that metrics are checked on: some of each kind, and what is met in the field."""

import dataclasses
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from genzoo.core.metric import Evidence
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, real_sample
from genzoo.testing.specimens import (
    LinearGAN,
    LinearGaussian,
    Parabolas,
    Rows,
    StandardNormal,
    ThreeModes,
)
from genzoo.testing.support import build_ready

MakeEvidence = Callable[[], Evidence]
"""Makes the same evidence at each call, with an empty cache."""

SIZE = 200
"""Generated and real examples of the default evidence."""


def default_evidence() -> tuple[MakeEvidence, ...]:
    """Evidence with modes, a density, a curve parameter, a finite table; with a model of every capability.

    The generated examples are draws of the source brought a tenth nearer to 0, so that most metrics
    have a value.
    """
    return (
        _maker(ThreeModes(), LinearGaussian),
        _maker(StandardNormal((3,)), LinearGaussian),
        _maker(Parabolas(), LinearGAN),
        _maker(Rows(), LinearGaussian),
    )


def _maker(source: DataSource, kind: type[GenerativeModel]) -> MakeEvidence:
    def make() -> Evidence:
        model = build_ready(lambda: kind(source.event_shape), dtype=torch.float32)
        samples = 0.9 * source.sample(SIZE, generator=stream(0, "check", "samples")).x
        real, _ = real_sample(source, SIZE, generator=stream(0, "check", "real"))
        return Evidence(samples, real, source, model)

    return make


def hostile_evidence(make: MakeEvidence) -> Iterator[tuple[str, Evidence]]:
    """Variations of evidence that a metric meets in the field, with a name for each."""
    given = make()

    def vary(
        samples: Callable[[Tensor], Tensor], reference: Callable[[Tensor], Tensor] = torch.clone
    ) -> Evidence:
        x, real = samples(given.samples), reference(given.reference)
        return dataclasses.replace(given, samples=x, reference=real, _cache={})

    yield "one sample", vary(lambda x: x[:1])
    yield "one sample and one real example", vary(lambda x: x[:1], lambda x: x[:1])
    yield "two samples", vary(lambda x: x[:2])
    yield "one real example", vary(torch.clone, lambda x: x[:1])
    yield "more samples than real examples", vary(torch.clone, lambda x: x[: len(x) // 2])
    yield "fewer samples than real examples", vary(lambda x: x[: len(x) // 3])
    yield "constant samples", vary(lambda x: x[:1].expand_as(x).clone())
    yield "constant real examples", vary(torch.clone, lambda x: x[:1].expand_as(x).clone())
    yield "constant samples and real examples", vary(torch.zeros_like, torch.zeros_like)
    yield "every sample twice", vary(lambda x: torch.cat([x, x]))
    yield "samples that are the real examples", vary(lambda _: given.reference.clone())
    yield "half precision", vary(lambda x: x.half())
    yield "double precision", vary(lambda x: x.double())
    yield "samples a million times as large", vary(lambda x: 1e6 * x)
    yield "everything a million times as large", vary(lambda x: 1e6 * x, lambda x: 1e6 * x)
    yield "disjoint supports", vary(lambda x: x + 1e3)
