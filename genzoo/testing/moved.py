"""Evidence in another place and unit, to ask which metrics notice."""

import torch

from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import DataSource, FiniteSource


def moved(evidence: Evidence, scale: float, shift: float) -> Evidence:
    """Evidence whose examples are scale x + shift, in double precision.

    Of its source only draws or rows are known, with their conditions.
    """
    kind: type[MovedRows] | type[MovedDraws] = MovedDraws
    if isinstance(evidence.source, FiniteSource):
        kind = MovedRows
    samples = scale * evidence.samples.double() + shift
    reference = scale * evidence.reference.double() + shift
    source = kind(evidence.source, scale, shift)
    return Evidence(
        samples,
        reference,
        source,
        seed=evidence.seed,
        sample_context=evidence.sample_context,
        reference_context=evidence.reference_context,
    )


class _Moved(DataSource):
    def __init__(self, source: DataSource, scale: float, shift: float) -> None:
        self.event_shape = source.event_shape
        self.context_spec = source.context_spec
        self.recommended_standardisation = source.recommended_standardisation
        self.source = source
        self.scale = scale
        self.shift = shift

    def _move(self, batch: Batch) -> Batch:
        return Batch(self.scale * batch.x.double() + self.shift, batch.context)


class MovedDraws(_Moved):
    """Draws of an endless source."""

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Its draws, moved."""
        return self._move(self.source.sample(n, generator=generator))


class MovedRows(_Moved, FiniteSource):
    """Rows of a table."""

    @property
    def train(self) -> Batch:
        """Its training rows, moved."""
        return self._move(self._table.train)

    @property
    def holdout(self) -> Batch:
        """Its held-out rows, moved."""
        return self._move(self._table.holdout)

    @property
    def _table(self) -> FiniteSource:
        if not isinstance(self.source, FiniteSource):
            raise TypeError(f"{type(self.source).__name__} has no rows")
        return self.source
