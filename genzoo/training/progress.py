"""What is heard of a fit while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class TrainingProgress:
    """What an observer hears after each chunk of steps.

    Attributes:
        step: Steps done.
        steps: Steps in all.
        seeds: The seeds in training.
        latest: The last value of each column of the history, `(S,)`.
        diverged: How many seeds have diverged.
    """

    step: int
    steps: int
    seeds: tuple[int, ...]
    latest: Mapping[str, Tensor]
    diverged: int


Observer = Callable[[TrainingProgress], None]
