"""The error of a velocity against closed forms, and where there is none."""

import math

import pytest
import torch

import genzoo
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.noise import draw_noise, stream
from genzoo.data import create_source
from genzoo.metrics import METRICS
from genzoo.models.transport.path import Cosine, Linear, Trigonometric, VarianceExploding
from genzoo.models.transport.prediction import PREDICTIONS, MinSNR
from genzoo.models.transport.times import LogitNormal, LogNormalNoise
from genzoo.testing.velocity_specimens import MovedNoise
from tests.metrics.perfect import perfect

PATHS = [Linear(), Trigonometric(), Cosine(), VarianceExploding(0.01, 5.0)]


def scored(model, source, seed=0):
    x, context, _ = source.sample(50, generator=stream(1, "real"))
    return METRICS.create("field_error")(
        Evidence(x, x, source, model, seed, reference_context=context)
    )


def test_a_shifted_normal_costs_pi_quarters():
    """v - v* = b (1 - t) / (t^2 + (1 - t)^2) where a unit normal is moved by b."""
    model = MovedNoise((1,)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.decoder.bias.fill_(0.3)
    found = scored(model, create_source("gaussian_1d"))
    assert found.value == pytest.approx(0.3**2 * math.pi / 4, rel=1e-6)
    assert found.standard_error < 1e-4 * found.value


@pytest.mark.parametrize("name", PREDICTIONS)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_a_perfect_network_has_none(path, name):
    """In model units of another scale too."""
    source = create_source("random_mixture:modes=3")
    assert scored(perfect(source, path, name), source).value < 1e-12


def test_in_model_units():
    """An offset of the predicted velocity by d is an error of |d|^2, in any units."""
    source = create_source("gaussian_1d")
    model = perfect(source, Linear(), "velocity", offset=0.5)
    model.standardise(torch.tensor(3.0), torch.tensor(7.0))
    wide = create_source("gaussian_1d:mean=3,sd=7")
    assert scored(model, wide).value == pytest.approx(0.25, rel=1e-9)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (Linear(), {}),
        (Linear(), {"times": LogitNormal()}),
        (Trigonometric(), {"weighting": MinSNR()}),
        (VarianceExploding(0.01, 5.0), {"times": LogNormalNoise()}),
    ],
)
@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_loss_of_a_perfect_network_is_the_irreducible_one(path, name, parts):
    source = create_source("random_mixture:modes=3")
    check_least_loss(perfect(source, path, name, **parts), source)


def test_the_loss_of_a_perfect_conditional_network_is_the_irreducible_one():
    """It sees three of four conditions."""
    source = create_source("random_mixture:modes=3")
    spec = source.context_spec
    model = perfect(source, Linear(), "velocity", hidden=0.25, context_spec=spec)
    check_least_loss(model, source)
    assert scored(model, source).value < 1e-12


def check_least_loss(model, source):
    generator = stream(0, "losses")
    least = genzoo.irreducible_loss(source, model, generator=generator)
    assert least.standard_error < 0.02 * least.value
    losses = torch.stack([loss(model, source, 500, generator) for _ in range(20)])
    error = math.hypot(least.standard_error, float(losses.std()) / math.sqrt(20))
    assert abs(float(losses.mean()) - least.value) < 4 * error


def loss(model, source, n, generator):
    """The loss of a batch."""
    x, context, _ = source.sample(n, generator=generator)
    if model.context_spec is None:
        context = None
    noise = draw_noise(model.updates()[0].noise, n, generator=generator, like=model.shift)
    with torch.no_grad():
        return model.loss(Batch(x.to(model.shift), context), noise).terms["squared error"]


def test_what_a_predicted_velocity_loses_beyond_the_irreducible_is_the_field_error():
    source = create_source("ring:modes=3")
    model = genzoo.create_model("flow_matching", (2,))
    generator = stream(0, "losses")
    whole = float(loss(model, source, 50_000, generator))
    least = genzoo.irreducible_loss(source, model, generator=generator)
    found = scored(model, source)
    assert least.value + found.value == pytest.approx(whole, rel=0.02)


@pytest.mark.parametrize(
    ("name", "source", "options", "reason"),
    [
        ("transport", "ring", {"coupling": "optimal"}, "paired"),
        ("transport", "ring", {"conditional": True, "guidance": 2.0}, "guidance"),
        ("transport", "two_moons", {}, "no Gaussian mixture"),
        ("rectified_flow", "ring", {}, "first flow"),
        ("weighted_flow_matching", "ring", {}, "weighted"),
        ("mean_flow", "ring", {}, "average velocity"),
        ("equilibrium_matching", "ring", {}, "without time"),
        ("vae", "ring", {}, "no velocity"),
    ],
)
def test_none_where_the_velocity_is_not_known(name, source, options, reason):
    data = create_source(source)
    if options.get("conditional"):
        options = {**options, "context_spec": data.context_spec}
    model = genzoo.create_model(name, (2,), **options)
    found = scored(model, data)
    assert found.value is None
    assert reason in found.reason


def test_none_in_robust_units_or_of_a_velocity_that_is_not_finite():
    source = create_source("ring")
    model = genzoo.create_model("flow_matching", (2,))
    model.standardise(*(torch.ones(2) for _ in range(4)))
    assert "affine" in scored(model, source).reason
    model = genzoo.create_model("flow_matching", (2,))
    with torch.no_grad():
        next(model.network.parameters()).fill_(math.nan)
    assert "not finite at 8192 of 8192" in scored(model, source).reason
