"""Sliced Wasserstein distance: closed forms, floor, error, invariances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from genzoo.errors import InputError
from genzoo.metrics import sliced_wasserstein
from genzoo.metrics.sliced import _plan, directions


def distance(x, y, seed=0, **options):
    return sliced_wasserstein(x, y, random=np.random.default_rng(seed), **options)


@pytest.mark.parametrize("dimension", [1, 2, 15])
def test_a_shift_is_its_square_over_the_dimension(dimension):
    x = np.random.default_rng(0).standard_normal((500, dimension))
    shift = np.zeros(dimension)
    shift[0] = 3.0
    tolerance = 1e-9 if dimension < 3 else 0.02
    projections = 500 * dimension if dimension == 2 else 500
    assert distance(x, x + shift, projections=projections).value == pytest.approx(
        9 / dimension, rel=max(tolerance, 1e-9)
    )


def test_scale_and_equal_samples():
    x = np.random.default_rng(0).standard_normal((4000, 2))
    assert distance(x, 1.5 * x).value == pytest.approx(0.25 * (x**2).mean(), rel=0.02)
    assert distance(x, x).value == 0


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 100))
def test_unequal_sizes_in_one_dimension(m, n, seed):
    """The quantile coupling has the right marginals, and gives scipy's W1 when its cost is |.|."""
    random = np.random.default_rng(seed)
    a, b = np.sort(random.normal(size=m)), np.sort(random.normal(size=n))
    i, j, mass = _plan(m, n)
    assert np.bincount(i, mass, m) == pytest.approx(np.full(m, 1 / m))
    assert np.bincount(j, mass, n) == pytest.approx(np.full(n, 1 / n))
    assert mass @ abs(a[i] - b[j]) == pytest.approx(wasserstein_distance(a, b))
    value = distance(a[:, None], b[:, None]).value
    assert value == pytest.approx(mass @ (a[i] - b[j]) ** 2)


@pytest.mark.parametrize("dimension", [1, 2, 7])
def test_directions_are_unit_and_orthogonal_in_sets(dimension):
    axes = directions(20, dimension, np.random.default_rng(0))
    first = axes[: min(dimension, len(axes))]
    assert np.linalg.norm(axes, axis=1) == pytest.approx(1)
    assert first @ first.T == pytest.approx(np.eye(len(first)), abs=1e-12)


def test_symmetry_and_units():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((300, 2)), random.standard_normal((300, 2)) + 1
    value = distance(x, y).value
    assert distance(y, x).value == pytest.approx(value)
    assert distance(10 * x + 5, 10 * y + 5).value == pytest.approx(100 * value)


@pytest.mark.parametrize("sizes", [(300, 300), (300, 700)])
def test_floor_is_what_the_truth_scores(sizes):
    random = np.random.default_rng(0)
    found = [
        distance(
            random.standard_normal((sizes[0], 2)),
            random.standard_normal((sizes[1], 2)),
            s,
            projections=100,
        )
        for s in range(50)
    ]
    assert np.mean([f.null for f in found]) == pytest.approx(
        np.mean([f.value for f in found]), rel=0.2
    )


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_standard_error_is_the_spread(shift):
    random = np.random.default_rng(1)
    found = [
        distance(
            random.standard_normal((400, 2)),
            random.standard_normal((400, 2)) + np.array([shift, 0]),
            s,
            projections=100,
        )
        for s in range(80)
    ]
    spread = np.std([f.value for f in found])
    assert np.mean([f.standard_error for f in found]) == pytest.approx(
        spread, rel=0.4 if shift == 0 else 0.25
    )


def test_degenerate_and_bad_input():
    x = np.zeros((5, 2))
    assert distance(x, x).value == 0
    assert distance(x[:1], x[:1] + 1).standard_error is None
    with pytest.raises(InputError, match="one shape"):
        distance(np.zeros((3, 2)), np.zeros((3, 3)))
    with pytest.raises(InputError, match="finite"):
        distance(np.array([[np.nan]]), np.zeros((1, 1)))
