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
    *others, last = names
    if not others:
        return last
    return f"{', '.join(others)} and {last}"


def verb_for(names: Sequence[str], several: str, one: str) -> str:
    """The form of a verb whose subject is these names.

    >>> verb_for(["a"], "copy", "copies"), verb_for(["a", "b"], "copy", "copies")
    ('copies', 'copy')
    """
    if len(names) == 1:
        return one
    return several


def counted_seeds(seeds: int) -> str:
    """A number of seeds in a sentence.

    >>> counted_seeds(1), counted_seeds(4)
    ('1 seed', '4 seeds')
    """
    if seeds > 1:
        return f"{seeds} seeds"
    return f"{seeds} seed"


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
