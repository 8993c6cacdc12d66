"""Wrong densities, bounds, codes and logits turn the capability checks red."""

import math

import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.model import GenerativeModel, Step, Update
from genzoo.core.noise import NoiseSpec
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


SPREAD = 0.7


class MirroredDensity(GenerativeModel, SupportsLogProb):
    """Samples lean to one side, the density to the other: mean and variance are the same."""

    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.share = torch.nn.Parameter(torch.tensor(0.5))

    def updates(self):
        return (Update("share", MirroredDensity.loss, ("share",)),)

    def loss(self, batch, noise):
        return Step({"nothing": 0 * self.share})

    def sampling_noise(self):
        return {"z": NoiseSpec("normal", self.event_shape), "u": NoiseSpec("uniform")}

    def generate(self, noise, context=None):
        left = (noise["u"] < self.LEFT)[:, None]
        return torch.where(left, -1.0, self.LEFT / (1 - self.LEFT)) + SPREAD * noise["z"]

    LEFT = 0.38

    def _log_prob(self, x, context):
        right = self.LEFT / (1 - self.LEFT)
        near = torch.distributions.Normal(1.0, SPREAD).log_prob(x[:, 0]) + math.log(self.LEFT)
        far = torch.distributions.Normal(-right, SPREAD).log_prob(x[:, 0]) + math.log(1 - self.LEFT)
        return torch.logaddexp(near, far)


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


def test_a_density_of_the_right_moments_on_the_wrong_side_turns_its_check_red():
    with pytest.raises(CheckError, match="Kolmogorov-Smirnov"):
        CHECKS["check_log_prob_mass"](lambda: MirroredDensity((1,)))


def test_every_check_has_a_fault_that_turns_it_red():
    modules = {"genzoo.testing.model_capabilities"}
    assert set(FAULTS) == {name for name, check in CHECKS.items() if check.__module__ in modules}
