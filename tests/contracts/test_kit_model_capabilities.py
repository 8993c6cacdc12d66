"""Wrong densities, bounds, codes and logits turn the capability checks red."""

import math

import pytest
import torch

from genzoo.testing import MODEL_CHECKS, CheckError
from genzoo.testing.specimens import LinearGAN, LinearGaussian


class WrongJacobian(LinearGaussian):
    def _log_prob(self, x, context):
        return super()._log_prob(x, context) - self.scale.log().sum()


class BatchNormalisedDensity(LinearGaussian):
    def _log_prob(self, x, context):
        return torch.log_softmax(super()._log_prob(x, context), 0)


class DensityPerCoordinate(LinearGaussian):
    def _log_prob(self, x, context):
        return -0.5 * x**2


class Unnormalised(LinearGaussian):
    def _log_prob(self, x, context):
        return super()._log_prob(x, context) + 0.2


class VarianceForStandardDeviation(LinearGaussian):
    def generate(self, noise, context=None):
        self_variance = (self.log_variance + 0.5).exp()
        return self._decode(noise["latent"], None) + self_variance * noise["observation"]


class BoundFallsWithK(LinearGaussian):
    calls = 0

    def _log_weight(self, x, noise, context):
        self.calls += 1
        return super()._log_weight(x, noise, context) - self.calls


class BoundFromGlobalNoise(LinearGaussian):
    def _log_weight(self, x, noise, context):
        return super()._log_weight(x, noise, context) + torch.randn(len(x)).to(x)


class InfiniteBound(LinearGaussian):
    def _log_weight(self, x, noise, context):
        return super()._log_weight(x, noise, context) - math.inf


class KlSignWrong(LinearGaussian):
    def _log_weight(self, x, noise, context):
        z = self._encode(x, None) + (0.5 * self.log_posterior_variance).exp() * noise
        prior = 0.5 * (noise**2 + self.log_posterior_variance - z**2).sum(1)
        return self._log_likelihood(x, z, context) - prior


class KlMissing(LinearGaussian):
    def _log_weight(self, x, noise, context):
        z = self._encode(x, context) + (0.5 * self.log_posterior_variance).exp() * noise
        return self._log_likelihood(x, z, context)


class MeanOverDimensions(LinearGaussian):
    def _log_likelihood(self, x, z, context):
        return super()._log_likelihood(x, z, context) / self.event_size


class ConstantLeftOut(LinearGaussian):
    def _log_likelihood(self, x, z, context):
        return super()._log_likelihood(x, z, context) + 0.5 * self.event_size * math.log(
            2 * math.pi
        )


class DecodesDataUnits(LinearGaussian):
    def _decode(self, z, context):
        return self.to_data_units(super()._decode(z, context))


class FlatCode(LinearGaussian):
    def _encode(self, x, context):
        return super()._encode(x, context).sum(1)


class RandomCode(LinearGaussian):
    def _encode(self, x, context):
        z = super()._encode(x, context)
        return z + torch.randn_like(z)


class ColumnOfLogits(LinearGAN):
    def _discriminate(self, x, context):
        return super()._discriminate(x, context)[:, None]


class LogitsInDataUnits(LinearGAN):
    def _discriminate(self, x, context):
        return super()._discriminate(self.to_data_units(x), context)


class UncheckedInput(LinearGAN):
    def _receive(self, x):
        return self.to_model_units(x)


FAULTS = {
    "check_log_prob": [WrongJacobian, BatchNormalisedDensity, DensityPerCoordinate],
    "check_log_prob_mass": [Unnormalised, VarianceForStandardDeviation],
    "check_elbo": [BoundFallsWithK, BoundFromGlobalNoise, InfiniteBound],
    "check_elbo_mass": [KlSignWrong, KlMissing, MeanOverDimensions, ConstantLeftOut],
    "check_elbo_below": [ConstantLeftOut],
    "check_reconstruct": [DecodesDataUnits, FlatCode, RandomCode],
    "check_discriminate": [ColumnOfLogits, LogitsInDataUnits, UncheckedInput],
}

CHECKS = {check.__name__: check for check in MODEL_CHECKS}


@pytest.mark.parametrize(
    ("check", "kind"), [(check, kind) for check, kinds in FAULTS.items() for kind in kinds]
)
def test_fault_turns_check_red(check, kind):
    with pytest.raises(CheckError):
        CHECKS[check](lambda: kind((2,)))


def test_every_check_has_a_fault_that_turns_it_red():
    modules = {"genzoo.testing.model_capabilities"}
    assert set(FAULTS) == {name for name, check in CHECKS.items() if check.__module__ in modules}
