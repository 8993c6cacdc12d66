"""The evaluation protocol: one real sample for each seed index, shared by every row there."""

import time
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genzoo.core.any_range import within_any_range
from genzoo.core.features import Features
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, real_sample, take_rows
from genzoo.errors import InputError

EVALUATION_SAMPLES = 2500
"""Generated and real examples that scores are computed on.

The n of Srivastava et al. 2017 and Lin et al. 2018.
"""

FAILED = "failed: "
"""How the reason of a value begins that is missing because the metric raised an exception."""

ROOM = 2**26
"""Bytes of real samples that are kept for the rows of one problem, and of facts about them."""


def reference_sample(source: DataSource, n: int, seed: int) -> Batch:
    """The real sample that all rows are held against at a seed index."""
    return real_sample(source, n, generator=stream(seed, "real"))[0]


class RealSamples:
    """The real samples of one source, each drawn once and then shared by the rows of its seed.

    What would take more than `ROOM` bytes is drawn again each time: many seeds of large images
    would fill the memory. So it is with what metrics find out about a real sample alone.

    Args:
        source: Where they come from.
        n: How many examples are asked for, see `real_sample`.
    """

    def __init__(self, source: DataSource, n: int) -> None:
        self.source = source
        self.n = n
        self._by_seed: dict[int, Batch] = {}
        self._facts: dict[int, dict[Hashable, Any]] = {}

    def at(self, seed: int) -> Batch:
        """The real sample that all rows are held against at a seed index."""
        if seed in self._by_seed:
            return self._by_seed[seed]
        sample = reference_sample(self.source, self.n, seed)
        size = sample.x.untyped_storage().nbytes()
        if (len(self._by_seed) + 1) * size <= ROOM:
            self._by_seed[seed] = sample
        return sample

    def facts(self, seed: int) -> dict[Hashable, Any]:
        """What the rows so far have found out about the real sample at a seed, for `score`."""
        if seed not in self._facts and _bytes_held(self._facts) > ROOM:
            return {}
        return self._facts.setdefault(seed, {})


def model_sample(
    model: GenerativeModel, source: DataSource, n: int, seed: int
) -> tuple[Batch, float]:
    """The sample of a trained model at a seed index, and the seconds that it took.

    A conditional model is asked for the conditions of `oracle`, the second real sample, so that the
    two differ in the model alone. Where the source gives no conditions, it draws its own.
    """
    context = None
    if model.context_spec is not None:
        context = _asked(model, source, n, seed)
    start = time.perf_counter()
    with within_any_range():
        samples = model.sample(n, generator=stream(seed, "samples"), context=context)
    return Batch(samples.float(), context), time.perf_counter() - start


def _asked(model: GenerativeModel, source: DataSource, n: int, seed: int) -> Tensor | None:
    """The conditions that samples of a conditional model are asked for."""
    rows = real_sample(source, n, generator=stream(seed, "real"))[1].context
    generator = stream(seed, "conditions")
    if rows is None:
        return model.draw_conditions(n, generator=generator)
    if len(rows) < n:
        more = torch.randint(len(rows), (n - len(rows),), generator=generator)
        rows = torch.cat([rows, rows[more]])
    return rows


def rows_sample(rows: Batch, n: int, seed: int) -> Batch:
    """At most n rows of a finished set of samples, without replacement.

    Other rows are taken at another seed index.
    """
    return take_rows(rows, torch.randperm(len(rows.x), generator=stream(seed, "samples"))[:n])


def score(
    samples: Batch,
    reference: Batch,
    source: DataSource,
    metrics: Sequence[Metric],
    *,
    seed: int,
    model: GenerativeModel | None = None,
    known: Mapping[str, Estimate] | None = None,
    features: Features | None = None,
    every: Tensor | None = None,
    real_facts: dict[Hashable, Any] | None = None,
) -> dict[str, Estimate]:
    """Every metric of one row at one seed.

    Args:
        samples: Generated examples, with the conditions that they were asked for with, if any.
        reference: Real examples, from `reference_sample`.
        source: Where they come from.
        metrics: Those that the row shall have.
        seed: Seed index.
        model: The model, for metrics that ask it.
        known: Estimates already made, which are kept.
        features: What metrics that compare samples alone look at; None for the examples.
        every: All rows of an outside sample, of which `samples` are some.
        real_facts: What rows at this seed have found out about the reference, see `RealSamples`.

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
    if not bool(torch.isfinite(samples.x).all()):
        for metric in missing:
            estimates[metric.name] = Estimate.absent("samples are not finite")
        return estimates
    sample_context = None
    if source.context_spec is not None:
        sample_context = samples.context
    with torch.no_grad(), within_any_range():
        evidence = Evidence(
            samples.x,
            reference.x,
            source,
            model,
            seed,
            features,
            every,
            sample_context,
            reference.context,
            {} if real_facts is None else real_facts,
        )
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


def _bytes_held(value: Any) -> int:
    """Bytes of the arrays and tensors in a value and in the containers that it is made of."""
    if isinstance(value, Tensor):
        return value.untyped_storage().nbytes()
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(_bytes_held(part) for part in value.values())
    if isinstance(value, list | tuple):
        return sum(_bytes_held(part) for part in value)
    return 0
