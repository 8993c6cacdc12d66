"""Performance profiles: how often runs of a model do better than a level, over several sources."""

from collections.abc import Mapping
from dataclasses import dataclass

from genzoo.arrays import FloatArray
from genzoo.results.table import Column


@dataclass(frozen=True)
class ProfileCurve:
    """The profile of one model.

    Attributes:
        share: `(T,)`, the share of all runs whose score exceeds each level.
        low: `(T,)`, lower end of the 95 % interval.
        high: `(T,)`, upper end.
    """

    share: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class PerformanceProfiles:
    """The profiles of several models by one metric (Dolan and More 2002; Agarwal et al. 2021).

    Attributes:
        column: The metric.
        sources: The number of sources.
        seeds: The number of runs of each model on each source.
        levels: `(T,)`, increasing: scores on the scale of the controls, 0 as single_mode, 1 as
            oracle.
        curves: The profile of each model, by its name.
    """

    column: Column
    sources: int
    seeds: int
    levels: FloatArray
    curves: Mapping[str, ProfileCurve]
