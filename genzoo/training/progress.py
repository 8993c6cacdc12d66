"""What is heard of a fit while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from genzoo.core.model import GenerativeModel

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
        model: Makes a copy, on the CPU, of the model of the first seed that has not diverged, as it
            is now; what an autoencoder fits after training has not been fitted.
        notes: What else is to be said, such as "7 of 8 modes".
    """

    step: int
    steps: int
    seeds: tuple[int, ...]
    latest: Mapping[str, Tensor]
    diverged: int
    model: Callable[[], GenerativeModel] | None = None
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """One line: "step 64 of 2,000, discriminator 1.39, ...".

        It holds means over finite seeds of the losses and of what `SHOWN` names, and the notes.
        """
        parts = [f"step {self.step:,} of {self.steps:,}"]
        for name, values in self.latest.items():
            update, _, column = name.rpartition("/")
            label = update if column == "loss" else SHOWN.get(column)
            finite = values[torch.isfinite(values)]
            if label is not None and len(finite):
                parts.append(f"{label} {float(finite.mean()):.3g}")
        parts += self.notes
        if self.diverged:
            parts.append(f"{self.diverged} diverged")
        return ", ".join(parts)


Observer = Callable[[TrainingProgress], None]
