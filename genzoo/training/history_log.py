"""Losses and monitors of every step and seed, and the step at which a seed diverged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from genzoo.core.model import Update
from genzoo.results.types import History
from genzoo.training.outcome import Outcome
from genzoo.training.state import State

GRADIENT_NORM = "gradient norm"
"""The column of the norm of an update's gradient over all that it may change, before clipping."""


@dataclass
class _Rows:
    """What is kept of one update.

    Attributes:
        columns: Their names.
        pending: The rows of the chunk that is under way, on the device, `(columns,)` or `(columns,
            S)`.
        pending_steps: The training step of each.
        blocks: The rows of earlier chunks, `(rows, columns, S)` on the CPU.
        steps: The training step of each of their rows.
    """

    columns: list[str] = field(default_factory=list)
    pending: list[Tensor] = field(default_factory=list)
    pending_steps: list[int] = field(default_factory=list)
    blocks: list[Tensor] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)


def columns_of(outcome: Outcome, norms: Tensor) -> dict[str, Tensor]:
    """The columns of one row, each `(S,)`, or 0-d for one seed.

    They are the sum of the terms, the terms where there are several, the monitors, and the
    gradient's norm.

    Args:
        outcome: What a loss gave.
        norms: The norm of each seed's gradient, `(S,)`.
    """
    columns = {"loss": outcome.losses}
    if len(outcome.step.terms) > 1:
        columns.update(outcome.step.terms)
    columns.update(outcome.step.monitors)
    columns[GRADIENT_NORM] = norms.reshape(outcome.losses.shape)
    return columns


class HistoryLog:
    """Collects the rows of a history; moved off the device once a chunk.

    Args:
        size: Number of seeds.
        updates: The model's updates; each has columns of its own.
    """

    def __init__(self, size: int, updates: Sequence[Update]) -> None:
        self.size = size
        self.diverged_at: list[int | None] = [None] * size
        self._rows = {update.name: _Rows() for update in updates}

    @torch.no_grad()
    def add(self, update: Update, step: int, columns: Mapping[str, Tensor]) -> None:
        """Keep one row.

        Args:
            update: The update that was stepped.
            step: The training step, counted from 1.
            columns: See `columns_of`.
        """
        self.add_row(update, step, list(columns), torch.stack(list(columns.values())))

    def add_row(self, update: Update, step: int, names: Sequence[str], row: Tensor) -> None:
        """Keep a row whose columns are stacked already, `(columns,)` or `(columns, S)`."""
        rows = self._rows[update.name]
        rows.columns = list(names)
        rows.pending.append(row)
        rows.pending_steps.append(step)

    def close_chunk(self, step: int, finite: Tensor) -> None:
        """Bring the rows in and look for seeds that diverged.

        Args:
            step: The last step of the chunk, counted from 1.
            finite: Whether the parameters of each seed are finite after it.
        """
        for rows in self._rows.values():
            if rows.pending:
                self._bring_in(rows)
        for seed in torch.nonzero(~finite).flatten().tolist():
            self._mark(seed, step)

    def latest(self) -> dict[str, Tensor]:
        """The last row, `(S,)` for each column."""
        values: dict[str, Tensor] = {}
        for update, rows in self._rows.items():
            if rows.blocks:
                last = rows.blocks[-1][-1]
                for i, column in enumerate(rows.columns):
                    values[f"{update}/{column}"] = last[i]
        return values

    def history(self, seed: int) -> History:
        """The history of the seed at a position, on the steps that have a row."""
        logged: set[int] = set()
        for rows in self._rows.values():
            logged.update(rows.steps)
        steps = np.array(sorted(logged), dtype=np.int64)
        series = {}
        for update, rows in self._rows.items():
            if not rows.blocks:
                continue
            own = torch.cat(rows.blocks)[:, :, seed].numpy()
            position = np.searchsorted(steps, rows.steps)
            for i, column in enumerate(rows.columns):
                values = np.full(len(steps), np.nan, dtype=np.float32)
                values[position] = own[:, i]
                series[f"{update}/{column}"] = values
        return History(steps, series)

    def state(self) -> State:
        """The rows of the chunks that are closed."""
        diverged_at = [-1 if at is None else at for at in self.diverged_at]
        tensors: dict[str, Tensor] = {"diverged_at": torch.tensor(diverged_at)}
        names: dict[str, list[str]] = {}
        for name, rows in self._rows.items():
            names[name] = rows.columns
            if rows.blocks:
                tensors[f"rows/{name}"] = torch.cat(rows.blocks)
                tensors[f"steps/{name}"] = torch.tensor(rows.steps)
        return State(tensors, {"names": names})

    def load_state(self, state: State) -> None:
        """Go on after these rows."""
        diverged_at = state.tensors["diverged_at"].tolist()
        self.diverged_at = [None if at < 0 else at for at in diverged_at]
        for name, rows in self._rows.items():
            rows.columns = list(state.facts["names"][name])
            if f"rows/{name}" in state.tensors:
                rows.blocks = [state.tensors[f"rows/{name}"]]
                rows.steps = state.tensors[f"steps/{name}"].tolist()

    def _bring_in(self, rows: _Rows) -> None:
        stacked = torch.stack(rows.pending)
        block = stacked.view(len(rows.pending), -1, self.size).float().cpu()
        # The first column is the loss.
        bad = ~torch.isfinite(block[:, 0])
        for seed in torch.nonzero(bad.any(0)).flatten().tolist():
            first = int(bad[:, seed].nonzero()[0])
            self._mark(seed, rows.pending_steps[first])
        rows.blocks.append(block)
        rows.steps.extend(rows.pending_steps)
        rows.pending, rows.pending_steps = [], []

    def _mark(self, seed: int, step: int) -> None:
        if self.diverged_at[seed] is None:
            self.diverged_at[seed] = step
