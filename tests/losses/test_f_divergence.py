"""f-divergences: conjugates, activations, variational bounds, exact values for two Gaussians."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genzoo.losses.catalogue import DIVERGENCES
from genzoo.losses.f_divergence import RatioDivergence, TotalVariation
from genzoo.losses.f_gan import variational_bound

every = pytest.mark.parametrize("f", DIVERGENCES.values(), ids=DIVERGENCES)
ratio = pytest.mark.parametrize(
    "f", [f for f in DIVERGENCES.values() if isinstance(f, RatioDivergence)]
)
U = torch.logspace(-6, 6, 200_001, dtype=torch.float64)
scores = st.lists(st.floats(-4, 4), min_size=6, max_size=6).map(
    lambda v: torch.tensor(v, dtype=torch.float64)
)
laws = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=2, max_size=6)

EXACT = {
    "kl": lambda m: m**2 / 2,
    "reverse_kl": lambda m: m**2 / 2,
    "pearson": lambda m: math.expm1(m**2),
    "hellinger": lambda m: -2 * math.expm1(-(m**2) / 8),
    "js": lambda m: {1: 0.1114214822, 2: 0.3368308203}[m],
    "tv": lambda m: math.erf(m / (2 * math.sqrt(2))),
}
"""Of N(0, 1) and N(m, 1)."""

few = settings(max_examples=40)


def gaussians(mean):
    x = torch.linspace(-12, 14, 4001, dtype=torch.float64)
    log_p, log_q = (torch.distributions.Normal(m, 1.0).log_prob(x) for m in (0.0, float(mean)))
    return x, log_p, log_q


def bound(f, v, log_p, log_q, x):
    """The variational bound by quadrature."""
    return torch.trapezoid(log_p.exp() * f.activation(v) - log_q.exp() * f.conjugate_of(v), x)


@every
def test_f_is_convex_and_zero_at_one(f):
    u = torch.logspace(-3, 3, 301, dtype=torch.float64)
    assert float(f.f(torch.ones((), dtype=torch.float64))) == pytest.approx(0, abs=1e-15)
    middle = f.f((u[:-1] + u[1:]) / 2)
    assert bool((middle <= (f.f(u[:-1]) + f.f(u[1:])) / 2 + 1e-9).all())


@every
def test_the_derivative_is_that_of_f(f):
    u = torch.tensor([0.1, 0.5, 0.9, 1.3, 4.0], dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(f.derivative(u.detach()), torch.autograd.grad(f.f(u).sum(), u)[0])


@every
@few
@given(st.floats(-3, 3))
def test_the_conjugate_is_the_supremum(f, v):
    v = torch.tensor(v, dtype=torch.float64)
    t = f.activation(v)
    if isinstance(f, RatioDivergence) and float(f.log_ratio(v)) < -12:
        # Pearson below its turning point: the printed conjugate is that of f on the whole line.
        return
    supremum = float((U * t - f.f(U)).max())
    assert float(f.conjugate(t)) == pytest.approx(supremum, rel=1e-4, abs=1e-5)


@every
@few
@given(st.floats(-3, 3))
def test_the_composed_conjugate_is_the_conjugate_of_the_activation(f, v):
    v = torch.tensor(v, dtype=torch.float64)
    torch.testing.assert_close(
        f.conjugate_of(v), f.conjugate(f.activation(v)), rtol=1e-10, atol=1e-12
    )


@ratio
@few
@given(st.floats(-5, 5))
def test_the_optimal_score_has_the_optimal_t(f, log_ratio):
    log_ratio = torch.tensor(log_ratio, dtype=torch.float64)
    torch.testing.assert_close(
        f.activation(f.optimum(log_ratio)), f.derivative(log_ratio.exp()), rtol=1e-9, atol=1e-9
    )
    torch.testing.assert_close(f.log_ratio(f.optimum(log_ratio)), log_ratio, rtol=1e-9, atol=1e-9)


@every
@few
@given(laws, scores)
def test_the_bound_never_exceeds_the_divergence_and_reaches_it_at_the_optimum(f, law, v):
    p, q = (torch.tensor(counts) for counts in zip(*law, strict=True))
    p_law, q_law = p.double() / p.sum(), q.double() / q.sum()
    exact = float((q_law * f.f(p_law / q_law)).sum())
    value = float(
        variational_bound(f, v[: len(p)].repeat_interleave(p), v[: len(p)].repeat_interleave(q))
    )
    assert value <= exact + 1e-12
    best = f.derivative(p_law / q_law)
    assert float((p_law * best - q_law * f.conjugate(best)).sum()) == pytest.approx(
        exact, rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("mean", [1, 2])
def test_exact_values_for_two_gaussians(name, mean):
    f = DIVERGENCES[name]
    x, log_p, log_q = gaussians(mean)
    value = torch.trapezoid(log_q.exp() * f.f((log_p - log_q).exp()), x)
    assert float(value) == pytest.approx(EXACT[name](mean), abs=2e-6, rel=1e-6)
    if isinstance(f, RatioDivergence):
        assert float(bound(f, f.optimum(log_p - log_q), log_p, log_q, x)) == pytest.approx(
            float(value), rel=1e-9
        )


@pytest.mark.parametrize(
    ("name", "mean"), [(n, m) for n in DIVERGENCES for m in (1, 2) if (n, m) != ("pearson", 2)]
)
def test_a_trained_critic_comes_within_2_percent_and_never_above(name, mean):
    """A small network trained on minus the bound, both by quadrature."""
    f = DIVERGENCES[name]
    coarse = [part[400:3600:8] for part in gaussians(mean)]
    generator = torch.Generator().manual_seed(0)
    shapes = [(1, 8), (8,), (8, 8), (8,), (8, 1), (1,)]
    weights = [
        0.5 * torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes
    ]
    weights = [weight.requires_grad_() for weight in weights]

    def trained(x, log_p, log_q):
        hidden = torch.tanh(x[:, None] @ weights[0] + weights[1])
        return bound(
            f,
            (torch.tanh(hidden @ weights[2] + weights[3]) @ weights[4] + weights[5])[:, 0],
            log_p,
            log_q,
            x,
        )

    optimiser = torch.optim.LBFGS(weights, max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = -trained(*coarse)
        loss.backward()
        return loss

    optimiser.step(closure)
    reached, exact = float(trained(*gaussians(mean)).detach()), EXACT[name](mean)
    assert 0.98 * exact <= reached <= exact * (1 + 1e-5)


def test_total_variation_tells_no_ratio():
    assert not isinstance(TotalVariation(), RatioDivergence)
