"""Faulty sources turn the source checks red."""

import math

import numpy as np
import pytest
import torch

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate, one_hot
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.model import Batch
from genzoo.core.source import (
    GaussianModes,
    SplitSource,
    SupportsFeatures,
    SupportsLabels,
    SupportsModeSampling,
    draw_rows,
)
from genzoo.testing import SOURCE_CHECKS, CheckError, check_source
from genzoo.testing.specimens import Parabolas, Rows, StandardNormal, ThreeModes
from genzoo.testing.velocity_specimens import ThreeGaussians


class Normal(StandardNormal):
    def __init__(self):
        super().__init__((2,))


class NotASource:
    event_shape = (2,)


class TransposedSample(Normal):
    def sample(self, n, *, generator):
        return Batch(super().sample(n, generator=generator).x.T)


class DoubleSample(Normal):
    def sample(self, n, *, generator):
        return Batch(super().sample(n, generator=generator).x.double())


class BareTensor(Normal):
    def sample(self, n, *, generator):
        return super().sample(n, generator=generator).x


class ShortContext(Normal):
    def sample(self, n, *, generator):
        return Batch(super().sample(n, generator=generator).x, torch.zeros(1, 1))


class OddUnits(Normal):
    recommended_standardisation = "per column"


class GlobalRandomness(Normal):
    def sample(self, n, *, generator):
        return Batch(torch.randn(n, 2))


class SeedsTorch(Normal):
    def sample(self, n, *, generator):
        torch.manual_seed(0)
        return super().sample(n, generator=generator)


class SeedsNumpy(Normal):
    def sample(self, n, *, generator):
        np.random.seed(0)  # noqa: NPY002
        return super().sample(n, generator=generator)


class OwnRandomness(Normal):
    def sample(self, n, *, generator):
        return Batch(torch.as_tensor(np.random.default_rng().normal(size=(n, 2))).float())


class SeedFixedInside(Normal):
    def sample(self, n, *, generator):
        return super().sample(n, generator=torch.Generator().manual_seed(0))


class SeedReadNotUsed(Normal):
    """Restarts from the generator's first seed, so that two draws in a row are the same."""

    def sample(self, n, *, generator):
        return super().sample(n, generator=torch.Generator().manual_seed(generator.initial_seed()))


class HoldsALambda(Normal):
    def __init__(self):
        super().__init__()
        self.transform = lambda x: x


class DensityPerCoordinate(Normal):
    def _log_prob(self, x, context):
        return -0.5 * x**2


class NanFarAway(Normal):
    def _log_prob(self, x, context):
        factor = torch.where(x[:, 0] > 100, math.nan, 1.0)
        return super()._log_prob(x, context).exp().div(1).log() * factor


class DensityOfTheBatch(Normal):
    def _log_prob(self, x, context):
        return torch.log_softmax(super()._log_prob(x, context), 0)


class UncheckedInput(Normal):
    def _receive(self, x):
        return x


class UnnormalisedMixture(ThreeModes):
    """The weights are left out: the density integrates to 3."""

    def _log_prob(self, x, context):
        kernels = -0.5 * self.modes().distances(x) ** 2 - math.log(2 * math.pi * 0.01)
        return torch.logsumexp(kernels, 1)


class VarianceForStandardDeviation(ThreeModes):
    def sample(self, n, *, generator):
        modes = self.modes()
        index = torch.multinomial(modes.weights, n, replacement=True, generator=generator)
        noise = 0.01 * torch.randn(n, 2, generator=generator)
        return Batch((modes.locations[index] + noise).float())


class UniformWeights(ThreeModes):
    def modes(self):
        modes = super().modes()
        weights = torch.ones(3, dtype=torch.float64) / 3
        return GaussianModes(weights, modes.locations, modes.covariances)

    def sample(self, n, *, generator):
        return ThreeModes().sample(n, generator=generator)


class WeightsOfTwo(ThreeModes):
    def modes(self):
        modes = super().modes()
        modes.weights = 2 * modes.weights
        return modes


class SameNames(ThreeModes):
    def modes(self):
        modes = super().modes()
        modes.names = ("mode",) * 3
        return modes


class RingOfSeven(ThreeModes):
    """linspace(0, 2 pi, 8) with both ends: the first and the last of the eight modes are one."""

    def modes(self):
        angle = torch.linspace(0, 2 * math.pi, 8)
        locations = torch.stack([angle.cos(), angle.sin()], 1)
        return GaussianModes(torch.ones(8) / 8, locations, 0.01 * torch.eye(2).repeat(8, 1, 1))


class OtherGaussians(ThreeGaussians):
    def gaussians(self):
        modes = self.modes()
        return GaussianModes(modes.weights, modes.locations, 2 * modes.covariances)


class LeakingRows(Rows):
    @property
    def holdout(self):
        return Batch(self._rows[:20])


