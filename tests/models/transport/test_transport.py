"""The composed model: its loss, its field, its conditions, its count of evaluations."""

import math

import pytest
import torch
from torch import nn

import genzoo
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.transport import Transport
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
    Data,
    MinSNR,
    NoisePrediction,
    Preconditioned,
    Score,
    Velocity,
)
from genzoo.models.transport.samplers import DDIM, EulerMaruyama, Heun
from genzoo.models.transport.times import LogitNormal, Uniform
from genzoo.testing.conditions import LABEL_AND_DOSE
from tests.models.transport.exact import MEAN, NormalField, transported, variance

NAMES = [
    "transport",
    "flow_matching",
    "ot_flow_matching",
    "weighted_flow_matching",
    "rectified_flow",
    "ddpm",
    "ddim",
    "score_vp",
    "edm",
]
OTHERS = ["mean_flow", "equilibrium_matching"]
PATHS = [Linear(), Trigonometric(), VariancePreserving(), Cosine(), VarianceExploding()]


class Exact(nn.Module):
    """The best output for x_1 ~ N(mean, deviation^2), whatever is predicted."""

    def __init__(self, path, prediction, mean=0.0, deviation=1.0):
        super().__init__()
        self.path, self.prediction = path, prediction
        self.mean, self.deviation = mean, deviation
        self.times = []

    def forward(self, x, t):
        self.times.append(t)
        t = t.view(-1, *(1,) * (x.ndim - 1))
        at = Coefficients.of(self.path, t)
        x = x / self.path.input_scale(t)
        spread = at.alpha**2 * self.deviation**2 + at.sigma**2
        apart = (x - at.alpha * self.mean) / spread
        data = self.mean + at.alpha * self.deviation**2 * apart
        ends = type("", (), {"data": data, "noise": at.sigma * apart})()
        x_t = at.position(ends)
        left = self.prediction.target(ends, at) - self.prediction.guess(x_t, at)
        return left / self.prediction.unit(at)


def composed(path, prediction, *, shape=(1,), sampler=None, steps=200, network=None, **parts):
    parts = {"times": Uniform(), **parts}
    network = network or Exact(path, prediction)
    return Transport(
        shape,
        network=network,
        path=path,
        prediction=prediction,
        sampler=sampler or Heun(),
        sampler_steps=steps,
        **parts,
    ).double()


def normal(*shape, name="x"):
    return torch.randn(*shape, generator=stream(0, name), dtype=torch.float64)


