"""Predictions convert into each other, and a loss is the same whatever is predicted."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genzoo.errors import InputError
from genzoo.models.transport.path import (
    Cosine,
    Linear,
    Trigonometric,
    VarianceExploding,
    VariancePreserving,
)
from genzoo.models.transport.prediction import (
    PREDICTIONS,
    Coefficients,
    Ends,
    MinSNR,
    OwnWeighting,
)
from genzoo.models.transport.times import LogitNormal, LogNormalNoise, Uniform

PATHS = [Linear(), Trigonometric(), VariancePreserving(), Cosine(), VarianceExploding()]
NAMES = sorted(PREDICTIONS)
numbers = st.floats(-5, 5).map(lambda value: torch.tensor(value, dtype=torch.float64))
times = st.floats(0.05, 0.95).map(lambda value: torch.tensor(value, dtype=torch.float64))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PATHS), times, numbers, numbers)
def test_each_prediction_gives_back_both_ends(path, t, x_1, x_0):
    at, ends = Coefficients.of(path, t), Ends(x_1, x_0)
    x_t = at.position(ends)
    for prediction in PREDICTIONS.values():
        back = prediction.ends(prediction.target(ends, at), x_t, at)
        scale = (1 + x_t.abs()) * (1 + 1 / at.alpha + 1 / at.sigma)
        assert abs(back.data - x_1) < 1e-11 * scale**2
        assert abs(back.noise - x_0) < 1e-11 * scale**2


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PATHS), times, numbers, numbers, numbers)
def test_ends_of_any_output_lie_on_a_path_through_x_t(path, t, x_t, output, other):
    at = Coefficients.of(path, t)
    for prediction in PREDICTIONS.values():
        first, second = (prediction.ends(value, x_t, at) for value in (output, other))
        scale = 1 + at.sigma**2 / at.alpha
        assert abs(at.position(first) - x_t) < 1e-11 * scale * (1 + x_t.abs() + output.abs())
        moved = (output - other).abs() / prediction.error(at)
        assert torch.allclose((first.data - second.data).abs(), moved, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_the_score_is_the_gradient_of_the_log_density(path):
    at = Coefficients.of(path, torch.tensor(0.4, dtype=torch.float64))
    x_1 = torch.tensor(0.7, dtype=torch.float64)
    x_t = torch.tensor(-0.3, dtype=torch.float64, requires_grad=True)
    density = torch.distributions.Normal(at.alpha * x_1, at.sigma)
    (gradient,) = torch.autograd.grad(density.log_prob(x_t), x_t)
    ends = Ends(x_1, (x_t.detach() - at.alpha * x_1) / at.sigma)
    assert torch.allclose(PREDICTIONS["score"].target(ends, at), gradient)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_the_velocity_is_the_derivative_of_the_position(path):
    t = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    ends = Ends(torch.tensor(0.7, dtype=torch.float64), torch.tensor(1.3, dtype=torch.float64))
    (slope,) = torch.autograd.grad(Coefficients.of(path, t).position(ends), t)
    at = Coefficients.of(path, t.detach())
    assert torch.allclose(PREDICTIONS["velocity"].target(ends, at), slope)


def losses(path, weighting, names):
    """The weighted squared error of the same wrong guess of x_1, by prediction."""
    at = Coefficients.of(path, torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64))
    ends = Ends(torch.full((3,), 0.7, dtype=torch.float64), torch.ones(3, dtype=torch.float64))
    x_t = at.position(ends)
    guess = Ends(ends.data + 0.1, (x_t - at.alpha * (ends.data + 0.1)) / at.sigma)
    found = []
    for name in names:
        prediction = PREDICTIONS[name]
        gap = prediction.target(guess, at) - prediction.target(ends, at)
        found.append(weighting.weight(prediction, at) * gap**2)
    return at, found


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_with_min_snr_all_predictions_have_one_loss(path):
    at, found = losses(path, MinSNR(), NAMES)
    expected = ((at.alpha / at.sigma) ** 2).clamp(max=5) * 0.01
    for loss in found:
        assert torch.allclose(loss, expected, rtol=1e-8)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_a_score_is_trained_by_the_loss_of_noise(path):
    _, (noise, score) = losses(path, OwnWeighting(), ["noise", "score"])
    assert torch.allclose(noise, score)


def test_preconditioning_is_that_of_karras():
    path = VarianceExploding()
    t = torch.linspace(0, 1, 9, dtype=torch.float64)
    at, sigma = Coefficients.of(path, t), path.sigma(t)
    x_t, output = torch.full_like(t, 0.8), torch.full_like(t, -0.4)
    skip, out = 1 / (sigma**2 + 1), sigma / (1 + sigma**2).sqrt()
    got = PREDICTIONS["preconditioned"].ends(output, x_t, at).data
    assert torch.allclose(got, skip * x_t + out * output)
    assert torch.allclose(path.input_scale(t), 1 / (sigma**2 + 1).sqrt())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
@pytest.mark.parametrize("name", NAMES)
def test_all_is_finite_at_both_ends_of_the_interval(path, name):
    prediction = PREDICTIONS[name]
    t = torch.tensor(prediction.interval(path))
    at = Coefficients.of(path, t)
    ends = Ends(torch.ones(2), torch.ones(2))
    target = prediction.target(ends, at)
    back = prediction.ends(target, at.position(ends), at)
    for value in (target, back.data, back.noise, at.velocity(back)):
        assert value.isfinite().all()


def test_straight_lines_are_followed_from_end_to_end():
    assert PREDICTIONS["velocity"].interval(Linear()) == (0, 1)


def test_laws_of_times():
    path = VarianceExploding()
    normal = torch.randn(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sigma = path.sigma(LogNormalNoise().share(normal, path))
    assert float(sigma.log().mean()) == pytest.approx(-1.2, abs=0.03)
    assert float(sigma.log().std()) == pytest.approx(1.2, abs=0.03)
    t = LogitNormal(0.5, 2.0).share(normal, Linear())
    assert torch.allclose(t.logit(), 0.5 + 2 * normal)
    assert Uniform().share(t, Linear()) is t
    assert (Uniform().noise.distribution, LogitNormal().noise.distribution) == (
        "uniform",
        "normal",
    )


def test_wrong_parts_are_refused():
    with pytest.raises(InputError, match="variance exploding"):
        LogNormalNoise().share(torch.zeros(2), Linear())
    with pytest.raises(InputError, match="gamma"):
        MinSNR(0)
    with pytest.raises(InputError, match="deviation"):
        LogitNormal(0, -1)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
@pytest.mark.parametrize("name", NAMES)
def test_the_linear_guess_leaves_one_unit(path, name):
    """Least squares of 200,000 targets on x_t, both of variance 1, at a time."""
    prediction = PREDICTIONS[name]
    generator = torch.Generator().manual_seed(0)
    x_1, x_0 = torch.randn(2, 200_000, generator=generator, dtype=torch.float64).unbind(0)
    at = Coefficients.of(path, torch.tensor(0.6, dtype=torch.float64))
    ends = Ends(x_1, x_0)
    x_t, target = at.position(ends), prediction.target(ends, at)
    left = target - prediction.guess(x_t, at)
    scale = target.std() * x_t.std()
    assert abs((left * x_t).mean()) < 0.01 * scale
    assert float(left.std() / prediction.unit(at)) == pytest.approx(1, abs=0.01)
