"""The suites pass sound subjects, stop at the first fault, and take strict expected failures."""

import pytest

from genzoo.core.model import Step
from genzoo.testing import CheckError, check_metric, check_model, check_source
from genzoo.testing.specimens import (
    LinearGAN,
    LinearGaussian,
    Parabolas,
    Rows,
    StandardNormal,
    ThreeModes,
)


class SumOverBatch(LinearGAN):
    def generator_loss(self, batch, noise):
        return Step({"loss": len(batch.x) * super().generator_loss(batch, noise).terms["loss"]})

    def updates(self):
        discriminator, generator = super().updates()
        return discriminator, type(generator)(
            "generator", SumOverBatch.generator_loss, generator.parameters, generator.noise
        )


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (1, 3, 3)], ids=str)
@pytest.mark.parametrize("kind", [LinearGaussian, LinearGAN])
def test_sound_models_pass(kind, shape):
    check_model(lambda: kind(shape))


@pytest.mark.parametrize(
    "source",
    [ThreeModes(), StandardNormal((1,)), StandardNormal((1, 2, 2)), Parabolas(), Rows()],
    ids=lambda source: type(source).__name__,
)
def test_sound_sources_pass(source):
    check_source(source)


def test_the_failing_check_is_named():
    with pytest.raises(CheckError, match="batch given twice over") as caught:
        check_model(lambda: SumOverBatch((2,)))
    assert caught.value.__notes__ == ["in check_loss_mean"]


def test_expected_failures_are_strict():
    check_model(
        lambda: SumOverBatch((2,)), expected_failures={"check_loss_mean": "a sum over the batch"}
    )
    with pytest.raises(CheckError, match="passes, but is listed"):
        check_model(
            lambda: LinearGAN((2,)), expected_failures={"check_loss_mean": "nothing is wrong"}
        )
    with pytest.raises(CheckError, match="which are no checks"):
        check_source(Rows(), expected_failures={"check_los_mean": "a slip"})


def test_models_that_say_so_need_not_stack():
    class Alone(LinearGAN):
        stackable = False

        def generator_loss(self, batch, noise):
            step = super().generator_loss(batch, noise)
            return step if step.terms["loss"] > 0 else Step({"loss": self.generator.bias.sum()})

        def updates(self):
            discriminator, generator = super().updates()
            return discriminator, type(generator)(
                "generator", Alone.generator_loss, generator.parameters, generator.noise
            )

    check_model(lambda: Alone((2,)))
    Alone.stackable = True
    with pytest.raises(CheckError, match=r"does not run under torch\.func\.vmap"):
        check_model(lambda: Alone((2,)))


def test_a_model_without_parameters_passes():
    class Fixed(LinearGaussian):
        def __init__(self, event_shape):
            super().__init__(event_shape)
            for name, value in list(self.named_parameters()):
                module, _, leaf = name.rpartition(".")
                owner = self.get_submodule(module)
                del owner._parameters[leaf]
                owner.register_buffer(leaf, value.detach().clone())

        def updates(self):
            return ()

        def prepare(self, x, *, generator):
            self.decoder.bias.copy_(x.mean(0).flatten())

    check_model(lambda: Fixed((2,)))


def test_metric_that_no_evidence_suits_is_reported():
    from genzoo.core.metric import Estimate, Metric

    class Never(Metric):
        """Nothing. Sees stars. Blind to the rest. Null: 0. Cost: nothing. Not for use."""

        name, label, direction = "never", "never", "min"

        def _estimate(self, evidence):
            return Estimate.absent("too few stars")

    with pytest.raises(CheckError, match="too few stars"):
        check_metric(Never())
