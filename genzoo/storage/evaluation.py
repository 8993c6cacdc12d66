"""The evaluation protocol: one real sample for each seed index, shared by every row at that seed."""

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
"""Generated and real examples that scores are computed on: the n of Srivastava et al. 2017 and Lin et al. 2018."""

FAILED = "failed: "
"""How the reason of a value begins that is missing because the metric raised an exception."""


def reference_sample(source: DataSource, n: int, seed: int) -> Tensor:
    """The real sample that all rows are held against at a seed index."""
    return real_sample(source, n, generator=stream(seed, "real"))[0]


def model_sample(model: GenerativeModel, n: int, seed: int) -> tuple[Tensor, float]:
    """The sample of a trained model at a seed index, and the seconds that it took."""
    start = time.perf_counter()
    samples = model.sample(n, generator=stream(seed, "samples"))
    return samples.float(), time.perf_counter() - start


def rows_sample(rows: Tensor, n: int, seed: int) -> Tensor:
    """At most n rows of a finished set of samples, without replacement; other rows at another seed index."""
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
        metrics: What to compute.
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
    if missing and not bool(torch.isfinite(samples).all()):
        return estimates | {
            metric.name: Estimate.absent("samples are not finite") for metric in missing
        }
    if missing:
        evidence = Evidence(samples, reference, source, model, seed, features, every)
        with torch.no_grad():
            if any(metric.compares_samples for metric in missing):
                evidence.on_features()
            estimates |= {metric.name: _estimate(metric, evidence) for metric in missing}
    return estimates


def _estimate(metric: Metric, evidence: Evidence) -> Estimate:
    """The estimate; of a metric that raises an exception, an absent one that says which."""
    try:
        return metric(evidence)
    except Exception as error:
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        own = type(metric).__module__.partition(".")[0] == "genzoo"
        advice = "" if own else "; genzoo.testing.check_metric helps to mend it"
        return Estimate.absent(f"{FAILED}{kind}{' '.join(str(error).split())}{advice}")