class RowsOfAnotherShape(Rows):
    @property
    def holdout(self):
        return Batch(self._rows[60:, :2])


class SamplesHeldOutRows(Rows):
    def __init__(self):
        super().__init__()
        self.everything = Batch(self._rows)

    def sample(self, n, *, generator):
        return draw_rows(self.everything, n, generator=generator)


class ResidualLeft(Parabolas):
    def fit_parameter(self, x):
        a, residual = super().fit_parameter(x)
        return a, residual + 0.01


class WrongMean(Parabolas):
    parameter_mean = 0.52


class WrongSpread(Parabolas):
    parameter_sd = 1 / 12


class WrongLaw(Parabolas):
    def parameter_cdf(self, value):
        return value.clamp(0, 1) ** 2


class SinglePrecisionFit(Parabolas):
    def fit_parameter(self, x):
        a, residual = super().fit_parameter(x)
        return a.float(), residual.float()


class TwoParts(StandardNormal, SplitSource):
    """Normal numbers as training draws, held-out ones moved by 100 and by 200."""

    def __init__(self):
        super().__init__((2,))

    def held_out(self, n, *, generator):
        x = self.sample(2 * n, generator=generator).x
        return x[:n] + 100, x[n:] + 200


class SameHalves(TwoParts):
    def held_out(self, n, *, generator):
        first, _ = super().held_out(n, generator=generator)
        return first, first


