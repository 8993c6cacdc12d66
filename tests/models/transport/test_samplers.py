"""Samplers against the closed solution for normal data, x_1 = m + s x_0."""

import itertools

import pytest
import torch

from genzoo.models.transport.path import (
    Cosine,
    Linear,
    Trigonometric,
    VarianceExploding,
    VariancePreserving,
)
from genzoo.models.transport.prediction import Ends
from genzoo.models.transport.samplers import (
    DDIM,
    Ancestral,
    Euler,
    EulerMaruyama,
    Field,
    Heun,
    HeunDDIM,
    Midpoint,
    RungeKutta,
)
from tests.models.transport.exact import DEVIATION, MEAN, NormalField, transported, variance

PATHS = [Linear(), Trigonometric(), VariancePreserving(), Cosine(), VarianceExploding()]
ORDERS = [
    (Euler(), 2),
    (DDIM(), 2),
    (HeunDDIM(), 4),
    (Heun(), 4),
    (Midpoint(), 4),
    (RungeKutta(), 16),
]
STOCHASTIC = [Ancestral(), EulerMaruyama(), EulerMaruyama(0.3)]


def name_of(part):
    return type(part).__name__


def times_of(path, steps):
    return torch.linspace(path.first, path.last, steps + 1, dtype=torch.float64)


def last_state(sampler, field, x, times, noise=None):
    *_, x = sampler.states(field, x, times, noise)
    return x


def error(sampler, path, steps):
    times = times_of(path, steps)
    start = torch.tensor([-1.5, 0.2, 1.0], dtype=torch.float64) * path.sigma(times[0])
    got = last_state(sampler, NormalField(path), start, times)
    return float((got - transported(path, start, times[0], times[-1])).abs().max())


@pytest.mark.parametrize("path", PATHS, ids=name_of)
@pytest.mark.parametrize(("sampler", "factor"), ORDERS, ids=name_of)
def test_half_the_step_divides_the_error(sampler, factor, path):
    if isinstance(sampler, Midpoint) and isinstance(path, Linear):
        # Symmetry of this path about the middle of its way gains an order.
        factor = 8
    ratio = error(sampler, path, 64) / error(sampler, path, 128)
    assert ratio == pytest.approx(factor, rel=0.08)


def moments(sampler, path, steps):
    """Mean and variance of what comes out of the exact law at the first time.

    A step is affine in x and in its noise, so each is read off at unit vectors.
    """
    times = times_of(path, steps)
    x = torch.zeros(steps + 2, dtype=torch.float64)
    x[1] = 1
    noise = torch.cat([torch.zeros(2, steps, dtype=torch.float64), torch.eye(steps).double()])
    end = last_state(sampler, NormalField(path), x, times, noise)
    offset, slopes = end[0], end[1:] - end[0]
    mean = offset + slopes[0] * path.alpha(times[0]) * MEAN
    return mean, slopes[0] ** 2 * variance(path, times[0]) + (slopes[1:] ** 2).sum()


def posterior(path, t, s):
    """Slope, offset and variance of x_s given x_t by the formulas of Ho, Jain and Abbeel."""
    alpha = path.alpha(t) / path.alpha(s)
    beta = path.sigma(t) ** 2 - alpha**2 * path.sigma(s) ** 2
    of_data = path.alpha(s) * beta / path.sigma(t) ** 2
    of_x = alpha * path.sigma(s) ** 2 / path.sigma(t) ** 2
    slope, offset = denoiser(path, t)
    spread = beta * path.sigma(s) ** 2 / path.sigma(t) ** 2
    return of_x + of_data * slope, of_data * offset, spread


def denoiser(path, t):
    """E[x_1 | x_t] = slope x_t + offset."""
    slope = path.alpha(t) * DEVIATION**2 / variance(path, t)
    return slope, MEAN * (1 - slope * path.alpha(t))


def drift(path, t, s, churn):
    """The same of a step of Euler and Maruyama, of dx = (v + c g^2 / 2 score) dt + c^1/2 g dw."""
    rate = 1 / variance(path, t)
    diffusion = churn * path.diffusion(t)
    growth = path.alpha(t) * path.d_alpha(t) * DEVIATION**2 + path.sigma(t) * path.d_sigma(t)
    slope = (growth - diffusion / 2) * rate
    offset = path.d_alpha(t) * MEAN - slope * path.alpha(t) * MEAN
    return 1 + (s - t) * slope, (s - t) * offset, (s - t) * diffusion


def recursion(sampler, path, steps):
    """Mean and variance after all steps, by m -> a m + b and v -> a^2 v + c."""
    times = times_of(path, steps)
    if isinstance(sampler, Ancestral):
        parts = posterior(path, times[:-1], times[1:])
    else:
        parts = drift(path, times[:-1], times[1:], sampler.churn)
    # Numbers of Python: thousands of operations on tensors of one number take a second.
    mean, spread = float(path.alpha(times[0]) * MEAN), float(variance(path, times[0]))
    slopes, offsets, added = (part.tolist() for part in parts)
    added[-1] = 0.0
    for slope, offset, noise in zip(slopes, offsets, added, strict=True):
        mean, spread = slope * mean + offset, slope**2 * spread + noise
    return torch.tensor([mean, spread], dtype=torch.float64)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
