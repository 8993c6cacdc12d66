"""Mean flow: its identity and the sign of time on normal data, where the flow map is known."""

import pytest
import torch
from torch import nn

from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.transport import MeanFlow
from genzoo.models.transport.path import Linear
from genzoo.models.transport.times import Uniform
from genzoo.testing.conditions import LABEL_AND_DOSE
from tests.models.transport.exact import DEVIATION, MEAN, NormalField, transported


class ExactAverage(nn.Module):
    """What is left to a network to say of data N(2, .5^2): u is where the flow leads, by time."""

    def __init__(self, offset=0.0):
        super().__init__()
        self.offset = nn.Parameter(torch.tensor(offset, dtype=torch.float64))

    def forward(self, x, times):
        t, elapsed = times[:, :1], times[:, 1:]
        until = t + elapsed
        # As elapsed tends to 0, u tends to the velocity; no pair of times of the test is closer.
        u = (transported(Linear(), x, t, until) - x) / elapsed
        size = torch.sqrt(t**2 + (1 - t) ** 2)
        end = torch.sqrt(until**2 + (1 - until) ** 2)
        # Of data N(0, 1) the flow scales by the ratio of deviations.
        linear = x * (end / size - 1) / elapsed
        return (u - linear) * size + self.offset


def model_of(network, shape=(1,), **options):
    options = {"same": 0.5, "power": 0.0, **options}
    return MeanFlow(shape, network=network, times=Uniform(), **options).double()


def normal(*shape, name="x"):
    return torch.randn(*shape, generator=stream(0, name), dtype=torch.float64)


def pairs(n):
    """Times at least .05 apart, in any order."""
    times = torch.rand(n, 2, generator=stream(0, "time"), dtype=torch.float64)
    near = (times[:, 0] - times[:, 1]).abs() < 0.05
    times[near] = torch.tensor([0.1, 0.9], dtype=torch.float64)
    return times


def noise_of(n, *, same=1.0):
    return {
        "start": normal(n, 1, name="start"),
        "time": pairs(n),
        "same": torch.full((n,), same, dtype=torch.float64),
    }


def test_the_exact_average_velocity_is_the_solution():
    """Where x_1 - x_0 is the exact velocity, the target is u itself, to rounding."""
    n = 500
    model = model_of(ExactAverage())
    field = NormalField(Linear())
    times = pairs(n).sort(1).values
    t, until = times[:, :1], times[:, 1:]
    x = normal(n, 1) * 2
    # A pair whose line passes through x with the exact velocity.
    ends = field.ends(x, t)
    noise = {**noise_of(n), "start": ends.noise, "time": times}
    step = model.loss(Batch(ends.data), noise)
    assert step.terms["squared error"] < 1e-20
    shift = model_of(ExactAverage(0.1))
    assert shift.loss(Batch(ends.data), noise).terms["squared error"] > 1e-3
    u = model._average(x, t[:, 0], until[:, 0], None)
    assert torch.allclose(x + (until - t) * u, transported(Linear(), x, t, until))


def test_no_gradient_goes_through_the_target():
    """Of an offset b of the output in units 1 / S, the gradient is 2 (u - target) / S."""
    n = 200
    model = model_of(ExactAverage(0.3))
    noise, batch = noise_of(n, same=1.0), Batch(MEAN + DEVIATION * normal(n, 1))
    loss = model.loss(batch, noise).terms["squared error"]
    (found,) = torch.autograd.grad(loss, [model.network.offset])
    times = noise["time"].sort(1).values
    t, until = times[:, :1], times[:, 1:]
    x_t = t * batch.x + (1 - t) * noise["start"]
    velocity = batch.x - noise["start"]
    h = 1e-5
    with torch.no_grad():

        def u(x, t):
            return model._average(x, t[:, 0], until[:, 0], None)

        ahead, behind = u(x_t + h * velocity, t + h), u(x_t - h * velocity, t - h)
        target = velocity + (until - t) * (ahead - behind) / (2 * h)
        size = torch.sqrt(t**2 + (1 - t) ** 2)
        expected = (2 * (u(x_t, t) - target) / size).mean()
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_times_that_are_one_have_the_velocity_as_target():
    n = 100
    network = nn.Module()
    network.forward = lambda x, times: 3 * torch.sin(x) * times[:, :1] + times[:, 1:]
    model = model_of(network, same=0.5)
    noise, batch = noise_of(n, same=0.4), Batch(normal(n, 1))
    loss = model.loss(batch, noise).terms["squared error"]
    t = noise["time"].amin(1)
    x_t = t[:, None] * batch.x + (1 - t[:, None]) * noise["start"]
    apart = model.velocity(x_t, t) - (batch.x - noise["start"])
    assert float(loss) == pytest.approx(float(apart.square().mean()))
    other = model.loss(batch, {**noise, "same": torch.full((n,), 0.5).double()})
    assert float(other.terms["squared error"]) != pytest.approx(float(loss), rel=1e-3)


