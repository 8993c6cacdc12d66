"""The exact field of a mixture of Gaussians, against derivatives, integrals and known flows."""

import math

import pytest
import torch

import genzoo
from genzoo.core.context_fields import one_hot
from genzoo.core.noise import stream
from genzoo.core.units import Units
from genzoo.data import create_source
from genzoo.data.mixtures import GaussianMixture
from genzoo.errors import InputError
from genzoo.metrics import MixtureField
from genzoo.models.transport.path import (
    Cosine,
    Linear,
    Trigonometric,
    VarianceExploding,
    VariancePreserving,
)
from genzoo.models.transport.prediction import PREDICTIONS, Coefficients, Ends
from genzoo.models.transport.samplers import Ancestral, Euler, RungeKutta

PATHS = [
    Linear(),
    Trigonometric(),
    VariancePreserving(),
    Cosine(),
    VarianceExploding(0.01, 5.0),
]
TIMES = (0.0, 0.2, 0.5, 0.9, 0.99)

paths = pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)


def normal(*shape, name="x"):
    return torch.randn(*shape, generator=stream(0, name), dtype=torch.float64)


def spread(path, t):
    """Places that x_t is at, and beyond."""
    return torch.linspace(-7.0, 7.0, 15, dtype=torch.float64)[:, None] * float(
        path.alpha(t) + path.sigma(t)
    )


