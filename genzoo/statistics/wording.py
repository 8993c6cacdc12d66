"""Pieces of sentences that several conclusions share."""

import math
from collections.abc import Sequence

MANY_SEEDS = 1000
"""Beyond this, a sentence says "more than"."""


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def more_seeds(needed: int, seeds: int) -> str:
    """How many seeds would settle a difference, to be followed by which."""
    if needed > MANY_SEEDS:
        return f"more than {MANY_SEEDS} seeds would be needed to settle"
    if needed <= seeds:
        return f"by its size about {needed} seeds should settle"
    return f"about {needed} seeds would settle"


def rounded_up(p: float) -> str:
    """A p-value with two digits, never smaller than it is.

    >>> rounded_up(0.00391)
    '0.004'
    """
    scale = 10.0 ** (1 - math.floor(math.log10(p)))
    return f"{math.ceil(p * scale - 1e-9) / scale:.2g}"
