"""Closed forms, published entropies, scikit-learn's own generators, and adaptive quadrature."""

import itertools
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets

from genzoo.core.noise import stream
from genzoo.data import create_source


def entropy(source, half_width, step):
    ticks = torch.arange(-half_width + step / 2, half_width, step, dtype=torch.float64)
    log_p = source.log_prob(torch.cartesian_prod(ticks, ticks))
    return -float((log_p.exp() * log_p).sum()) * step**2


@pytest.mark.parametrize(
    ("text", "half_width", "step", "expected"),
    [
        ("ring:sigma=0.01", 1.2, 0.005, -4.2930),
        ("ring:radius=2,sigma=0.02", 2.4, 0.01, -2.9067),
        ("grid:spacing=2,sigma=0.05", 4.5, 0.02, 0.0653),
        ("two_moons:noise=0.1", 3.2, 0.03, 1.00758),
        ("two_moons:noise=0.2", 4, 0.04, 1.6775),
    ],
)
def test_entropies_of_the_reference_table(text, half_width, step, expected):
    assert entropy(create_source(text), half_width, step) == pytest.approx(expected, abs=6e-5)


def test_ring_has_distinct_equally_spaced_modes_on_its_circle():
    modes = create_source("ring:modes=8,radius=2").modes()
    assert len({tuple(row) for row in modes.locations.round(decimals=6).tolist()}) == 8
    assert modes.locations.norm(dim=1).tolist() == pytest.approx([2.0] * 8)
    assert torch.pdist(modes.locations).min().item() == pytest.approx(4 * math.sin(math.pi / 8))
    assert modes.locations[0].tolist() == [2.0, 0.0]


def test_grid_has_its_spacing():
    modes = create_source("grid").modes()
    assert len(modes) == 25
    assert set(modes.locations.flatten().tolist()) == {-4.0, -2.0, 0.0, 2.0, 4.0}


def test_gaussian_and_mixtures_agree_with_scipy():
    x = torch.linspace(-6, 6, 50, dtype=torch.float64)[:, None]
    gaussian = create_source("gaussian_1d:mean=1,sd=2").log_prob(x).numpy()
    np.testing.assert_allclose(gaussian, scipy.stats.norm(1, 2).logpdf(x[:, 0]), rtol=1e-12)
    for text in (
        "mixture_1d:modes=3,sigma=0.5",
        "random_mixture:modes=5,dimension=3",
        "high_dim_mixture:dimension=7",
    ):
        source = create_source(text)
        modes = source.modes()
        x = source.sample(20, generator=stream(0)).x.to(torch.float64).numpy() * 1.3
        parts = [
            math.log(weight) + scipy.stats.multivariate_normal(mean.numpy(), cov.numpy()).logpdf(x)
            for weight, mean, cov in zip(
                modes.weights, modes.locations, modes.covariances, strict=True
            )
        ]
        np.testing.assert_allclose(
            source.log_prob(x).numpy(), scipy.special.logsumexp(parts, axis=0), rtol=1e-9
        )


def test_high_dim_mixture_keeps_its_separation():
    modes = create_source("high_dim_mixture:modes=6,dimension=20,separation=8,sigma=0.5").modes()
    assert torch.pdist(modes.locations).min().item() == pytest.approx(4.0)
    assert torch.allclose(modes.covariances, 0.25 * torch.eye(20, dtype=torch.float64))


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("two_moons:noise=0.1", lambda n: datasets.make_moons(n, noise=0.1, random_state=0)[0]),
        (
            "swiss_roll:noise=0.2",
            lambda n: datasets.make_swiss_roll(n, noise=1.0, random_state=0)[0][:, [0, 2]] / 5,
        ),
        (
            "circles:inner=0.5,noise=0.08",
            lambda n: datasets.make_circles(n, factor=0.5, noise=0.08, random_state=0)[0],
        ),
    ],
)
def test_the_law_is_that_of_scikit_learn(text, law):
    source, theirs = create_source(text), torch.from_numpy(law(20_000))
    log_p = source.log_prob(theirs)
    error = float(log_p.std()) / math.sqrt(len(theirs))
    assert float(log_p.mean()) == pytest.approx(-entropy(source, 5, 0.04), abs=5 * error)
    ours = source.sample(20_000, generator=stream(0)).x
    for function in (lambda x: x[:, 0], lambda x: x[:, 1], lambda x: x.sum(dim=1)):
        assert scipy.stats.ks_2samp(function(ours).numpy(), function(theirs).numpy()).pvalue > 1e-5


def arc_density(curve, low, high, noise, x, scale=0.0):
    """exp(scale) int f(t) N(x; c(t), noise^2 I) dt, by quadrature cut where it is narrow."""

    def integrand(t):
        c, f = curve(t)
        return f * math.exp(scale - ((x[0] - c[0]) ** 2 + (x[1] - c[1]) ** 2) / (2 * noise**2))

    cuts = np.linspace(low, high, 200)
    total = sum(
        scipy.integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-11)[0]
        for a, b in itertools.pairwise(cuts)
    )
    return total / (2 * math.pi * noise**2)


