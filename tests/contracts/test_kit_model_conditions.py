"""Conditions that are ignored, mixed up or let through turn checks red."""

import dataclasses
import math
import re

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from genzoo.core.context import ContextSpec
from genzoo.core.model import GenerativeModel, Step
from genzoo.core.noise import NoiseSpec, stream
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.testing import MODEL_CHECKS, CheckError, check_model
from genzoo.testing.conditions import LABEL_AND_DOSE
from genzoo.testing.specimens import LinearGAN, LinearGaussian, Rows
from genzoo.training import Trainer


def changed(update, **fields):
    return (dataclasses.replace(update, **fields),)


def without_dose(context):
    return torch.cat([context[:, :-1], torch.zeros_like(context[:, -1:])], dim=1)


def of_all(context):
    return context.mean(0).expand_as(context)


class Losing(LinearGaussian):
    """A LinearGaussian whose loss is `broken(batch, noise)`."""

    def updates(self):
        def loss(model, batch, noise):
            return model.broken(batch, noise)

        return changed(super().updates()[0], loss=loss)

    def broken(self, batch, noise):
        return self.loss(batch, noise)


class SamplesWithoutIt(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise, torch.zeros_like(context))


class SamplesWithoutDose(LinearGAN):
    def generate(self, noise, context=None):
        return super().generate(noise, without_dose(context))


class DensityWithoutDose(LinearGaussian):
    def _log_prob(self, x, context):
        return super()._log_prob(x, without_dose(context))


class BoundWithoutIt(LinearGaussian):
    def _log_weight(self, x, noise, context):
        return super()._log_weight(x, noise, torch.zeros_like(context))


class LearnsWithoutIt(Losing):
    def broken(self, batch, noise):
        return self.loss(batch._replace(context=torch.zeros_like(batch.context)), noise)


class LearnsWithoutDose(Losing):
    def broken(self, batch, noise):
        return self.loss(batch._replace(context=without_dose(batch.context)), noise)


class BlindDiscriminator(LinearGAN):
    def _discriminate(self, x, context):
        return super()._discriminate(x, torch.zeros_like(context))


class LearnsApart(Losing):
    """Something of the conditions and something of the examples, and nothing of both."""

    def broken(self, batch, noise):
        blind = self.loss(batch._replace(context=torch.zeros_like(batch.context)), noise)
        beside = self.decoder(torch.cat([noise["posterior"], batch.context], 1)).square().mean()
        return Step({**blind.terms, "beside": beside})


class SamplesInModelUnitsTwice(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise, self.context_spec.to_model(context))


class LearnsInModelUnitsTwice(Losing):
    def broken(self, batch, noise):
        return self.loss(batch._replace(context=self.context_spec.to_model(batch.context)), noise)


class PreparesInModelUnitsTwice(LinearGaussian):
    def prepare(self, x, *, generator, context=None):
        mean = self.context_spec.to_model(context).mean(0)
        self.decoder.weight.data[:, -len(mean) :] += mean


class TakesAnything(LinearGAN):
    def _receive_context(self, context, n):
        return self.context_spec.to_model(context)


class CutsToLength(LinearGaussian):
    def _receive_context(self, context, n):
        return super()._receive_context(context[:n], n)


class SamplesOfAll(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise, of_all(context))


class DensityOfAll(LinearGaussian):
    def _log_prob(self, x, context):
        return super()._log_prob(x, of_all(context))


class BoundOfAll(LinearGaussian):
    def _log_weight(self, x, noise, context):
        return super()._log_weight(x, noise, of_all(context))


class CodesOfAll(LinearGaussian):
    def _encode(self, x, context):
        return super()._encode(x, of_all(context))


class LogitsOfAll(LinearGAN):
    def _discriminate(self, x, context):
        return super()._discriminate(x, of_all(context))


class ConditionOfTheFirst(Losing):
    def broken(self, batch, noise):
        first = batch.context[:1].expand_as(batch.context)
        return self.loss(batch._replace(context=first), noise)


class SumOverConditions(Losing):
    def broken(self, batch, noise):
        terms = self.loss(batch, noise).terms
        return Step({**terms, "summed": self.decoder.weight.sum() * batch.context.square().sum()})


