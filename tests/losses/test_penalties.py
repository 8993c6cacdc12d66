"""Gradient penalties by hand on linear and quadratic critics, and mistakes that others made."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genzoo.losses.diversity import diversity_loss, feature_kernel
from genzoo.losses.game import consensus_penalty, descend
from genzoo.losses.penalty import (
    dragan_penalty,
    gradient_norm_penalty,
    input_gradients,
    mixed,
    squared_gradient_penalty,
    wasserstein_gradient_penalty,
)

few = settings(max_examples=30)
numbers = st.floats(-3, 3, allow_subnormal=False)
vectors = st.lists(numbers, min_size=3, max_size=3).map(
    lambda v: torch.tensor(v, dtype=torch.float64)
)
seeds = st.integers(0, 2**31)


def normal(seed, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def penalties(critic, real, fake, mixing, noise):
    return {
        "r1": squared_gradient_penalty(critic, real, 0.7),
        "r2": squared_gradient_penalty(critic, fake, 0.7),
        "wgan_gp": wasserstein_gradient_penalty(critic, real, fake, mixing, 0.7),
        "dragan": dragan_penalty(critic, real, noise, 0.7),
    }


def inputs(seed, n=8, shape=(3,)):
    mixing = torch.rand(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return normal(seed, n, *shape), normal(seed + 1, n, *shape), mixing, normal(seed + 2, n, *shape)


def curved(x):
    return (x.flatten(1).square().sum(1) + x.flatten(1).prod(1)).tanh()


@few
@given(vectors, seeds)
def test_a_linear_critic_has_one_gradient_everywhere(w, seed):
    squared, norm = float(w @ w), float(w.norm())
    values = penalties(lambda x: x @ w + 5, *inputs(seed))
    for name, value in values.items():
        by_hand = 0.5 * 0.7 * squared if name in ("r1", "r2") else 0.7 * (norm - 1) ** 2
        assert float(value) == pytest.approx(by_hand, rel=1e-10, abs=1e-12)


def test_a_linear_critic_of_unit_slope_costs_wgan_gp_nothing_whatever_the_batch():
    """Where the norm is taken over the whole batch, 64 examples cost (8 - 1)^2 = 49."""
    w = torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64)
    assert float(penalties(lambda x: x @ w, *inputs(0, n=64))["wgan_gp"]) == pytest.approx(
        0, abs=1e-20
    )


def test_a_quadratic_critic():
    """D(x) = |x|^2 / 2 has gradient x: R1 is (gamma/2) E|x|^2, the others read |x|."""
    real = torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64)
    fake = torch.tensor([[0.0, 0.0], [0.0, 6.0]], dtype=torch.float64)
    mixing = torch.tensor([0.8, 0.25], dtype=torch.float64)
    noise = torch.tensor([[2.0, 0.0], [0.0, -2.0]], dtype=torch.float64)

    def critic(x):
        return 0.5 * x.square().sum(1)

    assert float(squared_gradient_penalty(critic, real, 3.0)) == pytest.approx(1.5 * (25 + 4) / 2)
    assert float(squared_gradient_penalty(critic, fake, 3.0)) == pytest.approx(1.5 * (0 + 36) / 2)
    points = [(0.6, 0.8), (0.0, 3.0)]  # norms 1 and 3
    torch.testing.assert_close(mixed(real, fake, mixing), torch.tensor(points, dtype=torch.float64))
    got = wasserstein_gradient_penalty(critic, real, fake, mixing, 10.0, 0.5)
    assert float(got) == pytest.approx(10 * (0.25 + 6.25) / 2)
    neighbours = [math.hypot(4, 4), 1.0]
    expected = 2 * sum((norm - 1) ** 2 for norm in neighbours) / 2
    assert float(dragan_penalty(critic, real, noise, weight=2.0, spread=0.5)) == pytest.approx(
        expected
    )


def test_the_mixing_coefficient_is_one_for_each_example():
    real, fake = torch.zeros(2, 2, 3), torch.ones(2, 2, 3)
    x = mixed(real, fake, torch.tensor([0.25, 0.75]))
    torch.testing.assert_close(x, torch.tensor([0.25, 0.75]).view(2, 1, 1).expand(2, 2, 3))


@few
@given(seeds, st.sampled_from([(3,), (2, 2)]))
def test_order_and_duplicates_change_no_penalty(seed, shape):
    batch = inputs(seed, shape=shape)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(seed))
    first = penalties(curved, *batch)
    torch.testing.assert_close(
        penalties(curved, *(part[order] for part in batch)), first, rtol=1e-10, atol=1e-12
    )
    twice = penalties(curved, *(torch.cat([part, part]) for part in batch))
    torch.testing.assert_close(twice, first, rtol=1e-10, atol=1e-12)


@few
@given(seeds)
def test_gradients_are_those_of_each_example_alone(seed):
    x = normal(seed, 4, 2, 2)
    alone = torch.stack(
        [torch.func.grad(lambda point: curved(point[None])[0])(point).flatten() for point in x]
    )
    torch.testing.assert_close(input_gradients(curved, x), alone)


def test_penalties_train_the_critic_even_where_its_gradient_vanishes():
    w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    for value in penalties(lambda x: x @ w + 0 * w.sum(), *inputs(0)).values():
        assert bool(torch.isfinite(torch.autograd.grad(value, w)[0]).all())
    w = torch.tensor([3.0, 0.0, 4.0], dtype=torch.float64, requires_grad=True)
    slope = torch.autograd.grad(squared_gradient_penalty(lambda x: x @ w, normal(0, 4, 3), 0.7), w)[
        0
    ]
    torch.testing.assert_close(slope, 0.7 * w.detach())
    slope = torch.autograd.grad(gradient_norm_penalty(lambda x: x @ w, normal(0, 4, 3), 0.7), w)[0]
    torch.testing.assert_close(slope, 2 * 0.7 * 4 * w.detach() / 5)


def test_consensus_by_hand():
    """L_G = a p, L_D = b p^2: |p|^2 / 2 + |2 b p|^2 / 2 for theta = (a, b), gradients to both."""
    theta = {"a": torch.tensor(2.0), "b": torch.tensor(0.0, requires_grad=True)}
    phi = {"p": torch.tensor(3.0, requires_grad=True)}
    value = consensus_penalty(
        lambda t, f: t["a"] * f["p"] + t["b"], lambda t, f: (t["b"] + 1) * f["p"] ** 2, theta, phi
    )
    assert float(value.detach()) == pytest.approx((3**2 + 1 + 6**2) / 2)
    slopes = torch.autograd.grad(value, [theta["b"], phi["p"]])
    assert [float(slope) for slope in slopes] == [36.0, 3 + 4 * 3]


def test_descend_is_gradient_descent_with_a_graph():
    rate = torch.tensor(2.0, requires_grad=True)
    end = descend(lambda p: rate * p["w"] ** 2 / 2, {"w": torch.tensor(1.0)}, 3, 0.1)["w"]
    assert float(end.detach()) == pytest.approx((1 - 0.2) ** 3)
    assert float(torch.autograd.grad(end, rate)[0]) == pytest.approx(-3 * 0.1 * (1 - 0.2) ** 2)
    start = {"w": torch.tensor(1.0)}
    assert descend(lambda p: p["w"], start, 0, 0.1) is start


@few
@given(seeds)
def test_the_diversity_loss_is_least_where_kernels_agree(seed):
    real, fake = normal(seed, 12, 4), normal(seed + 1, 12, 4) + 0.5
    values = torch.linalg.eigvalsh(feature_kernel(real))
    least = -float(((values - values[0]) / (values[-1] - values[0])).sum())
    assert float(diversity_loss(real, real)) == pytest.approx(least, abs=1e-4)
    assert float(diversity_loss(real, fake)) > least
    order = torch.randperm(12, generator=torch.Generator().manual_seed(seed))
    again = diversity_loss(torch.cat([real, real]), fake[order])
    torch.testing.assert_close(again, diversity_loss(real, fake), rtol=1e-9, atol=1e-9)


def test_the_kernel_has_the_eigenvalues_of_the_point_process():
    features = normal(0, 12, 4)
    unit = features / features.norm(dim=1, keepdim=True)
    whole = torch.linalg.eigvalsh(unit @ unit.T / 12)
    torch.testing.assert_close(torch.linalg.eigvalsh(feature_kernel(features)), whole[-4:])
    assert float(whole.sum()) == pytest.approx(1)


def test_the_diversity_loss_has_finite_gradients_where_features_are_few():
    fake = normal(1, 3, 6).requires_grad_()
    slope = torch.autograd.grad(diversity_loss(normal(0, 3, 6), fake), fake)[0]
    assert bool(torch.isfinite(slope).all())
    assert float(slope.abs().max()) > 0


def test_defaults_are_those_of_the_papers():
    """Weight 10, norm 1, within half a standard deviation of the data.

    Gulrajani et al. 2017; Kodali et al. 2017.
    """
    real, fake, mixing, noise = inputs(3)
    given = wasserstein_gradient_penalty(curved, real, fake, mixing, weight=10.0, target=1.0)
    assert float(wasserstein_gradient_penalty(curved, real, fake, mixing)) == float(given)
    given = dragan_penalty(curved, real, noise, weight=10.0, spread=0.5, target=1.0)
    assert float(dragan_penalty(curved, real, noise)) == float(given)
    assert float(gradient_norm_penalty(curved, real, 2.0)) == float(
        gradient_norm_penalty(curved, real, 2.0, 1.0)
    )
