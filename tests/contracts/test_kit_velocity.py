"""Wrong velocities, scores and trajectories turn the checks of them red."""

import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.velocity import Trajectory
from genzoo.models.transport import Transport
from genzoo.models.transport.path import Linear
from genzoo.models.transport.prediction import Velocity
from genzoo.models.transport.samplers import EulerMaruyama, Heun
from genzoo.models.transport.times import Uniform
from genzoo.networks.time_mlp import TimeMLP
from genzoo.testing import CheckError
from genzoo.testing.conditions import LABEL_AND_DOSE
from genzoo.testing.model_velocity import (
    check_ode_log_prob,
    check_score,
    check_trajectory,
    check_velocity,
)

CHECKS = {
    check.__name__: check
    for check in (check_velocity, check_score, check_ode_log_prob, check_trajectory)
}


class Sound(Transport):
    sampler_class = Heun
    density_steps = 2

    def __init__(self, event_shape, context_spec=None):
        columns = 0 if context_spec is None else context_spec.width + 1
        super().__init__(
            event_shape,
            network=TimeMLP(event_shape, width=8, depth=2, activation="silu", conditions=columns),
            path=Linear(),
            prediction=Velocity(),
            sampler=self.sampler_class(),
            sampler_steps=10,
            times=Uniform(),
            context_spec=context_spec,
        )


class Backwards(Sound):
    def _velocity(self, x, t, context):
        return -super()._velocity(x, t, context)


class OneTimeForAll(Sound):
    def _velocity(self, x, t, context):
        return super()._velocity(x, t[:1], context)


class SeesTheBatch(Sound):
    def _velocity(self, x, t, context):
        return super()._velocity(x, t, context) + x.mean(0)


class UnitsTwice(Sound):
    def _velocity(self, x, t, context):
        return super()._velocity(x, t, context) * self.scale


class ScoreInDataUnits(Sound):
    def _score(self, x, t, context):
        return super()._score(x, t, context) / self.scale


class ScoreOfOneTime(Sound):
    def _score(self, x, t, context):
        return super()._score(x, t.mean().expand(len(x)), context)


class VolumeOfTheBatch(Sound):
    def _ode_log_prob(self, x, context):
        return super()._ode_log_prob(x, context).mean().expand(len(x))


class DensityOfOtherUnits(Sound):
    def _ode_log_prob(self, x, context):
        return super()._ode_log_prob(x, context) - self.scale.log().sum()


class TwoDensities(Sound, SupportsLogProb):
    def _log_prob(self, x, context):
        return -super()._ode_log_prob(x, context)


class EndsElsewhere(Sound):
    def trajectory(self, noise, context=None):
        times, states = super().trajectory(noise, context)
        return Trajectory(times, states + 1)


class StopsEarly(Sound):
    def trajectory(self, noise, context=None):
        times, states = super().trajectory(noise, context)
        return Trajectory(times * 0.9, states)


class TimesReversed(Sound):
    def trajectory(self, noise, context=None):
        times, states = super().trajectory(noise, context)
        return Trajectory(1 - times, states)


class OneStateShort(Sound):
    def trajectory(self, noise, context=None):
        times, states = super().trajectory(noise, context)
        return Trajectory(times, states[1:])


class AddsNoiseSilently(Sound):
    sampler_class = EulerMaruyama
    follows_velocity = True


FAULTS = [
    (Backwards, "check_trajectory", "does not follow velocity"),
    (OneTimeForAll, "check_velocity", "one time for each"),
    (SeesTheBatch, "check_velocity", "one by one"),
    (UnitsTwice, "check_velocity", "velocity x scale"),
    (ScoreInDataUnits, "check_score", "score / scale"),
    (ScoreOfOneTime, "check_score", "one time for each"),
    (VolumeOfTheBatch, "check_ode_log_prob", "one by one"),
    (DensityOfOtherUnits, "check_ode_log_prob", "in data units"),
    (TwoDensities, "check_ode_log_prob", "ode_log_prob and log_prob"),
    (EndsElsewhere, "check_trajectory", "the end of trajectory"),
    (StopsEarly, "check_trajectory", "grow to 1"),
    (TimesReversed, "check_trajectory", "grow to 1"),
    (OneStateShort, "check_trajectory", "one for each state"),
    (AddsNoiseSilently, "check_trajectory", "does not follow velocity"),
]


@pytest.mark.parametrize("spec", [None, LABEL_AND_DOSE], ids=["free", "conditional"])
@pytest.mark.parametrize("shape", [(2,), (3, 4)])
@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_model_passes(name, shape, spec):
    CHECKS[name](lambda: Sound(shape, spec))


@pytest.mark.parametrize(("kind", "name", "words"), FAULTS)
def test_a_fault_turns_its_check_red(kind, name, words):
    with pytest.raises(CheckError, match=words):
        CHECKS[name](lambda: kind((2,)))


def test_in_robust_units_velocity_and_score_carry_the_map():
    """The velocity of sinh(u) is cosh(u) u', the score of data that of u over cosh(u) and bent."""
    with torch.random.fork_rng():
        model = Sound((2,)).double()
    one = torch.ones(2, dtype=torch.float64)
    x = torch.tensor([[0.3, -1.0], [2.0, 0.1]], dtype=torch.float64)
    u = torch.asinh(x)
    plain_velocity, plain_score = model.velocity(u, 0.3), model.score(u, 0.3)
    model.standardise(0 * one, one, 0 * one, one)
    assert torch.allclose(model.velocity(x, 0.3), plain_velocity * torch.cosh(u))
    bent = (plain_score - torch.tanh(u)) / torch.cosh(u)
    assert torch.allclose(model.score(x, 0.3), bent)
