"""Densities of transport: against closed forms, and claimed only where samples follow them."""

import math

import pytest
import torch

import genzoo
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.noise import stream
from genzoo.models import MODELS
from genzoo.models.transport.path import (
    Cosine,
    Linear,
    Trigonometric,
    VarianceExploding,
    VariancePreserving,
)
from genzoo.models.transport.prediction import Velocity
from genzoo.models.transport.samplers import Heun, RungeKutta
from genzoo.models.transport.solved import SolvedTransport
from genzoo.models.transport.times import Uniform
from genzoo.models.transport.volume import followed, with_divergence
from genzoo.testing.conditions import LABEL_AND_DOSE
from tests.models.transport.exact import NormalField, transported, variance

PATHS = [Linear(), Trigonometric(), VariancePreserving(), Cosine(), VarianceExploding()]


class Known(SolvedTransport):
    """Follows the exact field of N(2, .5^2)."""

    def __init__(self, path, shape=(1,)):
        super().__init__(
            shape,
            network=torch.nn.Identity(),
            path=path,
            prediction=Velocity(),
            sampler=Heun(),
            sampler_steps=25,
            spacing=1.0 if isinstance(path, VarianceExploding) else 2.0,
            times=Uniform(),
        )

    def field(self, context=None):
        return NormalField(self.path)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_the_density_of_the_exact_field_is_what_it_makes_of_its_start(path):
    """It brings N(0, sigma^2) at the first time to a normal law, near that of the data."""
    model = Known(path).double()
    first, last = torch.tensor([model.first, model.last]).double()
    mean = transported(path, torch.zeros(1).double(), first, last)
    start = path.sigma(first) / variance(path, first).sqrt()
    law = torch.distributions.Normal(mean, start * variance(path, last).sqrt())
    x = torch.linspace(0.5, 3.5, 7, dtype=torch.float64)[:, None]
    torch.testing.assert_close(model.ode_log_prob(x), law.log_prob(x[:, 0]), rtol=0, atol=0.01)
    assert torch.equal(model.log_prob(x), model.ode_log_prob(x))


class OfRing(Known):
    """Follows the exact field of the ring of eight modes."""

    def __init__(self):
        super().__init__(Linear(), (2,))
        self.rows = []

    def field(self, context=None):
        return genzoo.optimal_field(genzoo.create_source("ring"), self.path)

    def _density(self, x, context, steps):
        self.rows.append((steps, len(x)))
        return super()._density(x, context, steps)


def test_where_the_field_is_sharp_the_density_is_solved_in_more_steps():
    """Between modes and far out sixteen steps are wrong by many nats, on a mode they are not."""
    source = genzoo.create_source("ring")
    places = [[1.0, 0.0], [1.1, 0.05], [0.93, 0.2], [2.0, 2.0]]
    x = torch.tensor(places, dtype=torch.float64)
    model = OfRing().double()
    exact = source.log_prob(x)
    found = model.log_prob(x)
    assert float(exact.min()) < -50
    assert float(exact.max()) > 0
    torch.testing.assert_close(found, exact.to(found), rtol=0.005, atol=0.02)
    in_sixteen = model._density(x, None, 16)
    wrong = (in_sixteen - exact).abs()
    assert float(wrong[:2].max()) < 0.05
    assert float(wrong.max()) > 1
    assert model.rows[:3] == [(8, 4), (16, 4), (32, 1)]
    torch.testing.assert_close(model.log_prob(x[2:3]), found[2:3])


def test_where_the_way_back_leaves_all_numbers_there_is_nothing():
    """A velocity of -1000 x brings x back to e^1000 times itself."""
    model = Known(Linear(), (2,))
    model.field = lambda context=None: Squeezed()
    log_p = model.log_prob(torch.tensor([[0.0, 0.0], [1.0, -1.0]]))
    assert float(log_p[1]) == -math.inf
    assert not torch.isnan(log_p).any()
    model.field = lambda context=None: Broken()
    assert torch.isnan(model.log_prob(torch.zeros(1, 2))).all()


class Squeezed(NormalField):
    def __init__(self):
        super().__init__(Linear())

    def velocity(self, x, t):
        return -1000 * x


class Broken(Squeezed):
    def velocity(self, x, t):
        return math.nan * x


