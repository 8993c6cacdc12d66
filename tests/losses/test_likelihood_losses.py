"""Gaussian KL, likelihood and the ELBO against torch.distributions, quadrature and algebra."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Independent, Normal, kl_divergence

from genzoo.losses.divergence import gaussian_kl
from genzoo.losses.elbo import log_importance_weight, negative_elbo_terms
from genzoo.losses.reconstruction import gaussian_log_likelihood

values = st.floats(-6, 6, allow_subnormal=False)


@st.composite
def tensors(draw, count=2, shape=None):
    shape = shape or draw(st.sampled_from([(3, 1), (2, 4), (2, 2, 3)]))
    size = math.prod(shape)
    return [
        torch.tensor(
            draw(st.lists(values, min_size=size, max_size=size)), dtype=torch.float64
        ).view(shape)
        for _ in range(count)
    ]


def independent(mean, log_variance):
    return Independent(Normal(mean, (0.5 * log_variance).exp()), mean.ndim - 1)


@given(tensors())
def test_gaussian_kl_is_that_of_torch(pair):
    mean, log_variance = pair
    prior = independent(torch.zeros_like(mean), torch.zeros_like(mean))
    expected = kl_divergence(independent(mean, log_variance), prior)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected, rtol=1e-10, atol=1e-12)


@given(tensors())
def test_gaussian_kl_is_not_negative_and_additive_over_dimensions(pair):
    mean, log_variance = (tensor.flatten(1) for tensor in pair)
    whole = gaussian_kl(mean, log_variance)
    parts = [
        gaussian_kl(mean[:, i : i + 1], log_variance[:, i : i + 1]) for i in range(mean.shape[1])
    ]
    assert bool((whole >= -1e-15).all())
    torch.testing.assert_close(whole, torch.stack(parts).sum(0), rtol=1e-12, atol=1e-12)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_gaussian_kl_is_zero_only_at_the_prior(mean, log_variance):
    kl = float(
        gaussian_kl(torch.tensor([[mean]]).double(), torch.tensor([[log_variance]]).double())
    )
    away = abs(mean) > 1e-3 or abs(log_variance) > 1e-3
    assert (kl > 0) if away else (kl == pytest.approx(0, abs=1e-6))
    assert float(gaussian_kl(torch.zeros(1, 5), torch.zeros(1, 5))) == 0


@pytest.mark.parametrize(
    ("mu", "s", "kl"), [(1, 1, 0.5), (2, 1, 2.0), (4, 1, 8.0), (0, 2, 0.806853)]
)
def test_gaussian_kl_golden_values(mu, s, kl):
    result = gaussian_kl(torch.tensor([[float(mu)]]), torch.tensor([[2 * math.log(s)]]))
    assert float(result) == pytest.approx(kl, abs=5e-7)


@given(tensors(count=3))
def test_gaussian_log_likelihood_is_that_of_torch(triple):
    x, mean, log_variance = triple
    expected = independent(mean, log_variance).log_prob(x)
    torch.testing.assert_close(
        gaussian_log_likelihood(x, mean, log_variance), expected, rtol=1e-10, atol=1e-10
    )


@given(tensors(), values)
def test_one_variance_serves_every_coordinate(pair, log_variance):
    x, mean = pair
    scalar = torch.tensor(log_variance, dtype=torch.float64)
    expected = gaussian_log_likelihood(x, mean, scalar.expand(x.shape))
    torch.testing.assert_close(
        gaussian_log_likelihood(x, mean, scalar), expected, rtol=1e-12, atol=1e-12
    )


@given(tensors())
def test_at_unit_variance_it_is_half_the_squared_error(pair):
    x, mean = pair
    got = gaussian_log_likelihood(x, mean, torch.zeros((), dtype=torch.float64))
    squared = ((x - mean) ** 2).flatten(1).sum(1)
    size = math.prod(x.shape[1:])
    torch.testing.assert_close(
        got, -0.5 * squared - 0.5 * size * math.log(2 * math.pi), rtol=1e-12, atol=1e-10
    )


@pytest.mark.parametrize("log_variance", [-4.0, 0.0, 1.5])
def test_the_likelihood_integrates_to_one(log_variance):
    x = torch.linspace(-40, 40, 160_001, dtype=torch.float64)[:, None]
    log_p = gaussian_log_likelihood(
        x, torch.full_like(x, 0.7), torch.tensor(log_variance, dtype=torch.float64)
    )
    assert float(torch.trapezoid(log_p.exp(), x[:, 0])) == pytest.approx(1, abs=1e-9)


@given(tensors(shape=(6,)), st.floats(0, 10))
def test_elbo_terms(pair, beta):
    log_likelihood, kl = pair
    terms = negative_elbo_terms(log_likelihood, kl, beta=beta)
    assert list(terms) == ["reconstruction", "kl"]
    torch.testing.assert_close(terms["reconstruction"], -log_likelihood.mean())
    torch.testing.assert_close(terms["kl"], beta * kl.mean())
    elbo = -sum(negative_elbo_terms(log_likelihood, kl).values())
    torch.testing.assert_close(elbo, (log_likelihood - kl).mean())


@given(tensors(count=3, shape=(4,)))
def test_log_importance_weight_is_the_joint_over_the_posterior(triple):
    likelihood, prior, posterior = (tensor.exp() for tensor in triple)
    expected = likelihood * prior / posterior
    torch.testing.assert_close(
        log_importance_weight(*triple).exp(), expected, rtol=1e-10, atol=1e-300
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_and_shape(dtype):
    x = torch.ones(3, 2, dtype=dtype)
    for result in (
        gaussian_kl(x, x),
        gaussian_log_likelihood(x, 2 * x, torch.ones((), dtype=dtype)),
    ):
        assert result.dtype == dtype
        assert result.shape == (3,)
