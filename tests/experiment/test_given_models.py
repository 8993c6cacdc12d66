"""Models that are given as classes and functions."""

import warnings
from functools import partial

import pytest
from torch import nn

import genzoo
from genzoo.api.builders import Row
from genzoo.api.create import contestant
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
    return MODELS.create("vae", event_shape, width=2 * 2)


def test_a_function_that_was_changed_is_another_model():
    other_code.__name__ = "narrow_vae"
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


def test_a_dict_names_the_rows():
    models = {
        "a": lambda shape: narrow_vae(shape),
        "b": partial(MODELS.create, "vae", width=4),
        "c": "vae:width=5",
        "d": MODELS.entry("vae").factory,
    }
    table = genzoo.compare(models, ["ring"], **QUICK)
    assert table.tables[0].rows[:4] == ("a", "b", "c", "d")
    values = {score.model: score.value for score in table.scores}
    assert values["a"] == values["b"]


def test_the_names_of_a_dict_are_texts():
    with pytest.raises(InputError, match="the names of models must be texts, got 5"):
        genzoo.compare({5: narrow_vae}, ["ring"], **QUICK)


def vae_of(width):
    return lambda shape: MODELS.create("vae", shape, width=width)


def test_what_is_bound_to_a_function_is_a_part_of_it_and_what_has_no_source_is_never_the_same():
    def config(model):
        return contestant(Row("a", model), {}).config

    assert config(vae_of(4)) == config(vae_of(4))
    assert config(vae_of(4)) != config(vae_of(5))
    bound = partial(MODELS.create, "vae")
    assert config(bound) != config(bound)


class Callable:
    def __call__(self, event_shape):
        return narrow_vae(event_shape)


@pytest.mark.parametrize("given", [Callable(), partial(narrow_vae), lambda shape: 5])
def test_what_has_no_name_is_told_how_to_get_one(given):
    with pytest.raises(InputError, match="set its __name__, or give a dict of names and functions"):
        genzoo.compare([given], ["ring"], **QUICK)


TRAINED = {
    "a module": (LinearGAN((2,)), "a model must be a name, .*got a LinearGAN"),
    "a number": (3, "a model must be a name, .*got an int"),
    "a function that makes nothing": (lambda shape: None, "must make a GenerativeModel, got None"),
    "a function that makes a module": (lambda shape: nn.Sequential(), "got a Sequential"),
    "a function of two": (needs_more, "needs_more must make a model of an event shape alone"),
    "a function of nothing": (lambda: narrow_vae((2,)), "of an event shape alone"),
}


@pytest.mark.parametrize(("given", "said"), TRAINED.values(), ids=TRAINED.keys())
def test_train_asks_the_same_of_a_function(given, said):
    with pytest.raises(InputError, match=said):
        genzoo.train(given, "ring", steps=1, record=False)


def no_model(event_shape):
    return nn.Sequential()


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        (no_model, "the factory of model 'strange' must make a GenerativeModel, got a Sequential"),
        (needs_more, "the factory of model 'strange' cannot be called so .*'width'"),
    ],
)
def test_a_registered_factory_that_makes_no_model_is_one_sentence(factory, said, monkeypatch):
    MODELS.names()
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS._entries))
    genzoo.register_model("strange")(factory)
    for use in (
        lambda: genzoo.train("strange", "ring", steps=1, record=False),
        lambda: genzoo.compare(["strange"], ["ring"], **QUICK),
        lambda: genzoo.create_model("strange", 2),
    ):
        with pytest.raises(InputError, match=said):
            use()


@pytest.fixture(scope="module")
def run_of_a_function(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    genzoo.train(narrow_vae, "ring", steps=1, record=False, directory=folder)
    return folder


BUILDS = {
    "a name": ("gan_r1", "build must be a function .*got 'gan_r1'"),
    "a function of nothing": (lambda: None, "build must make a model of an event shape alone"),
    "a function that makes nothing": (lambda shape: None, "build must make a GenerativeModel"),
}


@pytest.mark.filterwarnings("ignore:the code of build")
@pytest.mark.parametrize(("build", "said"), BUILDS.values(), ids=BUILDS.keys())
def test_a_build_that_makes_no_model_is_one_sentence(build, said, run_of_a_function):
    with pytest.raises(InputError, match=said):
        genzoo.load(run_of_a_function, build=build)


def test_a_build_of_other_code_is_warned_of(run_of_a_function):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        genzoo.load(run_of_a_function, build=narrow_vae)
    with pytest.warns(UserWarning, match="the code of build is not the code that the run in"):
        genzoo.load(run_of_a_function, build=other_code)
