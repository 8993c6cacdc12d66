"""Losses with hidden state, hidden randomness or wrong reach turn loss and training checks red."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from genzoo.core.model import Step
from genzoo.models import MODELS
from genzoo.testing import MODEL_CHECKS, CheckError, check_model
from genzoo.testing.specimens import LinearGAN, LinearGaussian
from tests.models.masked import Masked


def changed(update, **fields):
    return (dataclasses.replace(update, **fields),)


class VectorTerm(LinearGaussian):
    def loss(self, batch, noise):
        return Step({"vector": -self._log_weight(batch.x, noise["posterior"], None)})

    def updates(self):
        return changed(super().updates()[0], loss=VectorTerm.loss)


class Losing(LinearGaussian):
    """A LinearGaussian whose loss is `broken(terms, batch, noise)`."""

    def updates(self):
        def loss(model, batch, noise):
            return model.broken(batch, noise)

        return changed(super().updates()[0], loss=loss)

    def broken(self, batch, noise):
        return self.loss(batch, noise)


class InfiniteTerm(Losing):
    def broken(self, batch, noise):
        return Step({"log": (self.decoder(noise["posterior"])).log().mean()})


class FloatMonitor(Losing):
    def broken(self, batch, noise):
        return Step(self.loss(batch, noise).terms, {"variance": self.log_variance.exp().item()})


class UnknownState(Losing):
    def broken(self, batch, noise):
        return Step(self.loss(batch, noise).terms, state={"average": torch.zeros(())})


class MonitorNamedLoss(Losing):
    def broken(self, batch, noise):
        return Step(self.loss(batch, noise).terms, {"loss": torch.zeros(()).double()})


class HiddenDropout(Losing):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.encoder = nn.Sequential(nn.Linear(self.event_size, 1), nn.Dropout(0.5))


class OwnRandomness(Losing):
    def broken(self, batch, noise):
        total = sum(self.loss(batch, noise).terms.values())
        return Step({"jittered": total * (1 + np.random.default_rng().uniform())})


class SeedsInTheLoss(Losing):
    def broken(self, batch, noise):
        torch.manual_seed(1)
        return self.loss(batch, noise)


class InPlaceBuffer(Losing):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.register_buffer("average", torch.zeros(event_shape))

    def broken(self, batch, noise):
        self.average.lerp_(batch.x.mean(0), 0.1)
        return self.loss(batch, noise)


class BatchNormStatistics(Losing):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.encoder = nn.Sequential(nn.BatchNorm1d(self.event_size), nn.Linear(self.event_size, 1))


class ReplacedBuffer(Losing):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.register_buffer("average", torch.zeros(event_shape))

    def broken(self, batch, noise):
        self.average = batch.x.mean(0)
        return self.loss(batch, noise)


class NoiseOverwritten(Losing):
    def broken(self, batch, noise):
        noise["posterior"][0] = 0
        return self.loss(batch, noise)


class TogglesRequiresGrad(LinearGAN):
    def updates(self):
        first, second = super().updates()
        return *changed(first, loss=TogglesRequiresGrad.toggling), second

    def toggling(self, batch, noise):
        self.generator.requires_grad_(False)
        return self.discriminator_loss(batch, noise)


class SwitchesToEval(Losing):
    def broken(self, batch, noise):
        self.eval()
        return self.loss(batch, noise)


class FirstExampleOnly(Losing):
    def broken(self, batch, noise):
        first = {name: value[:1] for name, value in noise.items()}
        return self.loss(batch._replace(x=batch.x[:1]), first)


class SumOverBatch(Losing):
    def broken(self, batch, noise):
        terms = self.loss(batch, noise).terms
        return Step({name: term * len(batch.x) for name, term in terms.items()})


class LossInDataUnits(Losing):
    def broken(self, batch, noise):
        return self.loss(batch._replace(x=self.to_model_units(batch.x)), noise)


class DeadParameter(Losing):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.unused = nn.Parameter(torch.zeros(()))

    def updates(self):
        update = super().updates()[0]
        return changed(update, parameters=(*update.parameters, "unused"))


class DetachedEncoder(Losing):
    def _encode(self, x, context):
        return super()._encode(x, context).detach()


class CriticBiasWithoutEffect(LinearGAN):
    """Wasserstein: the critic's output bias cancels."""

    def updates(self):
        first, second = super().updates()
        return *changed(first, loss=CriticBiasWithoutEffect.wasserstein), second

    def wasserstein(self, batch, noise):
        fake = self._discriminate(self.generate(noise), None)
        return Step({"critic": fake.mean() - self._discriminate(batch.x, None).mean()})


class InfiniteGradient(Losing):
    def broken(self, batch, noise):
        zero = self.decoder.weight.sum() * 0
        return Step({**self.loss(batch, noise).terms, "root": zero.sqrt()})


class PythonBranch(Losing):
    def broken(self, batch, noise):
        step = self.loss(batch, noise)
        return step if step.terms["KL"] > 0 else Step({"other": self.log_variance.square()})


class AutogradInside(Losing):
    def broken(self, batch, noise):
        x = batch.x.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(self._log_prob(x, None).sum(), x, create_graph=True)
        return Step({**self.loss(batch, noise).terms, "penalty": slope.square().mean()})


class KeptOutsideTheStack(Losing):
    """A constant of each model that is no buffer: under vmap all seeds use the first model's."""

    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.constant = float(torch.rand(()))

    def broken(self, batch, noise):
        terms = self.loss(batch, noise).terms
        return Step({**terms, "KL": self.constant * terms["KL"]})


class Explodes(Losing):
    def broken(self, batch, noise):
        terms = self.loss(batch, noise).terms
        return Step(
            {
                **terms,
                "wall": torch.where(batch.progress > 0.7, math.inf, 0.0) * self.log_variance.exp(),
            }
        )


