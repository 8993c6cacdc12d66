"""Paths: boundary values, derivatives, and that noise gives way to data."""

import pytest
import torch

from genzoo.errors import InputError
from genzoo.models.transport.path import (
    Cosine,
    Linear,
    Trigonometric,
    VarianceExploding,
    VariancePreserving,
)

PATHS = [Linear(), Trigonometric(), VariancePreserving(), Cosine(), VarianceExploding()]
PRESERVING = [Trigonometric(), VariancePreserving(), Cosine()]
ENDS = {
    "Linear": (0, 1, 1, 0),
    "Trigonometric": (0, 1, 1, 0),
    "VariancePreserving": (0.0065715, 0.9999784, 1, 0),
    "Cosine": (0, 1, 1, 0),
    "VarianceExploding": (1, 80, 1, 0.002),
}
"""alpha and sigma at t = 0, then at t = 1; exp(-10.05 / 2) is the first of VariancePreserving."""


def name_of(path):
    return type(path).__name__


def inside(path, n=41):
    return torch.linspace(path.first, path.last, n + 2, dtype=torch.float64)[1:-1]


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_boundary_values(path):
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    alpha, sigma = path.alpha(ends), path.sigma(ends)
    got = alpha[0], sigma[0], alpha[1], sigma[1]
    assert [float(value) for value in got] == pytest.approx(ENDS[name_of(path)], abs=1e-7)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
@pytest.mark.parametrize("part", ["alpha", "sigma"])
def test_derivatives_are_those_of_autograd(path, part):
    t = inside(path).requires_grad_()
    value = getattr(path, part)(t)
    if not value.requires_grad:
        value = value + 0 * t
    (slope,) = torch.autograd.grad(value.sum(), t)
    assert torch.allclose(getattr(path, f"d_{part}")(t), slope, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_noise_gives_way_to_data(path):
    t = inside(path)
    rotation = path.d_alpha(t) * path.sigma(t) - path.alpha(t) * path.d_sigma(t)
    assert (rotation > 0).all()
    assert (path.diffusion(t) > 0).all()


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_all_is_finite_from_first_to_last(path):
    ends = torch.tensor([path.first, path.last])
    for part in (path.alpha, path.sigma, path.d_alpha, path.d_sigma, path.diffusion):
        assert part(ends).isfinite().all()


@pytest.mark.parametrize("path", PRESERVING, ids=name_of)
def test_variance_is_preserved(path):
    t = inside(path)
    assert torch.allclose(path.alpha(t) ** 2 + path.sigma(t) ** 2, torch.ones_like(t))


def test_small_noise_is_exact_in_single_precision():
    near = 1 - 1e-4
    for path in (VariancePreserving(), Cosine()):
        single = path.sigma(torch.tensor(near)).to(torch.float64)
        double = path.sigma(torch.tensor(near).to(torch.float64))
        assert torch.allclose(single, double, rtol=1e-5)


def test_the_cosine_is_that_of_the_paper():
    t = inside(Cosine())
    angle = (1 - t + 0.008) / 1.008 * torch.pi / 2
    start = torch.tensor(0.008 / 1.008 * torch.pi / 2, dtype=torch.float64)
    assert torch.allclose(Cosine().alpha(t) ** 2, angle.cos() ** 2 / start.cos() ** 2)


def test_many_small_steps_of_the_discrete_chain_are_the_path():
    path, steps = VariancePreserving(), 100_000
    s = torch.arange(1, steps + 1, dtype=torch.float64) / steps
    product = (1 - path.diffusion(1 - s) / steps).log().sum().exp()
    assert float(product) == pytest.approx(float(path.alpha(torch.zeros(())) ** 2), rel=1e-2)


def test_time_of_sigma_inverts_it():
    path = VarianceExploding()
    t = inside(path)
    assert torch.allclose(path.time_of(path.sigma(t)), t)
    assert float(path.time_of(torch.tensor(1e3))) == 0
    assert float(path.time_of(torch.tensor(0.0))) == 1


@pytest.mark.parametrize("betas", [(0, 1), (2, 1), (1, float("inf"))])
def test_rates_out_of_order_are_refused(betas):
    with pytest.raises(InputError, match="beta_min"):
        VariancePreserving(*betas)


@pytest.mark.parametrize("sigmas", [(0, 1), (2, 1), (1, float("inf"))])
def test_noise_out_of_order_is_refused(sigmas):
    with pytest.raises(InputError, match="sigma_min"):
        VarianceExploding(*sigmas)
