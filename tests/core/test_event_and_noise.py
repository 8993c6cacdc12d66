"""The check at every public door, and the streams of random numbers."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genzoo.core.capabilities import fresh_generator
from genzoo.core.event import check_event_shape, check_examples
from genzoo.core.noise import NoiseSpec, stream
from genzoo.core.source import DataSource
from genzoo.errors import InputError

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


@given(shapes)
def test_event_shapes_pass_unchanged(shape):
    assert (
        check_event_shape(shape)
        == check_event_shape(list(shape))
        == check_event_shape(torch.Size(shape))
        == shape
    )


@pytest.mark.parametrize("shape", [(), (0,), (-1,), (2.0,), ("2",), (True,), None, "2", 0])
def test_wrong_event_shapes(shape):
    with pytest.raises(InputError, match="event_shape must be"):
        check_event_shape(shape)


def test_a_bare_integer_is_a_shape_of_one_dimension():
    assert check_event_shape(3) == (3,)


@given(shapes, st.integers(1, 5))
def test_examples_pass_unchanged(shape, n):
    x = torch.randn(n, *shape, generator=stream(0))
    assert check_examples(x, shape) is x
    assert torch.equal(check_examples(x.numpy(), shape), x)
    assert check_examples(x.double(), shape).dtype == torch.float64


@pytest.mark.parametrize("kind", [int, bool, np.uint8])
def test_whole_numbers_become_floating_point(kind):
    assert check_examples(np.ones((3, 2), dtype=kind), (2,)).dtype == torch.float32
    assert check_examples([[1, 2]], (2,)).dtype == torch.float32


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(3), r"shape \(n, 2\) with n >= 1, got \(3,\)"),
        (torch.zeros(0, 2), "n >= 1"),
        (torch.zeros(()), "n >= 1"),
        (torch.zeros(3, 2, 1), "n >= 1"),
        (torch.zeros(3, 2, dtype=torch.complex64), "real numbers"),
        ([["a", "b"]], "numeric"),
        ([[1.0, 2.0], [3.0]], "numeric"),
        (None, "numeric"),
        (object(), "numeric"),
        ([[1.0, None]], "numeric"),
        (np.array([["1", "2"]]), "numeric"),
        ([[1.0, math.nan], [1.0, 2.0]], "in 1 of 2 rows"),
        ([[1.0, math.inf], [math.nan, -math.inf]], "in 2 of 2 rows"),
    ],
)
def test_wrong_examples(x, message):
    with pytest.raises(InputError, match=message):
        check_examples(x, (2,))


def test_the_message_uses_the_given_word():
    with pytest.raises(InputError, match="the reference must be"):
        check_examples([[math.nan]], (1,), what="the reference")


class Plane(DataSource):
    def sample(self, n, *, generator):
        raise NotImplementedError


@given(shapes)
def test_event_size(shape):
    space = Plane()
    space.event_shape = shape
    assert space.event_size == torch.zeros(shape).numel()


@given(st.sampled_from(["normal", "uniform"]), shapes, st.integers(1, 5))
def test_noise_has_its_shape_and_repeats(distribution, shape, n):
    spec = NoiseSpec(distribution, shape)
    noise = spec.draw(n, generator=stream(3, "a"))
    assert noise.shape == (n, *shape)
    assert noise.dtype == torch.float32
    assert torch.equal(noise, spec.draw(n, generator=stream(3, "a")))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (("gaussian", (4,)), "must be 'normal' or 'uniform', got 'gaussian'"),
        (("normal", 4), r"tuple of positive integers such as \(4,\).*, got 4"),
        (("normal", (0,)), r"got \(0,\)"),
        (("normal", [4]), r"got \[4\]"),
        (("uniform", (2.0,)), r"got \(2.0,\)"),
    ],
    ids=str,
)
def test_noise_that_cannot_be_drawn_is_answered(fields, words):
    with pytest.raises(InputError, match=words):
        NoiseSpec(*fields)


def test_noise_follows_its_law():
    n = 50_000
    normal = NoiseSpec().draw(n, generator=stream(0))
    uniform = NoiseSpec("uniform").draw(n, generator=stream(0))
    assert normal.shape == uniform.shape == (n,)
    assert abs(float(normal.mean())) < 5 / math.sqrt(n)
    assert abs(float(normal.var()) - 1) < 5 * math.sqrt(2 / n)
    assert float(uniform.min()) >= 0
    assert float(uniform.max()) < 1
    assert abs(float(uniform.mean()) - 0.5) < 5 / math.sqrt(12 * n)
    assert abs(float(uniform.var()) - 1 / 12) < 5 * math.sqrt(1 / 180 / n)


names = st.lists(st.text("abc", max_size=3), max_size=3).map(tuple)


@given(st.integers(0, 2**40), names, st.integers(0, 2**40), names)
def test_streams_are_equal_only_for_equal_names(seed, path, other_seed, other_path):
    same = stream(seed, *path).initial_seed() == stream(other_seed, *other_path).initial_seed()
    assert same == ((seed, path) == (other_seed, other_path))


def test_streams_of_neighbouring_seeds_are_uncorrelated():
    draws = torch.stack([torch.randn(4000, generator=stream(seed, "a")) for seed in range(12)])
    off_diagonal = torch.corrcoef(draws) - torch.eye(12)
    assert float(off_diagonal.abs().max()) < 5 / math.sqrt(4000)


def test_streams_and_fresh_generators_leave_the_global_state_alone():
    before = torch.get_rng_state()
    stream(0, "a")
    first, second = fresh_generator(), fresh_generator()
    assert first.initial_seed() != second.initial_seed()
    assert torch.equal(torch.get_rng_state(), before)
