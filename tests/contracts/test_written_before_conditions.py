"""Models and sources whose authors know of no conditions go on working beside those that do."""

import pytest
import torch
from torch import nn

import genzoo
from genzoo import Batch, GenerativeModel, NoiseSpec, Step, Update
from genzoo.core.source import FiniteSource
from genzoo.errors import InputError
from genzoo.testing import check_model
from genzoo.testing.conditions import LABEL_AND_DOSE
from genzoo.testing.specimens import Rows


class OldModel(GenerativeModel):
    """It has `prepare` and `finalize` of examples alone, and hands on no `context_spec`."""

    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.latent = {"z": NoiseSpec("normal", (2,))}
        self.generator = nn.Linear(2, self.event_size)
        self.register_buffer("middle", torch.zeros(event_shape))
        self.register_buffer("spread", torch.ones(event_shape))

    def prepare(self, x, *, generator):
        self.middle.copy_(x.mean(0))

    def finalize(self, x, *, generator):
        self.spread.copy_(x.std(0))

    def updates(self):
        return (Update("generator", OldModel.loss, ("generator",), self.latent),)

    def loss(self, batch, noise):
        distance = (batch.x - self.generate(noise)).flatten(1).square().sum(1)
        return Step({"distance": distance.mean()})

    def sampling_noise(self):
        return self.latent

    def generate(self, noise, context=None):
        x = self.generator(noise["z"]).reshape(-1, *self.event_shape)
        return self.middle + self.spread * x


class Bare(FiniteSource):
    """The examples of another table, without their conditions."""

    def __init__(self, source):
        self.event_shape = source.event_shape
        self.recommended_standardisation = source.recommended_standardisation
        self.source = source

    @property
    def train(self):
        return Batch(self.source.train.x)

    @property
    def holdout(self):
        return Batch(self.source.holdout.x)


class Unexplained(Bare):
    """It gives labels, and does not say what they are."""

    @property
    def train(self):
        return self.source.train

    @property
    def holdout(self):
        return self.source.holdout


ROWS = Rows((2,), context_spec=LABEL_AND_DOSE)


def test_an_old_model_passes_the_kit():
    check_model(lambda: OldModel((2,)))


@pytest.mark.parametrize("source", [ROWS, Unexplained(ROWS)], ids=lambda one: type(one).__name__)
def test_an_old_model_learns_the_same_whether_a_source_has_conditions_or_not(source):
    fit = genzoo.train(OldModel, source, steps=4, seeds=2, record=False)
    plain = genzoo.train(OldModel, Bare(ROWS), steps=4, seeds=2, record=False)
    for run, expected in zip(fit.runs, plain.runs, strict=True):
        assert run.weights["last"].keys() == expected.weights["last"].keys()
        for name, value in expected.weights["last"].items():
            assert torch.equal(run.weights["last"][name], value), name
    assert genzoo.evaluate(fit, source, metrics="energy", n=20) is not None
    with pytest.raises(InputError, match="there are no conditions here"):
        fit.runs[0].model.sample(3, context=source.train.context[:3])
