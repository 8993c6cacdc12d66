"""The distance from the optimal discriminator, against two Gaussians in closed form."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import genzoo
from genzoo.core.capabilities import SupportsLogProb
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.losses.adversarial import Minimax, optimal_logit, value_function
from genzoo.losses.optimal import bernoulli_kl, discriminator_gap
from genzoo.models import GAN, CriticGAN

logits = st.lists(st.floats(-20, 20), min_size=2, max_size=6).map(
    lambda v: torch.tensor(v, dtype=torch.float64)
)


class Normal(SupportsLogProb):
    def __init__(self, event_shape, mean):
        self.event_shape, self.mean = event_shape, mean

    def _log_prob(self, x, context):
        return torch.distributions.Normal(self.mean, 1.0).log_prob(x).flatten(1).sum(1)


def shifted(dimensions=1, slope=-2.0, intercept=2.0, mean=2.0):
    """G(z) = z + mean, the logit of D is slope x_1 + intercept.

    D is optimal for N(0, I) data at slope -2 and intercept 2 where the mean is 2.
    """
    generator, discriminator = nn.Linear(dimensions, dimensions), nn.Linear(dimensions, 1)
    model = GAN(
        (dimensions,),
        latent_dim=dimensions,
        generator=generator,
        discriminator=discriminator,
        objective=Minimax(),
    )
    with torch.no_grad():
        generator.weight.copy_(torch.eye(dimensions))
        generator.bias.fill_(0.0)
        generator.bias[0] = mean
        discriminator.weight.zero_()
        discriminator.weight[0, 0] = slope
        discriminator.bias.fill_(intercept)
    return model


@settings(max_examples=50)
@given(logits, st.integers(0, 1000))
def test_the_gap_is_the_value_that_is_missed(first, seed):
    generator = torch.Generator().manual_seed(seed)
    p, q = torch.randint(1, 9, (2, len(first)), generator=generator)
    p_law, q_law = p.double() / p.sum(), q.double() / q.sum()
    best = optimal_logit(p_law.log(), q_law.log())
    gap = discriminator_gap(first, best, (p_law + q_law) / 2)

    def value(score):
        return float(value_function(score.repeat_interleave(p), score.repeat_interleave(q)))

    assert float(gap.nats) == pytest.approx(value(best) - value(first), rel=1e-9, abs=1e-10)
    assert float(gap.nats) >= -1e-12
    assert float(discriminator_gap(best, best, p_law).nats) == pytest.approx(0, abs=1e-12)
    squared = ((p_law + q_law) / 2 * (first.sigmoid() - p_law / (p_law + q_law)).square()).sum()
    assert float(gap.mean_squared) == pytest.approx(float(squared), abs=1e-12)


def test_bernoulli_kl_is_that_of_torch_and_finite_far_out():
    a, b = (
        torch.tensor([0.3, -2.0], dtype=torch.float64),
        torch.tensor([-1.0, 4.0], dtype=torch.float64),
    )
    expected = torch.distributions.kl_divergence(
        *(torch.distributions.Bernoulli(logits=each) for each in (a, b))
    )
    torch.testing.assert_close(bernoulli_kl(a, b), expected)
    far = torch.tensor([1e4, -1e4, 1e4])
    torch.testing.assert_close(
        bernoulli_kl(far, torch.tensor([1e4, -1e4, -1e4])), torch.tensor([0.0, 0.0, 1e4])
    )


def test_two_gaussians_in_closed_form():
    source, density = create_source("gaussian_1d"), Normal((1,), 2.0)
    stream = torch.Generator().manual_seed(0)
    best = genzoo.optimal_discriminator(shifted(), source, model_density=density, generator=stream)
    assert best.js == pytest.approx(0.336831, abs=1e-5)
    assert best.nats == pytest.approx(0, abs=1e-9)
    assert best.mean_squared == pytest.approx(0, abs=1e-9)
    torch.testing.assert_close(
        best.optimum, (2 - 2 * best.x.flatten()).sigmoid(), rtol=1e-5, atol=1e-7
    )
    undecided = genzoo.optimal_discriminator(
        shifted(slope=0.0, intercept=0.0), source, model_density=density, generator=stream
    )
    assert undecided.nats == pytest.approx(2 * 0.336831, abs=1e-5)
    assert float(undecided.discriminator[0]) == 0.5


def test_without_a_density_the_kernel_estimate_comes_near():
    stream = torch.Generator().manual_seed(0)
    found = genzoo.optimal_discriminator(shifted(), "gaussian_1d", generator=stream)
    assert found.js == pytest.approx(0.3368, abs=0.01)
    assert found.nats < 0.01
    assert found.mean_squared < 0.002


def test_in_more_dimensions_both_laws_are_sampled():
    source = create_source("random_mixture:modes=1,dimension=2")

    class Same(SupportsLogProb):
        event_shape = (2,)

        def _log_prob(self, x, context):
            return source.log_prob(x) - math.log(3)

    stream = torch.Generator().manual_seed(0)
    model = shifted(dimensions=2, slope=0.0, intercept=math.log(3))
    found = genzoo.optimal_discriminator(model, source, model_density=Same(), generator=stream)
    assert found.nats == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(found.optimum, torch.full_like(found.optimum, 0.75))


def test_what_is_missing_is_said():
    with pytest.raises(InputError, match="density is needed"):
        genzoo.optimal_discriminator(shifted(dimensions=2), "ring")
    with pytest.raises(InputError, match="source has no density"):
        genzoo.optimal_discriminator(shifted(dimensions=15), "paintings")
    parts = {
        "latent_dim": 1,
        "generator": nn.Linear(1, 1),
        "discriminator": nn.Linear(1, 1),
        "objective": Minimax(),
    }
    with pytest.raises(InputError, match="CriticGAN has no discriminator"):
        genzoo.optimal_discriminator(CriticGAN((1,), **parts), "gaussian_1d")
