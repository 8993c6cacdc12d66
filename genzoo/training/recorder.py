"""Losses and monitors of every step and seed, and the step at which a seed diverged."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from genzoo.core.model import Update
from genzoo.results.types import History
from genzoo.training.replay import Outcome

GRADIENT_NORM = "gradient norm"
"""The column of the norm of an update's gradient over all that it may change, before clipping."""


class Recorder:
    """Collects the rows of a history; moved off the device once a chunk.

    Args:
        size: Number of seeds.
        updates: The model's updates; each has columns of its own.
    """

    def __init__(self, size: int, updates: Sequence[Update]) -> None:
        self.size = size
        self.names: dict[str, list[str]] = {update.name: [] for update in updates}
        self.diverged_at: list[int | None] = [None] * size
        self._rows: dict[str, list[Tensor]] = {update.name: [] for update in updates}
        self._steps: dict[str, list[int]] = {update.name: [] for update in updates}
        self._done: dict[str, list[Tensor]] = {update.name: [] for update in updates}
        self._done_steps: dict[str, list[int]] = {update.name: [] for update in updates}

    @torch.no_grad()
    def record(self, update: Update, step: int, outcome: Outcome, norms: Tensor) -> None:
        """Keep one row: the sum of the terms, the terms where there are several, the monitors, the gradient's norm."""
        made, shape = outcome.step, outcome.losses.shape
        terms = made.terms if len(made.terms) > 1 else {}
        columns = {
            "loss": outcome.losses,
            **terms,
            **made.monitors,
            GRADIENT_NORM: norms.reshape(shape),
        }
        self.names[update.name] = list(columns)
        self._rows[update.name].append(torch.stack(list(columns.values())))
        self._steps[update.name].append(step)

    def close_chunk(self, step: int, finite: Tensor) -> None:
        """Bring the rows in and look for seeds that diverged.

        Args:
            step: The last step of the chunk, counted from 1.
            finite: Whether the parameters of each seed are finite after it.
        """
        for name, rows in self._rows.items():
            if not rows:
                continue
            block = torch.stack(rows).view(len(rows), -1, self.size).float().cpu()
            steps = self._steps[name]
            bad = ~torch.isfinite(block[:, 0])
            for seed in torch.nonzero(bad.any(0)).flatten().tolist():
                self._mark(seed, steps[int(bad[:, seed].nonzero()[0])])
            self._done[name].append(block)
            self._done_steps[name].extend(steps)
            self._rows[name], self._steps[name] = [], []
        for seed in torch.nonzero(~finite).flatten().tolist():
            self._mark(seed, step)

    def latest(self) -> dict[str, Tensor]:
        """The last recorded row, `(S,)` for each column."""
        return {
            f"{update}/{column}": blocks[-1][-1, i]
            for update, blocks in self._done.items()
            if blocks
            for i, column in enumerate(self.names[update])
        }

    def history(self, seed: int) -> History:
        """The history of the seed at a position, on the steps at which anything was recorded."""
        steps = np.array(
            sorted({step for done in self._done_steps.values() for step in done}), dtype=np.int64
        )
        series = {}
        for update, blocks in self._done.items():
            if not blocks:
                continue
            rows = torch.cat(blocks)[:, :, seed].numpy()
            position = np.searchsorted(steps, self._done_steps[update])
            for i, column in enumerate(self.names[update]):
                values = np.full(len(steps), np.nan, dtype=np.float32)
                values[position] = rows[:, i]
                series[f"{update}/{column}"] = values
        return History(steps, series)

    def tensors(self) -> dict[str, Tensor]:
        """Everything recorded, for a checkpoint."""
        kept: dict[str, Tensor] = {
            "diverged_at": torch.tensor([-1 if at is None else at for at in self.diverged_at])
        }
        for name, blocks in self._done.items():
            if blocks:
                kept[f"rows/{name}"] = torch.cat(blocks)
                kept[f"steps/{name}"] = torch.tensor(self._done_steps[name])
        return kept

    def restore(self, tensors: Mapping[str, Tensor], names: Mapping[str, list[str]]) -> None:
        """The inverse of `tensors`; `names` are the columns of each update."""
        self.diverged_at = [None if at < 0 else at for at in tensors["diverged_at"].tolist()]
        self.names = {name: list(columns) for name, columns in names.items()}
        for name in self._done:
            if f"rows/{name}" in tensors:
                self._done[name] = [tensors[f"rows/{name}"]]
                self._done_steps[name] = tensors[f"steps/{name}"].tolist()

    def _mark(self, seed: int, step: int) -> None:
        if self.diverged_at[seed] is None:
            self.diverged_at[seed] = step