@paths
@pytest.mark.parametrize("t", TIMES)
def test_one_number_by_integration(path, t):
    """p_t(x) and the first two moments of x_1 given x_t = x, by integrals over x_1."""
    source = create_source("mixture_1d:modes=3,spacing=2,sigma=0.4")
    field = MixtureField(source, path)
    t = torch.tensor(t, dtype=torch.float64)
    alpha, sigma = path.alpha(t), path.sigma(t)
    x = spread(path, t)[4:11]
    x_1 = torch.linspace(-5, 5, 200_001, dtype=torch.float64)[:, None]
    step = float(x_1[1] - x_1[0])
    noise = torch.distributions.Normal(0.0, sigma)
    joint = (noise.log_prob(x - alpha * x_1.T) + source.log_prob(x_1)).exp() * step
    mass = joint.sum(dim=1)
    mean = (joint @ x_1)[:, 0] / mass
    second = (joint @ x_1.square())[:, 0] / mass
    torch.testing.assert_close(field.log_prob(x, t), mass.log(), rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(field.data(x, t)[:, 0], mean, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(field.variance(x, t), second - mean**2, rtol=1e-5, atol=1e-9)
    noise_mean = (x[:, 0] - alpha * mean) / sigma
    torch.testing.assert_close(field.noise(x, t)[:, 0], noise_mean, rtol=1e-6, atol=1e-7)
    velocity = path.d_alpha(t) * mean + path.d_sigma(t) * noise_mean
    torch.testing.assert_close(field.velocity(x, t)[:, 0], velocity, rtol=1e-6, atol=1e-6)


@paths
def test_the_score_is_the_gradient(path):
    """Of components that lie askew, at a time of its own for each example."""
    field = MixtureField(create_source("random_mixture:modes=4,dimension=3"), path)
    times = path.first + (path.last - path.first) * torch.rand(40, generator=stream(0, "t"))
    x = field.sample(times, 40, generator=stream(0, "places")).requires_grad_()
    (gradient,) = torch.autograd.grad(field.log_prob(x, times).sum(), x)
    torch.testing.assert_close(field.score(x, times).detach(), gradient, rtol=1e-9, atol=1e-9)


@paths
def test_the_velocity_moves_the_law(path):
    """d p_t / dt + div(p_t v) = 0 along the axes of a plane."""
    field = MixtureField(create_source("random_mixture:modes=3"), path)
    t, h = 0.6, 1e-5
    x = field.sample(t, 30, generator=stream(0, "places")).requires_grad_()
    change = (field.log_prob(x, t + h) - field.log_prob(x, t - h)) / (2 * h)
    velocity = field.velocity(x, t)
    divergence = torch.zeros(30, dtype=torch.float64)
    for k in range(2):
        (gradient,) = torch.autograd.grad(velocity[:, k].sum(), x, retain_graph=True)
        divergence += gradient[:, k]
    flow = divergence + (velocity * field.score(x, t)).sum(dim=1)
    torch.testing.assert_close(change, -flow, rtol=1e-5, atol=1e-4)


@paths
@pytest.mark.parametrize("name", PREDICTIONS)
def test_all_predictions_of_it_agree(path, name):
    """Ends that are told by the target of any prediction are the field's own, and make up x_t."""
    field = MixtureField(create_source("random_mixture:modes=4,dimension=3"), path)
    t = torch.tensor(0.3, dtype=torch.float64)
    x = field.sample(t, 20, generator=stream(0, "places"))
    at = Coefficients.of(path, t)
    ends = Ends(field.data(x, t), field.noise(x, t))
    torch.testing.assert_close(at.position(ends), x)
    torch.testing.assert_close(at.velocity(ends), field.velocity(x, t))
    torch.testing.assert_close(-ends.noise / at.sigma, field.score(x, t))
    target = PREDICTIONS[name].target(ends, at)
    told = PREDICTIONS[name].ends(target, x, at)
    torch.testing.assert_close(told.data, ends.data)


def test_both_ends_together_are_each_alone():
    field = MixtureField(create_source("ring"), Linear())
    x = normal(20, 2)
    data, noise = field.data_and_noise(x, 0.4)
    assert torch.equal(data, field.data(x, 0.4))
    assert torch.equal(noise, field.noise(x, 0.4))


def test_regular_at_both_ends_and_far_away():
    """All noise: E[x_1 | x_t] is the mean of the data. No noise: x_1 is there."""
    source = create_source("random_mixture:modes=5,dimension=3")
    gaussians = source.gaussians()
    mean = gaussians.weights @ gaussians.locations
    x = 2 * normal(6, 3)
    for path in (Linear(), Trigonometric()):
        field = MixtureField(source, path)
        torch.testing.assert_close(field.data(x, 0), mean.expand(6, 3))
        torch.testing.assert_close(field.noise(x, 0.0), x)
        torch.testing.assert_close(field.data(x, 1), x)
        torch.testing.assert_close(field.noise(x, 1), torch.zeros_like(x))
        torch.testing.assert_close(field.variance(x, 1.0), torch.zeros(6, dtype=torch.float64))
        torch.testing.assert_close(field.log_prob(x, 1), source.log_prob(x))
    far = field.velocity(1e6 * x, torch.tensor([0.0, 0.1, 0.5, 0.9, 0.999, 1.0]))
    assert bool(torch.isfinite(far).all())


def test_in_the_units_of_a_model():
    """Unequal scales of the columns: the mixture is that of the data brought to these units."""
    source = create_source("random_mixture:modes=3")
    units = Units(torch.tensor([0.5, -1.0]), torch.tensor([2.0, 0.3]))
    scale = units.scale.double()
    gaussians = source.gaussians()
    moved = GaussianMixture(
        gaussians.weights,
        (gaussians.locations - units.shift) / scale,
        gaussians.covariances / (scale[:, None] * scale),
    )
    there, here = MixtureField(moved, Linear()), MixtureField(source, Linear(), units)
    x = normal(20, 2)
    for name in ("velocity", "score", "data", "log_prob"):
        got, expected = getattr(here, name)(x, 0.7), getattr(there, name)(x, 0.7)
        torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-6)
    at_the_data = here.log_prob(units.to_model(x), 1.0) + units.log_volume(x)
    torch.testing.assert_close(at_the_data, source.log_prob(x), rtol=1e-5, atol=1e-5)


def test_given_conditions_it_is_that_of_what_they_leave():
    source = create_source("random_mixture:modes=3,dimension=2")
    gaussians = source.gaussians()
    field = MixtureField(source, Linear())
    x, times = normal(9, 2), torch.rand(9, generator=stream(0, "t"))
    for k in range(3):
        context = one_hot(torch.full((9,), k), 3)
        alone = GaussianMixture(
            torch.ones(1), gaussians.locations[k : k + 1], gaussians.covariances[k : k + 1]
        )
        expected = MixtureField(alone, Linear())
        torch.testing.assert_close(field.velocity(x, times, context), expected.velocity(x, times))
        torch.testing.assert_close(field.log_prob(x, times, context), expected.log_prob(x, times))
        draws = field.sample(1.0, 9, generator=stream(0, "d"), context=context)
        assert bool((source.modes().assign(draws) == k).all())


def test_draws_are_of_the_law():
    """The mean of -log p_t over draws is the same by the path and at once, and so is |x_t|^2."""
    source = create_source("random_mixture:modes=4,dimension=3")
    field, n = MixtureField(source, Trigonometric()), 20_000
    t = torch.tensor(0.7, dtype=torch.float64)
    alpha, sigma = field.path.alpha(t), field.path.sigma(t)
    x_1 = source.sample(n, generator=stream(0, "data")).x
    along = alpha * x_1 + sigma * normal(n, 3, name="noise")
    at_once = field.sample(t, n, generator=stream(0, "at once"))
    for values in (lambda x: field.log_prob(x, t), lambda x: x.square().sum(dim=1)):
        one, other = values(along), values(at_once)
        error = math.sqrt((one.var() + other.var()) / n)
        assert abs(float(one.mean() - other.mean())) < 4 * error


@pytest.mark.parametrize(
    ("steps", "distance", "share"),
    [
        (1, 1.000, 0.0),
        (4, 0.246, 0.364),
        (16, 0.0590, 0.986),
        pytest.param(64, 0.0656, 0.991, marks=pytest.mark.thorough),
    ],
)
def test_few_steps_make_modes_too_narrow(steps, distance, share):
    """Euler along the exact field of the ring: the width of modes, and who is within 3 sigma."""
    n = 10_000
    field = genzoo.optimal_field("ring", "linear")
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    *_, x = Euler().states(field, normal(n, 2), times)
    away = torch.cdist(x, create_source("ring").modes().locations).amin(dim=1)
    squares = away.square()
    # The value to hold it against is a mean over 20,000 such draws.
    error = float(squares.std()) * math.sqrt(1 / n + 1 / 20_000)
    assert abs(float(squares.mean()) - distance**2) < 3 * error + 1e-3 * distance
    within = float((away < 3 * 0.05).double().mean())
    assert within == pytest.approx(share, abs=4 * math.sqrt(0.25 / n))


@paths
def test_normal_data_are_reached_on_a_straight_map(path):
    """The flow of N(m, s^2) keeps the distance from the mean in standard deviations."""
    field = genzoo.optimal_field("gaussian_1d:mean=2,sd=0.5", path)
    first, last = (torch.tensor(t, dtype=torch.float64) for t in (0.0, min(path.last, 0.95)))
    deviations = normal(10, 1)

    def place(t):
        width = torch.sqrt(path.alpha(t) ** 2 * 0.25 + path.sigma(t) ** 2)
        return path.alpha(t) * 2 + width * deviations

    times = torch.linspace(float(first), float(last), 101, dtype=torch.float64)
    *_, x = RungeKutta().states(field, place(first), times)
    torch.testing.assert_close(x, place(last), rtol=1e-5, atol=1e-5)


def test_stochastic_samplers_follow_it_too():
    field = genzoo.optimal_field("mixture_1d:modes=2", "cosine")
    times = torch.linspace(0, field.path.last, 101, dtype=torch.float64)
    start, noise = normal(2000, 1), normal(2000, 100, 1, name="steps")
    *_, x = Ancestral().states(field, start, times, noise)
    source = create_source("mixture_1d:modes=2")
    entropy = -source.log_prob(source.sample(2000, generator=stream(0, "data")).x)
    apart = -source.log_prob(x).mean() - entropy.mean()
    assert abs(float(apart)) < 0.15


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: genzoo.optimal_field("circles", "linear"), "mixture of Gaussians"),
        (lambda: genzoo.optimal_field("ring", "straight"), "unknown path"),
        (lambda: genzoo.optimal_field("ring", genzoo.create_model("vae", (2,))), "no velocity"),
        (
            lambda: genzoo.optimal_field("ring", genzoo.create_model("ot_flow_matching", (2,))),
            "paired",
        ),
        (
            lambda: genzoo.optimal_field(
                "ring", "linear", units=Units(*(torch.ones(2) for _ in range(4)))
            ),
            "affine",
        ),
        (lambda: genzoo.optimal_field("ring", "linear").score(torch.zeros(3, 3), 0.5), r"\(n, 2\)"),
        (lambda: genzoo.optimal_field("ring", "linear").score(torch.zeros(3, 2), 1.5), "0 to 1"),
        (
            lambda: genzoo.optimal_field("ring", "linear").score(torch.zeros(3, 2), torch.ones(2)),
            "time for each of 3",
        ),
        (lambda: genzoo.optimal_field("ring", "linear").score(torch.zeros(3, 2), "now"), "number"),
        (lambda: genzoo.irreducible_loss("ring", "linear", draws=3), "even"),
        (lambda: genzoo.irreducible_loss("ring", genzoo.create_model("vae", (2,))), "no velocity"),
    ],
)
def test_refused_in_a_sentence(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize(
    ("source", "path", "loss", "error"),
    [
        ("gaussian_1d", "linear", math.pi / 2, 1e-6),
        ("gaussian_1d", "trigonometric", (math.pi / 2) ** 2, 1e-9),
        ("gaussian_1d:sd=2", "linear", math.pi / 2, 1e-6),
        ("ring", "linear", 1.786, 0.003),
    ],
)
def test_irreducible_losses(source, path, loss, error):
    """For data of width s: s^2 int 1 / (t^2 s^2 + (1 - t)^2) dt, which is s pi / 2."""
    if "sd=2" in source:
        loss *= 2
    found = genzoo.irreducible_loss(source, path, generator=stream(0, "loss"))
    assert abs(found.value - loss) < error + 3 * found.standard_error