class WritesToConditions(Losing):
    def broken(self, batch, noise):
        batch.context[:, -1] = 0
        return self.loss(batch, noise)


class BranchesOnConditions(Losing):
    def broken(self, batch, noise):
        step = self.loss(batch, noise)
        return step if batch.context.sum() > 0 else Step({"other": self.log_variance.square()})


class ReadsNoData(LinearGAN):
    def updates(self):
        first, second = super().updates()
        return first, *changed(second, reads_data=False)


class KeepsItAside(LinearGaussian):
    offset = 0.0

    def finalize(self, x, *, generator, context=None):
        self.offset = float(context.mean() * torch.rand((), generator=generator))

    def generate(self, noise, context=None):
        return super().generate(noise, context) + self.offset


class PreparesWithout(LinearGaussian):
    def prepare(self, x, *, generator):
        pass


class OwnConditions(LinearGaussian):
    def draw_conditions(self, n, *, generator=None):
        return torch.zeros(n, self.context_spec.width)


FAULTS = {
    "check_conditions_used": [
        SamplesWithoutIt,
        SamplesWithoutDose,
        DensityWithoutDose,
        BoundWithoutIt,
    ],
    "check_conditions_learned": [
        LearnsWithoutIt,
        LearnsWithoutDose,
        BlindDiscriminator,
        LearnsApart,
    ],
    "check_conditions_units": [
        SamplesInModelUnitsTwice,
        LearnsInModelUnitsTwice,
        PreparesInModelUnitsTwice,
    ],
    "check_conditions_refused": [TakesAnything, CutsToLength],
    "check_build": [PreparesWithout, OwnConditions],
    "check_generate_rows": [SamplesOfAll],
    "check_log_prob": [DensityOfAll],
    "check_log_prob_mass": [DensityWithoutDose],
    "check_elbo": [BoundOfAll],
    "check_elbo_mass": [BoundWithoutIt],
    "check_reconstruct": [CodesOfAll],
    "check_discriminate": [LogitsOfAll],
    "check_loss_terms": [ReadsNoData],
    "check_loss_order": [ConditionOfTheFirst],
    "check_loss_mean": [SumOverConditions],
    "check_loss_pure": [WritesToConditions],
    "check_stacking": [BranchesOnConditions],
    "check_state_dict": [KeepsItAside],
}

CHECKS = {check.__name__: check for check in MODEL_CHECKS}


@pytest.mark.parametrize(
    ("check", "kind"), [(check, kind) for check, kinds in FAULTS.items() for kind in kinds]
)
def test_fault_turns_check_red(check, kind):
    with pytest.raises(CheckError):
        CHECKS[check](lambda: kind((2,), context_spec=LABEL_AND_DOSE))


def test_every_check_has_a_fault_that_turns_it_red():
    modules = {"genzoo.testing.model_conditions"}
    assert set(FAULTS) >= {name for name, check in CHECKS.items() if check.__module__ in modules}


class LetsAnythingThrough(LinearGAN):
    def _receive_context(self, context, n):
        return None


def test_a_context_that_an_unconditional_model_ignores_is_a_fault():
    with pytest.raises(CheckError, match="although the model takes none was accepted"):
        CHECKS["check_conditions_refused"](lambda: LetsAnythingThrough((2,)))


class StartsAtZero(LinearGAN):
    """Layers see nothing of the conditions before the first step."""

    def __init__(self, event_shape, context_spec):
        super().__init__(event_shape, context_spec=context_spec)
        for layer in (self.generator, self.discriminator[0]):
            nn.init.zeros_(layer.weight[:, -context_spec.width :])


class FitsAfterwards(LinearGAN):
    """Training knows of no conditions; then the mean is fitted, linear in them."""

    def __init__(self, event_shape, context_spec):
        super().__init__(event_shape, context_spec=context_spec)
        self.generator = nn.Linear(2, self.event_size)
        self.discriminator[0] = nn.Linear(self.event_size, 8)
        self.register_buffer("slope", torch.zeros(context_spec.width, self.event_size))

    def finalize(self, x, *, generator, context=None):
        inverse = torch.linalg.pinv(context - context.mean(0))
        self.slope.copy_(inverse @ (x - x.mean(0)).flatten(1))

    def generate(self, noise, context=None):
        offset = (context @ self.slope).reshape(-1, *self.event_shape)
        return super().generate(noise, None) + offset

    def _discriminate(self, x, context):
        return super()._discriminate(x, None)


