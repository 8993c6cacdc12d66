"""What makes a problem the one that it is: digests of what a source draws."""

import hashlib
from typing import Any

from genzoo.core.noise import stream
from genzoo.core.source import DataSource, FiniteSource
from genzoo.data import ArraySource, FileSource

OWN_ROWS = (ArraySource, FileSource)
"""Sources of a user's own rows. What others draw is settled by their name and options."""


def content(source: DataSource) -> str:
    """A digest of a source's rows, or of some draws."""
    if isinstance(source, FiniteSource):
        parts = [source.train.x, source.holdout.x]
        if type(source) in OWN_ROWS:
            both = source.train.context, source.holdout.context
            parts += [context for context in both if context is not None]
    else:
        parts = [source.sample(256, generator=stream(0, "identity")).x]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def own_conditions(source: DataSource) -> dict[str, Any]:
    """What the conditions of a user's own rows mean, in JSON types; empty for other sources."""
    if source.context_spec is None or type(source) not in OWN_ROWS:
        return {}
    return {"conditions": source.context_spec.to_dict()}
