"""Options of the registered transport models that reach their parts."""

import pytest
import torch
from torch import Tensor, nn

from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.transport.samplers import Euler
from genzoo.training import Trainer


class Own(nn.Module):
    """A network of a user; conditional ones are called with what is shown."""

    def __init__(self, conditions: int = 0) -> None:
        super().__init__()
        self.layer = nn.Linear(3 + conditions, 2)

    def forward(self, x: Tensor, t: Tensor, *context: Tensor) -> Tensor:
        return self.layer(torch.cat([x, t[:, None], *context], 1))


@pytest.mark.parametrize(
    ("name", "part", "option", "value"),
    [
        ("ddpm", "path", "beta_min", 0.5),
        ("score_vp", "path", "beta_max", 5.0),
        ("edm", "path", "sigma_min", 0.01),
        ("edm", "path", "sigma_max", 10.0),
        ("score_vp", "sampler", "churn", 0.5),
    ],
)
def test_a_setting_reaches_its_part(name: str, part: str, option: str, value: float) -> None:
    model = MODELS.create(name, (2,), **{option: value})
    assert getattr(getattr(model, part), option) == value


def test_without_churn_euler_maruyama_is_euler() -> None:
    model = MODELS.create("score_vp", (2,), churn=0.0)
    noise = {"start": torch.randn(5, 2, generator=stream(0)), "steps": torch.ones(5, 100, 2)}
    stochastic = model.generate(noise)
    model.sampler = Euler()
    torch.testing.assert_close(stochastic, model.generate({"start": noise["start"]}))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("flow_matching", {"churn": 1.0}, "sampler 'heun' has no churn: leave it out"),
        ("edm", {"beta_min": 0.1}, "path 'edm' has no beta_min"),
        ("score_vp", {"churn": -1.0}, "churn must be a number of at least 0"),
        ("edm", {"sigma_min": 90.0}, "0 < sigma_min < sigma_max, got 90.0 and 80.0"),
        ("transport", {"network": nn.Linear(2, 2)}, r"map \(B, 2\) and times \(B,\) to"),
        ("transport", {"network": nn.Bilinear(2, 1, 3)}, "network must map"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(
    name: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        MODELS.create(name, (2,), **options)


@pytest.mark.parametrize("name", ["ddpm", "rectified_flow"])
def test_a_network_of_the_user_is_trained(name: str) -> None:
    source = create_source("ring")
    recipe = Recipe(steps=4, batch_size=8)
    fit = Trainer().fit(lambda: MODELS.create(name, (2,), network=Own), source, [0, 1], recipe)
    for run in fit.runs:
        assert isinstance(run.model.network, Own)
        assert run.model.sample(3, generator=stream(0)).shape == (3, 2)
    first, second = (run.model.network.layer.weight for run in fit.runs)
    assert not torch.equal(first, second)


def test_a_conditional_network_is_called_with_what_is_shown() -> None:
    spec = create_source("ring").context_spec
    given = {"context_spec": spec}
    own = Own(conditions=9)
    model = MODELS.create("flow_matching", (2,), given=given, conditional=True, network=own)
    assert model.network is not own
    context = spec.draw(3, generator=stream(0))
    assert model.sample(3, context=context, generator=stream(0)).shape == (3, 2)
    curved = MODELS.create("rectified_flow", (2,), network=Own())
    assert curved.curved.network is not curved.network
