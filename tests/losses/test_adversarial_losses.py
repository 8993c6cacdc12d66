"""Identities of the adversarial losses of Goodfellow et al. 2014, for any logits and laws."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm

from genzoo.losses.adversarial import (
    Minimax,
    NonSaturating,
    accuracy,
    discriminator_loss,
    implied_js,
    minimax_generator_loss,
    non_saturating_generator_loss,
    optimal_logit,
    read_outs,
    value_function,
)

OBJECTIVES = [Minimax(), NonSaturating()]
LOSSES = [
    lambda real, fake: value_function(real, fake),
    lambda real, fake: discriminator_loss(real, fake),
    lambda real, fake: minimax_generator_loss(fake),
    lambda real, fake: non_saturating_generator_loss(fake),
    *[
        method
        for objective in OBJECTIVES
        for method in (objective.discriminator, objective.generator)
    ],
    *[
        lambda real, fake, name=name: read_outs(real, fake)[name]
        for name in ("D(real)", "D(fake)", "accuracy", "V")
    ],
]
logit_values = st.floats(-30, 30, allow_subnormal=False)
logits = st.lists(logit_values, min_size=1, max_size=12).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)
counts = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=8).filter(
    lambda pairs: all(sum(column) > 0 for column in zip(*pairs, strict=True))
)


def gradient(loss, point):
    point = point.clone().requires_grad_()
    return torch.autograd.grad(loss(point), point)[0]


@given(logits)
def test_generator_gradients(fake):
    d, n = torch.sigmoid(fake), len(fake)
    minimax = gradient(minimax_generator_loss, fake)
    non_saturating = gradient(non_saturating_generator_loss, fake)
    torch.testing.assert_close(minimax, -d / n, rtol=1e-12, atol=1e-300)
    torch.testing.assert_close(non_saturating, -torch.sigmoid(-fake) / n, rtol=1e-12, atol=1e-300)
    assert bool((minimax <= 0).all() and (non_saturating <= 0).all())
    assert bool((minimax.abs() + non_saturating.abs() >= 1 / n - 1e-12).all())


@given(logits, logits)
def test_discriminator_gradients(real, fake):
    expected_real, expected_fake = (
        -torch.sigmoid(-real) / len(real),
        torch.sigmoid(fake) / len(fake),
    )
    got_real = gradient(lambda point: discriminator_loss(point, fake), real)
    got_fake = gradient(lambda point: discriminator_loss(real, point), fake)
    torch.testing.assert_close(got_real, expected_real, rtol=1e-12, atol=1e-300)
    torch.testing.assert_close(got_fake, expected_fake, rtol=1e-12, atol=1e-300)


@given(logits, logits)
def test_value_is_the_definition(real, fake):
    value = torch.sigmoid(real).log().mean() + torch.sigmoid(-fake).log().mean()
    torch.testing.assert_close(value_function(real, fake), value, rtol=1e-12, atol=1e-12)


@given(st.integers(1, 20), st.integers(1, 20))
def test_an_undecided_discriminator_has_value_minus_log_4(n, m):
    value = value_function(torch.zeros(n, dtype=torch.float64), torch.zeros(m, dtype=torch.float64))
    assert float(value) == pytest.approx(-math.log(4), abs=1e-15)
    assert float(implied_js(value)) == pytest.approx(0, abs=1e-15)


@given(counts, st.lists(logit_values, min_size=8, max_size=8))
def test_optimal_discriminator_of_discrete_distributions(pairs, other):
    p_counts, q_counts = (torch.tensor(column) for column in zip(*pairs, strict=True))
    p, q = p_counts.double() / p_counts.sum(), q_counts.double() / q_counts.sum()

    def value(logit):
        return float(
            value_function(logit.repeat_interleave(p_counts), logit.repeat_interleave(q_counts))
        )

    best = value(optimal_logit(p.log(), q.log()))
    js = jensenshannon(p.numpy(), q.numpy()) ** 2
    js = (
        0.0 if math.isnan(js) else float(js)
    )  # scipy takes the root of a rounding error where p = q
    assert best == pytest.approx(-math.log(4) + 2 * js, abs=1e-12)
    assert float(implied_js(torch.tensor(best, dtype=torch.float64))) == pytest.approx(
        js, abs=1e-12
    )
    assert value(torch.tensor(other[: len(p)], dtype=torch.float64)) <= best + 1e-12


@pytest.mark.parametrize(
    ("mu", "s", "js", "value"),
    [
        (1, 1, 0.111421, -1.163451),
        (2, 1, 0.336831, -0.712633),
        (4, 1, 0.632720, -0.120854),
        (0, 2, 0.092733, -1.200828),
    ],
)
def test_value_at_the_optimal_discriminator_of_two_gaussians(mu, s, js, value):
    x = np.linspace(-40, 40, 20_001)
    log_p, log_q = norm.logpdf(x), norm.logpdf(x, mu, s)
    logit = optimal_logit(torch.tensor(log_p), torch.tensor(log_q))
    certain = torch.tensor([1e9], dtype=torch.float64)  # makes the other player's term vanish
    log_d = torch.vmap(lambda point: value_function(point[None], -certain))(logit).numpy()
    log_not_d = torch.vmap(lambda point: value_function(certain, point[None]))(logit).numpy()
    best = np.trapezoid(np.exp(log_p) * log_d + np.exp(log_q) * log_not_d, x)
    log_m = np.logaddexp(log_p, log_q) - math.log(2)
    direct = 0.5 * np.trapezoid(
        np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m), x
    )
    assert best == pytest.approx(value, abs=5e-7)
    assert float(implied_js(torch.tensor(best))) == pytest.approx(js, abs=5e-7)
    assert float(implied_js(torch.tensor(best))) == pytest.approx(direct, abs=1e-10)


def test_optimal_discriminator_of_two_shifted_gaussians():
    x = torch.linspace(-3, 5, 9, dtype=torch.float64)
    p, q = torch.distributions.Normal(0.0, 1.0), torch.distributions.Normal(2.0, 1.0)
    torch.testing.assert_close(optimal_logit(p.log_prob(x), q.log_prob(x)), 2 - 2 * x)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_discriminators_minimise_minus_the_value(objective):
    real, fake = torch.randn(2, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        objective.discriminator(real, fake), -value_function(real, fake), rtol=0, atol=0
    )


def test_generators_play_the_game_that_their_name_says():
    """A sure discriminator (D = .0067) leaves the minimax generator almost no gradient."""
    real, fake = torch.full((4,), 5.0), torch.full((4,), -5.0)
    assert float(gradient(lambda point: Minimax().generator(real, point), fake).abs().sum()) < 0.01
    assert (
        float(gradient(lambda point: NonSaturating().generator(real, point), fake).abs().sum())
        > 0.99
    )


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_generators_that_do_not_read_real_logits_ignore_them(objective):
    real, other, fake = torch.randn(3, 7, generator=torch.Generator().manual_seed(1))
    assert not objective.generator_reads_real
    torch.testing.assert_close(
        objective.generator(real, fake), objective.generator(other, fake), rtol=0, atol=0
    )


@given(logits, logits)
def test_read_outs(real, fake):
    outs = read_outs(real, fake)
    assert list(outs) == ["D(real)", "D(fake)", "accuracy", "V", "implied JS"]
    d_real, d_fake = 1 / (1 + np.exp(-real.numpy())), 1 / (1 + np.exp(-fake.numpy()))
    assert float(outs["D(real)"]) == pytest.approx(d_real.mean())
    assert float(outs["D(fake)"]) == pytest.approx(d_fake.mean())
    assert float(outs["V"]) == pytest.approx(float(value_function(real, fake)), abs=0)
    assert float(outs["implied JS"]) == pytest.approx(
        (float(outs["V"]) + math.log(4)) / 2, abs=1e-14
    )
    right = 0.5 * ((real > 0).double().mean() + (fake < 0).double().mean())
    ties = 0.25 * ((real == 0).double().mean() + (fake == 0).double().mean())
    assert float(outs["accuracy"]) == pytest.approx(float(right + ties))


def test_accuracy_of_a_perfect_a_wrong_and_an_undecided_discriminator():
    one = torch.ones(3)
    assert [float(accuracy(a, b)) for a, b in [(one, -one), (-one, one), (0 * one, 0 * one)]] == [
        1.0,
        0.0,
        0.5,
    ]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", [-1e4, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_finite_at_extreme_logits_with_finite_gradients(loss, size, dtype):
    point = torch.full((2, 3), size, dtype=dtype, requires_grad=True)
    result = loss(point[0], point[1])
    slope = torch.autograd.grad(result, point)[0] if result.requires_grad else torch.zeros(1)
    assert bool(torch.isfinite(result))
    assert bool(torch.isfinite(slope).all())


@given(st.integers(1, 6), st.integers(0, 2**31), st.floats(0.01, 30))
def test_means_over_the_batch(n, seed, size):
    generator = torch.Generator().manual_seed(seed)
    one, two = size * torch.randn(2, 2, n, dtype=torch.float64, generator=generator)
    together = torch.cat([one, two], dim=1)
    order = torch.randperm(2 * n, generator=generator)
    for loss in LOSSES:
        mean = 0.5 * (loss(*one) + loss(*two))
        torch.testing.assert_close(loss(*together), mean, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(
            loss(*together[:, order]), loss(*together), rtol=1e-12, atol=1e-12
        )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_and_shape(loss, dtype):
    result = loss(torch.ones(4, dtype=dtype), -torch.ones(4, dtype=dtype))
    assert result.dtype == dtype
    assert result.shape == ()
