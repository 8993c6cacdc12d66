"""What a conditional model is asked for, where some of it is named."""

import pytest
import torch

from genzoo.api.conditions import asked_conditions
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec, stream
from genzoo.errors import InputError

SPEC = ContextSpec(
    (Category("kind", ("a", "b")), Category("side", ("left", "right")), Covariate("age", 0.0, 9.0))
)
ROWS = torch.stack(
    [
        SPEC.encode({"kind": kind, "side": side, "age": age})
        for kind, side, age in [("a", "left", 1), ("a", "left", 2), ("b", "right", 3)]
    ]
)


class Asked(GenerativeModel):
    """Samples are what they are asked for."""

    def updates(self):
        return ()

    def sampling_noise(self):
        return {"e": NoiseSpec("normal", self.event_shape)}

    def generate(self, noise, context=None):
        return noise["e"] if context is None else context


def remembering():
    model = Asked((5,), SPEC)
    model.remember_conditions(ROWS)
    return model


def asked(given, n=200, model=None):
    return asked_conditions(model or remembering(), n, given, generator=stream(0))


def test_all_that_is_named_is_given():
    found = asked({"age": "4.5", "kind": "b", "side": "left"}, 3)
    assert torch.equal(found, torch.tensor([[0.0, 1, 1, 0, 4.5]]).expand(3, -1))


def test_nothing_named_is_as_in_training():
    rows = {tuple(row) for row in asked({}).tolist()}
    assert rows == {tuple(row) for row in ROWS.tolist()}
    assert asked({}, model=Asked((5,))) is None


def test_what_is_not_named_is_that_of_examples_with_the_named_labels():
    found = SPEC.decode(asked({"kind": "a"}))
    assert set(found["kind"]) == {"a"}
    assert set(found["side"]) == {"left"}
    assert set(found["age"]) == {1, 2}
    assert set(SPEC.decode(asked({"kind": "a", "age": 7}))["age"]) == {7}
    assert set(SPEC.decode(asked({"age": 7}))["kind"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kinds": "a"}, "no condition is called 'kinds': choose from kind, side, age"),
        ({"kind": "c"}, "kind is one of 2 classes, got 'c': choose from a, b"),
        ({"kind": "a", "side": "right"}, "no training example .* give a value for each of kind"),
        ({"kind": "a", "age": "old"}, "age is a number, got 'old'"),
    ],
)
def test_a_wrong_wish_is_answered(given, words):
    with pytest.raises(InputError, match=words):
        asked(given)


def test_an_unconditional_model_cannot_be_asked():
    with pytest.raises(InputError, match="unconditional, got a wish for kind: leave it out"):
        asked({"kind": "a"}, model=Asked((5,)))


def test_an_untrained_model_must_be_told_all():
    with pytest.raises(InputError, match="never trained: give side, age too"):
        asked({"kind": "a"}, model=Asked((5,), SPEC))


def test_the_memory_of_conditions_is_stored_with_the_weights():
    model = remembering()
    fresh = Asked((5,), SPEC)
    drawn = fresh.draw_conditions(4000, generator=stream(0))
    assert abs(float(drawn[:, 0].mean()) - 0.5) < 0.05
    assert float(drawn[:, 4].min()) >= 0
    assert abs(float(drawn[:, 4].mean()) - 4.5) < 0.2
    fresh.load_state_dict(model.state_dict())
    assert torch.equal(fresh.conditions, ROWS)
    fresh.load_state_dict(Asked((5,), SPEC).state_dict())
    assert fresh.conditions is None
    assert "conditions" not in Asked((5,)).state_dict()


def test_samples_see_the_conditions_in_model_units_and_users_in_theirs():
    model = remembering()
    seen = model.sample(3, context=SPEC.encode({"kind": "a", "side": "left", "age": 9}, 3))
    assert seen[0].tolist() == [1, 0, 1, 0, 1]
    assert model.draw_conditions(9, generator=stream(1))[:, 4].max() > 1
