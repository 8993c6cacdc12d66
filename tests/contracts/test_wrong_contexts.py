"""Wrong conditions are answered in one sentence wherever they can be given; right ones in any form.

A conditional model and an unconditional one stand for all: the public methods are those of the base
classes, and the kit holds every registered model against the same contexts.
"""

import warnings

import numpy as np
import pytest
import torch

import genzoo
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate, OutsideRange
from genzoo.core.model import GenerativeModel
from genzoo.errors import InputError
from genzoo.testing.conditions import LABEL_AND_DOSE
from genzoo.testing.model_conditions import wrong_contexts
from genzoo.testing.specimens import LinearGAN, LinearGaussian, Rows

N = 3
RIGHT = torch.tensor([[1.0, 0, 0, 3], [0, 1, 0, 4], [0, 0, 1, 9]])
X = torch.tensor([[0.0, 1], [2, 3], [4, 5]])

METHODS = {
    "sample": lambda model, context: model.sample(N, context=context),
    "log_prob": lambda model, context: model.log_prob(X, context),
    "elbo": lambda model, context: model.elbo(X, context=context),
    "encode": lambda model, context: model.encode(X, context),
    "decode": lambda model, context: model.decode(torch.zeros(N, 1), context),
    "reconstruct": lambda model, context: model.reconstruct(X, context),
    "discriminate": lambda model, context: model.discriminate(X, context),
}

WRONG = {
    **wrong_contexts(LABEL_AND_DOSE, N),
    "a list with a column too few": [[1, 0, 3]] * N,
    "a ragged list": [[1, 0, 0, 3], [1]],
    "a list of tensors": list(RIGHT),
    "an array of objects": np.array([["a", 3.0]] * N, dtype=object),
    "an array of text": np.array(["a"] * N),
    "class numbers": torch.tensor([0, 1, 2]),
    "a label with two classes": RIGHT + torch.tensor([1.0, 0, 0, 0]),
    "a label without a class": RIGHT * torch.tensor([0.0, 0, 0, 1]),
    "integers that are not one-hot": torch.full((N, 4), 2),
    "no rows": torch.zeros(0, 4),
    "a number": 3,
    "a sparse tensor": RIGHT.to_sparse(),
    "a tensor without values": RIGHT.to("meta"),
    "what conditions mean": LABEL_AND_DOSE,
}


def model_with(method: str, context_spec: ContextSpec | None) -> GenerativeModel:
    kind = LinearGAN if method == "discriminate" else LinearGaussian
    return kind((2,), context_spec=context_spec)


def test_there_are_many():
    assert len(WRONG) >= 25


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_context_is_answered(method, what):
    model = model_with(method, LABEL_AND_DOSE)
    if WRONG[what] is None and method == "sample":
        assert model.sample(N).shape == (N, 2)
        return
    with pytest.raises(InputError) as caught:
        METHODS[method](model, WRONG[what])
    words = str(caught.value)
    assert "\n" not in words
    assert len(words) < 250
    assert "(3, 4)" in words or "finite" in words or "one-hot" in words
    assert "got" in words or WRONG[what] is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("context", [RIGHT, RIGHT.numpy(), RIGHT.tolist(), "a", 0], ids=type)
def test_an_unconditional_model_takes_none(method, context):
    with pytest.raises(InputError, match=r"no conditions here, got a context .*: leave it out$"):
        METHODS[method](model_with(method, None), context)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (RIGHT[:1], r"got shape \(1, 4\): ask for one condition 3 times by row.expand\(3, -1\)$"),
        (RIGHT[0], r"got shape \(4,\): ask for one condition 3 times by row.expand\(3, -1\)$"),
        (RIGHT[:2], r"got shape \(2, 4\): give one row for each example$"),
        (RIGHT[:, :3], r"got shape \(3, 3\): give a column for each class of a label and one for"),
        ({"label": "a", "dose": 3}, "got a dict: make rows of named values by context_spec.encode"),
    ],
)
def test_it_says_what_to_do(rows, words):
    with pytest.raises(InputError, match=words):
        model_with("sample", LABEL_AND_DOSE).sample(N, context=rows)


def test_what_it_says_to_do_works():
    model = model_with("sample", LABEL_AND_DOSE)
    row = LABEL_AND_DOSE.encode({"label": "b", "dose": 3})
    for context in (row.expand(N, -1), row[None].expand(N, -1), RIGHT):
        assert model.sample(N, context=context).shape == (N, 2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "kind", [torch.Tensor.numpy, torch.Tensor.tolist, torch.Tensor.double, torch.Tensor.long]
)
def test_a_right_context_is_taken_in_any_form(method, kind):
    model = model_with(method, LABEL_AND_DOSE)
    torch.manual_seed(0)
    if method in ("sample", "elbo"):
        shape = METHODS[method](model, kind(RIGHT)).shape
        assert shape == METHODS[method](model, RIGHT).shape
        return
    assert torch.equal(METHODS[method](model, kind(RIGHT)), METHODS[method](model, RIGHT))


