"""What has been computed of a run or of samples, on disk beside the samples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from genzoo.core.metric import Estimate, Metric
from genzoo.disk import write_text
from genzoo.results.typed import typed
from genzoo.source_code import is_own, module_digest
from genzoo.storage.records import (
    CODE,
    DIGEST,
    FILES,
    VALUES,
    digest_of_file,
    is_intact,
    sealed,
)
from genzoo.storage.run_files import SAMPLES

SCORES = "scores.json"


def write_scores(
    folder: Path, estimates: Mapping[str, Estimate], metrics: Sequence[Metric] = ()
) -> None:
    """Store what has been computed of a run or of samples.

    With the digest of the samples: scores of other samples are not read again. And with one of the
    source of each metric from outside genzoo: scores by other code are not read again either.

    Args:
        folder: Of the run or the samples.
        estimates: By metric name.
        metrics: Those that made them; estimates of others are as they were read.
    """
    codes = dict(_record(folder).get(CODE, {}))
    for metric in metrics:
        codes.pop(metric.name, None)
        code = _code(metric)
        if code:
            codes[metric.name] = code
    record: dict[str, Any] = {
        FILES: _samples_digest(folder),
        VALUES: {name: asdict(estimate) for name, estimate in estimates.items()},
    }
    if codes:
        record[CODE] = codes
    write_text(folder / SCORES, sealed(record))


def read_scores(folder: Path, metrics: Sequence[Metric] = ()) -> dict[str, Estimate]:
    """What has been computed of a run or of samples.

    Nothing where a file is damaged, for scores can be computed again.

    Args:
        folder: Of the run or the samples.
        metrics: Those that are asked for; what one of them made by other code is left out.
    """
    record = _record(folder)
    try:
        estimates = _estimates(record.get(VALUES, {}))
        codes = dict(record.get(CODE, {}))
    except (ValueError, TypeError, AttributeError, KeyError):
        return {}
    for metric in metrics:
        if codes.get(metric.name, "") != _code(metric):
            estimates.pop(metric.name, None)
    return estimates


def _code(metric: Metric) -> str | None:
    """A digest of the source of a metric.

    Nothing for one of genzoo's own, and None where the source cannot be read.
    """
    module = type(metric).__module__
    if is_own(module):
        return ""
    return module_digest(module) or None


def _record(folder: Path) -> dict[str, Any]:
    """What is stored of the samples in a folder; nothing where a file is missing or damaged."""
    try:
        stored = json.loads((folder / SCORES).read_text(encoding="utf-8"))
        if DIGEST not in stored:
            return {VALUES: stored}
        is_of_samples = stored[FILES].items() <= _samples_digest(folder).items()
        if is_of_samples and is_intact(stored):
            return dict(stored)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        pass
    return {}


def _estimates(stored: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: typed(Estimate, fields) for name, fields in stored.items()}


def _samples_digest(folder: Path) -> dict[str, str]:
    """The digest of the samples in a folder by their name; nothing where there are none."""
    path = folder / SAMPLES
    if not path.exists():
        return {}
    return {SAMPLES: digest_of_file(path)}
