"""What is no model, source or metric, or a malformed one, is answered in one sentence."""

import dataclasses

import pytest
import torch
from torch import nn

from genzoo.core.model import Step
from genzoo.losses.margin import Hinge
from genzoo.testing import (
    CheckError,
    check_metric,
    check_model,
    check_objective,
    check_source,
    parametrize_with_checks,
)
from genzoo.testing.specimens import LinearGAN, LinearGaussian, Rows
from tests.contracts.test_kit_metrics import MeanGap


def changed(update, **fields):
    return (dataclasses.replace(update, **fields),)


class Listed(LinearGaussian):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.heads = [nn.Linear(2, 2)]


class InsideADict(LinearGaussian):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.encoder.heads = {"first": (nn.Linear(2, 2),)}


class KnownToo(LinearGaussian):
    """A list of layers that are attributes as well, and of functions, hides nothing."""

    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.both = [self.encoder, self.decoder, nn.Tanh()]


class TwoNames(LinearGAN):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.other = self.generator


class OneNameAndAProperty(LinearGAN):
    @property
    def other(self):
        return self.generator


class NoNoise(LinearGaussian):
    def sampling_noise(self):
        return None


class NoiseOfShapes(LinearGaussian):
    def sampling_noise(self):
        return {"latent": (2,)}


class NoUpdates(LinearGaussian):
    def updates(self):
        return None


class BoundLoss(LinearGaussian):
    def updates(self):
        return changed(super().updates()[0], loss=self.loss)


class ParametersAsText(LinearGaussian):
    def updates(self):
        return changed(super().updates()[0], parameters="encoder")


class NamelessUpdate(LinearGaussian):
    def updates(self):
        return changed(super().updates()[0], name="")


class Flat(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise).flatten(1)


class Pair(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise), None


class Numpy(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise).detach().numpy()


class Double(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise).double()


class Undeclared(LinearGaussian):
    def generate(self, noise, context=None):
        return self._decode(noise["z"], None)


class NotANumber(LinearGAN):
    def generator_loss(self, batch, noise):
        loss = super().generator_loss(batch, noise).terms["loss"]
        return Step({"loss": loss * torch.nan})

    def updates(self):
        first, second = super().updates()
        return first, *changed(second, loss=NotANumber.generator_loss)


class NamelessTerm(NotANumber):
    def generator_loss(self, batch, noise):
        return Step({"": LinearGAN.generator_loss(self, batch, noise).terms["loss"]})

    def updates(self):
        first, second = super().updates()
        return first, *changed(second, loss=NamelessTerm.generator_loss)


class ReadsAfterAll(LinearGaussian):
    def updates(self):
        return changed(super().updates()[0], reads_data=False)


MODELS = [
    (Listed, r"check_build: heads keeps layers in a plain list, .* use nn.ModuleList"),
    (InsideADict, r"check_build: encoder.heads keeps layers in a plain dict"),
    (TwoNames, r"check_build: generator.weight and other.weight are one tensor"),
    (NoNoise, r"check_build: what sampling_noise\(\) returns is a NoneType, expected a dict"),
    (NoiseOfShapes, r"check_build: .* has 'latent': \(2,\), expected a NoiseSpec"),
    (NoUpdates, r"check_updates: updates\(\) returned a NoneType, expected a tuple"),
    (BoundLoss, r"check_updates: .* give the method of the class, BoundLoss.loss"),
    (ParametersAsText, r"check_updates: .* expected a tuple of names: \('encoder',\)"),
    (NamelessUpdate, r"check_updates: update '' must have a name"),
    (Flat, r"check_sample: generate gave shape \(5, 4\) for 5 examples, expected \(5, 1, 2, 2\)"),
    (Pair, r"check_sample: generate gave a tuple, expected a tensor"),
    (Numpy, r"check_sample: generate gave a ndarray, expected a tensor"),
    (Double, r"check_sample: generate gave torch.float64 from noise of torch.float32"),
    (Undeclared, r"check_sample: generate reads the noise 'z', which sampling_noise does not"),
    (NotANumber, r"check_loss_terms: .* is nan, expected a finite number"),
    (NamelessTerm, r"check_loss_terms: .* named '', expected text"),
    (ReadsAfterAll, r"check_loss_terms: .* reads_data=False, but its loss reads batch.x"),
]


@pytest.mark.parametrize(
    ("kind", "words"), MODELS, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_malformed_model_is_answered_once(kind, words):
    with pytest.raises(CheckError, match=f"^{words}") as caught:
        check_model(lambda: kind((1, 2, 2)))
    lines = str(caught.value).splitlines()
    assert len(lines) == 1, lines


@pytest.mark.parametrize("kind", [KnownToo, OneNameAndAProperty])
def test_lists_of_known_layers_and_properties_pass(kind):
    check_model(lambda: kind((2,)))


@pytest.mark.parametrize(
    ("check", "subject", "words"),
    [
        (check_model, LinearGAN((2,)), r"got a LinearGAN object, .*: lambda: LinearGAN\(\(2,\)\)"),
        (check_model, "vae", r"lambda: MODELS.create\('vae', \(2,\)\)"),
        (check_model, lambda: 3, r"build\(\) gave a int, expected a GenerativeModel"),
        (check_model, Rows, r"build\(\) gave a Rows, expected a GenerativeModel"),
        (check_model, Rows(), "a source is for check_source"),
        (check_model, 3, "got a int, expected a function that builds a model"),
        (check_model, LinearGAN, r"LinearGAN cannot be called .*: lambda: LinearGAN\(\(2,\)\)"),
        (check_model, lambda shape: 3, r"without arguments .*: lambda: MyModel\(\(2,\)\)"),
        (check_metric, MeanGap, r"got the class MeanGap, .*: check_metric\(MeanGap\(\)\)"),
        (check_metric, "mmd", r"expected a metric: METRICS.create\('mmd'\)"),
        (check_metric, Rows(), "got a source, expected a metric: a source is for check_source"),
        (check_objective, Hinge, r"got the class Hinge, expected an objective"),
        (check_source, Rows, r"got the class Rows, expected a source"),
        (check_source, 3, "got a int, expected a source"),
    ],
)
def test_a_wrong_subject_is_answered_once(check, subject, words):
    with pytest.raises(CheckError, match=words) as caught:
        check(subject)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("subject", [lambda shape: LinearGAN(shape), LinearGAN((2,)), "vae"])
def test_a_parametriser_answers_before_any_test_is_made(subject):
    with pytest.raises(CheckError, match="expected a function that builds a model"):
        parametrize_with_checks({"m": subject})


class NotAnEstimate(MeanGap):
    def _estimate(self, evidence):
        return None


class Unitless(MeanGap):
    unit = ""


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NotAnEstimate, "^check_metric_estimate: the estimate is a NoneType, expected Estimate$"),
        (Unitless, "check_metric_units: .* declare unit = 'data units', not ''"),
    ],
)
def test_a_malformed_metric_is_answered_once(kind, words):
    with pytest.raises(CheckError, match=words) as caught:
        check_metric(kind())
    assert len(str(caught.value).splitlines()) == 1
