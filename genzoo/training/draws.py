"""Random draws for all seeds of a stack, in chunks: one generator for each (seed, stream)."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.model import Batch, Update
from genzoo.core.noise import Noise, stream
from genzoo.core.source import DataSource, FiniteSource, draw_places, take_rows
from genzoo.core.units import Units
from genzoo.training.state import State

CHUNK = 64
"""Training steps drawn at once; fixed, so that draws do not depend on the number of steps."""
TABLE = 2**26
"""Bytes up to which the rows of a finite source are kept in the model units of every seed."""

Pairing = Callable[[Batch, Noise], Mapping[str, Tensor]]
"""See `Update.pairing`."""


class Draws:
    """Batches and noise of every update for the next `CHUNK` training steps.

    Args:
        source: Where batches come from.
        updates: The model's updates.
        seeds: One stream of each kind for each seed.
        batch_size: Examples per optimiser step.
        units: The model units of each seed, `(S, *event_shape)`, on the device and of the type that
            batches and noise are to have.
        context_spec: What the model's conditions mean; None for an unconditional model, whose
            losses are given none.
    """

    def __init__(
        self,
        source: DataSource,
        updates: Sequence[Update],
        seeds: Sequence[int],
        batch_size: int,
        units: Units,
        context_spec: ContextSpec | None = None,
    ) -> None:
        self.source = source
        self.context_spec = context_spec
        self.updates = updates
        self.batch_size = batch_size
        self.alone = len(seeds) == 1
        self.seeds = () if self.alone else (len(seeds),)
        self.units = units.each(self._beside_a_batch)
        self.shift = self.units.shift
        self.rows = _rows_of(source)
        self.table = self._table()
        self.generators: dict[tuple[str, str], list[torch.Generator]] = {}
        for update in updates:
            for name in ("data", *update.noise):
                streams = [stream(seed, "train", update.name, name) for seed in seeds]
                self.generators[update.name, name] = streams

    def inputs(
        self, update: Update, first: int, steps: int
    ) -> tuple[list[Batch], list[dict[str, Tensor]]]:
        """`batches` and `noise`, paired seed by seed where the update asks for that."""
        batches, noise = self.batches(update, first, steps), self.noise(update)
        if update.pairing is None:
            return batches, noise
        paired: list[dict[str, Tensor]] = []
        for batch, drawn in zip(batches, noise, strict=True):
            paired.append(self._paired(update.pairing, batch, drawn))
        return batches, paired

    def batches(self, update: Update, first: int, steps: int) -> list[Batch]:
        """`CHUNK * update.steps` batches in model units, x `(S, B, *event_shape)`.

        For one seed, tensors are without the S.

        Args:
            update: The update that they are for.
            first: The training step that the chunk begins with, counted from 0.
            steps: Training steps in all.
        """
        at = torch.arange(first, first + CHUNK, dtype=torch.float64) / steps
        progress = at.to(self.shift).repeat_interleave(update.steps).unbind(0)
        xs, contexts = self._examples(update)
        batches: list[Batch] = []
        for x, context, now in zip(xs, contexts, progress, strict=True):
            batches.append(Batch(x, context, now))
        return batches

    def noise(self, update: Update) -> list[dict[str, Tensor]]:
        """As many dictionaries of noise, `(S, B, *event_shape)` of its `NoiseSpec`."""
        steps: list[dict[str, Tensor]] = [{} for _ in range(CHUNK * update.steps)]
        for name, spec in update.noise.items():
            drawn: list[Tensor] = []
            for generator in self.generators[update.name, name]:
                drawn.append(spec.draw(self._count(update), generator=generator))
            values = self._cut(drawn, update).unbind(0)
            for step, value in zip(steps, values, strict=True):
                step[name] = value
        return steps

    def state(self) -> State:
        """The state of every generator, one tensor `(G, state size)` uint8."""
        states = [generator.get_state() for generator in self._all_generators()]
        return State({"": torch.stack(states)})

    def load_state(self, state: State) -> None:
        """Go on drawing from a state."""
        generators = self._all_generators()
        for generator, own in zip(generators, state.tensors[""], strict=True):
            generator.set_state(own.clone())

    def _examples(self, update: Update) -> tuple[Sequence[Tensor], Sequence[Tensor | None]]:
        """Examples in model units and their contexts, of each optimiser step of a chunk."""
        count = CHUNK * update.steps
        if not update.reads_data:
            nothing = self.shift.new_empty(*self.seeds, 0, *self.source.event_shape)
            return [nothing] * count, [None] * count
        if self.rows is not None and self.table is not None:
            return self._taken(self.rows, self.table, update)
        examples: list[Tensor] = []
        contexts: list[Tensor] = []
        for generator in self.generators[update.name, "data"]:
            drawn = self.source.sample(self._count(update), generator=generator)
            examples.append(drawn.x)
            if self.context_spec is not None and drawn.context is not None:
                contexts.append(drawn.context)
        xs = self.units.to_model(self._cut(examples, update)).unbind(0)
        if self.context_spec is None:
            return xs, [None] * count
        return xs, self.context_spec.to_model(self._cut(contexts, update)).unbind(0)

    def _taken(
        self, rows: Batch, table: Tensor, update: Update
    ) -> tuple[Sequence[Tensor], Sequence[Tensor | None]]:
        """The same from a table: rows are copied once, and their units not computed again."""
        places: list[Tensor] = []
        contexts: list[Tensor] = []
        for seed, generator in enumerate(self.generators[update.name, "data"]):
            own = draw_places(rows, self._count(update), generator=generator)
            places.append(own + seed * len(rows.x))
            if self.context_spec is not None and rows.context is not None:
                contexts.append(rows.context[own])
        together = self._in_steps(places, update).to(table.device)
        taken = table.index_select(0, together.flatten())
        xs = taken.view(*together.shape, *table.shape[1:]).unbind(0)
        if self.context_spec is None:
            return xs, [None] * len(xs)
        return xs, self.context_spec.to_model(self._cut(contexts, update)).unbind(0)

    def _table(self) -> Tensor | None:
        """The rows in the model units of each seed, one after another, where they are few."""
        if self.rows is None or self.units.centre is not None:
            return None
        x = self.rows.x
        seeds = 1 if self.alone else len(self.shift)
        if seeds * x.numel() * self.shift.itemsize > TABLE:
            return None
        return self.units.to_model(x.to(self.shift)).view(-1, *x.shape[1:])

    def _paired(
        self, pairing: Pairing, batch: Batch, noise: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """The noise of one optimiser step in the order that a pairing gives it."""
        if self.alone:
            return dict(pairing(batch, noise))
        each: list[Mapping[str, Tensor]] = []
        for seed in range(len(batch.x)):
            own = take_rows(batch, seed)._replace(progress=batch.progress)
            each.append(pairing(own, {name: value[seed] for name, value in noise.items()}))
        stacked: dict[str, Tensor] = {}
        for name in noise:
            stacked[name] = torch.stack([ordered[name] for ordered in each])
        return stacked

    def _all_generators(self) -> list[torch.Generator]:
        generators: list[torch.Generator] = []
        for streams in self.generators.values():
            generators.extend(streams)
        return generators

    def _beside_a_batch(self, units: Tensor) -> Tensor:
        """Of each seed, in the shape in which it meets the batches of all seeds."""
        return units[0] if self.alone else units[:, None]

    def _count(self, update: Update) -> int:
        return CHUNK * update.steps * self.batch_size

    def _cut(self, drawn: Sequence[Tensor], update: Update) -> Tensor:
        """The draws of all seeds, one of each `(steps * B, ...)`, as `(steps, S, B, ...)`."""
        return self._in_steps(drawn, update).to(self.shift)

    def _in_steps(self, drawn: Sequence[Tensor], update: Update) -> Tensor:
        """The same, of the type and on the device on which they were drawn."""
        lead = CHUNK * update.steps, self.batch_size
        parts = [value.view(*lead, *value.shape[1:]) for value in drawn]
        return parts[0] if self.alone else torch.stack(parts, dim=1)


def _rows_of(source: DataSource) -> Batch | None:
    """What a finite source draws from; None where draws are made otherwise."""
    if isinstance(source, FiniteSource) and type(source).sample is FiniteSource.sample:
        return source.train
    return None
