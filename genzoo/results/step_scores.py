"""How good samples of one trained network are by how often it is evaluated for them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

NETWORK, EXACT = "network", "exact"
"""What a sampler follows."""


@dataclass(frozen=True)
class StepScore:
    """One metric of the samples of one run, made in some number of steps.

    Attributes:
        source: Name of the source.
        model: Row of the comparison.
        field: `"network"`: that of the trained model. `"exact"`: the field that it is to learn.
        seed: Seed of the run, and of the samples.
        most: Evaluations that were allowed.
        evaluations: Those that were made: as many as whole steps of the sampler take.
        metric: Name of the metric.
        value: Its value.
    """

    source: str
    model: str
    field: str
    seed: int
    most: int
    evaluations: int
    metric: str
    value: float


STEP_FIELDS = [field.name for field in fields(StepScore)]

Group = tuple[str, str, str, int]
"""Metric, field, row and evaluations allowed."""


def by_group(scores: Iterable[StepScore]) -> dict[Group, list[StepScore]]:
    """Scores that differ in the seed alone, in the order in which they come."""
    groups: dict[Group, list[StepScore]] = {}
    for score in scores:
        key = (score.metric, score.field, score.model, score.most)
        groups.setdefault(key, []).append(score)
    return groups
