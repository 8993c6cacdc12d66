"""Performance profiles as a picture."""

import numpy as np
import pytest

from genzoo.errors import InputError
from genzoo.figures import profile_figure
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.table import Column
from genzoo.results.table_json import profiles_from_json, profiles_to_json
from tests.figures.conftest import HOSTILE, LONG


def made_up(names):
    levels = np.linspace(-1, 1, 121)
    curves = {}
    for i, name in enumerate(names):
        share = 1 / (1 + np.exp(12 * (levels - 0.9 + 1.5 * i / len(names))))
        curves[name] = ProfileCurve(share, np.clip(share - 0.08, 0, 1), np.clip(share + 0.08, 0, 1))
    return PerformanceProfiles(Column("js", "JS", "nats"), 8, 10, levels, curves)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_stand_in_the_order_of_the_curves(check_readable, texts, theme):
    figure = profile_figure(made_up(["vae", "gan", LONG, HOSTILE]), theme=theme)
    check_readable(figure)
    written = texts(figure)
    assert [text for text in written if text in ("vae", "gan")] == ["vae", "gan"]
    assert any(text.startswith("JS; 8 sources, 10 seeds each.") for text in written)
    lines = figure.axes[0].get_lines()
    assert len(lines) == 6
    assert len(figure.axes[0].collections) == 4


def test_two_dozen_models_can_be_read(check_readable, texts):
    names = [f"gan_nonsaturating:width={i}" for i in range(24)]
    figure = profile_figure(made_up(names))
    check_readable(figure)
    assert set(names) <= set(texts(figure))
    assert {line.get_linestyle() for line in figure.axes[0].get_lines()} >= {"-", "--"}


def test_no_model_is_a_mistake():
    with pytest.raises(InputError, match="at least one model"):
        profile_figure(made_up([]))


def test_profiles_survive_json():
    given = made_up(["vae", HOSTILE])
    again = profiles_from_json(profiles_to_json(given))
    assert (again.column, again.sources, again.seeds) == (given.column, 8, 10)
    np.testing.assert_array_equal(again.levels, given.levels)
    for name, curve in given.curves.items():
        np.testing.assert_array_equal(again.curves[name].low, curve.low)
    with pytest.raises(InputError, match="damaged"):
        profiles_from_json("[]")