def loss_at(model, shares, x, start):
    """The loss of each time, averaged over the same pairs."""
    step = model.loss(Batch(x), {"start": start, "time": shares})
    return float(step.terms["squared error"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [(Linear(), math.pi / 2), (Trigonometric(), (math.pi / 2) ** 2)],
    ids=["linear", "trigonometric"],
)
def test_the_least_loss_of_a_standard_normal(path, expected):
    """E|v - E[v | x_t]|^2 over uniform t, by an equal-spaced grid of t and many pairs."""
    n = 200_000
    model = composed(path, Velocity(), shape=(2,))
    shares = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    x, start = normal(n, 2), normal(n, 2, name="start")
    least = loss_at(model, shares, x, start)
    assert least / 2 == pytest.approx(expected, rel=0.01)
    exact = model.network

    class Off(nn.Module):
        def __init__(self, slope, offset):
            super().__init__()
            self.slope, self.offset = slope, offset

        def forward(self, x, t):
            return exact(x, t) + self.slope * x + self.offset

    for slope, offset in ((0.0, 0.1), (0.1, 0.0), (-0.1, 0.0), (-1.0, 0.1)):
        model.network = Off(slope, offset)
        assert loss_at(model, shares, x, start) > least


def test_each_example_has_its_own_time():
    model = composed(Linear(), Velocity())
    shares = torch.tensor([0.1, 0.4, 0.8], dtype=torch.float64)
    loss_at(model, shares, normal(3, 1), normal(3, 1, name="start"))
    assert torch.allclose(model.network.times[-1], shares)


def test_times_and_weights_reach_the_loss():
    x, start, noise = normal(5, 1), normal(5, 1, name="start"), normal(5, name="time")
    law, path, prediction = LogitNormal(2.5, 0.7), VariancePreserving(), NoisePrediction()
    constant = nn.Module()
    constant.forward = lambda x, t: torch.full_like(x, 0.3)
    model = composed(path, prediction, times=law, weighting=MinSNR(2.0), network=constant)
    t = model.first + (model.last - model.first) * torch.sigmoid(2.5 + 0.7 * noise)
    snr = (path.alpha(t) / path.sigma(t)) ** 2
    alpha, sigma = path.alpha(t), path.sigma(t)
    x_t = alpha * x[:, 0] + sigma * start[:, 0]
    # On a path that preserves variance, sigma x_t is the best linear guess, and alpha its error.
    error = sigma * x_t + alpha * 0.3 - start[:, 0]
    expected = (snr.clamp(max=2.0) / snr * error**2).mean()
    assert loss_at(model, noise, x, start) == pytest.approx(float(expected))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
@pytest.mark.parametrize("name", sorted(PREDICTIONS))
def test_an_exact_network_makes_the_data(path, name):
    """Of N(2, .5^2), x_1 = m + s x_0 but for what the path leaves at its ends."""
    prediction = PREDICTIONS[name]
    network = Exact(path, prediction, MEAN, 0.5)
    model = composed(path, prediction, steps=140, network=network)
    start = torch.tensor([[-1.5], [0.2], [1.0]], dtype=torch.float64)
    got = model.generate({"start": start})
    times = torch.tensor([model.first, model.last], dtype=torch.float64)
    x = transported(path, path.sigma(times[0]) * start, *times)
    if float(path.sigma(times[1])) > 0:
        x = NormalField(path).ends(x, times[1]).data
    assert torch.allclose(got, x, atol=2e-3)
    assert torch.allclose(got, MEAN + 0.5 * start, atol=0.03)


@pytest.mark.parametrize("prediction", [Velocity(), NoisePrediction(), Data(), Score()])
def test_velocity_and_score_are_those_of_the_law(prediction):
    path = VariancePreserving()
    model = composed(path, prediction, network=Exact(path, prediction, MEAN, 0.5))
    x, t = normal(4, 1), torch.tensor([0.1, 0.3, 0.6, 0.9], dtype=torch.float64)
    field, beside = NormalField(path), t[:, None]
    assert torch.allclose(model.velocity(x, t), field.velocity(x, beside), rtol=1e-8)
    score = -(x - path.alpha(beside) * MEAN) / variance(path, beside)
    assert torch.allclose(model.score(x, t), score, rtol=1e-8)


@pytest.mark.parametrize("name", NAMES + OTHERS)
@pytest.mark.parametrize("conditions", ["", "plain", "guided"])
def test_evaluations_are_those_of_the_network(name, conditions):
    options = {"width": 4, "depth": 1, "sampler_steps": 7}
    if conditions:
        options.update(conditional=True, guidance=1.0 if conditions == "plain" else 2.0)
    model = MODELS.create(name, (2,), **options)
    calls = []
    model.network.register_forward_hook(lambda *_: calls.append(1))
    model.sample(3)
    assert len(calls) == model.evaluations


def guided(guidance):
    torch.manual_seed(0)
    given = {"context_spec": LABEL_AND_DOSE}
    options = {"conditional": True, "guidance": guidance, "width": 8, "sampler_steps": 5}
    return MODELS.create("flow_matching", (2,), given=given, **options).double()


def test_guidance_mixes_the_velocities():
    """v = (1 - w) v_u + w v_c."""
    with torch.random.fork_rng():
        models = {w: guided(w) for w in (0.0, 1.0, 3.0)}
    x = normal(6, 2)
    context = LABEL_AND_DOSE.draw(6, generator=stream(0, "context"))
    free, given, far = (model.velocity(x, 0.4, context) for model in models.values())
    assert torch.allclose(far, -2 * free + 3 * given)
    assert torch.allclose(models[0.0].velocity(x, 0.4, context.roll(1, 0)), free)
    assert not torch.allclose(models[1.0].velocity(x, 0.4, context.roll(1, 0)), given)


def test_hidden_conditions_do_not_matter():
    with torch.random.fork_rng():
        model = guided(1.0)
    batch = Batch(normal(6, 2), normal(6, LABEL_AND_DOSE.width, name="context"))
    other = batch._replace(context=batch.context.roll(1, 0))
    noise = {"start": normal(6, 2, name="start"), "time": torch.full((6,), 0.5).double()}
    for kept, same in ((0.05, True), (0.5, False)):
        noise["kept"] = torch.full((6,), kept).double()
        losses = [model.loss(own, noise).terms["squared error"] for own in (batch, other)]
        assert torch.equal(*losses) is same


def test_the_trajectory_ends_with_the_sample():
    for name in NAMES:
        with torch.random.fork_rng():
            model = MODELS.create(name, (2,), width=4, sampler_steps=6)
        noise = {}
        for key, spec in model.sampling_noise().items():
            noise[key] = spec.draw(3, generator=stream(0, key))
        times, states = model.trajectory(noise)
        assert torch.equal(states[-1], model.generate(noise))
        assert torch.equal(states[0], model.path.sigma(times[0]) * noise["start"])
        assert float(times[-1]) == 1
        assert (times.diff() >= 0).all()


def test_steps_are_shorter_near_the_data():
    with torch.random.fork_rng():
        model = MODELS.create("transport", (2,), width=4, sampler_steps=4)
    times, _ = model.trajectory({"start": torch.ones(1, 2)})
    assert times.tolist() == [0, 7 / 16, 3 / 4, 15 / 16, 1]
    model.spacing = 1.0
    times, _ = model.trajectory({"start": torch.ones(1, 2)})
    assert times.tolist() == [0, 1 / 4, 1 / 2, 3 / 4, 1]


def test_what_is_out_of_range_is_refused():
    for options in ({"sampler_steps": 0}, {"hidden": 1.0}, {"path": "circle"}, {"spacing": 0.0}):
        with pytest.raises(InputError, match=next(iter(options))):
            MODELS.create("transport", (2,), **options)
    with pytest.raises(InputError, match="guidance"):
        MODELS.create("flow_matching", (2,), guidance=math.inf)
    with pytest.raises(InputError, match="variance exploding"):
        MODELS.create("flow_matching", (2,), times="log_normal")
    with pytest.raises(InputError, match="churn"):
        EulerMaruyama(-1.0)


def test_a_sampler_can_be_changed_after_training():
    with torch.random.fork_rng():
        model = MODELS.create("ddpm", (2,), width=4)
    model.sampler, model.sampler_steps = DDIM(), 3
    assert list(model.sampling_noise()) == ["start"]
    assert model.evaluations == 4
    assert model.sample(5).shape == (5, 2)


def test_preconditioned_networks_see_inputs_of_variance_one():
    path = VarianceExploding()
    seen = []
    network = nn.Module()
    network.forward = lambda x, t: (seen.append(x), x)[1]
    model = composed(path, Preconditioned(), network=network, shape=(1,))
    n = 20_000
    shares = torch.full((n,), 0.3, dtype=torch.float64)
    loss_at(model, shares, normal(n, 1), normal(n, 1, name="start"))
    assert float(seen[0].std()) == pytest.approx(1, abs=0.02)


def test_the_loss_in_training_comes_down_to_half_pi_and_no_further():
    """N(0, 1) to N(0, 1) on the line: a fresh network is far above, a trained one near."""
    n = 50_000
    shares = (torch.arange(n, dtype=torch.float32) + 0.5) / n
    x, start = normal(n, 1).float(), normal(n, 1, name="start").float()
    losses = []
    for steps in (1, 300):
        fit = genzoo.train(
            "flow_matching:width=16,depth=2",
            "gaussian_1d",
            steps=steps,
            averaging=None,
            standardisation="none",
            record=False,
        )
        with torch.no_grad():
            losses.append(loss_at(fit.runs[0].model, shares, x, start))
    exact = loss_at(composed(Linear(), Velocity()), shares.double(), x.double(), start.double())
    assert exact == pytest.approx(math.pi / 2, abs=0.02)
    far, near = losses
    assert far > near > exact
    assert near == pytest.approx(math.pi / 2, rel=0.02)
