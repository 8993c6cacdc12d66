"""Models that are built, declared or sampled wrongly turn the structure checks red."""

import dataclasses

import numpy as np
import pytest
import torch

from genzoo.testing import MODEL_CHECKS, CheckError
from genzoo.testing.specimens import LinearGAN, LinearGaussian


def changed(update, **fields):
    return (dataclasses.replace(update, **fields),)


class SampleOverridden(LinearGaussian):
    def sample(self, n, *, generator=None, context=None):
        return torch.zeros(n, *self.event_shape)


class FrozenParameter(LinearGaussian):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.log_variance.requires_grad_(False)


class WeightsFromOtherGenerator(LinearGaussian):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        with torch.no_grad():
            self.log_variance.copy_(torch.as_tensor(np.random.default_rng().normal()))


class NumpyGlobalInit(LinearGaussian):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        np.random.normal()  # noqa: NPY002


class SeedsAtBirth(LinearGaussian):
    def __init__(self, event_shape):
        torch.manual_seed(0)
        super().__init__(event_shape)


class ShiftSetAtBirth(LinearGaussian):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.shift += 1


class ForgottenParameter(LinearGaussian):
    def updates(self):
        return changed(super().updates()[0], parameters=("encoder", "decoder", "log_variance"))


class UnknownPart(LinearGaussian):
    def updates(self):
        update = super().updates()[0]
        return changed(update, parameters=(*update.parameters, "decodr"))


class SameNameTwice(LinearGAN):
    def updates(self):
        first, second = super().updates()
        return first, *changed(second, name=first.name)


class NeverActive(LinearGaussian):
    def updates(self):
        return changed(super().updates()[0], window=(0.5, 0.5))


class PrepareFromGlobal(LinearGaussian):
    def prepare(self, x, *, generator):
        self.log_variance.data.copy_(torch.randn(()))


class SeedsInPrepare(LinearGaussian):
    def prepare(self, x, *, generator):
        torch.manual_seed(1)


class FinalizeFromClock(LinearGaussian):
    def finalize(self, x, *, generator):
        self.log_variance.data.copy_(torch.as_tensor(np.random.default_rng().normal()))


class WrongShape(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise)[..., :1]


class SamplesDouble(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise).double()


class SamplesNaN(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise).log()


class NoBlock(LinearGaussian):
    sample_block = 0


class GlobalNoise(LinearGaussian):
    def generate(self, noise, context=None):
        return super().generate(noise) + torch.randn(())


class SeedsInGenerate(LinearGaussian):
    def generate(self, noise, context=None):
        torch.manual_seed(1)
        return super().generate(noise)


class OwnNoise(LinearGaussian):
    def generate(self, noise, context=None):
        x = super().generate(noise)
        return x + torch.as_tensor(np.random.default_rng().normal(size=x.shape)).to(x)


class ConstantSample(LinearGaussian):
    def generate(self, noise, context=None):
        return torch.zeros_like(super().generate(noise))


class CountsSamples(LinearGaussian):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.register_buffer("count", torch.zeros(()))

    def generate(self, noise, context=None):
        self.count += 1
        return super().generate(noise)


class CentredSamples(LinearGaussian):
    def generate(self, noise, context=None):
        x = super().generate(noise)
        return x - x.mean(0) + self.shift


class GeneratesDataUnits(LinearGaussian):
    def generate(self, noise, context=None):
        return self.to_data_units(super().generate(noise))


class PlainAttribute(LinearGaussian):
    offset = 0.0

    def finalize(self, x, *, generator):
        self.offset = float(torch.rand((), generator=generator))

    def generate(self, noise, context=None):
        return super().generate(noise) + self.offset


class GenerateWithoutContext(LinearGaussian):
    def generate(self, noise):
        return super().generate(noise)


class OneUpdateAlone(LinearGaussian):
    def updates(self):
        return super().updates()[0]


class UpdatesOfText(LinearGaussian):
    def updates(self):
        return ("elbo",)


FAULTS = {
    "check_build": [
        SampleOverridden,
        FrozenParameter,
        WeightsFromOtherGenerator,
        NumpyGlobalInit,
        SeedsAtBirth,
        ShiftSetAtBirth,
        GenerateWithoutContext,
    ],
    "check_updates": [
        ForgottenParameter,
        UnknownPart,
        SameNameTwice,
        NeverActive,
        OneUpdateAlone,
        UpdatesOfText,
    ],
    "check_prepare": [PrepareFromGlobal, SeedsInPrepare, FinalizeFromClock],
    "check_sample": [WrongShape, SamplesDouble, SamplesNaN, NoBlock],
    "check_sample_reproducible": [
        GlobalNoise,
        SeedsInGenerate,
        OwnNoise,
        ConstantSample,
        CountsSamples,
    ],
    "check_generate_rows": [CentredSamples],
    "check_sample_units": [CentredSamples, GeneratesDataUnits],
    "check_state_dict": [PlainAttribute],
}

CHECKS = {check.__name__: check for check in MODEL_CHECKS}


@pytest.mark.parametrize(
    ("check", "kind"), [(check, kind) for check, kinds in FAULTS.items() for kind in kinds]
)
def test_fault_turns_check_red(check, kind):
    with pytest.raises(CheckError):
        CHECKS[check](lambda: kind((2,)))


def test_every_check_has_a_fault_that_turns_it_red():
    modules = {"genzoo.testing.model_structure", "genzoo.testing.model_sampling"}
    assert set(FAULTS) == {name for name, check in CHECKS.items() if check.__module__ in modules}
