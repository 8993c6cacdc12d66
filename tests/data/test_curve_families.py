"""Curves: the families, their parameter, and their densities with noise."""

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

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.noise import stream
from genzoo.core.source import SupportsParameter
from genzoo.data import create_source
from genzoo.data.curves import log_normal_interval
from genzoo.errors import InputError


def curves(text, n=4000):
    return create_source(text).sample(n, generator=stream(0)).x.to(torch.float64)


def test_paintings_are_parabolas_between_their_bounds():
    source = create_source("paintings")
    y = curves("paintings")
    assert source.event_shape == (15,)
    assert source.grid.tolist() == pytest.approx(np.linspace(-1, 1, 15).tolist())
    assert torch.allclose(source.lower_bound, source.grid**2)
    assert torch.allclose(source.upper_bound, 2 * source.grid**2 + 1)
    assert bool((y >= source.lower_bound - 1e-6).all())
    assert bool((y <= source.upper_bound + 1e-6).all())


def test_paintings_parameter_is_fitted_and_uniform():
    source = create_source("paintings")
    assert isinstance(source, SupportsParameter)
    a, residual = source.fit_parameter(curves("paintings"))
    assert float(residual.max()) < 1e-6
    assert source.parameter_name == "a"
    assert source.parameter_mean == 1.5
    assert source.parameter_sd == pytest.approx(0.288675, abs=1e-6)
    assert (
        scipy.stats.kstest(
            a.numpy(), lambda v: source.parameter_cdf(torch.as_tensor(v)).numpy()
        ).pvalue
        > 1e-4
    )
    assert source.parameter_cdf(torch.tensor([0.0, 1.0, 1.25, 2.0, 3.0])).tolist() == [
        0.0,
        0.0,
        0.25,
        1.0,
        1.0,
    ]


def test_paintings_denominator_is_that_of_the_reference():
    assert float((create_source("paintings").grid.square() + 1).square().sum()) == pytest.approx(
        30.3236, abs=5e-5
    )
    unit = create_source("paintings").fit_parameter(
        30.3236 / (create_source("paintings").grid[None] ** 2 + 1) / 15 - 1
    )
    assert float(unit[0]) == pytest.approx(1, abs=1e-5)


@given(st.floats(-5, 5), st.integers(0, 1000))
def test_paintings_fit_is_least_squares(a, seed):
    source = create_source("paintings")
    u = (source.grid**2 + 1).numpy()
    y = a * u - 1 + torch.randn(15, generator=stream(seed), dtype=torch.float64).numpy()
    expected, squares = np.linalg.lstsq(u[:, None], y + 1, rcond=None)[:2]
    value, residual = source.fit_parameter(y[None])
    assert float(value) == pytest.approx(float(expected[0]), abs=1e-9)
    assert float(residual) == pytest.approx(math.sqrt(float(squares[0]) / 15), abs=1e-9)


def test_paintings_fit_checks_its_input():
    with pytest.raises(InputError, match="shape"):
        create_source("paintings").fit_parameter(torch.zeros(3, 14))
    with pytest.raises(InputError, match="finite"):
        create_source("paintings").fit_parameter(torch.full((1, 15), math.nan))


@pytest.mark.parametrize("name", ["paintings", "sines", "damped_oscillations"])
def test_only_noisy_curves_have_a_density(name):
    assert not isinstance(create_source(name), SupportsLogProb)
    noisy = create_source(f"{name}:noise=0.2,points=9")
    assert isinstance(noisy, SupportsLogProb)
    assert noisy.event_shape == (9,)
    assert len(noisy.grid) == 9


def test_noise_has_its_standard_deviation():
    source = create_source("paintings:noise=0.3")
    residual = source.fit_parameter(curves("paintings:noise=0.3"))[1]
    assert float(residual.square().mean().sqrt()) == pytest.approx(
        0.3 * math.sqrt(14 / 15), rel=0.02
    )