@pytest.mark.parametrize("sampler", STOCHASTIC, ids=name_of)
def test_moments_follow_the_exact_recursion(sampler, path):
    got = torch.stack(moments(sampler, path, 16))
    assert torch.allclose(got, recursion(sampler, path, 16), rtol=1e-10)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
@pytest.mark.parametrize("sampler", STOCHASTIC, ids=name_of)
def test_half_the_step_halves_the_error_of_mean_and_variance(sampler, path):
    end = torch.tensor(path.last, dtype=torch.float64)
    truth = torch.stack([path.alpha(end) * MEAN, variance(path, end)])
    coarse, fine = (recursion(sampler, path, steps) - truth for steps in (4000, 8000))
    factor = 2
    if isinstance(path, VarianceExploding) and getattr(sampler, "churn", 0) == 1:
        # With the variance of the path itself, the first order cancels: 1.2e-7 is left.
        factor = 4
    assert float(coarse.norm() / fine.norm()) == pytest.approx(factor, rel=0.1)


def test_of_exploding_variance_heun_and_ddim_are_heun_in_sigma():
    """By the formulas of Karras et al. (2022), algorithm 1: dx / dsigma = (x - E[x_1]) / sigma."""
    path = VarianceExploding()
    times = times_of(path, 6)
    start = 80 * torch.tensor([-1.5, 0.2, 1.0], dtype=torch.float64)
    x = start
    for t, s in itertools.pairwise(times):
        slope, offset = denoiser(path, t)
        first = (x - slope * x - offset) / path.sigma(t)
        move = path.sigma(s) - path.sigma(t)
        ahead = x + move * first
        slope, offset = denoiser(path, s)
        second = (ahead - slope * ahead - offset) / path.sigma(s)
        x = x + move * (first + second) / 2
    assert torch.allclose(last_state(HeunDDIM(), NormalField(path), start, times), x, rtol=1e-10)


def test_on_straight_lines_heun_and_ddim_are_heun():
    path = Linear()
    times = times_of(path, 6)
    start = torch.tensor([-1.5, 0.2, 1.0], dtype=torch.float64)
    got = last_state(HeunDDIM(), NormalField(path), start, times)
    assert torch.allclose(got, last_state(Heun(), NormalField(path), start, times))


class One(Field):
    """All paths end in one point, and begin in another."""

    def __init__(self, path):
        self.path = path

    def ends(self, x, t):
        return Ends(torch.full_like(x, 2.0), torch.full_like(x, -0.7))


@pytest.mark.parametrize("sampler", [DDIM(), HeunDDIM()], ids=name_of)
@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_two_steps_are_exact_where_the_field_does_not_change(sampler, path):
    times = times_of(path, 2)
    start = -0.7 * path.sigma(times[0]) + 2.0 * path.alpha(times[0])
    got = last_state(sampler, One(path), start.reshape(1), times)
    expected = -0.7 * path.sigma(times[-1]) + 2.0 * path.alpha(times[-1])
    assert torch.allclose(got, expected.expand(1))


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_without_churn_it_is_euler(path):
    field, times = NormalField(path), times_of(path, 5)
    x, noise = torch.ones(3).double(), torch.ones(3, 5).double()
    plain = last_state(Euler(), field, x, times)
    assert torch.allclose(last_state(EulerMaruyama(0.0), field, x, times, noise), plain)


class Counting(NormalField):
    def __init__(self, path):
        super().__init__(path)
        self.count = 0

    def ends(self, x, t):
        self.count += 1
        return super().ends(x, t)


@pytest.mark.parametrize("sampler", [part for part, _ in ORDERS] + STOCHASTIC, ids=name_of)
def test_evaluations_are_counted(sampler):
    field = Counting(Linear())
    last_state(sampler, field, torch.ones(2), torch.linspace(0.1, 0.9, 8))
    assert sampler.evaluations(7) == field.count


def test_noise_is_asked_for_by_those_that_draw():
    assert not Heun().noise(5, (2,))
    assert Ancestral().noise(5, (2, 3))["steps"].event_shape == (5, 2, 3)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_the_score_of_a_field_is_that_of_the_marginal(path):
    t = torch.tensor(0.4, dtype=torch.float64)
    x = torch.tensor([-1.0, 0.3, 2.0], dtype=torch.float64, requires_grad=True)
    law = torch.distributions.Normal(path.alpha(t) * MEAN, variance(path, t).sqrt())
    (gradient,) = torch.autograd.grad(law.log_prob(x).sum(), x)
    assert torch.allclose(NormalField(path).score(x.detach(), t), gradient)
