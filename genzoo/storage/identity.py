"""What makes two runs the same apart from the seed, and the names of folders that follow from it."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from genzoo.core.recipe import Recipe


def run_identity(
    model: Mapping[str, Any],
    source: Mapping[str, Any],
    recipe: Recipe,
    *,
    samples: int,
    stacked: bool,
    device: str,
    version: str,
) -> dict[str, Any]:
    """What identifies a run apart from its seed, in JSON types."""
    return {
        "genzoo": version,
        "model": dict(model),
        "source": dict(source),
        "recipe": recipe.to_dict(),
        "samples": samples,
        "stacked": stacked,
        "device": device,
    }


def digest(value: Any) -> str:
    """Eight hexadecimal digits that name a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


def slug(name: str) -> str:
    """A name as a safe folder name."""
    return re.sub(r"[^A-Za-z0-9.=-]+", "_", name).strip("._")[:60] or "unnamed"
