"""Exact cells of a law, and the errors of divergences over them, against closed forms."""

import numpy as np
import pytest
from scipy.stats import beta, norm, uniform

from genzoo.metrics.histogram import (
    cell_counts,
    cells_of_density,
    cells_of_law,
    histogram_js,
    histogram_kl,
    histogram_size,
)


def test_exact_cells_are_the_masses_of_the_law():
    for edges, masses in (
        cells_of_density(norm.logpdf, -3.5, 4.0, 128),
        cells_of_law(norm.cdf, -3.5, 4.0, 128),
    ):
        exact = np.diff(norm.cdf(edges))
        assert len(edges) == 129
        assert masses[:-1] == pytest.approx(exact, abs=1e-9)
        assert masses[-1] == pytest.approx(1 - exact.sum(), abs=1e-9)
        assert masses.sum() == pytest.approx(1)
    assert masses[:-1] == pytest.approx(masses[0], abs=1e-4)
    assert cells_of_law(norm.cdf, 1.0, 1.0, 10) is None
    assert cells_of_density(norm.logpdf, -1.0, 0.0, 128) is None
    assert cells_of_density(norm.logpdf, 1.0, 1.0, 128) is None


def test_cells_reach_beyond_the_draws_only_where_the_density_is_smooth():
    def bounded(values):
        return np.where((values > 0) & (values < 1), 0.0, -np.inf)

    assert cells_of_density(norm.logpdf, -3.5, 4.0, 128)[0][[0, -1]] == pytest.approx([-7.25, 7.75])
    assert cells_of_density(bounded, 0.001, 0.998, 128)[0][[0, -1]] == pytest.approx([0.001, 0.998])


@pytest.mark.parametrize("n", [300, 2500])
@pytest.mark.parametrize(
    ("law", "js"),
    [
        ((0, 1), 0.0),
        ((1, 1), 0.1114215),
        ((2, 1), 0.3368308),
        ((4, 1), 0.6327185),
        ((0, 2), 0.092733),
    ],
)
def test_the_error_of_the_histogram_js_covers_whatever_the_size_and_the_distance(law, js, n):
    """Cells that hardly any draw hits, most of them for far laws, count with their full error."""
    random = np.random.default_rng(n)
    edges, masses = cells_of_density(norm.logpdf, -3.0, 3.0, histogram_size(n))
    draws = random.normal(*law, size=(300, n))
    found = [histogram_js(cell_counts(one, edges), masses) for one in draws]
    value, error = (
        np.array([getattr(f, name) for f in found]) for name in ("value", "standard_error")
    )
    assert error.mean() == pytest.approx(value.std(), rel=0.2)
    assert abs(value.mean() - js) < 0.4 * value.std() + 1e-4
    assert 0.88 <= (abs(value - js) <= 1.96 * error).mean() <= 0.995


def test_the_error_of_the_histogram_kl_covers():
    random = np.random.default_rng(0)
    edges, masses = cells_of_law(uniform.cdf, 0.0, 1.0, histogram_size(500))
    for law in (beta(1, 1), beta(2, 2), beta(5, 1)):
        found = [
            histogram_kl(cell_counts(one, edges), masses)
            for one in law.rvs((300, 500), random_state=random)
        ]
        value, error = (
            np.array([getattr(f, name) for f in found]) for name in ("value", "standard_error")
        )
        assert error.mean() == pytest.approx(value.std(), rel=0.1)
        assert 0.9 <= (abs(value + law.entropy()) <= 1.96 * error).mean() <= 0.99
