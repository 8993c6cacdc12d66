"""The small charts of the page against films whose numbers are known."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genzoo.reporting import ModelStory, SourceStory, Story, report_page
from genzoo.results.recording import Recording
from tests.figures.examples import table
from tests.reporting.browser import Page
from tests.reporting.test_report_browser import point

pytestmark = pytest.mark.thorough

STEPS = (0, 1, 10, 100, 1000)
VALUES = {"distance": (3.0, 2.5, 1.0, 0.5, 0.2), "high quality": (0.0, 0.1, np.nan, 0.7, 0.95)}
DRAWN = """[...document.querySelectorAll('.panel')].map(panel => ({
  title: panel.querySelector('.title').textContent,
  values: [...panel.querySelectorAll('.value')].map(t => [t.textContent, +t.getAttribute('y') - 4]),
  steps: [...panel.querySelectorAll('.mark')].map(t => [t.textContent, +t.getAttribute('x')]),
  lines: [...panel.querySelectorAll('.line')].map(l => [getComputedStyle(l).stroke,
    l.getAttribute('d'), l.classList.contains('dashed')]),
  theory: [...panel.querySelectorAll('.theory')].map(l => +l.getAttribute('y1')),
}))"""
PALETTE = ("rgb(0, 114, 178)", "rgb(213, 94, 0)")


def film(share: float = 1.0, frames: int = 5, **more: Any) -> Recording:
    """A film whose gauges are these shares of the known numbers."""
    values = {name: share * np.array(column[:frames]) for name, column in VALUES.items()}
    values |= {name: np.full(frames, level) for name, level in more.items()}
    samples = {"samples": np.zeros((frames, 4, 2))}
    steps = np.array(STEPS[:frames])
    return Recording(0, steps, values, samples, {"real": np.eye(4)[:, :2]}, "median")


def opened(page: Page, folder: Path, **films: Recording) -> list[dict[str, Any]]:
    """What the charts of a page of these films draw."""
    models = {name: ModelStory(recordings=[one]) for name, one in films.items()}
    path = folder / "page.html"
    path.write_text(report_page(Story([SourceStory(table(), models)])), encoding="utf-8")
    page.open(path)
    return list(page.run(DRAWN))


def scale(ticks: list[list[Any]]) -> np.poly1d:
    """The number at a pixel, by the labels of an axis; they lie on one line."""
    numbers = [float(text.replace("−", "-").replace(",", "")) for text, _ in ticks]
    pixels = [pixel for _, pixel in ticks]
    fitted = np.poly1d(np.polyfit(pixels, numbers, 1))
    np.testing.assert_allclose(fitted(pixels), numbers, atol=1e-6 * max(map(abs, numbers)))
    return fitted


def points(path: str) -> np.ndarray:
    return np.array([list(map(float, pair)) for pair in re.findall(r"([-\d.]+) ([-\d.]+)", path)])


def test_every_line_lies_where_its_axes_say_and_in_the_colour_of_its_model(
    page: Page, tmp_path: Path
) -> None:
    drawn = opened(page, tmp_path, vae=film(), gan_minimax=film(0.5))
    assert [panel["title"] for panel in drawn] == ["high quality", "distance to the data"]
    for panel, name in zip(drawn, ("high quality", "distance"), strict=True):
        value = scale(panel["values"])
        place = dict(panel["steps"])
        assert list(place) == ["0", "1", "10", "100", "1,000"]
        assert [colour for colour, _, _ in panel["lines"]] == list(PALETTE)
        for (_, path, _), share in zip(panel["lines"], (1.0, 0.5), strict=True):
            known = np.isfinite(VALUES[name])
            xs, ys = points(path).T
            np.testing.assert_allclose(xs, np.array(list(place.values()))[known], atol=0.06)
            expected = share * np.array(VALUES[name])[known]
            np.testing.assert_allclose(value(ys), expected, atol=0.06 * abs(value[1]))
            assert path.count("M") == (1 if known.all() else 2)
    assert page.errors == []


def test_theory_is_drawn_at_its_value_and_losses_apart(page: Page, tmp_path: Path) -> None:
    gan = film(**{"d/accuracy": 0.9, "d/loss": 1.3, "g/loss": 0.7})
    drawn = {panel["title"]: panel for panel in opened(page, tmp_path, gan_minimax=gan)}
    accuracy = drawn["accuracy of D"]
    (theory,) = accuracy["theory"]
    assert scale(accuracy["values"])(theory) == pytest.approx(0.5)
    assert [dashed for _, _, dashed in drawn["losses"]["lines"]] == [False, True]
    assert drawn["losses"]["theory"] == []


def test_the_pointer_is_told_the_values_of_its_step(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, vae=film(), gan_minimax=film(0.5, frames=3))
    for step, expected in (
        (2, "step 10\nvae: 1\ngan_minimax: 0.5"),
        (3, "step 100\nvae: 0.5"),  # the other was trained for 10 steps
    ):
        x, y = page.run(
            "(() => { const panel = document.querySelectorAll('.panel')[1];"
            " panel.scrollIntoView({block: 'center'});"
            f" const mark = panel.querySelectorAll('.mark')[{step}].getBoundingClientRect();"
            " return [mark.left + mark.width / 2, mark.top - 40]; })()"
        )
        point(page, "hover", x, y)
        told = page.run("document.querySelector('.told').innerText")
        assert [line.strip() for line in told.split("\n")] == expected.split("\n")
    point(page, "hover", 5, 5)
    assert page.run("document.querySelector('.told').hidden")
    assert page.errors == []
