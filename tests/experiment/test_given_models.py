"""Models that are given as classes and functions."""

from functools import partial

import pytest

import genzoo
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.testing.specimens import LinearGAN, LinearGaussian

QUICK = {"seeds": 1, "steps": 2, "metrics": "energy", "record": False}


def narrow_vae(event_shape):
    return MODELS.create("vae", event_shape, width=4)


def test_a_class_and_a_function_name_their_rows(tmp_path):
    table = genzoo.compare(
        [LinearGaussian, narrow_vae, "vae:width=4"], ["ring"], out=tmp_path, **QUICK
    )
    assert {score.status for score in table.scores} == {"finished"}
    assert table.tables[0].rows[:3] == ("LinearGaussian", "narrow_vae", "vae:width=4")
    values = {score.model: score.value for score in table.scores}
    assert values["narrow_vae"] != values["LinearGaussian"]
    again = genzoo.compare([LinearGaussian, narrow_vae], ["ring"], out=tmp_path, **QUICK)
    assert {s.value for s in again.scores if s.model == "narrow_vae"} == {values["narrow_vae"]}
    assert genzoo.report(tmp_path).exists()


def test_a_registered_function_is_the_model_of_that_name():
    factory = MODELS.entry("vae").factory
    (row, *_), *_ = (table.rows for table in genzoo.compare([factory], ["ring"], **QUICK).tables)
    assert row == "vae"


def other_code(event_shape):
    return MODELS.create("vae", event_shape, width=5)


def test_a_function_that_was_changed_is_another_model():
    other_code.__name__ = "narrow_vae"
    from genzoo.api.create import contestant

    assert contestant(narrow_vae, {}).config != contestant(other_code, {}).config
    assert contestant(narrow_vae, {}).name == contestant(other_code, {}).name


def needs_more(event_shape, width):
    return narrow_vae(event_shape)


def makes_text(event_shape):
    return "vae"


REFUSED = {
    "a model": (LinearGAN((2,)), "got a LinearGAN"),
    "a lambda": (lambda shape: narrow_vae(shape), "without a name"),
    "a partial": (partial(narrow_vae), "without a name"),
    "a number": (5, "got an int"),
    "nothing": (None, "got None"),
    "a function of two": (needs_more, "width"),
    "a function that makes something else": (makes_text, "must make a GenerativeModel, got a str"),
    "a class of something else": (list, "must make a GenerativeModel, got a list"),
}


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_model_is_one_sentence(given, said):
    with pytest.raises(InputError, match=said):
        genzoo.compare([given], ["ring"], **QUICK)


def test_a_function_that_cannot_travel_to_workers():
    def local(event_shape):
        return narrow_vae(event_shape)

    with pytest.raises(InputError, match="the model local cannot be sent to worker processes"):
        genzoo.compare([local], ["ring"], workers=2, **QUICK)
