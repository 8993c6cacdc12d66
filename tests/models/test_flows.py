"""Flows: invertible, of a density that is the change of variables, and as good as can be."""

import math

import numpy as np
import pytest
import torch

import genzoo
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.core.noise import stream
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.models import MODELS

FLOWS = ("real_nvp", "maf", "neural_spline_flow")
SPEC = ContextSpec((Category("kind", ("a", "b")), Covariate("size", 0.0, 2.0)))
flows = pytest.mark.parametrize("name", FLOWS)
ALL = pytest.mark.parametrize("name", [*FLOWS, "continuous_flow"])


def built(name, size=3, **options):
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model = genzoo.create_model(name, size, **options).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    return model


@flows
@pytest.mark.parametrize("size", [1, 3])
def test_the_density_is_the_change_of_variables(name, size):
    model = built(name, size)
    z = torch.randn(5, size, generator=stream(1), dtype=torch.float64)
    x = model.generate({"latent": z})
    transform = model.flow(None).transform
    torch.testing.assert_close(transform(x), z, rtol=1e-6, atol=1e-6)
    for row, latent, log_p in zip(x, z, model.log_prob(x), strict=True):
        jacobian = torch.autograd.functional.jacobian(transform, row)
        normal = -0.5 * latent.square().sum() - 0.5 * size * math.log(2 * math.pi)
        expected = normal + torch.linalg.slogdet(jacobian)[1]
        torch.testing.assert_close(log_p, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [1, 3])
def test_a_continuous_density_is_the_change_of_variables(size):
    """By automatic differentiation of all steps back; steps of fourth order leave little."""
    model = built("continuous_flow:solver_steps=100,width=8,depth=2", size)
    z = torch.randn(3, size, generator=stream(1), dtype=torch.float64)
    with torch.no_grad():
        x = model.generate({"latent": z})
    times = torch.linspace(1, 0, 101, dtype=torch.float64)

    def back(row):
        *_, end = model.solver.solve(model._along(None), row[None], times)
        return end[0]

    for row, latent in zip(x, z, strict=True):
        torch.testing.assert_close(back(row).detach(), latent, rtol=1e-6, atol=1e-6)
    jacobian = torch.autograd.functional.jacobian(back, x[0])
    normal = -0.5 * z[0].square().sum() - 0.5 * size * math.log(2 * math.pi)
    expected = normal + torch.linalg.slogdet(jacobian)[1]
    torch.testing.assert_close(model.log_prob(x[:1])[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.thorough
@ALL
def test_columns_in_another_order_are_as_likely_after_training(name):
    source = create_source("two_moons")
    rows = source.sample(600, generator=stream(0)).x.numpy()
    one, other = (
        genzoo.train(name, data, steps=300, record=False).runs[0].model
        for data in (rows, np.ascontiguousarray(rows[:, ::-1]))
    )
    x = source.sample(1000, generator=stream(1)).x
    with torch.no_grad():
        gap = one.log_prob(x) - other.log_prob(x.flip(1))
    assert abs(float(gap.mean())) < 0.15


@pytest.mark.parametrize(
    "name", [*FLOWS, pytest.param("continuous_flow", marks=pytest.mark.thorough)]
)
def test_a_trained_density_integrates_to_one_and_is_never_better_than_the_truth(name):
    line = create_source("mixture_1d")
    fit = genzoo.train(name, line, steps=200, record=False)
    model = fit.runs[0].model
    grid = torch.linspace(-30, 30, 20_001)[:, None]
    with torch.no_grad():
        mass = torch.trapezoid(model.log_prob(grid).double().exp(), grid[:, 0].double())
        x = line.sample(4000, generator=stream(2)).x
        gain = model.log_prob(x).double() - line.log_prob(x)
    assert float(mass) == pytest.approx(1, abs=2e-3)
    assert float(gain.mean()) < 4 * float(gain.std()) / len(x) ** 0.5


@pytest.mark.thorough
@ALL
def test_given_each_condition_the_density_integrates_to_one(name):
    model = built(name, 1, conditional=True, context_spec=SPEC)
    grid = torch.linspace(-400, 400, 80_001, dtype=torch.float64)[:, None]
    densities = []
    for kind in ("a", "b"):
        context = SPEC.encode({"kind": kind, "size": 0.5}, len(grid))
        with torch.no_grad():
            density = model.log_prob(grid, context).exp()
        assert float(torch.trapezoid(density, grid[:, 0])) == pytest.approx(1, abs=1e-3)
        densities.append(density)
    assert not torch.allclose(*densities)


@pytest.mark.thorough
def test_a_conditional_flow_learns_which_is_which():
    fit = genzoo.train("neural_spline_flow:conditional=true", "ring", steps=400, record=False)
    model, source = fit.runs[0].model, create_source("ring")
    batch = source.sample(2000, generator=stream(5))
    x = model.sample(2000, generator=stream(6), context=batch.context)
    told = source.labels_of(x) == source.context_spec.labels(batch.context)
    assert float(told.float().mean()) > 0.95
    with torch.no_grad():
        gain = model.log_prob(batch.x, batch.context) - source.log_prob(batch.x, batch.context)
    assert -0.3 < float(gain.mean()) < 0.05


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("maf", {"transforms": 0}),
        ("real_nvp", {"width": 0}),
        ("neural_spline_flow", {"bins": 0}),
        ("continuous_flow", {"training_steps": 0}),
    ],
)
def test_an_option_out_of_range_is_refused(name, options):
    with pytest.raises(InputError):
        MODELS.create(name, (2,), **options)
