"""Equilibrium matching: the field without a time by quadrature, and the descent on a known one."""

import pytest
import torch
from torch import nn

from genzoo.core.model import Batch
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.transport import EquilibriumMatching
from genzoo.models.transport.path import Linear
from tests.models.transport.exact import DEVIATION, MEAN, NormalField, variance

NODES = 60


def exact_gradient(x, decay_from=0.8):
    """E[(x_0 - x_1) c(gamma) | x] of data N(2, .5^2), the mean over gamma given x.

    An average of what is known at each gamma, weighted by the density of x there.
    """
    roots, weights = torch.linalg.eigh(jacobi())
    weights = 2 * weights[0] ** 2
    above, below = 0.0, 0.0
    for start, end in ((0.0, decay_from), (decay_from, 1.0)):
        middle, half = (start + end) / 2, (end - start) / 2
        gamma = middle + half * roots
        spread = variance(Linear(), gamma)
        density = torch.exp(-((x - gamma * MEAN) ** 2) / (2 * spread)) / torch.sqrt(spread)
        ends = NormalField(Linear()).ends(x, gamma)
        falls = torch.ones_like(gamma)
        if start > 0:
            falls = (1 - gamma) / (1 - decay_from)
        weight = half * weights * density
        above = above + (weight * falls * (ends.noise - ends.data)).sum(1, keepdim=True)
        below = below + weight.sum(1, keepdim=True)
    return above / below


def jacobi():
    """The matrix whose eigenvalues are the nodes of Gauss and Legendre (Golub and Welsch 1969)."""
    k = torch.arange(1, NODES, dtype=torch.float64)
    beside = k / torch.sqrt(4 * k**2 - 1)
    return torch.diag(beside, 1) + torch.diag(beside, -1)


class NearExact(nn.Module):
    """The exact field and a sum of functions, whose coefficients are parameters, 0 at first."""

    def __init__(self, decay_from=0.8):
        super().__init__()
        self.decay_from = decay_from
        self.parts = nn.Parameter(torch.zeros(4, dtype=torch.float64))

    def forward(self, x, t):
        assert t is None
        functions = torch.cat([torch.ones_like(x), x, x**2, torch.sin(3 * x)], 1)
        return exact_gradient(x, self.decay_from) + (functions @ self.parts)[:, None]


class Spring(nn.Module):
    def forward(self, x, t):
        return 3 * (x - MEAN)


def model_of(network, shape=(1,), steps=5, **options):
    options = {"step_size": 0.1, **options}
    return EquilibriumMatching(shape, network=network, sampler_steps=steps, **options).double()


def spread_draws(n):
    """Data N(2, .5^2), noise and gamma, spread evenly."""
    uniform = torch.quasirandom.SobolEngine(3, scramble=True, seed=0).draw(n, dtype=torch.float64)
    uniform = uniform.clamp(1e-9, 1 - 1e-9)
    x = MEAN + DEVIATION * torch.special.ndtri(uniform[:, :1])
    return Batch(x), {"start": torch.special.ndtri(uniform[:, 1:2]), "time": uniform[:, 2]}


@pytest.mark.parametrize("decay_from", [0.8, 0.3])
def test_the_best_field_is_the_mean_over_times(decay_from):
    """There the loss has no slope in any direction; away from it, it grows."""
    network = NearExact(decay_from)
    model = model_of(network, decay_from=decay_from)
    batch, noise = spread_draws(2**12)
    loss = model.loss(batch, noise).terms["squared error"]
    (slope,) = torch.autograd.grad(loss, [network.parts])
    scale = torch.tensor([1.0, 1.0, 5.0, 1.0])
    assert (slope.abs() / scale).max() < 0.02
    for part in range(4):
        for side in (-0.2, 0.2):
            with torch.no_grad():
                network.parts.zero_()[part] = side
                assert model.loss(batch, noise).terms["squared error"] > loss


def test_the_field_of_a_trained_network_is_the_exact_one():
    """Least squares in 30 cosines, where there are enough draws."""
    batch, noise = spread_draws(2**14)
    frequencies = torch.arange(30, dtype=torch.float64)

    class Cosines(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.Parameter(torch.zeros(30, dtype=torch.float64))

        def forward(self, x, t):
            return torch.cos(frequencies * (x + 5) / 10 * torch.pi) @ self.parts[:, None]

    model = model_of(Cosines())
    loss = model.loss(batch, noise).terms["squared error"]
    (slope,) = torch.autograd.grad(loss, [model.network.parts], create_graph=True)
    rows = [torch.autograd.grad(own, model.network.parts, retain_graph=True)[0] for own in slope]
    ridge = 1e-4 * torch.eye(30, dtype=torch.float64)
    with torch.no_grad():
        model.network.parts.copy_(-torch.linalg.solve(torch.stack(rows) + ridge, slope))
        x = torch.linspace(-1.5, 2.7, 30, dtype=torch.float64)[:, None]
        assert (model.gradient(x) - exact_gradient(x)).abs().max() < 0.03


def test_of_a_broad_mode_far_from_noise_the_field_is_0_beyond_it():
    x = torch.tensor([[MEAN], [3.5], [3.6]], dtype=torch.float64)
    at_mode, before, behind = exact_gradient(x)[:, 0].tolist()
    assert at_mode < before < 0 < behind


def test_the_decay_is_constant_and_then_falls_to_0_at_data():
    decay = model_of(Spring()).decay(torch.tensor([0.0, 0.5, 0.8, 0.9, 1.0]))
    assert decay.tolist() == pytest.approx([1, 1, 1, 0.5, 0])


def test_descent_goes_down():
    """Of g = 3 (x - m), a step leaves 1 - 3 eta of the way."""
    start = torch.tensor([[-1.0], [4.0]], dtype=torch.float64)
    got = model_of(Spring()).generate({"start": start})
    assert torch.allclose(got, MEAN + 0.7**5 * (start - MEAN))


def test_momentum_is_nesterovs():
    """Of a linear field, a step is a matrix of the last two distances."""
    start = torch.tensor([[-1.0]], dtype=torch.float64)
    model = model_of(Spring(), momentum=0.4)
    _, states = model.trajectory({"start": start})
    step = torch.tensor([[0.7 * 1.4, -0.7 * 0.4], [1.0, 0.0]], dtype=torch.float64)
    apart = torch.tensor([-3.0, -3.0], dtype=torch.float64)
    for k in range(5):
        apart = step @ apart
        assert float(states[k + 1] - MEAN) == pytest.approx(float(apart[0]))
    assert not model.follows_velocity


def test_without_momentum_samples_follow_the_velocity():
    model = model_of(Spring(), steps=4)
    start = torch.tensor([[-1.0], [4.0]], dtype=torch.float64)
    times, states = model.trajectory({"start": start})
    for k in range(4):
        h = times[k + 1] - times[k]
        expected = states[k] + h * model.velocity(states[k], times[k])
        assert torch.allclose(states[k + 1], expected)
    assert model.follows_velocity


def test_what_is_out_of_range_is_refused():
    wrong = (
        {"momentum": 1.0},
        {"decay_from": 1.0},
        {"step_size": 0.0},
        {"sampler_steps": 0},
        {"guidance": float("nan")},
    )
    for options in wrong:
        with pytest.raises(InputError, match=next(iter(options))):
            MODELS.create("equilibrium_matching", (2,), **options)
