"""Random points that keep apart."""

import torch
from torch import Tensor

from genzoo.data.draws import uniform

CANDIDATES = 64
"""Candidates for each location of a random layout."""


def scattered_locations(
    modes: int,
    dimension: int,
    generator: torch.Generator,
) -> Tensor:
    """Points in [-1, 1]^D that keep apart.

    Each is the farthest from the earlier ones among random candidates.

    Returns:
        `(modes, dimension)` float64 (best-candidate sampling; Mitchell 1991).
    """
    locations = 2 * uniform(1, dimension, generator=generator) - 1
    for _ in range(modes - 1):
        candidates = 2 * uniform(CANDIDATES, dimension, generator=generator) - 1
        farthest = torch.cdist(candidates, locations).amin(dim=1).argmax()
        locations = torch.cat([locations, candidates[farthest, None]])
    return locations


def nearest_pair(locations: Tensor) -> float:
    """The smallest distance between two of the points; 1 when there is only one."""
    if len(locations) == 1:
        return 1.0
    return float(torch.pdist(locations).min())
