"""Precision, recall, density and coverage against full distance tables and closed forms."""

import numpy as np
import pytest

from genzoo.errors import InputError
from genzoo.metrics import METRICS, coverage, density, precision, recall
from genzoo.metrics.balls import ball_counts, expected_coverage
from genzoo.metrics.neighbours import nearest, suits_tree


def by_table(x, y, k):
    """The definitions, from all distances at once."""

    def table(a, b):
        return np.sqrt(((a[:, None] - b) ** 2).sum(-1))

    radius = np.sort(table(x, x), axis=1)[:, k]
    return table(x, y) <= radius[:, None]


@pytest.mark.parametrize("dimension", [1, 2, 15, 64])
def test_against_the_definitions(dimension):
    random = np.random.default_rng(0)
    x, y = (
        random.standard_normal((120, dimension)),
        0.8 * random.standard_normal((90, dimension)) + 0.2,
    )
    assert precision(x, y).value == by_table(x, y, 3).any(0).mean()
    assert recall(x, y).value == by_table(y, x, 3).any(0).mean()
    assert density(x, y).value == pytest.approx(by_table(x, y, 5).sum() / (5 * len(y)))
    assert coverage(x, y).value == by_table(x, y, 5).any(1).mean()


@pytest.mark.parametrize("dimension", [2, 15, 64])
def test_neighbours_against_a_table(dimension):
    random = np.random.default_rng(0)
    x, y = (
        100 + random.standard_normal((80, dimension)),
        100 + random.standard_normal((60, dimension)),
    )
    table = np.sqrt(((y[:, None] - x) ** 2).sum(-1))
    found = nearest(y, x, 7)
    assert found.distances == pytest.approx(np.sort(table, axis=1)[:, :7], rel=1e-9)
    assert (found.indices == np.argsort(table, axis=1)[:, :7]).all()
    own = nearest(x, x, 4, same=True)
    assert (own.indices != np.arange(80)[:, None]).all()
    assert (own.distances > 0).all()


@pytest.mark.parametrize(
    ("dimension", "spread", "suits"),
    [
        (5, 5, True),
        (6, 6, False),
        (64, 3, True),
        (64, 5, True),
        (64, 6, False),
        (15, 15, False),
        (101, 2, False),
    ],
)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_tree_is_for_rows_that_vary_in_few_directions(dimension, spread, suits, scale):
    """Equal variance in `spread` random directions: 95 % of it must lie in five."""
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((dimension, dimension)))[0][:spread]
    assert suits_tree(scale * random.standard_normal((400, spread)) @ axes) == suits


def test_exact_copies_are_at_distance_zero_far_from_the_origin():
    x = 1e4 + np.random.default_rng(0).standard_normal((200, 64))
    assert (nearest(x[:50], x, 1).distances == 0).all()
    doubled = np.concatenate([x, x])
    own = nearest(doubled, doubled, 2, same=True)
    assert (own.distances[:, 0] == 0).all()
    assert (own.distances[:, 1] > 1).all()


@pytest.mark.parametrize("dimension", [2, 64])
def test_a_row_that_comes_thrice_has_the_others_for_neighbours_and_never_itself(dimension):
    x = np.random.default_rng(0).standard_normal((40, dimension))
    own = nearest(np.concatenate([x, x, x]), np.concatenate([x, x, x]), 3, same=True)
    assert (own.indices != np.arange(120)[:, None]).all()
    assert (own.indices[:, :2] % 40 == np.arange(120)[:, None] % 40).all()
    assert (own.distances[:, :2] == 0).all()
    assert (own.distances[:, 2] > 0).all()


def test_neighbours_among_the_kept_only():
    pool = np.array([[0.0], [1.0], [2.0], [4.0]])
    found = nearest(np.array([[0.1]]), pool, 4)
    keep = np.array([False, True, False, True])
    assert found.kth((1, 2), keep)[0] == pytest.approx([0.9, 3.9])


def test_expected_coverage():
    assert expected_coverage(1000, 1000) == pytest.approx(0.96899, abs=1e-5)
    random = np.random.default_rng(0)
    values = [coverage(random.random((100, 3)), random.random((150, 3))).value for _ in range(60)]
    assert np.mean(values) == pytest.approx(expected_coverage(100, 150), abs=0.004)


@pytest.mark.parametrize("dimension", [2, 15])
def test_density_of_the_truth_is_one(dimension):
    random = np.random.default_rng(0)
    values = [
        density(random.random((150, dimension)), random.random((150, dimension))).value
        for _ in range(40)
    ]
    assert np.mean(values) == pytest.approx(1, abs=0.02)


def test_known_blindness():
    """A contracted model in 64 dimensions: recall 0, coverage high, density far above 1."""
    random = np.random.default_rng(0)
    x, y = random.standard_normal((400, 64)), 0.5 * random.standard_normal((400, 64))
    assert precision(x, y).value > 0.99
    assert recall(x, y).value < 0.01
    assert coverage(x, y).value > expected_coverage(400, 400)
    assert density(x, y).value > 20


@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage"])
def test_errors_and_nulls(name, kit):
    """The printed error is near the spread over seeds, and the null near the mean of the truth."""
    found = [
        METRICS.create(name)(kit["make_evidence"](kit["normal"](), n=150, seed=s))
        for s in range(40)
    ]
    values = np.array([f.value for f in found])
    errors = np.array([f.standard_error for f in found])
    assert 0.6 < errors.mean() / values.std() < 2
    assert np.mean([f.null for f in found]) == pytest.approx(values.mean(), abs=0.02)


def test_copies_and_bad_input():
    x = np.random.default_rng(0).random((50, 2))
    assert precision(x, x).value == coverage(x, x).value == recall(x, x).value == 1
    constant = np.ones((50, 2))
    assert coverage(x, constant).value < 0.3
    assert recall(x, constant).value == 0
    assert ball_counts(constant, np.zeros(50), constant).containing.tolist() == [50] * 50
    with pytest.raises(InputError, match="one shape"):
        precision(np.zeros((5, 2)), np.zeros((5, 3)))
