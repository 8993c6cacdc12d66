"""The evaluation protocol: one real sample for each seed index, shared by every row there."""

import time
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from genzoo.core.features import Features
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, real_sample
from genzoo.errors import InputError

EVALUATION_SAMPLES = 2500
"""Generated and real examples that scores are computed on.

The n of Srivastava et al. 2017 and Lin et al. 2018.
"""

FAILED = "failed: "
"""How the reason of a value begins that is missing because the metric raised an exception."""

ROOM = 2**26
"""Bytes of real samples that are kept for the rows of one problem."""


def reference_sample(source: DataSource, n: int, seed: int) -> Tensor:
    """The real sample that all rows are held against at a seed index."""
    return real_sample(source, n, generator=stream(seed, "real"))[0]


class RealSamples:
    """The real samples of one source, each drawn once and then shared by the rows of its seed.

    What would take more than `ROOM` bytes is drawn again each time: many seeds of large images
    would fill the memory.

    Args:
        source: Where they come from.
        n: How many examples are asked for, see `real_sample`.
    """

    def __init__(self, source: DataSource, n: int) -> None:
        self.source = source
        self.n = n
        self._by_seed: dict[int, Tensor] = {}

    def at(self, seed: int) -> Tensor:
        """The real sample that all rows are held against at a seed index."""
        if seed in self._by_seed:
            return self._by_seed[seed]
        sample = reference_sample(self.source, self.n, seed)
        size = sample.untyped_storage().nbytes()
        if (len(self._by_seed) + 1) * size <= ROOM:
            self._by_seed[seed] = sample
        return sample


def model_sample(model: GenerativeModel, n: int, seed: int) -> tuple[Tensor, float]:
    """The sample of a trained model at a seed index, and the seconds that it took."""
    start = time.perf_counter()
    samples = model.sample(n, generator=stream(seed, "samples"))
    return samples.float(), time.perf_counter() - start


def rows_sample(rows: Tensor, n: int, seed: int) -> Tensor:
    """At most n rows of a finished set of samples, without replacement.

    Other rows are taken at another seed index.
    """
    return rows[torch.randperm(rows.shape[0], generator=stream(seed, "samples"))[:n]]


def score(
    samples: Tensor,
    reference: Tensor,
    source: DataSource,
    metrics: Sequence[Metric],
    *,
    seed: int,
    model: GenerativeModel | None = None,
    known: Mapping[str, Estimate] | None = None,
    features: Features | None = None,
    every: Tensor | None = None,
) -> dict[str, Estimate]:
    """Every metric of one row at one seed.

    Args:
        samples: Generated examples.
        reference: Real examples, from `reference_sample`.
        source: Where they come from.
        metrics: Those that the row shall have.
        seed: Seed index.
        model: The model, for metrics that ask it.
        known: Estimates already made, which are kept.
        features: What metrics that compare samples alone look at; None for the examples.
        every: All rows of an outside sample, of which `samples` are some.

    Returns:
        Estimates by metric name, those already known included.

    A metric that raises an exception has no value, and the reason says so; the others have theirs.

    Raises:
        InputError: When the features fail.
    """
    estimates = dict(known or {})
    missing = [metric for metric in metrics if metric.name not in estimates]
    if not missing:
        return estimates
    if not bool(torch.isfinite(samples).all()):
        for metric in missing:
            estimates[metric.name] = Estimate.absent("samples are not finite")
        return estimates
    evidence = Evidence(samples, reference, source, model, seed, features, every)
    with torch.no_grad():
        if any(metric.compares_samples for metric in missing):
            evidence.on_features()
        for metric in missing:
            estimates[metric.name] = _estimate(metric, evidence)
    return estimates


def _estimate(metric: Metric, evidence: Evidence) -> Estimate:
    """The estimate; of a metric that raises an exception, an absent one that says which."""
    try:
        return metric(evidence)
    except InputError as error:
        said = _one_line(error)
    except Exception as error:
        said = f"{type(error).__name__}: {_one_line(error)}"
    is_own = type(metric).__module__.partition(".")[0] == "genzoo"
    if not is_own:
        said += "; genzoo.testing.check_metric helps to mend it"
    return Estimate.absent(f"{FAILED}{said}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
