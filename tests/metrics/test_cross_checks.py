"""The same numbers from independent libraries; skipped where these are missing.

They come with `pip install -e '.[crosscheck]'`.
"""

import numpy as np
import pytest

from genzoo.metrics import coverage, density, energy_distance, precision, recall, wasserstein
from genzoo.metrics.sliced import sliced_wasserstein


def two_samples(dimension, m=150, n=150, shift=0.5, scale=1.2):
    random = np.random.default_rng(dimension)
    return random.standard_normal((m, dimension)), shift + scale * random.standard_normal(
        (n, dimension)
    )


@pytest.mark.parametrize("dimension", [2, 15, 64])
@pytest.mark.parametrize("k", [3, 5])
def test_fidelity_and_diversity_agree_with_prdc(dimension, k):
    prdc = pytest.importorskip("prdc")
    x, y = two_samples(dimension, 150, 120)
    theirs = prdc.compute_prdc(x, y, nearest_k=k)
    for metric in (precision, recall, density, coverage):
        assert metric(x, y, k).value == pytest.approx(theirs[metric.__name__], abs=1e-6)


@pytest.mark.parametrize("dimension", [1, 2, 15])
def test_wasserstein_agrees_with_pot(dimension):
    ot = pytest.importorskip("ot")
    x, y = two_samples(dimension)
    assert wasserstein(x, y).value == pytest.approx(ot.emd2([], [], ot.dist(x, y)), rel=1e-9)


@pytest.mark.parametrize("dimension", [2, 15])
def test_sliced_wasserstein_agrees_with_pot(dimension):
    """Over random projections, so within what they vary by."""
    ot = pytest.importorskip("ot")
    x, y = two_samples(dimension, shift=1.0)
    theirs = ot.sliced_wasserstein_distance(x, y, n_projections=20_000, seed=0) ** 2
    found = sliced_wasserstein(x, y, random=np.random.default_rng(0))
    assert found.value == pytest.approx(theirs, rel=0.05)


@pytest.mark.parametrize("dimension", [1, 2, 15])
def test_energy_distance_agrees_with_dcor(dimension):
    dcor = pytest.importorskip("dcor")
    x, y = two_samples(dimension, 150, 120)
    theirs = dcor.energy_distance(x, y, estimation_stat="u_statistic")
    assert energy_distance(x, y).value == pytest.approx(theirs, rel=1e-9)
