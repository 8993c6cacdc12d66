"""Conditions: what their columns mean, and what is answered where they are wrong."""

import json
import warnings

import numpy as np
import pytest
import torch

from genzoo.core.context import ContextSpec, checked_context
from genzoo.core.context_fields import Category, Covariate
from genzoo.errors import InputError

SPEC = ContextSpec((Category("species", ("adelie", "gentoo", "3")), Covariate("mass", 2.5, 6.0)))


def rows(*masses, classes=None):
    classes = range(len(masses)) if classes is None else classes
    return torch.tensor(
        [[float(k == c) for k in range(3)] + [m] for c, m in zip(classes, masses, strict=True)]
    )


def test_what_is_encoded_is_decoded():
    row = SPEC.encode({"mass": "3.5", "species": "gentoo"})
    assert row.tolist() == [0, 1, 0, 3.5]
    assert SPEC.decode(row[None]) == {"species": ["gentoo"], "mass": [3.5]}
    assert SPEC.encode({"mass": 3, "species": 3.0}).tolist() == [0, 0, 1, 3]
    assert SPEC.labels(rows(3, 4, 5)).tolist() == [[0], [1], [2]]
    assert ContextSpec((Covariate("a", 0, 1),)).labels(torch.zeros(2, 1)).shape == (2, 0)
    assert SPEC.width == 4


def test_it_goes_into_a_file_and_comes_back():
    assert ContextSpec.from_dict(json.loads(json.dumps(SPEC.to_dict()))) == SPEC


@pytest.mark.parametrize("kind", [torch.Tensor.numpy, torch.Tensor.tolist, torch.Tensor.double])
def test_any_array_will_do(kind):
    given = rows(3, 4, 5)
    assert torch.equal(SPEC.check(kind(given), 3).float(), given)
    assert SPEC.check(np.array([[0, 1, 0, 3]]), 1).is_floating_point()


@pytest.mark.parametrize(
    ("context", "n", "words"),
    [
        (
            rows(3, 4),
            3,
            r"must be \(3, 4\), species \(3 classes\), mass \(2.5 to 6\); got shape \(2, 4\)",
        ),
        (rows(3, 4, 5, classes=[0, 1, 2]), 2, r"got shape \(3, 4\)"),
        (rows(3, 4)[:, :3], 2, r"got shape \(2, 3\)"),
        (rows(3)[0], 1, r"got shape \(4,\)"),
        (rows(3)[None], 1, r"got shape \(1, 1, 4\)"),
        ("gentoo", 1, "got a str"),
        ({"species": "gentoo"}, 1, "got a dict"),
        ([["gentoo", 3]], 1, "got a list"),
        (rows(3) * 1j, 1, "complex"),
        (rows(float("nan")), 1, r"NaN or infinity in 1 of \d rows"),
        (rows(float("inf"), 3), 2, r"NaN or infinity in 1 of \d rows"),
        (torch.tensor([[0.0, 0, 0, 3]]), 1, "must be one-hot"),
        (
            torch.tensor([[0.5, 0.5, 0, 3]]),
            1,
            r"must be one-hot .* got \[0.5, 0.5, 0.0\] in 1 of \d rows",
        ),
        (torch.tensor([[1.0, 1, 0, 3]]), 1, "must be one-hot"),
        (torch.tensor([[2.0, -1, 0, 3]]), 1, "must be one-hot"),
        (None, 5, r"conditions are needed: give a context \(5, 4\)"),
    ],
)
def test_a_wrong_context_is_answered(context, n, words):
    with pytest.raises(InputError, match=words) as caught:
        checked_context(SPEC, context, n)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("context", [rows(3), [[1.0]], "gentoo"])
def test_who_takes_none_says_so(context):
    with pytest.raises(InputError, match="there are no conditions here, got a context"):
        checked_context(None, context, 1)
    assert checked_context(None, None, 1) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"species": "gentou", "mass": 3}, "one of 3 classes, got 'gentou': choose from gentoo"),
        ({"species": "x", "mass": 3}, "choose from adelie, gentoo, 3"),
        ({"kind": "gentoo"}, "no condition is called 'kind': choose from species, mass"),
        ({"species": "gentoo"}, r"mass \(2.5 to 6\) needs a value"),
        ({"species": "gentoo", "mass": "heavy"}, "mass is a number, got 'heavy'"),
        ({"species": "gentoo", "mass": "nan"}, "mass is a number"),
    ],
)
def test_a_wrong_value_is_answered(values, words):
    with pytest.raises(InputError, match=words):
        SPEC.encode(values)


def test_outside_of_what_training_saw_there_is_a_warning_and_no_refusal():
    with pytest.warns(
        UserWarning, match=r"1 of 2 values of mass lie outside 2.5 to 6, which training saw"
    ):
        SPEC.check(rows(3, 7))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SPEC.check(rows(2.5, 6.0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ContextSpec(()), "at least one"),
        (lambda: ContextSpec((Covariate("a", 0, 1), Covariate("a", 0, 2))), "distinct names"),
        (lambda: ContextSpec(("species",)), "made of Category and Covariate, got 'species'"),
        (lambda: Category("a", ("x",)), "nothing to ask for"),
        (lambda: Category("a", (0, 1)), "classes of the label a must be names, got 0: write"),
        (lambda: Category("a", ("x", "x")), "same name"),
        (lambda: Covariate("a", 1, 1), "from a number to a larger one"),
        (lambda: Covariate("a", 0, float("inf")), "from a number to a larger one"),
        (lambda: ContextSpec.from_dict([{"name": "a"}]), "does not say what conditions mean"),
        (lambda: ContextSpec.from_dict(3), "does not say what conditions mean"),
    ],
)
def test_a_wrong_spec_is_answered(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_lists_are_taken_for_what_they_stand_for():
    listed = ContextSpec([Category("species", ["a", "b"])])
    assert listed == ContextSpec((Category("species", ("a", "b")),))
    assert len({listed, ContextSpec.from_dict(listed.to_dict())}) == 1


@pytest.mark.parametrize("read", [SPEC.to_model, SPEC.decode, SPEC.labels, SPEC.columns])
@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
def test_what_is_no_condition_cannot_be_read(read, shape):
    with pytest.raises(InputError, match=r"conditions have 4 columns, species .*; got shape"):
        read(torch.zeros(shape))
