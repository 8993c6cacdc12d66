"""What is heard of a fit while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

SHOWN: Mapping[str, str] = {"accuracy": "accuracy of D"}
"""Monitors that a line of progress names, beside the losses."""


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

    @property
    def summary(self) -> str:
        """The step, and means over finite seeds of the losses and of what `SHOWN` names: "step 64 of 2,000, ..."."""
        parts = [f"step {self.step:,} of {self.steps:,}"]
        for name, values in self.latest.items():
            update, _, column = name.rpartition("/")
            finite = values[torch.isfinite(values)]
            if (column == "loss" or column in SHOWN) and len(finite):
                parts.append(f"{update if column == 'loss' else SHOWN[column]} {float(finite.mean()):.3g}")
        parts += [f"{self.diverged} diverged"] if self.diverged else []
        return ", ".join(parts)


Observer = Callable[[TrainingProgress], None]
