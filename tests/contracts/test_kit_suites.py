"""The suites pass sound subjects, name every fault, and take strict expected failures."""

import dataclasses

import pytest
import torch

from genzoo.core.model import Step
from genzoo.losses.margin import Hinge
from genzoo.metrics import METRICS
from genzoo.testing import (
    MODEL_CHECKS,
    OBJECTIVE_CHECKS,
    SOURCE_CHECKS,
    CheckError,
    check_metric,
    check_model,
    check_source,
    parametrize_with_checks,
)
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
        return discriminator, dataclasses.replace(generator, loss=SumOverBatch.generator_loss)


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
    with pytest.raises(CheckError, match=r"^check_loss_mean: .*batch given twice over"):
        check_model(lambda: SumOverBatch((2,)))


def test_checks_go_on_after_the_first_fault():
    class Twice(SumOverBatch):
        def generate(self, noise, context=None):
            return super().generate(noise) + torch.randn(())

    with pytest.raises(CheckError) as caught:
        check_model(lambda: Twice((2,)))
    words = str(caught.value)
    assert "check_loss_mean" in words
    assert "check_sample" in words
    assert len(words.splitlines()) < len(MODEL_CHECKS)


def test_one_fault_that_many_checks_meet_is_said_once():
    class Broken(LinearGAN):
        def generator_loss(self, batch, noise):
            return Step({"loss": batch.x @ batch.context})

        def updates(self):
            discriminator, generator = super().updates()
            return discriminator, dataclasses.replace(generator, loss=Broken.generator_loss)

    with pytest.raises(CheckError) as caught:
        check_model(lambda: Broken((2,)))
    assert str(caught.value).count("unsupported operand type") == 1
    assert str(caught.value).startswith("check_loss_terms: ")
    assert isinstance(caught.value.__cause__, CheckError), "leads to the line that failed"


def test_without_what_all_need_no_other_check_is_tried():
    tried = []

    def build():
        tried.append(1)
        raise TypeError("no such layer")

    with pytest.raises(CheckError, match=r"^check_build: .*no such layer"):
        check_model(build)
    assert len(tried) < 5


def failures_of(*subjects, **named):
    """What the parametriser makes of subjects: by test, whether it is expected to fail."""
    mark = parametrize_with_checks(*subjects, **named).mark
    return {case.id: bool(case.marks) for case in mark.args[1]}


def test_a_parametriser_makes_one_test_of_each_check():
    cases = failures_of(
        {"gan": lambda: LinearGAN((2,)), "rows": Rows(), "hinge": Hinge()},
        expected_failures={"gan": {"check_loss_mean": "a sum"}},
    )
    expected = [f"gan-{check.__name__}" for check in MODEL_CHECKS]
    expected += [f"rows-{check.__name__}" for check in SOURCE_CHECKS]
    expected += [f"hinge-{check.__name__}" for check in OBJECTIVE_CHECKS]
    assert list(cases) == expected
    assert [name for name, marked in cases.items() if marked] == ["gan-check_loss_mean"]


def test_a_parametriser_names_what_has_no_name():
    cases = failures_of([Rows(), Rows(), METRICS.create("mmd")])
    assert {name.split("-")[0] for name in cases} == {"Rows", "Rows 1", "MMD"}


@parametrize_with_checks(
    {"sum over the batch": lambda: SumOverBatch((2,)), "parabolas": Parabolas()},
    expected_failures={"sum over the batch": {"check_loss_mean": "a sum over the batch"}},
)
def test_what_the_parametriser_makes_runs(check):
    check()


@pytest.mark.parametrize(
    ("subjects", "expected", "words"),
    [
        ([LinearGAN], {}, r"got the class LinearGAN.*lambda: LinearGAN\(\(2,\)\)"),
        ({"it": 3}, {}, "got a int, expected a metric, a source, an objective"),
        ({"it": Rows()}, {"that": {}}, r"\['that'\], which are not among \['it'\]"),
        ({"it": Rows()}, {"it": {"check_los_mean": "a slip"}}, "which are no checks"),
    ],
    ids=["class", "number", "stranger", "slip"],
)
def test_a_wrong_subject_is_answered(subjects, expected, words):
    with pytest.raises(CheckError, match=words):
        parametrize_with_checks(subjects, expected_failures=expected)


def test_expected_failures_are_strict():
    summed = {"check_loss_mean": "a sum over the batch"}
    check_model(lambda: SumOverBatch((2,)), expected_failures=summed)
    with pytest.raises(CheckError, match="passes, but is listed"):
        check_model(lambda: LinearGAN((2,)), expected_failures=summed)
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
            return discriminator, dataclasses.replace(generator, loss=Alone.generator_loss)

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