def test_in_other_units_the_density_carries_the_map():
    """That of sinh(u) is that of u over cosh(u)."""
    model = Known(Linear(), (2,)).double()
    u = torch.tensor([[1.5, 2.0], [2.5, 1.0]], dtype=torch.float64)
    plain = model.log_prob(u)
    one = torch.ones(2, dtype=torch.float64)
    model.standardise(0 * one, one, 0 * one, one)
    bent = plain - torch.cosh(u).log().sum(1)
    torch.testing.assert_close(model.log_prob(torch.sinh(u)), bent)


def test_the_divergence_is_the_trace_of_the_jacobian():
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        layer = torch.nn.Linear(6, 6).double()

    def velocity(x, t):
        return torch.tanh(layer(x.flatten(1))).view(x.shape) * (1 + t)

    x = torch.randn(4, 2, 3, generator=stream(0), dtype=torch.float64)
    t = torch.tensor(0.3, dtype=torch.float64)
    value, divergence = with_divergence(velocity, x, t)
    torch.testing.assert_close(value, velocity(x, t))
    for row, found in zip(x, divergence, strict=True):
        jacobian = torch.func.jacrev(lambda one: velocity(one[None], t)[0].flatten())(row)
        torch.testing.assert_close(found, jacobian.reshape(6, 6).trace())


def test_volumes_of_a_linear_flow_grow_exponentially():
    """dx / dt = A x brings x to exp(A) x, and volumes to exp(trace A) of theirs, and back."""
    matrix = torch.tensor([[0.5, -1.0], [2.0, -0.2]], dtype=torch.float64)
    x = torch.tensor([[1.0, 2.0], [0.0, -1.0]], dtype=torch.float64)
    times = torch.linspace(0, 1, 101, dtype=torch.float64)
    there, grown = followed(RungeKutta(), lambda x, t: x @ matrix.T, x, times)
    torch.testing.assert_close(there, x @ torch.linalg.matrix_exp(matrix).T)
    torch.testing.assert_close(grown, torch.full((2,), 0.3, dtype=torch.float64))
    back, shrunk = followed(RungeKutta(), lambda x, t: x @ matrix.T, there, times.flip(0))
    torch.testing.assert_close(back, x)
    torch.testing.assert_close(shrunk, -grown)


SOLVED = [
    "flow_matching",
    "ot_flow_matching",
    "transport:sampler=rk4,sampler_steps=12,spacing=1",
    "transport:path=trigonometric,prediction=preconditioned,sampler=midpoint",
]
UNSOLVED = {
    "few steps": "flow_matching:sampler_steps=23",
    "five steps": "rectified_flow",
    "first order": "flow_matching:sampler=euler,sampler_steps=1000",
    "another spacing": "flow_matching:spacing=4",
    "its own noise": "ddpm",
    "its own noise too": "score_vp",
    "first order too": "ddim",
    "a last look": "edm",
    "a last look too": "transport:prediction=data",
}


@pytest.mark.parametrize("text", SOLVED)
def test_a_sampler_that_solves_its_equation_has_a_density(text):
    assert isinstance(genzoo.create_model(text, (2,)), SupportsLogProb)


@pytest.mark.parametrize("text", UNSOLVED.values(), ids=UNSOLVED)
def test_no_other_claims_one(text):
    assert not isinstance(genzoo.create_model(text, (2,)), SupportsLogProb)


def test_nor_does_one_in_many_numbers_or_that_exaggerates():
    assert not isinstance(genzoo.create_model("flow_matching", (17,)), SupportsLogProb)
    for guidance, claims in ((0.5, True), (2.0, False)):
        model = MODELS.create(
            "flow_matching",
            (2,),
            given={"context_spec": LABEL_AND_DOSE},
            conditional=True,
            guidance=guidance,
        )
        assert isinstance(model, SupportsLogProb) is claims


def test_a_density_given_conditions_integrates_to_one():
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model = genzoo.create_model(
            "flow_matching:conditional=true,width=8,depth=1", 1, context_spec=LABEL_AND_DOSE
        ).double()
    grid = torch.linspace(-12, 12, 2001, dtype=torch.float64)[:, None]
    context = LABEL_AND_DOSE.draw(1, generator=stream(0)).double().expand(len(grid), -1)
    with torch.no_grad():
        density = model.log_prob(grid, context).exp()
    assert math.isclose(float(torch.trapezoid(density, grid[:, 0])), 1, abs_tol=1e-3)
