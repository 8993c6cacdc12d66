"""Copying of training rows."""

import numpy as np
import pytest
import torch

from genzoo.core.metric import Evidence
from genzoo.metrics import METRICS, near_duplicates, train_share
from genzoo.testing.specimens import LinearGaussian

M = 300


def three(dimension, seed):
    random = np.random.default_rng(seed)
    return tuple(random.standard_normal((M, dimension)) for _ in range(3))


@pytest.mark.parametrize("dimension", [2, 15, 64])
def test_fresh_draws_are_at_one_half_with_the_right_error(dimension):
    found = [train_share(*three(dimension, seed)) for seed in range(60)]
    z = np.array([(f.value - 0.5) / f.standard_error for f in found])
    assert abs(z.mean()) < 0.45
    assert 0.75 < z.std() < 1.3


@pytest.mark.parametrize("dimension", [2, 64])
def test_hubs_do_not_alarm(dimension):
    """Half the width without copying: a few rows are nearest to all, and the error says so."""
    found = [
        train_share(train, held, 0.5 * y)
        for train, held, y in (three(dimension, s) for s in range(40))
    ]
    assert abs(np.mean([(f.value - 0.5) / f.standard_error for f in found])) < 0.6


def test_exact_copies():
    train, held, _ = three(2, 0)
    found = train_share(train, held, train)
    assert found.value == 1
    assert (found.value - 0.5) / found.standard_error > 10
    assert near_duplicates(train, held, train).value == 1


@pytest.mark.parametrize("dimension", [2, 15])
def test_a_tenth_of_copies_is_found(dimension):
    random = np.random.default_rng(0)
    train, held, y = (random.standard_normal((1000, dimension)) for _ in range(3))
    y[:100] = train[:100]
    found = train_share(train, held, y)
    assert (found.value - 0.5) / found.standard_error > 2
    assert near_duplicates(train, held, y).value > 0.09


def test_near_duplicate_null():
    found = [near_duplicates(*three(3, seed)) for seed in range(60)]
    values = np.array([f.value for f in found])
    assert values.mean() == pytest.approx(0.01, abs=0.004)
    assert np.mean([f.standard_error for f in found]) == pytest.approx(values.std(), rel=0.4)


def test_the_order_of_training_rows_does_not_matter_on_average(kit):
    source = kit["Table"](0, 50)
    evidence = Evidence(
        torch.randn(80, 2, generator=torch.Generator().manual_seed(0)),
        source.holdout.x[:20],
        source,
    )
    found = METRICS.create("train_share")(evidence)
    assert "20 training and 20 held-out" in found.estimator


def test_likelihood_gap(kit):
    source = kit["Table"](0, 2000)
    model = LinearGaussian((2,)).eval()
    found = METRICS.create("likelihood_gap")(
        Evidence(source.holdout.x, source.holdout.x, source, model)
    )
    assert abs(found.value) < 3.5 * found.standard_error
    held = Evidence(source.holdout.x, 2 * source.holdout.x, source, model)
    assert METRICS.create("likelihood_gap")(held).value > 0.3


@pytest.mark.parametrize("name", ["sliced_wasserstein", "energy", "frechet", "wasserstein"])
def test_columns_of_different_units_weigh_the_same(name, kit):
    """A table whose second column is a thousand times as large, shifted in the first."""
    found = []
    for factor in (1.0, 1000.0):
        source = kit["Table"](0, 300)
        source.recommended_standardisation = "column"
        units = torch.tensor([1.0, factor])
        source._parts = tuple(type(part)(part.x * units) for part in source._parts)
        samples = (source.train.x / units + torch.tensor([1.0, 0.0])) * units
        found.append(METRICS.create(name)(Evidence(samples, source.holdout.x, source)).value)
    assert found[1] == pytest.approx(found[0], rel=1e-4)


@pytest.mark.parametrize(
    "name", ["train_share", "near_duplicates", "copied_rows", "likelihood_gap"]
)
def test_endless_sources_have_no_training_rows(name, kit):
    evidence = kit["make_evidence"](kit["normal"](), n=50)
    evidence.model = LinearGaussian((2,)).eval()
    assert "no training rows" in METRICS.create(name)(evidence).reason
