"""Trained densities: they have mass 1, never beat the truth, and are solved well enough."""

import pytest
import torch

import genzoo
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.noise import stream
from genzoo.models import MODELS

NAMES = [name for name in MODELS.names() if isinstance(MODELS.create(name, (2,)), SupportsLogProb)]
ROWS = 4000
GRIDS = {"mixture_1d": (-8.0, 8.0, 6001), "two_moons": (-3.0, 4.0, 351), "ring": (-2.5, 2.5, 201)}
"""Where nearly all mass of a model lies, and points on each axis."""


def mass(model, bounds):
    axis = torch.linspace(*bounds)
    size = model.event_size
    points = torch.cartesian_prod(*[axis] * size).reshape(-1, size)
    with torch.no_grad():
        density = torch.cat([model.log_prob(part).double().exp() for part in points.split(4096)])
    return float(density.sum() * (axis[1] - axis[0]).double() ** size)


@pytest.mark.slow
@pytest.mark.parametrize("source_name", GRIDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_trained_density_has_mass_one_and_does_not_beat_the_truth(name, source_name):
    source = genzoo.create_source(source_name)
    model = genzoo.train(name, source, record=False).runs[0].model
    assert mass(model, GRIDS[source_name]) == pytest.approx(1, abs=0.01)
    x = source.sample(ROWS, generator=stream(0, "fresh")).x
    with torch.no_grad():
        gain = model.log_prob(x).double() - source.log_prob(x).double()
    assert float(gain.mean()) < 4 * float(gain.std()) / ROWS**0.5


@pytest.mark.slow
@pytest.mark.parametrize("source_name", GRIDS)
@pytest.mark.parametrize("name", ["flow_matching", "ot_flow_matching", "continuous_flow"])
def test_twice_as_many_steps_change_little(name, source_name):
    """The tolerance that docs/models.md states."""
    model = genzoo.train(name, source_name, record=False).runs[0].model
    x = model.sample(ROWS, generator=stream(0, "samples"))
    with torch.no_grad():
        once = model.log_prob(x)
        if name == "continuous_flow":
            model.solver_steps *= 2
        else:
            model.sampler_steps *= 2
            model.density_steps *= 2
        change = model.log_prob(x) - once
        moved = model.sample(ROWS, generator=stream(0, "samples")) - x
    assert abs(float(change.mean())) < 0.002
    assert float(change.square().mean().sqrt()) < 0.02
    assert float(model.units.to_model(moved + model.shift).square().sum(1).mean().sqrt()) < 0.02