@pytest.mark.parametrize("method", METHODS)
def test_outside_the_range_is_a_warning_at_the_line_that_asks(method):
    model = model_with(method, LABEL_AND_DOSE)
    far = RIGHT + torch.tensor([0.0, 0, 0, 20])
    with pytest.warns(OutsideRange, match="3 of 3 values of dose lie outside 2 to 10") as caught:
        METHODS[method](model, far)
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        METHODS[method](model, RIGHT)


@pytest.mark.parametrize(
    ("context", "words"),
    [(None, "conditions are needed"), (RIGHT[0], r"must be \(B, 4\)"), ("a", "got a str")],
)
def test_what_is_to_be_remembered_is_checked(context, words):
    with pytest.raises(InputError, match=words):
        model_with("sample", LABEL_AND_DOSE).remember_conditions(context)
    with pytest.raises(InputError, match="there are no conditions here"):
        model_with("sample", None).remember_conditions(RIGHT)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ("a", "z must be a numeric tensor or array, got str"),
        (None, "z must be a numeric tensor or array, got NoneType"),
        (torch.zeros(3), r"z must have shape \(n, L\) with n >= 1, got \(3,\): give it as encode"),
        (torch.zeros(0, 1), r"with n >= 1, got \(0, 1\)"),
        (torch.zeros(3, 5), r"z must have shape \(n, 1\), got \(3, 5\): give it as encode does"),
        (torch.full((3, 1), torch.nan), "z must be finite"),
        (torch.zeros(3, 1) * 1j, "z must hold real numbers"),
    ],
)
@pytest.mark.parametrize("context_spec", [LABEL_AND_DOSE, None], ids=["with", "without"])
def test_wrong_codes_are_answered(codes, words, context_spec):
    context = None if context_spec is None else RIGHT
    with pytest.raises(InputError, match=words):
        model_with("decode", context_spec).decode(codes, context)


@pytest.mark.parametrize("spec", ["label", 3, [LABEL_AND_DOSE], ContextSpec])
def test_a_model_is_told_what_conditions_mean(spec):
    with pytest.raises(InputError, match="context_spec must be a ContextSpec or None, got a"):
        GivenSpec(spec)


class GivenSpec(LinearGaussian):
    def __init__(self, spec):
        GenerativeModel.__init__(self, (2,), spec)


OTHER_CLASSES = ContextSpec((Category("label", ("a", "b", "d")), LABEL_AND_DOSE.fields[1]))
OTHER_NAME = ContextSpec((LABEL_AND_DOSE.fields[0], Covariate("mass", 2, 10)))
OTHER_RANGE = ContextSpec((LABEL_AND_DOSE.fields[0], Covariate("dose", 2, 11)))


def conditional(event_shape, context_spec=LABEL_AND_DOSE):
    return LinearGaussian(event_shape, context_spec=context_spec)


def stubborn(event_shape):
    return LinearGaussian(event_shape, context_spec=LABEL_AND_DOSE)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "conditional and the source gives no conditions: .* data.csv:context=COLUMN"),
        (
            OTHER_CLASSES,
            r"takes the conditions label \(a, b, c\), the source gives label \(a, b, d",
        ),
        (OTHER_NAME, r"takes .* dose \(2 to 10\), the source gives .* mass \(2 to 10\): build it"),
        (OTHER_RANGE, r"dose \(2 to 10\), the source gives .* dose \(2 to 11\): build it"),
    ],
)
def test_a_source_with_other_conditions_is_refused(given, words):
    source = Rows((2,), context_spec=given)
    with pytest.raises(InputError, match=words) as caught:
        genzoo.train(stubborn, source, steps=1)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=words):
        genzoo.compare([stubborn], [source], seeds=2, steps=1)


def test_evaluation_asks_for_the_conditions_of_the_source():
    fit = genzoo.train(conditional, Rows((2,), context_spec=LABEL_AND_DOSE), steps=2, record=False)
    for given in (LABEL_AND_DOSE, OTHER_RANGE, None):
        scores = genzoo.evaluate(fit, Rows((2,), context_spec=given), metrics="energy", n=50)
        assert scores
    for given, words in [(OTHER_CLASSES, r"label \(a, b, d\)"), (OTHER_NAME, "mass")]:
        with pytest.raises(InputError, match=f"{words}.*: train it on this source, or evaluate"):
            genzoo.evaluate(fit, Rows((2,), context_spec=given))


def test_a_run_is_loaded_with_the_conditions_that_it_was_trained_on(tmp_path):
    source = Rows((2,), context_spec=LABEL_AND_DOSE)
    run = tmp_path / "run"
    genzoo.train(conditional, source, steps=2, record=False, directory=run)
    assert genzoo.load(run, build=conditional).context_spec == LABEL_AND_DOSE
    for build, words in [
        (lambda shape: LinearGaussian(shape), "takes no conditions"),
        (lambda shape: LinearGaussian(shape, context_spec=OTHER_NAME), "mass"),
    ]:
        with (
            pytest.warns(UserWarning, match="the code of build"),
            pytest.raises(InputError, match=f"{words}.*: let build have an argument context_spec"),
        ):
            genzoo.load(run, build=build)
