"""What is checked of the files that a report is read from and written to."""

from pathlib import Path, PurePath
from typing import Any

from genzoo.errors import InputError
from genzoo.reporting import BEGINNING


def are_facts(given: Any) -> bool:
    """Whether it is what comparison.json holds, as far as a report reads it."""
    if not isinstance(given, dict):
        return False
    seeds, described, runs = (given.get(key, {}) for key in ("seeds", "described", "runs"))
    if not isinstance(seeds, list) or not all(
        isinstance(seed, int) and 0 <= seed < 2**63 for seed in seeds
    ):
        return False
    texts = all(isinstance(given.get(key, ""), str) for key in ("command", "genzoo"))
    return (
        texts
        and _are_texts(described)
        and isinstance(runs, dict)
        and all(map(_are_runs, runs.values()))
    )


def check_replaceable(path: Path) -> None:
    """Refuse to write a report over anything but a report.

    Raises:
        InputError: When there is something else.
    """
    if not path.exists():
        return
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(BEGINNING)) == BEGINNING.encode():
                return
    raise InputError(
        f"{path} exists and is no report: choose another file, or say that it may be replaced (--replace)"
    )


def _are_texts(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(text, str) for text in given.values())


def _are_runs(given: Any) -> bool:
    """Whether it names folders within the comparison, and positions of curves."""
    if not isinstance(given, dict) or not _are_texts(given.get("models", {})):
        return False
    folders = [PurePath(folder) for folder in given.get("models", {}).values()]
    within = all(not folder.is_absolute() and ".." not in folder.parts for folder in folders)
    positions = given.get("positions")
    numbers = positions is None or (
        isinstance(positions, list)
        and len(positions) > 1
        and all(isinstance(one, int | float) for one in positions)
    )
    return within and numbers