class FitsBefore(GenerativeModel):
    """A mean that is linear in the conditions, in closed form."""

    def __init__(self, event_shape, context_spec):
        super().__init__(event_shape, context_spec)
        self.register_buffer("slope", torch.zeros(context_spec.width, self.event_size))

    def updates(self):
        return ()

    def sampling_noise(self):
        return {"e": NoiseSpec("normal", self.event_shape)}

    def prepare(self, x, *, generator, context=None):
        self.slope.copy_(torch.linalg.pinv(context) @ x.flatten(1))

    def generate(self, noise, context=None):
        return noise["e"] + (context @ self.slope).reshape(-1, *self.event_shape)


@pytest.mark.parametrize("kind", [StartsAtZero, FitsAfterwards, FitsBefore])
def test_sound_models_pass(kind):
    check_model(lambda: kind((2,), context_spec=LABEL_AND_DOSE))


@pytest.mark.parametrize("field", LABEL_AND_DOSE.fields, ids=lambda field: field.name)
@pytest.mark.parametrize("kind", [LinearGaussian, LinearGAN])
def test_models_of_a_label_or_a_number_alone_pass(kind, field):
    check_model(lambda: kind((5,), context_spec=ContextSpec((field,))))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (SamplesWithoutDose, "check_conditions_used: sample does not depend on the condition dose"),
        (LearnsWithoutIt, "check_conditions_learned: no loss holds .* its condition label"),
        (PreparesWithout, r"check_build: .* define prepare\(self, x, \*, generator, context=None"),
        (ReadsNoData, "check_loss_terms: .* reads_data=False, but its loss reads .*batch.context"),
    ],
)
def test_a_fault_is_said_once(kind, words):
    with pytest.raises(CheckError, match=words) as caught:
        check_model(lambda: kind((5,), context_spec=LABEL_AND_DOSE))
    assert len(str(caught.value).splitlines()) == 1


class ReadsUndeclared(LinearGAN):
    def generator_loss(self, batch, noise):
        return Step({"loss": (batch.x @ batch.context).sum()})

    def updates(self):
        first, second = super().updates()
        return first, *changed(second, loss=ReadsUndeclared.generator_loss)


def test_a_model_that_reads_conditions_without_a_word_is_told_how():
    words = "give context_spec to super().__init__"
    with pytest.raises(CheckError, match=re.escape(words)):
        check_model(lambda: ReadsUndeclared((2,)))
    recipe = Recipe(steps=1, batch_size=8)
    source = Rows((2,), context_spec=LABEL_AND_DOSE)
    for seeds in ([0], [0, 1]):
        with pytest.raises(InputError, match=re.escape(words)):
            Trainer().fit(lambda: ReadsUndeclared((2,)), source, seeds, recipe)


def test_the_linear_specimen_knows_its_conditional_density():
    """N(A c + b, W W^T + s^2 I) of torch; with the exact posterior the bound is the density."""
    model = LinearGaussian((3,), latent_dim=2, context_spec=LABEL_AND_DOSE).double()
    context = LABEL_AND_DOSE.draw(5, generator=stream(0)).double()
    seen = LABEL_AND_DOSE.to_model(context)
    x = torch.randn(5, 3, generator=stream(1), dtype=torch.float64)
    with torch.no_grad():
        weight, slope = model.decoder.weight.split([2, 4], dim=1)
        mean = model.decoder.bias + seen @ slope.T
        # One posterior variance serves both directions where W has orthonormal columns.
        orthonormal = torch.linalg.qr(weight).Q
        model.decoder.weight[:, :2] = orthonormal
        gain = orthonormal.T / 2
        model.encoder.weight.copy_(torch.cat([gain, -gain @ slope], dim=1))
        model.encoder.bias.copy_(-gain @ model.decoder.bias)
        model.log_posterior_variance.fill_(math.log(0.5))
        covariance = orthonormal @ orthonormal.T + torch.eye(3).double()
        expected = MultivariateNormal(mean, covariance).log_prob(x)
        torch.testing.assert_close(model.log_prob(x, context), expected)
        bound = model.elbo(x, context=context, generator=stream(2))
        torch.testing.assert_close(bound, expected)
