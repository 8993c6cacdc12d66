"""Performance profiles, drawn."""

import numpy as np
import pytest

from genzoo.core.table import Profile, SourceTable
from genzoo.errors import InputError
from genzoo.figures import profile_figure

AT = tuple(np.linspace(0, 1, 41).tolist())


def table(metrics=1, models=("vae", "gan", "a model with a name that is far too long for any legend")):
    def curve(level, width):
        return tuple(np.clip((level - np.array(AT)) / 0.2 + width, 0, 1).tolist())

    levels = dict(zip(models, np.linspace(0.4, 0.9, len(models)), strict=True))
    shares, low, high = ({row: curve(level, w) for row, level in levels.items()} for w in (0, -0.1, 0.1))
    profiles = tuple(Profile(f"metric {k}", AT, shares, low, high) for k in range(metrics))
    return SourceTable("all 8 sources", (), tuple(models), {}, profiles=profiles)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("metrics", [1, 4])
def test_it_can_be_read(theme, metrics, check_readable, texts):
    figure = profile_figure(table(metrics), theme=theme)
    check_readable(figure)
    assert {"vae", "gan", "metric 0"} <= set(texts(figure))
    assert len(figure.axes) == metrics
    drawn = figure.axes[0].get_lines()[0]
    assert drawn.get_ydata() == pytest.approx(table().profiles[0].shares["vae"])


def test_a_table_without_profiles_is_refused():
    with pytest.raises(InputError, match="8 sources"):
        profile_figure(SourceTable("one", (), (), {}))