def test_weights_divide_by_a_power_of_the_error():
    """No gradient goes through them: of p = 1 the loss is nearly 1, its gradient is not 0."""
    n = 50
    noise, batch = noise_of(n), Batch(normal(n, 1))
    plain, weighted = model_of(ExactAverage(0.3)), model_of(ExactAverage(0.3), power=1.0)
    errors = []
    for i in range(n):
        own = {name: value[i : i + 1] for name, value in noise.items()}
        errors.append(plain.loss(Batch(batch.x[i : i + 1]), own).terms["squared error"])
    expected, slope = 0.0, 0.0
    for error in errors:
        weight = 1 / (error.detach() + 1e-3)
        (own,) = torch.autograd.grad(error, [plain.network.offset], retain_graph=True)
        expected += float(weight * error.detach()) / n
        slope += float(weight * own) / n
    loss = weighted.loss(batch, noise).terms["squared error"]
    (found,) = torch.autograd.grad(loss, [weighted.network.offset])
    assert float(loss.detach()) == pytest.approx(expected)
    assert float(found) == pytest.approx(slope)


def test_an_exact_network_makes_the_data_in_one_step():
    start = torch.tensor([[-1.5], [0.2], [1.0]], dtype=torch.float64)
    for steps in (1, 3):
        model = model_of(ExactAverage(), sampler_steps=steps)
        assert torch.allclose(model.generate({"start": start}), MEAN + DEVIATION * start)
        times, states = model.trajectory({"start": start})
        assert times.tolist() == pytest.approx([k / steps for k in range(steps + 1)])
        expected = transported(Linear(), start, times[0].double(), times[1].double())
        assert torch.allclose(states[1], expected)


def test_guidance_is_what_is_learned():
    """Of an example that is shown its condition, the target has (1 - w) v + w (x_1 - x_0)."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        options = {"conditional": True, "width": 8, "depth": 1, "power": 0.0}
        given = {"context_spec": LABEL_AND_DOSE}
        plain, strong = (
            MODELS.create("mean_flow", (1,), given=given, guidance=w, **options).double()
            for w in (1.0, 3.0)
        )
    strong.load_state_dict(plain.state_dict())
    n = 20
    context = LABEL_AND_DOSE.draw(n, generator=stream(0, "context"))
    model_context = LABEL_AND_DOSE.to_model(context).double()
    noise = {**noise_of(n, same=0.0), "kept": torch.ones(n).double()}
    batch = Batch(normal(n, 1), model_context)
    t = noise["time"].amin(1)
    x_t = t[:, None] * batch.x + (1 - t[:, None]) * noise["start"]
    nothing = torch.zeros(n, model_context.shape[1] + 1).double()
    free = plain._average(x_t, t, t, nothing)
    target = -2 * free + 3 * (batch.x - noise["start"])
    expected = (plain.velocity(x_t, t, context) - target).square().mean()
    found = strong.loss(batch, noise).terms["squared error"]
    assert float(found) == pytest.approx(float(expected))
    noise["kept"] = torch.zeros(n).double()
    hidden = [model.loss(batch, noise).terms["squared error"] for model in (plain, strong)]
    assert torch.equal(*hidden)


def test_what_is_out_of_range_is_refused():
    for options in ({"same": 1.1}, {"power": -1.0}, {"sampler_steps": 0}, {"hidden": 1.0}):
        with pytest.raises(InputError, match=next(iter(options))):
            MODELS.create("mean_flow", (2,), **options)
