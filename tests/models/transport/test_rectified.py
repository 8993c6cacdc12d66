"""Reflow: what the second flow learns, when, and that it goes straight."""

import pytest
import torch

from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.transport import RectifiedFlow
from genzoo.models.transport.path import Linear
from genzoo.models.transport.prediction import Velocity
from genzoo.models.transport.samplers import Ancestral, Euler
from genzoo.models.transport.times import Uniform
from genzoo.networks.time_mlp import TimeMLP
from genzoo.testing.specimens import Rows, ThreeModes
from genzoo.training import Trainer

SMALL = {"width": 8, "depth": 1, "pairing_steps": 3}


def normal(*shape, name):
    return torch.randn(*shape, generator=stream(0, name))


def test_the_second_flow_learns_the_pairs_of_the_first():
    with torch.random.fork_rng():
        model = MODELS.create("rectified_flow", (2,), **SMALL)
    noise = {"start": normal(6, 2, name="start"), "time": torch.rand(6)}
    made = model.curved.generate({"start": noise["start"]})
    expected = model.loss(Batch(made), noise).terms["squared error"]
    got = model.second_loss(Batch(made[:0]), noise).terms["squared error"]
    assert torch.equal(got, expected)
    first = model.first_loss(Batch(made), noise).terms["squared error"]
    assert torch.equal(first, model.curved.loss(Batch(made), noise).terms["squared error"])
    assert not torch.equal(first, expected)


def test_each_flow_has_its_half_of_training():
    run = (
        Trainer()
        .fit(
            lambda: MODELS.create("rectified_flow", (3,), **SMALL),
            Rows((3,)),
            [0],
            Recipe(steps=10, batch_size=8),
            keep=(0, 5, 10),
        )
        .runs[0]
    )
    start, middle, end = (run.snapshots[step] for step in (0, 5, 10))
    for name in start:
        if name.startswith("curved.network.layers"):
            assert torch.equal(middle[name], end[name])
            assert not torch.equal(start[name], middle[name])
        elif name.startswith("network.layers"):
            assert torch.equal(start[name], middle[name])
            assert not torch.equal(middle[name], end[name])


def test_a_first_flow_that_adds_noise_is_refused():
    parts = {"path": Linear(), "prediction": Velocity(), "times": Uniform(), "sampler_steps": 2}
    network = TimeMLP((2,), width=4, depth=1, activation="silu")
    curved = MODELS.create("transport", (2,), width=4)
    curved.sampler = Ancestral()
    with pytest.raises(InputError, match="Ancestral adds noise"):
        RectifiedFlow((2,), curved=curved, network=network, sampler=Euler(), **parts)


@pytest.mark.thorough
def test_two_steps_of_it_are_better_than_two_of_the_first_flow():
    source = ThreeModes()
    recipe = Recipe(steps=2000, batch_size=128, learning_rate=1e-2, schedule="cosine")
    distances = []
    for name in ("flow_matching", "rectified_flow"):
        run = (
            Trainer()
            .fit(lambda name=name: MODELS.create(name, (2,), width=32), source, [0], recipe)
            .runs[0]
        )
        run.model.sampler, run.model.sampler_steps, run.model.spacing = Euler(), 2, 1.0
        x = run.model.sample(2000, generator=stream(0, "test"))
        distances.append(float(source.modes().distances(x).amin(1).square().mean().sqrt()))
    flow, rectified = distances
    print(distances)
    assert rectified < 0.5 * flow
