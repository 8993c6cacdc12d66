"""Arrays as sources: shapes, the split, and what is refused."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genzoo.core.noise import stream
from genzoo.data import ArraySource, create_source
from genzoo.data.arrays import holdout_size
from genzoo.errors import InputError


def table(n=20, d=3):
    return np.random.default_rng(0).normal(size=(n, d))


def rows_of(batch):
    return {tuple(row.flatten().tolist()) for row in batch.x}


def test_rows_are_split_once_and_kept_whole():
    values = table()
    source = ArraySource(values)
    assert len(source.train.x) == 13
    assert len(source.holdout.x) == 7
    assert not rows_of(source.train) & rows_of(source.holdout)
    assert rows_of(source.train) | rows_of(source.holdout) == {
        tuple(row) for row in values.astype(np.float32).tolist()
    }
    assert source.train.x.dtype == torch.float32


def test_the_split_is_fixed_by_its_seed():
    first, again, other = (ArraySource(table(), split_seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.train.x, again.train.x)
    assert rows_of(first.train) != rows_of(other.train)


@given(st.integers(2, 500), st.floats(0.001, 0.999))
def test_both_parts_are_big_enough(n, holdout):
    size = holdout_size(n, holdout)
    assert size >= (2 if n >= 4 else 1)
    assert n - size >= 1


def test_the_default_keeps_a_third():
    assert holdout_size(178, 1 / 3) == 59
    assert holdout_size(4, 0.01) == 2
    assert holdout_size(3, 1 / 3) == 1
    assert holdout_size(2, 0.9) == 1


@pytest.mark.parametrize("holdout", [0, 1, -0.2, 1.5, float("nan"), "a", True])
def test_holdout_is_a_share(holdout):
    with pytest.raises(InputError, match="holdout"):
        ArraySource(table(), holdout=holdout)


def test_shapes_and_units():
    assert ArraySource(table()).event_shape == (3,)
    assert ArraySource(table()).recommended_standardisation == "column"
    assert ArraySource(np.arange(10.0)).event_shape == (1,)
    images = ArraySource(torch.rand(10, 1, 4, 5, generator=stream(0)))
    assert images.event_shape == (1, 4, 5)
    assert images.recommended_standardisation == "scalar"


@pytest.mark.parametrize(
    "dtype", [np.int64, np.uint8, np.bool_, np.float16, np.float32, np.longdouble, ">f8"]
)
def test_real_dtypes_are_read(dtype):
    values = (np.arange(12).reshape(6, 2) % 5).astype(dtype)
    source = ArraySource(values)
    assert rows_of(source.train) | rows_of(source.holdout) == {
        tuple(row) for row in values.astype(float).tolist()
    }


def test_tensors_are_read():
    for dtype in (torch.bfloat16, torch.float64, torch.int32):
        assert (
            ArraySource(torch.ones(5, 2, dtype=dtype, requires_grad=False)).train.x.dtype
            == torch.float32
        )
    assert not ArraySource(torch.ones(5, 2, requires_grad=True)).train.x.requires_grad


def test_sampling_draws_training_rows_with_replacement():
    source = ArraySource(table(6))
    batch = source.sample(300, generator=stream(0))
    assert rows_of(batch) == rows_of(source.train)


def test_context_follows_its_rows():
    values = np.arange(20.0)[:, None]
    source = ArraySource(values, context={"place": np.arange(20) + 0.0})
    for batch in (source.train, source.holdout, source.sample(50, generator=stream(0))):
        assert torch.equal(batch.x, batch.context)


def test_constant_columns_and_few_rows_are_fine():
    source = ArraySource([[1.0, 0.1], [2.0, 0.1], [3.0, 0.1]])
    assert len(source.train.x) == 2
    assert len(source.holdout.x) == 1
    almost = np.full((5, 1), 0.1)
    almost[2] = 0.1 + 1e-16
    ArraySource(almost)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.float64(3), "single number"),
        (np.empty((0, 3)), "empty"),
        (np.empty((5, 0)), "empty"),
        (np.ones((1, 3)), "single row"),
        (np.ones((4, 2)) * 1j, "complex"),
        (np.array([["a", "b"]] * 3), "text"),
        (np.array([{}, []], dtype=object), "Python objects"),
        ([[1, 2], [3]], "equal length"),
        (np.zeros(3, dtype=[("a", float)]), "several fields"),
        (np.array(["2020-01-01"] * 3, dtype="datetime64[D]"), "datetime64"),
        ([[1.0, 2.0], [np.nan, np.inf], [1.0, np.nan]], r"3 cells .* row 2, column 1"),
        ([[1.0, 2.0], [1.0, np.nan]], r"1 cell that is .* row 2, column 2"),
        ([[1e39], [1.0]], "too large for single precision .*row 1"),
        ([[1.6e9], [1.6e9 + 1], [1.6e9 + 2]], "cannot tell apart .*column 1"),
    ],
)
def test_what_is_refused(rows, words):
    with pytest.raises(InputError, match=words) as raised:
        ArraySource(rows, name="lab data")
    assert "lab data" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_positions_in_images_are_named():
    images = np.zeros((4, 1, 2, 2))
    images[3, 0, 1, 0] = np.nan
    with pytest.raises(InputError, match=r"row 4, position \(1, 2, 1\)"):
        ArraySource(images)


def test_the_source_travels_to_other_processes():
    source = ArraySource(table(), name="t")
    copy = pickle.loads(pickle.dumps(source))
    assert torch.equal(copy.holdout.x, source.holdout.x)
    assert copy.name == "t"


def test_digits_are_small_images_with_their_class():
    source = create_source("digits")
    assert source.event_shape == (1, 8, 8)
    assert len(source.train.x) + len(source.holdout.x) == 1797
    assert float(source.train.x.min()) == 0
    assert float(source.train.x.max()) == 1
    assert source.train.context.shape == (1198, 10)
    assert bool((source.train.context.sum(dim=1) == 1).all())
    zero, one = (source.train.x[source.train.context[:, k] == 1].mean(dim=0)[0] for k in (0, 1))
    assert float(zero[3:5, 3:5].mean()) < 0.2
    assert float(one[3:5, 3:5].mean()) > 0.6
