"""What has been computed of a run or of samples, on disk beside the samples."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from genzoo.core.metric import Estimate
from genzoo.disk import write_text
from genzoo.results.typed import typed
from genzoo.storage.records import DIGEST, FILES, VALUES, digest_of_file, is_intact, sealed
from genzoo.storage.run_files import SAMPLES

SCORES = "scores.json"


def write_scores(folder: Path, estimates: Mapping[str, Estimate]) -> None:
    """Store what has been computed of a run or of samples.

    With the digest of the samples: scores of other samples are not read again.

    Args:
        folder: Of the run or the samples.
        estimates: By metric name.
    """
    scores = {name: asdict(estimate) for name, estimate in estimates.items()}
    write_text(
        folder / SCORES,
        sealed({FILES: _samples_digest(folder), VALUES: scores}),
    )


def read_scores(folder: Path) -> dict[str, Estimate]:
    """What has been computed of a run or of samples.

    Nothing where a file is damaged, for scores can be computed again.
    """
    try:
        stored = json.loads((folder / SCORES).read_text(encoding="utf-8"))
        if DIGEST not in stored:
            return _estimates(stored)
        is_of_samples = stored[FILES].items() <= _samples_digest(folder).items()
        if is_of_samples and is_intact(stored):
            return _estimates(stored[VALUES])
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
