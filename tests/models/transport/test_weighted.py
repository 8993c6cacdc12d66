"""Weighted pairs: of normal data all is normal, so what the weights do is known exactly."""

import math

import pytest
import torch
from torch import nn

from genzoo.core.model import Batch
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.transport import Transport
from genzoo.models.transport.couplings import GibbsKernel
from genzoo.models.transport.path import Linear
from genzoo.models.transport.prediction import Ends, Velocity
from genzoo.models.transport.samplers import RungeKutta
from genzoo.models.transport.times import Uniform
from tests.models.transport.exact import DEVIATION, MEAN

WIDTHS = [0.5, 1.0, 3.0]


def weighted_law(width):
    """Mean `(2,)` and covariance `(2, 2)` of (x_0, x_1), by the sum of precisions."""
    coupling = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64) / width**2
    own = torch.tensor([1.0, DEVIATION**-2], dtype=torch.float64)
    covariance = torch.linalg.inv(torch.diag(own) + coupling)
    return covariance @ torch.tensor([0.0, MEAN / DEVIATION**2], dtype=torch.float64), covariance


def spread_draws(n):
    """Noise and data N(2, .5^2) in independent pairs, and times, spread evenly."""
    uniform = torch.quasirandom.SobolEngine(3, scramble=True, seed=0).draw(n, dtype=torch.float64)
    normal = torch.special.ndtri(uniform[:, :2].clamp(1e-9, 1 - 1e-9))
    return normal[:, :1], MEAN + DEVIATION * normal[:, 1:], uniform[:, 2]


class Weighted(nn.Module):
    """The velocity of weighted pairs, E[x_1 - x_0 | x_t], and what a line adds to it."""

    def __init__(self, width):
        super().__init__()
        self.mean, self.covariance = weighted_law(width)
        self.line = nn.Parameter(torch.zeros(2, dtype=torch.float64))

    def velocity(self, x, t):
        place = torch.stack([1 - t, t])
        moves = torch.tensor([-1.0, 1.0], dtype=torch.float64)
        beside = moves @ self.covariance @ place
        variance = (place * (self.covariance @ place)).sum(0)
        return moves @ self.mean + (beside / variance)[:, None] * (x - (self.mean @ place)[:, None])

    def forward(self, x, t):
        # What the model adds to an output is taken from it.
        size = torch.sqrt(t**2 + (1 - t) ** 2)[:, None]
        guess = x * (2 * t - 1)[:, None] / size**2
        line = self.line[0] + self.line[1] * x
        return (self.velocity(x, t) - guess) * size + line


def model_of(network, width, steps=40):
    parts = {"path": Linear(), "prediction": Velocity(), "times": Uniform()}
    sampler = {"sampler": RungeKutta(), "sampler_steps": steps}
    model = Transport((1,), network=network, kernel=GibbsKernel(width), **parts, **sampler)
    return model.double()


@pytest.mark.parametrize("width", WIDTHS)
def test_weighted_pairs_have_the_law_of_their_weights(width):
    """Both marginals are other laws: that is the bias."""
    start, data, _ = spread_draws(2**14)
    weight = GibbsKernel(width).weight(Ends(data, start))
    pairs = torch.cat([start, data], 1)
    share = weight / weight.sum()
    mean, covariance = weighted_law(width)
    found = share @ pairs
    assert torch.allclose(found, mean, atol=0.02)
    apart = pairs - found
    assert torch.allclose((share[:, None] * apart).T @ apart, covariance, atol=0.02)
    # By the Gaussian that the other end leaves of the kernel.
    data_variance = 1 / (DEVIATION**-2 + 1 / (1 + width**2))
    assert float(covariance[1, 1]) == pytest.approx(data_variance)
    assert float(mean[1]) == pytest.approx(data_variance * MEAN / DEVIATION**2)


@pytest.mark.parametrize("shape", [(1,), (3, 2)])
def test_weights_of_two_standard_normals_have_mean_1(shape):
    size = math.prod(shape)
    uniform = torch.quasirandom.SobolEngine(2 * size, scramble=True, seed=0).draw(2**14)
    normal = torch.special.ndtri(uniform.double().clamp(1e-9, 1 - 1e-9))
    ends = Ends(normal[:, :size].reshape(-1, *shape), normal[:, size:].reshape(-1, *shape))
    for width in (0.7, 2.0):
        assert float(GibbsKernel(width).weight(ends).mean()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_best_velocity_is_that_of_weighted_pairs(width):
    """There the loss has no slope; at the velocity of other weights it has one."""
    start, data, share = spread_draws(2**14)
    noise = {"start": start, "time": share}
    slopes = []
    for own in (width, 1.3 * width):
        model = model_of(Weighted(own), width)
        loss = model.loss(Batch(data), noise).terms["squared error"]
        (slope,) = torch.autograd.grad(loss, [model.network.line])
        weight = model.kernel.weight(Ends(data, start)).mean()
        slopes.append(float((slope / weight).abs().max()))
    right, wrong = slopes
    assert right < 0.03
    assert wrong > 3 * right


@pytest.mark.parametrize("width", WIDTHS)
def test_the_law_of_samples_departs_as_the_closed_form_says(width):
    """The flow takes the weighted start to the weighted data; samples start as N(0, 1)."""
    start = torch.tensor([[-1.0], [0.0], [2.0]], dtype=torch.float64)
    mean, covariance = weighted_law(width)
    slope = torch.sqrt(covariance[1, 1] / covariance[0, 0])
    with torch.no_grad():
        got = model_of(Weighted(width), width).generate({"start": start})
    assert torch.allclose(got, mean[1] + slope * (start - mean[0]), atol=1e-6)
    expected = DEVIATION**2 * (1 + width**2) / (DEVIATION**2 + width**2)
    assert float(slope**2) == pytest.approx(expected)


def test_its_exact_field_is_not_known_and_a_width_is_needed():
    model = MODELS.create("weighted_flow_matching", (2,), width=4)
    assert "weighted" in model.marginal_path()
    assert isinstance(MODELS.create("flow_matching", (2,), width=4).marginal_path(), Linear)
    for width in (0.0, math.inf):
        with pytest.raises(InputError, match="kernel_width"):
            MODELS.create("weighted_flow_matching", (2,), kernel_width=width)