CURVES = {
    "two_moons:noise=0.1": [
        (lambda t: ((math.cos(t), math.sin(t)), 0.5 / math.pi), 0, math.pi),
        (lambda t: ((1 - math.cos(t), 0.5 - math.sin(t)), 0.5 / math.pi), 0, math.pi),
    ],
    "swiss_roll:noise=0.2": [
        (
            lambda t: ((t * math.cos(t) / 5, t * math.sin(t) / 5), 1 / (3 * math.pi)),
            1.5 * math.pi,
            4.5 * math.pi,
        )
    ],
    "spirals:noise=0.1": [
        (
            lambda t, sign=sign: (
                (sign * t * math.cos(t) / 3, sign * t * math.sin(t) / 3),
                t / (3 * math.pi) ** 2,
            ),
            0,
            3 * math.pi,
        )
        for sign in (1, -1)
    ],
}


@pytest.mark.parametrize("text", CURVES)
def test_arc_densities_agree_with_adaptive_quadrature(text):
    source = create_source(text)
    near = source.sample(6, generator=stream(0)).x.to(torch.float64)
    points = torch.cat(
        [
            near,
            near + 4 * source.noise,
            torch.tensor([[0.0, 0.0], [-1.5, 0.2]], dtype=torch.float64),
        ]
    )
    expected = [
        sum(arc_density(*arm, source.noise, x) for arm in CURVES[text]) for x in points.tolist()
    ]
    np.testing.assert_allclose(source.log_prob(points).numpy(), np.log(expected), atol=1e-8)


@pytest.mark.parametrize(("point", "distance"), [((-1.0, -1.5), 1.5), ((2.0, 2.5), 2.0)])
def test_beyond_the_end_of_an_arc_the_density_is_resolved(point, distance):
    source = create_source("two_moons:noise=0.03")
    scale = distance**2 / (2 * source.noise**2)
    total = sum(
        arc_density(*arm, source.noise, point, scale) for arm in CURVES["two_moons:noise=0.1"]
    )
    log_p = source.log_prob(torch.tensor([point], dtype=torch.float64))
    assert float(log_p) == pytest.approx(math.log(total) - scale, abs=0.05)


def test_circles_agree_with_adaptive_quadrature():
    source = create_source("circles:inner=0.4,noise=0.1")
    points = torch.tensor([[0.0, 0.0], [0.3, 0.2], [-0.9, 0.5], [1.4, 0.1]], dtype=torch.float64)
    arms = [
        (lambda t, r=r: ((r * math.cos(t), r * math.sin(t)), 0.25 / math.pi), 0, 2 * math.pi)
        for r in (1.0, 0.4)
    ]
    expected = [sum(arc_density(*arm, 0.1, x) for arm in arms) for x in points.tolist()]
    np.testing.assert_allclose(source.log_prob(points).numpy(), np.log(expected), rtol=1e-9)


@pytest.mark.parametrize(
    "text", ["two_moons", "swiss_roll", "spirals", "circles", "pinwheel", "sines:noise=0.1"]
)
def test_densities_far_away_are_finite_and_fall(text):
    source = create_source(text)
    directions = torch.ones(3, *source.event_shape) * torch.tensor([[10.0], [100.0], [1e5]])
    log_p = source.log_prob(directions)
    assert bool(torch.isfinite(log_p).all())
    assert bool((log_p.diff() < 0).all())


def test_checkerboard_is_uniform_on_half_of_the_square():
    source = create_source("checkerboard")
    inside = torch.tensor([[-3.0, -3.0], [1.0, 1.0], [-4.0, -4.0], [-1.0, 3.0], [3.0, 3.0]])
    outside = torch.tensor(
        [[-3.0, -1.0], [1.0, -1.0], [5.0, 5.0], [4.0, 4.0], [-4.5, -3.0], [-6.5, -6.5]]
    )
    assert source.log_prob(inside).tolist() == pytest.approx([-math.log(32)] * 5)
    assert source.log_prob(outside).tolist() == [-math.inf] * 6


@given(cells=st.integers(1, 9), half_width=st.floats(1e-3, 1e3), seed=st.integers(0, 10**6))
def test_checkerboard_samples_lie_on_its_support(cells, half_width, seed):
    source = create_source("checkerboard", cells=cells, half_width=half_width)
    log_p = source.log_prob(source.sample(200, generator=stream(seed)).x)
    area = (2 * half_width) ** 2 * ((cells**2 + 1) // 2) / cells**2
    assert log_p.tolist() == pytest.approx([-math.log(area)] * 200)


def test_checkerboard_samples_that_round_onto_an_edge_are_kept_inside():
    source = create_source("checkerboard:cells=2001,half_width=1000.3")
    log_p = source.log_prob(source.sample(300_000, generator=stream(0)).x)
    assert bool(torch.isfinite(log_p).all())


def test_pinwheel_undone_is_its_gaussian():
    source = create_source("pinwheel:arms=3,twist=0.9")
    x = source.sample(20_000, generator=stream(0)).x.to(torch.float64) / 2
    radius = x.norm(dim=1)
    arm = source.modes().assign(2 * x.float())
    angle = torch.atan2(x[:, 1], x[:, 0]) - 0.9 * radius - 2 * math.pi * arm / 3
    for value, mean, sd in ((radius * angle.cos(), 1, 0.3), (radius * angle.sin(), 0, 0.1)):
        assert float(value.mean()) == pytest.approx(mean, abs=5 * sd / math.sqrt(20_000) + 1e-3)
        assert float(value.std()) == pytest.approx(sd, rel=0.03)
