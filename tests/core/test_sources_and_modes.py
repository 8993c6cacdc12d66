"""Finite sources, real samples and Gaussian modes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import (
    FiniteSource,
    GaussianModes,
    draw_rows,
    real_sample,
    training_examples,
)
from genzoo.testing.specimens import Rows, StandardNormal, ThreeModes


class Numbered(FiniteSource):
    """Training rows 0 ... n - 1, held-out rows 1000 ... 1000 + m - 1.

    The context repeats the number.
    """

    event_shape = (1,)

    def __init__(self, train, holdout):
        self._train, self._holdout = (
            torch.arange(float(train))[:, None],
            1000 + torch.arange(float(holdout))[:, None],
        )

    @property
    def train(self):
        return Batch(self._train, self._train)

    @property
    def holdout(self):
        return Batch(self._holdout)


@given(st.integers(1, 30), st.integers(1, 100))
def test_rows_are_drawn_with_their_context(rows, n):
    batch = Numbered(rows, 1).sample(n, generator=stream(0))
    assert batch.x.shape == (n, 1)
    assert torch.equal(batch.x, batch.context)
    assert float(batch.x.max()) < rows


def test_every_row_is_drawn_equally_often():
    counts = torch.bincount(
        draw_rows(Numbered(10, 1).train, 10_000, generator=stream(0)).x.flatten().long()
    )
    assert (
        float(((counts - 1000) ** 2 / 1000).sum()) < 27.9
    )  # chi-square, 9 degrees of freedom, p = .001


@given(st.integers(2, 40), st.integers(1, 60))
def test_a_finite_real_sample_is_two_disjoint_parts_of_the_held_out_rows(holdout, n):
    reference, oracle = (
        part.x for part in real_sample(Numbered(5, holdout), n, generator=stream(0))
    )
    assert len(reference) == len(oracle) == min(n, holdout // 2)
    together = torch.cat([reference, oracle]).flatten().tolist()
    assert len(set(together)) == len(together)
    assert min(together) >= 1000


def test_a_real_sample_depends_on_the_stream_alone():
    for source in (Numbered(5, 40), StandardNormal((2,))):
        first, second = (real_sample(source, 10, generator=stream(seed)) for seed in (1, 1))
        assert torch.equal(first[0].x, second[0].x)
        assert not torch.equal(first[0].x, real_sample(source, 10, generator=stream(2))[0].x)
        assert not torch.equal(first[0].x, first[1].x)


def test_training_examples_are_all_rows_or_fresh_draws():
    assert torch.equal(training_examples(Rows(), 7, generator=stream(0)).x, Rows().train.x)
    assert training_examples(StandardNormal((2,)), 7, generator=stream(0)).x.shape == (7, 2)


def modes(seed=0, count=4, dimension=2):
    generator = stream(seed)
    factor = torch.randn(count, dimension, dimension, generator=generator)
    return GaussianModes(
        torch.ones(count) / count,
        5 * torch.randn(count, dimension, generator=generator),
        factor @ factor.mT + 0.1 * torch.eye(dimension),
    )


@given(st.integers(0, 20), st.integers(1, 3))
def test_distances_are_those_of_mahalanobis(seed, dimension):
    parts = modes(seed, 3, dimension)
    x = torch.randn(6, dimension, generator=stream(seed, "x"), dtype=torch.float64)
    for k in range(3):
        gap = x - parts.locations[k]
        expected = (gap * torch.linalg.solve(parts.covariances[k], gap.T).T).sum(1).sqrt()
        assert torch.allclose(parts.distances(x)[:, k], expected)
    assert torch.equal(parts.assign(x), parts.distances(x).argmin(1))


def test_each_location_belongs_to_its_own_mode():
    assert torch.equal(modes().assign(modes().locations), torch.arange(4))


@given(st.integers(0, 10))
def test_a_wide_mode_reaches_further_than_a_narrow_one(seed):
    wide = GaussianModes(
        torch.tensor([0.5, 0.5]), torch.tensor([[0.0], [10.0]]), torch.tensor([[[16.0]], [[0.01]]])
    )
    x = 0.5 + 8 * torch.rand(20, 1, generator=stream(seed))
    assert torch.equal(wide.assign(x), torch.zeros(20, dtype=torch.int64))


def test_modes_have_names_and_double_precision():
    parts = modes()
    assert len(parts) == 4
    assert parts.names == ("mode 0", "mode 1", "mode 2", "mode 3")
    assert (
        parts.weights.dtype
        == parts.locations.dtype
        == parts.distances(torch.zeros(1, 2)).dtype
        == torch.float64
    )


def test_curves_and_images_have_modes_too():
    parts = GaussianModes(
        torch.ones(2) / 2,
        torch.stack([torch.zeros(4), torch.ones(4)]),
        torch.eye(4).repeat(2, 1, 1),
    )
    assert parts.assign(torch.ones(3, 1, 2, 2)).tolist() == [1, 1, 1]


def test_the_weights_of_a_mixture_reach_its_samples():
    index = ThreeModes().modes().assign(ThreeModes().sample(4000, generator=stream(0)).x)
    shares = torch.bincount(index, minlength=3) / 4000
    assert shares.tolist() == pytest.approx([0.5, 0.25, 0.25], abs=0.04)
