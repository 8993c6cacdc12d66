"""What makes two runs the same apart from the seed, and the folders that are named by it."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
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
    engine: str,
    version: str,
) -> dict[str, Any]:
    """What identifies a run apart from its seed, in JSON types."""
    # The others give the same numbers to the bit.
    own = {"engine": engine} if engine in ("compiled", "captured") else {}
    return own | {
        "genzoo": version,
        "model": dict(model),
        "source": dict(source),
        "recipe": recipe.to_dict(),
        "samples": samples,
        "stacked": stacked,
        "device": device,
    }


def row_folder(root: Path, source: str, row: str, identity: Any) -> Path:
    """Where a comparison keeps what belongs to one row on one source."""
    return root / "runs" / slug(source) / f"{slug(row)}-{digest(identity)}"


def seed_folder(folder: Path, seed: int) -> Path:
    """The part of the folder of a row that belongs to one seed."""
    return folder / f"seed-{seed:04d}"


def digest(value: Any) -> str:
    """Eight hexadecimal digits that name a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


def slug(name: str) -> str:
    """A name as a safe folder name."""
    return re.sub(r"[^A-Za-z0-9.=-]+", "_", name).strip("._")[:60] or "unnamed"
