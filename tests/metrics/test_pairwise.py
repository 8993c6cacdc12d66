"""Energy distance, MMD, Frechet and exact Wasserstein against closed forms and other libraries."""

import numpy as np
import pytest
from scipy.stats import energy_distance as scipy_energy

from genzoo.errors import InputError
from genzoo.metrics import METRICS, energy_distance, frechet_distance, mmd, mmd_test, wasserstein
from genzoo.metrics.moments import expected_frechet
from genzoo.metrics.pairwise import pair_means

UNIT_SHIFT = {  # dimension: MMD^2 at l = sqrt(d), energy distance squared
    1: (0.177268, 0.541807),
    2: (0.117503, 0.429821),
    15: (0.022672, 0.178256),
    64: (0.005639, 0.087878),
}


def shifted(dimension, n, seed, shift=1.0):
    random = np.random.default_rng(seed)
    x, y = random.standard_normal((n, dimension)), random.standard_normal((n, dimension))
    y[:, 0] += shift
    return x, y


@pytest.mark.parametrize("dimension", UNIT_SHIFT)
def test_unit_shift(dimension):
    pairs = [shifted(dimension, 700, seed) for seed in range(6)]
    by_mmd = [mmd(x, y, np.sqrt(dimension)) for x, y in pairs]
    by_energy = [energy_distance(x, y) for x, y in pairs]
    truth = UNIT_SHIFT[dimension]
    assert np.mean(by_mmd) == pytest.approx(truth[0], abs=4 * np.std(by_mmd) / np.sqrt(6))
    error = by_energy[0].standard_error / np.sqrt(6)
    assert np.mean([e.value for e in by_energy]) == pytest.approx(truth[1], abs=4 * error)


def test_energy_is_the_square_of_scipy_s():
    x, y = shifted(1, 400, 0)
    biased = 2 * pair_means(x, y, np.abs).xy.mean()
    for rows in (x, y):
        biased -= np.abs(rows - rows.T).mean()
    assert biased == pytest.approx(scipy_energy(x[:, 0], y[:, 0]) ** 2)
    assert energy_distance(x, y).value == pytest.approx(biased, abs=0.01)


@pytest.mark.parametrize("statistic", [energy_distance, frechet_distance])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_errors_and_nulls_of(statistic, shift):
    found = [statistic(*shifted(3, 150, seed, shift)) for seed in range(60)]
    values = np.array([f.value for f in found])
    if shift == 0:
        assert values.mean() == pytest.approx(found[0].null, abs=4 * values.std() / np.sqrt(60))
    assert 0.75 < np.mean([f.standard_error for f in found]) / values.std() < 1.8


def test_mmd_rejects_at_its_level():
    p_values = [
        mmd_test(
            *shifted(2, 60, seed, 0.0), random=np.random.default_rng(seed), permutations=40
        ).p_value
        for seed in range(120)
    ]
    assert np.mean(np.array(p_values) <= 0.05) < 0.1
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.09)


def test_mmd_sees_the_width_of_modes(kit):
    """A ring of width x1.5 at 400 rows: a median bandwidth alone finds it in 7 % of samples."""
    x, y = kit["draws"](kit["ring"](), 400, 0), kit["draws"](kit["ring"](sd=0.075), 400, 1)
    assert mmd_test(x, y, random=np.random.default_rng(0), permutations=100).p_value < 0.02


def test_mmd_table_agrees_with_the_sums():
    x, y = shifted(2, 50, 0)
    found = mmd_test(
        x, y[:30], random=np.random.default_rng(0), permutations=5, bandwidths=np.array([0.5, 2.0])
    )
    assert found.squared == pytest.approx(
        [mmd(x, y[:30], np.sqrt(v)) for v in (0.5, 2.0)], abs=1e-5
    )
    assert mmd_test(np.zeros((9, 1)), np.zeros((9, 1)), random=np.random.default_rng(0)) is None


def test_frechet_of_two_gaussians():
    """N(0, I) against N((1, 0), diag(4, 1)): exactly 2, with samples whitened to those moments."""
    random = np.random.default_rng(0)
    x = random.standard_normal((500, 2))
    x = (x - x.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T
    assert frechet_distance(x, x * [2, 1] + [1, 0]).value == pytest.approx(2)
    assert frechet_distance(x, x).value == pytest.approx(0, abs=1e-12)
    turn = np.linalg.qr(random.standard_normal((2, 2)))[0]
    y = x * [2, 1] + [1, 0]
    assert frechet_distance(5 * x @ turn + 3, 5 * y @ turn + 3).value == pytest.approx(50)


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_expected_frechet_of_laws_with_known_fourth_moments(dimension):
    """Coordinates -sqrt 3, 0, 0, 0, 0, sqrt 3 have the moments of a normal.

    The square of a sign does not vary at all.
    """

    def grid(values):
        return np.stack(np.meshgrid(*[values] * dimension), axis=-1).reshape(-1, dimension)

    normal = grid(np.sqrt(3) * np.array([-1, 0, 0, 0, 0, 1]))
    unit = (1 / 50 + 1 / 80) * (dimension + (dimension**2 + dimension) / 4)
    assert expected_frechet(normal, 50, 80) == pytest.approx(unit)
    assert expected_frechet(5 * normal + 7, 50, 80) == pytest.approx(25 * unit)
    flat = np.concatenate([normal, np.zeros((len(normal), 1))], axis=1)
    assert expected_frechet(flat, 50, 80) == pytest.approx(unit)
    signs = (1 / 50 + 1 / 80) * (dimension + (dimension**2 - dimension) / 4)
    assert expected_frechet(grid(np.array([-1.0, 1.0])), 50, 80) == pytest.approx(signs)


@pytest.mark.parametrize("law", ["uniform", "two modes"])
def test_the_null_of_frechet_is_what_the_truth_scores_also_for_laws_that_are_not_normal(law):
    def draw(random):
        x = random.uniform(-1, 1, (200, 2))
        return x if law == "uniform" else x * 0.1 + random.integers(0, 2, (200, 1)) * [1.0, 0.5]

    found = [
        frechet_distance(draw(random), draw(random))
        for random in map(np.random.default_rng, range(200))
    ]
    values = np.array([f.value for f in found])
    assert values.mean() == pytest.approx(
        np.mean([f.null for f in found]), abs=4 * values.std() / np.sqrt(200)
    )


def test_exact_wasserstein():
    x, y = shifted(2, 200, 0)
    assert wasserstein(x, x + np.array([1, 0])).value == pytest.approx(1)
    assert wasserstein(x, x[::-1]).value == pytest.approx(0, abs=1e-12)
    line_x, line_y = shifted(1, 300, 0)
    sorted_cost = ((np.sort(line_x[:, 0]) - np.sort(line_y[:, 0])) ** 2).mean()
    assert wasserstein(line_x, line_y).value == pytest.approx(sorted_cost)
    assert wasserstein(x, y[:77]).n == 77


def test_wasserstein_stands_beside_its_null(kit):
    found = METRICS.create("wasserstein")(kit["make_evidence"](kit["normal"](5), n=200))
    assert found.value == pytest.approx(found.null, rel=0.2)
    assert found.value > 1


@pytest.mark.parametrize("statistic", [energy_distance, frechet_distance])
def test_too_few_rows_and_bad_input(statistic):
    assert "needs 2" in statistic(np.zeros((1, 2)), np.zeros((5, 2))).reason
    with pytest.raises(InputError, match="one shape"):
        statistic(np.zeros((3, 2)), np.zeros((3, 1)))