class WritesToOtherGroup(LinearGAN):
    def updates(self):
        first, second = super().updates()
        return *changed(first, projection=WritesToOtherGroup.project), second

    def project(self):
        for parameter in self.parameters():
            parameter.clamp_(-0.01, 0.01)


class UndeclaredNoise(Losing):
    def broken(self, batch, noise):
        return Step({"loss": (noise["jitter"] * self.log_variance).mean()})


class BareTensor(Losing):
    def broken(self, batch, noise):
        return sum(self.loss(batch, noise).terms.values())


class AveragedTerm(Losing):
    """The mean over coordinates, as `nn.MSELoss` takes it, beside a KL that is summed."""

    def broken(self, batch, noise):
        terms = self.loss(batch, noise).terms
        return Step({**terms, "reconstruction": terms["reconstruction"] / self.event_size})


class AveragedWhole(Losing):
    def broken(self, batch, noise):
        terms = self.loss(batch, noise).terms
        return Step({name: term / self.event_size for name, term in terms.items()})


class AveragedLikelihood(Losing):
    def broken(self, batch, noise):
        return Step({"nll": -self._log_prob(batch.x, None).mean() / self.event_size})


FAULTS = {
    "check_loss_terms": [
        VectorTerm,
        InfiniteTerm,
        FloatMonitor,
        UnknownState,
        MonitorNamedLoss,
        UndeclaredNoise,
        BareTensor,
    ],
    "check_loss_sum": [AveragedTerm, AveragedWhole, AveragedLikelihood],
    "check_loss_deterministic": [HiddenDropout, SeedsInTheLoss, OwnRandomness],
    "check_loss_pure": [
        InPlaceBuffer,
        BatchNormStatistics,
        ReplacedBuffer,
        NoiseOverwritten,
        TogglesRequiresGrad,
        SwitchesToEval,
    ],
    "check_loss_order": [NoiseOverwritten, FirstExampleOnly],
    "check_loss_mean": [SumOverBatch],
    "check_loss_units": [LossInDataUnits],
    "check_gradients": [DeadParameter, DetachedEncoder, CriticBiasWithoutEffect, InfiniteGradient],
    "check_stacking": [
        HiddenDropout,
        InPlaceBuffer,
        PythonBranch,
        AutogradInside,
        KeptOutsideTheStack,
    ],
    "check_training": [DeadParameter, Explodes],
    "check_training_groups": [WritesToOtherGroup],
    "check_training_seeds": [OwnRandomness, KeptOutsideTheStack],
}

CHECKS = {check.__name__: check for check in MODEL_CHECKS}


@pytest.mark.parametrize(
    ("check", "kind"), [(check, kind) for check, kinds in FAULTS.items() for kind in kinds]
)
def test_fault_turns_check_red(check, kind):
    with pytest.raises(CheckError):
        CHECKS[check](lambda: kind((2,)))


def test_every_check_has_a_fault_that_turns_it_red():
    files = ("model_losses", "model_stacking", "model_sums", "training")
    modules = {f"genzoo.testing.{name}" for name in files}
    assert set(FAULTS) == {name for name, check in CHECKS.items() if check.__module__ in modules}


def test_gradients_blocked_by_a_layer_that_starts_at_zero_are_no_fault():
    class StartsAtZero(LinearGaussian):
        def __init__(self, event_shape):
            super().__init__(event_shape)
            nn.init.zeros_(self.decoder.weight)

    CHECKS["check_gradients"](lambda: StartsAtZero((2,)))


def test_packs_of_neighbours_are_no_fault():
    class Packed(LinearGAN):
        def updates(self):
            first, second = super().updates()
            return *changed(first, loss=Packed.packed), second

        def packed(self, batch, noise):
            real = self._discriminate(batch.x, None).reshape(-1, 4).sum(1)
            return Step({"packed": softplus(-real).mean()})

    CHECKS["check_loss_order"](lambda: Packed((2,)))
    CHECKS["check_loss_mean"](lambda: Packed((2,)))


def test_an_undeclared_noise_is_named():
    with pytest.raises(
        CheckError, match="reads the noise 'jitter', which the update does not declare"
    ):
        CHECKS["check_loss_terms"](lambda: UndeclaredNoise((2,)))


@pytest.mark.parametrize("event_shape", [(2,), (5,), (1, 4, 4)])
def test_a_mean_over_coordinates_is_told_from_a_sum(event_shape):
    with pytest.raises(CheckError, match="'reconstruction' of update 'elbo' must be multiplied by"):
        CHECKS["check_loss_sum"](lambda: AveragedTerm(event_shape))
    CHECKS["check_loss_sum"](lambda: Losing(event_shape))


@pytest.mark.parametrize(
    "options", [{"beta": 4.0}, {"beta": 0.5}, {"variance": 0.1}, {"latent_dim": 4}]
)
def test_weights_and_variances_are_no_means(options):
    CHECKS["check_loss_sum"](lambda: MODELS.create("vae", (3,), **options))


def test_the_mean_of_squares_of_an_autoencoder_is_found():
    from genzoo.models.autoencoder import Autoencoder

    def averaged(model, batch, noise):
        step = Autoencoder.loss(model, batch, noise)
        return Step({name: term / model.event_size for name, term in step.terms.items()})

    def build():
        model = MODELS.create("autoencoder", (5,))
        (update,) = model.updates()
        model.updates = lambda: changed(update, loss=averaged)
        return model

    with pytest.raises(CheckError, match="the squared error of the reconstruction"):
        CHECKS["check_loss_sum"](build)
    CHECKS["check_loss_sum"](lambda: MODELS.create("autoencoder", (5,)))


def test_masks_are_no_fault():
    check_model(lambda: Masked((2,)))