class OneHalfOnly(TwoParts):
    def held_out(self, n, *, generator):
        return tuple(part[: n // 2] for part in super().held_out(n, generator=generator))


class Parts(TwoParts):
    """Training draws are few; the held-out ones are among them."""

    def sample(self, n, *, generator):
        pool = torch.arange(40.0).reshape(20, 2)
        return Batch(pool[torch.randint(20, (n,), generator=generator)])

    def held_out(self, n, *, generator):
        return self.sample(n, generator=generator).x, self.sample(n, generator=generator).x + 100


class ByMode(ThreeModes, SupportsModeSampling):
    def sample_mode(self, mode, n, *, generator):
        modes = self.modes()
        x = modes.locations[mode] + 0.1 * torch.randn(n, 2, generator=generator)
        return Batch(x.float())


class AnotherMode(ByMode):
    def sample_mode(self, mode, n, *, generator):
        return super().sample_mode((mode + 1) % 3, n, generator=generator)


class Doubled(Normal, SupportsFeatures):
    def features(self, x):
        return 2 * x


class OneNumberEach(Doubled):
    def features(self, x):
        return x.sum(1)


class FeaturesOfTheBatch(Doubled):
    def features(self, x):
        return x - x.mean(0)


class WithModes(ByMode, SupportsLabels):
    """Three modes that come with their number."""

    context_spec = ContextSpec((Category("mode", ("a", "b", "c")),))

    def sample(self, n, *, generator):
        x = super().sample(n, generator=generator).x
        return Batch(x, self.conditions(x))

    def sample_mode(self, mode, n, *, generator):
        x = super().sample_mode(mode, n, generator=generator).x
        return Batch(x, self.conditions(x))

    def conditions(self, x):
        return one_hot(self.modes().assign(x), 3)

    def labels_of(self, x):
        return self.modes().assign(x)[:, None]

    def _log_prob(self, x, context):
        if context is None:
            return super()._log_prob(x, context)
        distances = self.modes().distances(x).gather(1, context.argmax(dim=1)[:, None])[:, 0]
        return -0.5 * distances**2 - math.log(2 * math.pi * 0.01)


class WithSize(Normal):
    """N(size, 1), size ~ U[0, 1)."""

    context_spec = ContextSpec((Covariate("size", 0, 1),))

    def sample(self, n, *, generator):
        size = torch.rand(n, 1, generator=generator)
        return Batch(size + super().sample(n, generator=generator).x, size)

    def _log_prob(self, x, context):
        size = torch.linspace(0, 1, 21, dtype=x.dtype)[:, None, None]
        if context is not None:
            return super()._log_prob(x - context, None)
        given = super()._log_prob((x - size).flatten(0, 1), None).reshape(21, -1)
        return given.logsumexp(dim=0) - math.log(21)


class GaussiansGiven(WithModes, SupportsGaussians):
    """Each condition leaves one of three Gaussians."""

    def gaussians(self):
        return self.modes()

    def _weights_given(self, context):
        return context


class NoGaussiansGiven(GaussiansGiven):
    def _weights_given(self, context):
        return self.modes().weights.expand(len(context), -1)


class SpecButNoConditions(WithModes):
    def sample(self, n, *, generator):
        return Batch(super().sample(n, generator=generator).x)


class ConditionsButNoSpec(WithModes):
    context_spec = None


class ColumnTooMany(WithModes):
    def conditions(self, x):
        return one_hot(self.modes().assign(x), 4)


class NotOneHot(WithModes):
    def conditions(self, x):
        return 2 * super().conditions(x)


class WholeNumbers(WithModes):
    def conditions(self, x):
        return super().conditions(x).to(torch.int64)


class ModesAlone(WithModes):
    def sample_mode(self, mode, n, *, generator):
        return Batch(super().sample_mode(mode, n, generator=generator).x)


class OutOfItsRange(WithSize):
    context_spec = ContextSpec((Covariate("size", 0.1, 1),))


class ConditionsAtRandom(WithModes):
    def conditions(self, x):
        return one_hot(torch.from_numpy(np.random.default_rng().integers(3, size=len(x))), 3)


class RowsWithSize(Rows):
    context_spec = WithSize.context_spec

    @property
    def train(self):
        return Batch(super().train.x, torch.linspace(0, 1, 60)[:, None])

    @property
    def holdout(self):
        x = super().holdout.x
        return Batch(x, torch.linspace(-1, 2, len(x))[:, None])


class HoldoutAlone(RowsWithSize):
    @property
    def holdout(self):
        return Batch(super().holdout.x)


class PartsWithSize(TwoParts):
    context_spec = WithSize.context_spec

    def sample(self, n, *, generator):
        return WithSize().sample(n, generator=generator)


class LabelsInOtherOrder(WithModes):
    def labels_of(self, x):
        return (super().labels_of(x) + 1) % 3


class AlwaysTheFirst(WithModes):
    """The most frequent class, which is right half of the time."""

    def labels_of(self, x):
        return torch.zeros(len(x), 1, dtype=torch.int64)


class FlatLabels(WithModes):
    def labels_of(self, x):
        return super().labels_of(x)[:, 0]


class ClassBeyond(WithModes):
    def labels_of(self, x):
        return torch.where(x[:, :1] > 2, 3, super().labels_of(x))


class IgnoresConditions(WithModes):
    def _log_prob(self, x, context):
        return super()._log_prob(x, None)


class AnotherModesDensity(WithModes):
    def _log_prob(self, x, context):
        return super()._log_prob(x, None if context is None else context.roll(1, dims=1))


class JointDensity(WithModes):
    """log p(x, c) in place of log p(x | c)."""

    def _log_prob(self, x, context):
        value = super()._log_prob(x, context)
        return value if context is None else value + (context @ self.modes().weights).log()


class AnyContext(WithModes):
    def _receive_context(self, context, n):
        return context


@pytest.mark.parametrize(
    "kind", [TwoParts, ByMode, Doubled, WithModes, GaussiansGiven, WithSize, RowsWithSize]
)
def test_sound_sources_pass(kind):
    check_source(kind())


FAULTS = {
    "check_source_sample": [
        NotASource,
        TransposedSample,
        DoubleSample,
        BareTensor,
        ShortContext,
        OddUnits,
    ],
    "check_source_reproducible": [
        GlobalRandomness,
        SeedsTorch,
        SeedsNumpy,
        OwnRandomness,
        SeedFixedInside,
        SeedReadNotUsed,
    ],
    "check_source_pickle": [HoldsALambda],
    "check_source_log_prob": [DensityPerCoordinate, NanFarAway, DensityOfTheBatch, UncheckedInput],
    "check_source_density": [UnnormalisedMixture, VarianceForStandardDeviation],
    "check_source_modes": [UniformWeights, WeightsOfTwo, SameNames, RingOfSeven],
    "check_source_gaussians": [OtherGaussians, NoGaussiansGiven],
    "check_source_rows": [LeakingRows, RowsOfAnotherShape, SamplesHeldOutRows],
    "check_source_held_out": [SameHalves, OneHalfOnly, Parts],
    "check_source_draws_by_mode": [AnotherMode],
    "check_source_features": [OneNumberEach, FeaturesOfTheBatch],
    "check_source_parameter": [ResidualLeft, WrongMean, WrongSpread, WrongLaw, SinglePrecisionFit],
    "check_source_conditions": [
        SpecButNoConditions,
        ConditionsButNoSpec,
        ColumnTooMany,
        NotOneHot,
        WholeNumbers,
        ModesAlone,
        OutOfItsRange,
        ConditionsAtRandom,
        HoldoutAlone,
        PartsWithSize,
    ],
    "check_source_labels": [LabelsInOtherOrder, AlwaysTheFirst, FlatLabels, ClassBeyond],
    "check_source_density_given": [
        IgnoresConditions,
        AnotherModesDensity,
        JointDensity,
        AnyContext,
    ],
}

CHECKS = {check.__name__: check for check in SOURCE_CHECKS}


@pytest.mark.parametrize(
    ("check", "kind"), [(check, kind) for check, kinds in FAULTS.items() for kind in kinds]
)
def test_fault_turns_check_red(check, kind):
    with pytest.raises(CheckError):
        CHECKS[check](kind())


def test_every_check_has_a_fault_that_turns_it_red():
    assert set(FAULTS) == set(CHECKS)
