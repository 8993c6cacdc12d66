"""p-values of several tests, adjusted for their number."""

import numpy as np

from genzoo.arrays import Array


def holm(p_values: Array) -> Array:
    """p-values adjusted so that rejecting those at most q has a family-wise error rate of q.

    Holm 1979.

    Args:
        p_values: `(K,)`.

    Returns:
        `(K,)`, each at most 1.
    """
    order = np.argsort(p_values)
    stepped = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty_like(stepped)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: Array) -> Array:
    """p-values adjusted so that rejecting those at most q has a false discovery rate of q.

    Benjamini and Hochberg 1995.

    Args:
        p_values: `(K,)`.

    Returns:
        `(K,)`, each at most 1.
    """
    order = np.argsort(p_values)[::-1]
    scaled = p_values[order] * len(p_values) / np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(scaled)
    adjusted[order] = np.minimum.accumulate(np.minimum(scaled, 1.0))
    return adjusted
