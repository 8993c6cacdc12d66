"""Names, options and plug-ins."""

import functools
import math
import string
import typing
import warnings
from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genzoo.errors import InputError
from genzoo.registry import Registry, Spec

words = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8).filter(
    lambda word: word not in ("true", "false", "none", "inf", "nan", "infinity")
)
values = st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none(), words)


@given(words, st.dictionaries(words, values, max_size=4))
def test_a_spec_is_read_back_as_written(name, options):
    assert Spec.parse(str(Spec(name, options))) == Spec(name, options)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("ring", {}),
        (" ring : modes = 12 , radius=2.5 ", {"modes": 12, "radius": 2.5}),
        ("ring:modes=-1,", {"modes": -1}),
        (
            "vae:variance=learned,latent_dim=none,sample_mean=True",
            {"variance": "learned", "latent_dim": None},
        ),
        ("a:x=1e-3,y=inf", {"x": 1e-3, "y": math.inf}),
    ],
)
def test_specs(text, options):
    assert options.items() <= Spec.parse(text).options.items()
    assert Spec.parse(text).name == text.split(":")[0].strip()


@pytest.mark.parametrize("text", ["ring:modes", "ring:=3", "ring:modes=", "ring:modes=3,modes=4"])
def test_broken_specs(text):
    with pytest.raises(InputError, match=r"write options as|given twice"):
        Spec.parse(text)


@pytest.fixture
def zoo():
    zoo = Registry("model", "genzoo.tests.no_such_group")

    @zoo.register("gan_minimax", colour="red")
    def gan_minimax(
        event_shape, *, width: int = 3, rate: float = 0.1, deep: bool = False, net=None
    ):
        """A GAN
        on two lines.

        More words.
        """
        return event_shape, width, rate, deep, net

    @zoo.register("vae")
    def vae(
        event_shape,
        *,
        beta: float | typing.Literal["auto"] = 1.0,
        kind: typing.Literal["a", "b"] | None = None,
        old: typing.Optional[int] = None,  # noqa: UP045
        written: "int | None" = None,
    ):
        return beta, kind, old, written

    @zoo.register("open")
    def open_(event_shape, **options):
        return options

    return zoo


def test_names_match_patterns(zoo):
    assert zoo.names() == ["gan_minimax", "open", "vae"]
    assert zoo.names("gan*") == ["gan_minimax"]
    assert zoo.names("nothing*") == []


def test_an_entry_knows_its_facts(zoo):
    entry = zoo.entry("gan_minimax")
    assert entry.facts == {"colour": "red"}
    assert entry.description == "A GAN on two lines."
    assert list(entry.options) == ["event_shape", "width", "rate", "deep", "net"]
    assert not entry.takes_any_option
    assert zoo.entry("open").takes_any_option


def test_options_reach_the_factory(zoo):
    assert zoo.create("gan_minimax", (2,), width=5, rate=1) == ((2,), 5, 1, False, None)
    assert zoo.create("open", (2,), anything=3) == {"anything": 3}


@pytest.mark.parametrize(
    "options",
    [{"kind": "a"}, {"kind": None}, {"beta": "auto"}, {"beta": 2}, {"old": 3}, {"written": 3}],
)
def test_values_that_fit_a_union(zoo, options):
    zoo.create("vae", (2,), **options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gan_minmax", {}, "did you mean 'gan_minimax'"),
        ("zzz", {}, "choose from gan_minimax, open, vae"),
        ("gan_minimax", {"widht": 3}, "no option 'widht': did you mean 'width'"),
        ("gan_minimax", {"event_shape": 3}, "no option 'event_shape'"),
        ("gan_minimax", {"width": 3.0}, "takes an integer, got 3.0"),
        ("gan_minimax", {"width": True}, "takes an integer, got True"),
        ("gan_minimax", {"rate": "fast"}, "takes a number, got 'fast'"),
        ("gan_minimax", {"deep": 1}, "takes true or false, got 1"),
        ("vae", {"kind": "c"}, "takes 'a' or 'b' or none, got 'c'"),
        ("vae", {"beta": "none"}, "takes a number or 'auto', got 'none'"),
        ("vae", {"old": "x"}, "takes an integer or none, got 'x'"),
        ("vae", {"written": "x"}, "takes an integer or none, got 'x'"),
    ],
)
def test_mistakes_are_answered(zoo, name, options, message):
    with pytest.raises(InputError, match=message):
        zoo.create(name, (2,), **options)


def test_an_empty_registry_says_so():
    with pytest.raises(InputError, match="there are none"):
        Registry("model", "genzoo.tests.no_such_group").entry("vae")


def test_a_name_is_given_once(zoo):
    with pytest.raises(ValueError, match="already registered"):
        zoo.register("vae")(lambda event_shape: None)


@pytest.mark.parametrize("name", ["", "a:b", "a,b", "a b", "a/b", "a*", "a=b"])
def test_names_are_free_of_signs(zoo, name):
    with pytest.raises(ValueError, match="must be non-empty"):
        zoo.register(name)


def test_classes_and_partials_are_factories(zoo):
    class Model:
        def __init__(self, event_shape, width: int = 3):
            self.width = width

    def build(event_shape, *, kind: str, width: int = 3):
        return kind, width

    zoo.register("class")(Model)
    zoo.register("partial")(functools.partial(build, kind="x"))
    assert zoo.create("class", (2,), width=5).width == 5
    assert zoo.create("partial", (2,), width=5) == ("x", 5)
    for name in ("class", "partial"):
        with pytest.raises(InputError, match="takes an integer"):
            zoo.create(name, (2,), width="wide")


class Point:
    def __init__(self, name, action, value="their_plugin.models"):
        self.name, self.load, self.value = name, action, value


def test_plugins_load_once_and_a_broken_one_is_skipped(monkeypatch):
    zoo = Registry("model", "genzoo.tests.plugins")
    loaded = []

    def good():
        loaded.append("good")
        zoo.register("from_plugin")(lambda event_shape: "made")

    def broken():
        raise ImportError("no such thing")

    points = [Point("broken", broken), Point("good", good)]
    monkeypatch.setattr(
        metadata, "entry_points", lambda group: points if group == zoo.group else []
    )
    assert not loaded
    with pytest.warns(
        UserWarning, match=r"plug-in 'broken' of genzoo\.tests\.plugins was skipped"
    ) as heard:
        assert zoo.names() == ["from_plugin"]
    assert [warning.filename for warning in heard] == ["their_plugin.models"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert zoo.create("from_plugin", (2,)) == "made"
    assert loaded == ["good"]


def test_a_plugin_that_registers_nothing_is_warned_of(monkeypatch):
    zoo = Registry("model", "genzoo.tests.plugins")
    zoo.register("imported_before")(lambda event_shape: "made")
    points = [
        Point("empty", lambda: None),
        Point("many", lambda: zoo.register("one_of_many")(lambda event_shape: "made")),
        Point("imported_before", lambda: None),
        Point("others", lambda: None, __name__),
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    with pytest.warns(UserWarning, match="plug-in 'empty' of .* registers no model: let") as heard:
        assert zoo.names() == ["imported_before", "one_of_many"]
    assert len(heard) == 1


def test_a_factory_that_cannot_be_called_is_one_sentence(zoo):
    zoo.register("needy")(lambda event_shape, width: width)
    with pytest.raises(InputError, match=r"factory of model 'needy' cannot be called so .*'width'"):
        zoo.create("needy", (2,))
    assert zoo.create("needy", (2,), width=3) == 3