@pytest.mark.parametrize("noise", [0.05, 1.0])
def test_noisy_paintings_agree_with_adaptive_quadrature(noise):
    source = create_source("paintings", noise=noise, points=6)
    x = torch.cat(
        [source.sample(5, generator=stream(0)).x.to(torch.float64), torch.full((1, 6), 1.3)]
    )
    u = source.grid.numpy() ** 2 + 1
    for y, got in zip(x.numpy(), source.log_prob(x).tolist(), strict=True):
        best = float((y + 1) @ u / (u @ u))
        scale = ((y + 1 - best * u) ** 2).sum() / (2 * noise**2)

        def integrand(a, y=y, scale=scale):
            return math.exp(scale - ((y + 1 - a * u) ** 2).sum() / (2 * noise**2))

        total = scipy.integrate.quad(
            integrand, 1, 2, points=[min(max(best, 1), 2)], epsabs=0, epsrel=1e-12
        )[0]
        assert got == pytest.approx(
            math.log(total) - scale - 3 * math.log(2 * math.pi * noise**2), abs=1e-8
        )


@pytest.mark.parametrize(
    ("text", "low", "high", "basis"),
    [
        (
            "sines:points=5,noise=0.2",
            1,
            3,
            lambda x, f: (np.cos(2 * np.pi * f * x), np.sin(2 * np.pi * f * x)),
        ),
        (
            "damped_oscillations:points=5,noise=0.2",
            1,
            6,
            lambda x, d: (
                np.exp(-d * x) * np.cos(6 * np.pi * x),
                np.exp(-d * x) * np.sin(6 * np.pi * x),
            ),
        ),
    ],
)
def test_noisy_oscillations_agree_with_adaptive_quadrature(text, low, high, basis):
    source = create_source(text)
    x = source.sample(4, generator=stream(0)).x.to(torch.float64).numpy()
    grid = np.linspace(0, 1, 5)

    def density(theta, y):
        b = np.stack(basis(grid, theta), axis=1)
        return scipy.stats.multivariate_normal(np.zeros(5), 0.04 * np.eye(5) + b @ b.T).pdf(y) / (
            high - low
        )

    cuts = np.linspace(low, high, 9)
    for y, got in zip(x, source.log_prob(x).tolist(), strict=True):
        total = sum(
            scipy.integrate.quad(density, a, b, args=(y,), epsabs=0, epsrel=1e-9)[0]
            for a, b in itertools.pairwise(cuts)
        )
        assert got == pytest.approx(math.log(total), abs=1e-7)


def recurrence(y):
    """Least-squares (p, q) of y[i + 1] = p y[i] - q y[i - 1], for each curve."""
    design = torch.stack([y[:, 1:-1], -y[:, :-2]], dim=2)
    return torch.linalg.lstsq(design, y[:, 2:, None]).solution[:, :, 0].unbind(dim=1)


def test_sines_solve_their_recurrence_with_a_uniform_frequency():
    y = curves("sines", 3000)
    p, q = recurrence(y)
    assert q.numpy() == pytest.approx(np.ones(3000), abs=1e-2)
    frequency = torch.arccos((p / 2).clamp(-1, 1)) * 39 / (2 * math.pi)
    assert scipy.stats.kstest(frequency.numpy(), scipy.stats.uniform(1, 2).cdf).pvalue > 1e-4


def test_damped_oscillations_solve_their_recurrence_with_a_uniform_damping():
    y = curves("damped_oscillations:frequency=3", 3000)
    p, q = recurrence(y)
    damping = -q.log() * 39 / 2
    assert scipy.stats.kstest(damping.numpy(), scipy.stats.uniform(1, 5).cdf).pvalue > 1e-4
    assert (p / (2 * q.sqrt())).numpy() == pytest.approx(
        np.full(3000, math.cos(6 * math.pi / 39)), abs=1e-3
    )
    assert scipy.stats.kstest(y[:, 0].numpy(), "norm").pvalue > 1e-4


@given(st.floats(-30, 30), st.floats(1e-3, 20))
def test_log_normal_interval_agrees_with_quadrature(low, width):
    got = float(log_normal_interval(*torch.tensor([[low], [low + width]], dtype=torch.float64)))
    nearest = min(max(0.0, low), low + width)
    cuts = sorted(
        {low, low + width, *np.clip([nearest - 1, nearest, nearest + 1], low, low + width)}
    )
    total = sum(
        scipy.integrate.quad(
            lambda t: math.exp((nearest**2 - t**2) / 2), a, b, epsabs=0, epsrel=1e-10
        )[0]
        for a, b in itertools.pairwise(cuts)
    )
    expected = math.log(total) - nearest**2 / 2 - 0.5 * math.log(2 * math.pi)
    assert got == pytest.approx(expected, abs=1e-8, rel=1e-9)
