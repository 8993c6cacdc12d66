"""Random draws for all seeds of a stack, in chunks: one generator for each (seed, stream)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from genzoo.core.model import Batch, Update
from genzoo.core.noise import stream
from genzoo.core.source import DataSource
from genzoo.core.units import Units

CHUNK = 64
"""Training steps drawn at once; fixed, so that draws do not depend on the number of steps."""


class Draws:
    """Batches and noise of every update for the next `CHUNK` training steps.

    Args:
        source: Where batches come from.
        updates: The model's updates.
        seeds: One stream of each kind for each seed.
        batch_size: Examples per optimiser step.
        shift: Of each seed's model units, `(S, *event_shape)`, on the device and of the type that
            tensors get.
        scale: Likewise.
        centre: Likewise, for robust units.
        width: Likewise.
    """

    def __init__(
        self,
        source: DataSource,
        updates: Sequence[Update],
        seeds: Sequence[int],
        batch_size: int,
        shift: Tensor,
        scale: Tensor,
        centre: Tensor | None = None,
        width: Tensor | None = None,
    ) -> None:
        self.source = source
        self.updates = updates
        self.batch_size = batch_size
        self.alone = len(seeds) == 1
        self.seeds = () if self.alone else (len(seeds),)
        stacked = Units(shift, scale, centre, width)
        self.units = stacked.each(lambda part: part[0] if self.alone else part[:, None])
        self.shift = self.units.shift
        self.generators = {
            (update.name, name): [stream(seed, "train", update.name, name) for seed in seeds]
            for update in updates
            for name in ("data", *update.noise)
        }

    def batches(self, update: Update, first: int, steps: int) -> list[Batch]:
        """`CHUNK * update.steps` batches in model units, x `(S, B, *event_shape)`, without the S for one seed.

        Args:
            update: Whose.
            first: The training step that the chunk begins with, counted from 0.
            steps: Of the whole training.
        """
        at = (torch.arange(first, first + CHUNK, dtype=torch.float64) / steps).to(self.shift)
        progress = at.repeat_interleave(update.steps).unbind(0)
        if not update.reads_data:
            nothing = self.shift.new_empty(*self.seeds, 0, *self.source.event_shape)
            return [Batch(nothing, progress=now) for now in progress]
        drawn = [
            self.source.sample(self._count(update), generator=g)
            for g in self.generators[update.name, "data"]
        ]
        xs = self.units.to_model(self._cut([batch.x for batch in drawn], update)).unbind(0)
        if drawn[0].context is None:
            return [Batch(x, None, now) for x, now in zip(xs, progress, strict=True)]
        contexts = self._cut(
            [batch.context for batch in drawn if batch.context is not None], update
        ).unbind(0)
        return [Batch(*parts) for parts in zip(xs, contexts, progress, strict=True)]

    def noise(self, update: Update) -> list[dict[str, Tensor]]:
        """As many noise dictionaries."""
        columns = {
            name: self._cut(
                [
                    spec.draw(self._count(update), generator=g)
                    for g in self.generators[update.name, name]
                ],
                update,
            ).unbind(0)
            for name, spec in update.noise.items()
        }
        return [
            {name: column[i] for name, column in columns.items()}
            for i in range(CHUNK * update.steps)
        ]

    def states(self) -> Tensor:
        """The state of every generator, `(G, state size)` uint8."""
        return torch.stack(
            [g.get_state() for generators in self.generators.values() for g in generators]
        )

    def restore(self, states: Tensor) -> None:
        """The inverse of `states`."""
        flat = [g for generators in self.generators.values() for g in generators]
        for generator, state in zip(flat, states, strict=True):
            generator.set_state(state.clone())

    def _count(self, update: Update) -> int:
        return CHUNK * update.steps * self.batch_size

    def _cut(self, seeds: list[Tensor], update: Update) -> Tensor:
        parts = [
            value.view(CHUNK * update.steps, self.batch_size, *value.shape[1:]) for value in seeds
        ]
        together = parts[0] if self.alone else torch.stack(parts, dim=1)
        return together.to(self.shift)
