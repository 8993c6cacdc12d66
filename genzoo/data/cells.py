"""Cells of a text: whether one is a number, a missing number or neither."""

import math
from collections.abc import Sequence

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""Texts, in lower case, that stand for a missing number."""


def is_number(text: str) -> bool:
    """Whether a cell reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_missing(text: str) -> bool:
    """Whether a cell stands for a missing number."""
    return text.strip().lower() in MISSING


def is_number_or_missing(text: str) -> bool:
    """Whether a cell is no text."""
    return is_number(text) or is_missing(text)


def to_numbers(row: Sequence[str]) -> list[float]:
    """Cells as numbers, NaN where one is missing."""
    return [math.nan if is_missing(cell) else float(cell) for cell in row]
