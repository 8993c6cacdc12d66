"""Models and losses that are nearly right: each mistake is one sentence, at the first step."""

import dataclasses

import pytest
import torch
from torch import nn

from genzoo.core.model import Step
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.testing.specimens import LinearGaussian, Rows
from genzoo.training import Trainer
from tests.models.masked import Masked


class Wrong(LinearGaussian):
    """A model whose loss is `wrong(batch, noise)`."""

    def updates(self):
        return (
            dataclasses.replace(
                super().updates()[0], loss=lambda model, *given: model.wrong(*given)
            ),
        )

    def wrong(self, batch, noise):
        return self.loss(batch, noise)


class Vector(Wrong):
    def wrong(self, batch, noise):
        return Step({"each": batch.x.square().sum(1) * self.log_variance.exp()})


class Bare(Wrong):
    def wrong(self, batch, noise):
        return sum(self.loss(batch, noise).terms.values())


class Pair(Wrong):
    def wrong(self, batch, noise):
        return tuple(self.loss(batch, noise).terms.values())


class Nothing(Wrong):
    def wrong(self, batch, noise):
        return None


class NoTerms(Wrong):
    def wrong(self, batch, noise):
        return Step({})


class FloatTerm(Wrong):
    def wrong(self, batch, noise):
        return Step({"loss": 1.0})


class IntegerMonitor(Wrong):
    def wrong(self, batch, noise):
        return Step(self.loss(batch, noise).terms, {"rows": torch.tensor(8)})


class VectorMonitor(Wrong):
    def wrong(self, batch, noise):
        return Step(self.loss(batch, noise).terms, {"rows": batch.x.mean(0)})


class UnknownBuffer(Wrong):
    def wrong(self, batch, noise):
        return Step(self.loss(batch, noise).terms, state={"mean": batch.x.mean(0)})


class UndeclaredNoise(Wrong):
    def wrong(self, batch, noise):
        return Step({"loss": (noise["jitter"] * self.log_variance).mean()})


class Untrained(Wrong):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.head = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))


class Frozen(Wrong):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.log_variance.requires_grad_(False)


class NoContext(Wrong):
    def generate(self, noise):
        return super().generate(noise)


class OneUpdate(Wrong):
    def updates(self):
        return super().updates()[0]


class Named(Wrong):
    def updates(self):
        return ("elbo",)


MISTAKES = {
    Vector: r"'each' in the loss of update 'elbo' must be one floating-point number.*shape \(8,\)",
    Bare: "loss of update 'elbo' must return a Step such as .*got a tensor",
    Pair: "must return a Step such as .*got a tuple",
    Nothing: "must return a Step such as .*got a NoneType",
    NoTerms: "returned no terms",
    FloatTerm: "'loss' in the loss of update 'elbo' must be one floating-point number.*got a float",
    IntegerMonitor: "'rows' in the loss of update 'elbo' must be one floating-point number.*int64",
    VectorMonitor: r"'rows' in the loss of update 'elbo' must be one.*shape \(3,\)",
    UnknownBuffer: "new value of 'mean', which is no buffer",
    UndeclaredNoise: "reads the noise 'jitter', which the update does not declare",
    Untrained: (
        r"no update of Untrained trains head: add them .*"
        r"or freeze them by requires_grad_\(False\)"
    ),
    Frozen: "log_variance of Frozen is frozen .*the update 'elbo' would train it: make .* buffers",
    NoContext: r"define generate\(self, noise, context=None\)",
    OneUpdate: "must return a tuple of Update, got Update",
    Named: "must return a tuple of Update",
}


@pytest.mark.parametrize("seeds", [(0,), (0, 1)], ids=["one seed", "two seeds"])
@pytest.mark.parametrize("steps", [3, 1200], ids=["evaluated", "replayed"])
@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_sentence(kind, steps, seeds):
    with pytest.raises(InputError, match=MISTAKES[kind]):
        Trainer().fit(lambda: kind((3,)), Rows((3,)), seeds, Recipe(steps=steps, batch_size=8))


def test_what_is_no_model():
    with pytest.raises(InputError, match="must be a GenerativeModel, got a Linear"):
        Trainer().fit(lambda: nn.Linear(3, 3), Rows((3,)), (0,), Recipe(steps=3))


def test_a_part_that_is_frozen_may_be_left_out():
    def build():
        model = Untrained((3,))
        model.head.requires_grad_(False)
        return model

    (run,) = Trainer().fit(build, Rows((3,)), (0,), Recipe(steps=3, batch_size=8)).runs
    assert torch.isfinite(run.model.sample(4)).all()


@pytest.mark.parametrize("engine", ["eager", "replay"])
def test_boolean_and_integer_buffers_are_kept(engine):
    trainer = Trainer(engine=engine)
    runs = trainer.fit(lambda: Masked((3,)), Rows((3,)), (0, 1), Recipe(steps=9, batch_size=8)).runs
    for run in runs:
        assert run.model.mask.tolist() == [True, False, True]
        assert run.model.order.tolist() == [0, 1, 2]
