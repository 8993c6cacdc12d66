"""Draws of finite sources come from a table in model units, and are the same without it."""

import numpy as np
import pytest
import torch

from genzoo.core.context import ContextSpec
from genzoo.core.model import Update
from genzoo.core.source import DataSource
from genzoo.core.units import Units
from genzoo.data import ArraySource, create_source
from genzoo.training import draws
from genzoo.training.draws import Draws

UPDATES = (
    Update("first", lambda *_: None, ("net",), {}, steps=2),
    Update("second", lambda *_: None, ("net",), {}),
    Update("blind", lambda *_: None, ("net",), {}, reads_data=False),
)


def made(source: DataSource, seeds: int, dtype: torch.dtype, spec: ContextSpec | None) -> Draws:
    generator = torch.Generator().manual_seed(0)
    shape = (seeds, *source.event_shape)
    shift = torch.randn(shape, generator=generator, dtype=dtype)
    scale = torch.rand(shape, generator=generator, dtype=dtype) + 0.1
    return Draws(source, UPDATES, range(seeds), 3, Units(shift, scale), spec)


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["digits", "rows"])
def test_the_table_changes_no_bit(
    monkeypatch: pytest.MonkeyPatch, seeds: int, dtype: torch.dtype, name: str
) -> None:
    rows = np.random.default_rng(0).normal(size=(37, 5)).astype(np.float32)
    source = create_source("digits") if name == "digits" else ArraySource(rows)
    spec = source.context_spec
    fast = made(source, seeds, dtype, spec)
    monkeypatch.setattr(draws, "TABLE", 0)
    slow = made(source, seeds, dtype, spec)
    assert fast.table is not None
    assert slow.table is None
    for first in (0, draws.CHUNK):
        for update in UPDATES:
            ours, theirs = (one.batches(update, first, 1000) for one in (fast, slow))
            assert len(ours) == len(theirs) == draws.CHUNK * update.steps
            for one, other in zip(ours, theirs, strict=True):
                for value, twin in zip(one, other, strict=True):
                    assert (value is None) == (twin is None)
                    if value is not None:
                        assert value.dtype == twin.dtype
                        assert torch.equal(value, twin)
    assert torch.equal(fast.state().tensors[""], slow.state().tensors[""])


def test_bent_columns_and_endless_sources_have_no_table() -> None:
    digits, ring = create_source("digits"), create_source("ring")
    assert made(ring, 2, torch.float32, None).table is None
    one = torch.ones(2, *digits.event_shape)
    assert Draws(digits, UPDATES, (0, 1), 3, Units(one, one, one, one)).table is None


class Ordered(ArraySource):
    """Its own way to draw is kept."""

    def sample(self, n: int, *, generator: torch.Generator) -> draws.Batch:  # type: ignore[misc]
        return draws.take_rows(self.train, slice(0, n))


def test_a_source_that_draws_otherwise_is_asked() -> None:
    source = Ordered(np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32))
    batches = made(source, 1, torch.float32, None)
    assert batches.table is None
    assert batches.batches(UPDATES[1], 0, 10)[0].x.shape == (3, 2)
