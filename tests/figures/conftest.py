"""Made-up results to draw, and a check that a picture can be read."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axis import Tick
from matplotlib.figure import Figure
from matplotlib.text import Text

from genzoo.results.types import History

GRID = np.linspace(-1, 1, 15)
HOSTILE = "$x_1$<script>alert('_')</script>"
LONG = "gan_minimax:discriminator_steps=3"


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def ring(rng):
    def draw(n: int, keep: int = 8, sd: float = 0.05):
        angle = 2 * np.pi * rng.integers(0, keep, n) / 8
        return np.c_[np.cos(angle), np.sin(angle)] + sd * rng.normal(size=(n, 2))

    return draw


@pytest.fixture
def paintings(rng):
    def draw(n: int, low: float = 1, high: float = 2):
        a = rng.uniform(low, high, (n, 1))
        return a * GRID**2 + a - 1

    return draw


@pytest.fixture
def gan_history(rng):
    def make(steps: int = 600, diverged_at: int | None = None) -> History:
        t = np.arange(1, steps + 1)
        early, noise = np.exp(-t / 100), 0.02 * rng.normal(size=(4, steps))
        value = -np.log(4) + 0.9 * early + noise[0]
        series = {
            "discriminator/discriminator": -value,
            "discriminator/loss": -value,
            "discriminator/D(real)": 0.5 + 0.3 * early + noise[1],
            "discriminator/D(fake)": 0.5 - 0.3 * early + noise[2],
            "discriminator/accuracy": np.clip(0.5 + 0.4 * early + noise[3], 0, 1),
            "discriminator/V": value,
            "discriminator/implied JS": (value + np.log(4)) / 2,
            "generator/generator": -0.7 - early,
            "generator/loss": -0.7 - early,
        }
        if diverged_at is not None:
            series = {
                name: np.where(t < diverged_at, values, np.nan) for name, values in series.items()
            }
        return History(t, series)

    return make


def visible_texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


@pytest.fixture
def texts() -> Callable[[Figure], list[str]]:
    return lambda figure: [text.get_text() for text in visible_texts(figure)]


@pytest.fixture
def check_readable() -> Callable[[Figure], None]:
    """Every text lies within the figure, none over another, and none is smaller than 8 points."""

    def check(figure: Figure) -> None:
        figure.set_dpi(100)
        figure.draw_without_rendering()
        spare = _spare_labels(figure)
        drawn = [text for text in visible_texts(figure) if id(text) not in spare]
        boxes = [(text.get_text(), text.get_window_extent()) for text in drawn]
        width, height = figure.bbox.size
        for name, box in boxes:
            assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -1, f"{name!r} is cut off"
        for i, (name, box) in enumerate(boxes):
            for other, other_box in boxes[:i]:
                across = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
                down = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
                assert min(across, down) < 1.5, f"{name!r} overlaps {other!r}"
        assert all(text.get_fontsize() >= 8 for text in visible_texts(figure))

    return check


def _spare_labels(figure: Figure) -> set[int]:
    """Labels of ticks that are spare or beyond the limits: they keep a text that is not drawn."""
    spare = set()
    for axes in figure.axes:
        for axis, (low, high) in (
            (axes.xaxis, sorted(axes.get_xlim())),
            (axes.yaxis, sorted(axes.get_ylim())),
        ):
            current = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            slack = 1e-9 * (high - low)
            for tick in (child for child in axis.get_children() if isinstance(child, Tick)):
                if (
                    tick not in current
                    or not axes.axison
                    or not low - slack <= tick.get_loc() <= high + slack
                ):
                    spare |= {id(tick.label1), id(tick.label2)}
    return spare
