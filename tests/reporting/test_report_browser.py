"""The page in a real browser.

The slider moves all models, layers switch, nothing leaves the page, names do nothing.
"""

import dataclasses
import time
from pathlib import Path

import pytest

from genzoo.reporting import Story, report_page
from tests.reporting.browser import Page
from tests.reporting.conftest import HOSTILE, STEPS

pytestmark = pytest.mark.thorough

PICTURES = "[...document.querySelectorAll('#s{} .cards canvas')].map(c => c.toDataURL())"
LAYERS = ("real", "generated", "discriminator", "lattice", "gradients")


@pytest.fixture(scope="module")
def html(hostile_page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(hostile_page, encoding="utf-8")
    return path


def pictures(page: Page, source: int) -> list[str]:
    return list(page.run(PICTURES.format(source)))


def slide(page: Page, source: int, to: int) -> None:
    slider = f"document.querySelector('#s{source} input[type=range]')"
    page.run(f"{slider}.value = {to}; {slider}.dispatchEvent(new Event('input'))")


def clean(page: Page, html: Path) -> None:
    assert page.errors == []
    assert page.requests == [html.as_uri()]
    assert page.run("window.pwned === undefined")


def test_the_slider_moves_every_model_of_its_source(page: Page, html: Path) -> None:
    page.open(html)
    for source in range(3):
        before = pictures(page, source)
        others = pictures(page, (source + 1) % 3)
        assert len(before) == 2
        slide(page, source, 0)
        after = pictures(page, source)
        assert all(one != other for one, other in zip(before, after, strict=True))
        assert f"step 0 of {STEPS}" in page.run(
            f"document.querySelector('#s{source} output').textContent"
        )
        assert "step 0" in page.run(f"document.querySelector('#s{source} [aria-live]').textContent")
        assert pictures(page, (source + 1) % 3) == others
        slide(page, source, 999)
        assert pictures(page, source) == before
    clean(page, html)


def test_every_layer_changes_the_picture_and_back(page: Page, html: Path) -> None:
    page.open(html)
    for layer in LAYERS:
        before = pictures(page, 0)
        page.run(f"document.querySelector('#s0 input[value={layer}]').click()")
        after = pictures(page, 0)
        assert before[1] != after[1], layer
        page.run(f"document.querySelector('#s0 input[value={layer}]').click()")
        assert pictures(page, 0) == before
    for choice in ("worst", "latent codes"):
        before = pictures(page, 0)
        page.run(f"document.querySelector('#s0 input[value=\"{choice}\"]').click()")
        assert all(one != other for one, other in zip(before, pictures(page, 0), strict=True))
    clean(page, html)


def test_keys_and_buttons_step_and_play(page: Page, html: Path) -> None:
    page.open(html)
    value = "Number(document.querySelector('#s0 input[type=range]').value)"
    last = page.run(value)
    page.run("document.querySelector('#s0 input[type=range]').focus()")
    page.press("ArrowLeft", 37)
    assert page.run(value) == last - 1
    page.run("document.querySelector('#s0 [aria-label=\"One frame back\"]').click()")
    assert page.run(value) == last - 2
    slide(page, 0, 0)
    page.press(" ", 32)
    page.wait(lambda: page.run(value) >= 2)
    page.press(" ", 32)
    here = page.run(value)
    time.sleep(0.5)
    assert page.run(value) == here
    clean(page, html)


def point(page: Page, kind: str, x: float, y: float) -> None:
    for phase in (
        ("mouseMoved",) if kind == "hover" else ("mouseMoved", "mousePressed", "mouseReleased")
    ):
        page.call("Input.dispatchMouseEvent", type=phase, x=x, y=y, button="left", clickCount=1)


def test_curves_follow_the_slider_tell_their_values_and_jump_to_a_step(
    page: Page, html: Path
) -> None:
    page.open(html)
    cursors = (
        "[...document.querySelectorAll('#s0 .cursor')].map(c => c.getBoundingClientRect().left"
        " - document.querySelector('#s0 .plot').getBoundingClientRect().left)"
    )
    curves = "document.querySelectorAll('#s0 .line').length"
    titles = "document.querySelectorAll('#s0 .title').length"
    before = page.run(cursors)
    assert len(before) == page.run(titles) >= 4
    slide(page, 0, 0)
    assert all(one > other for one, other in zip(before, page.run(cursors), strict=True))
    left, top = page.run(
        "(() => { const p = document.querySelector('#s0 .plot');"
        " p.scrollIntoView({block: 'center'});"
        " const b = p.getBoundingClientRect(); return [b.left, b.top]; })()"
    )
    middle = (page.run(cursors)[0] + before[0]) / 2
    point(page, "hover", left + middle, top + 70)
    told = page.run("document.querySelector('#s0 .told').innerText")
    assert told.startswith("step ")
    assert f"vae {HOSTILE}: " in told
    assert len(page.run("[...document.querySelectorAll('#s0 .pointer circle')].map(c => 1)")) == 2
    point(page, "hover", left + middle, top + 4)
    assert page.run("document.querySelector('#s0 .told').hidden")
    point(page, "click", left + middle, top + 70)
    assert "step 0 " not in page.run("document.querySelector('#s0 output').textContent")
    assert page.run(cursors)[0] == pytest.approx(middle, abs=12)
    all_curves = page.run(curves)
    page.run("document.querySelector('#s0 .legend input').click()")
    assert 0 < page.run(curves) < all_curves
    page.run("document.querySelector('#s0 .legend input').click()")
    assert page.run(curves) == all_curves
    clean(page, html)


def test_it_prints_whole_and_in_light_colours(page: Page, html: Path) -> None:
    page.open(html, dark=True)
    before = pictures(page, 0)
    page.call("Emulation.setEmulatedMedia", media="print")
    page.wait(lambda: pictures(page, 0) != before)
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        page.run("getComputedStyle(document.querySelector('#s0 .title')).fill") == "rgb(27, 30, 35)"
    )
    assert len(page.call("Page.printToPDF")["data"]) > 100_000
    clean(page, html)


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (1400, True), (390, False)])
def test_it_fits_the_screen_and_every_control_has_a_name(
    page: Page, html: Path, width: int, dark: bool
) -> None:
    page.open(html, width=width, height=844, dark=dark)
    assert page.run("document.documentElement.scrollWidth") <= width
    first = page.run("document.querySelector('.answers article').getBoundingClientRect().bottom")
    assert first < 844
    nameless = page.run(
        "[...document.querySelectorAll('button,input,select,canvas,svg')].filter(e => "
        "!(e.getAttribute('aria-label') || e.ariaLabel || e.textContent.trim()"
        " || e.closest('label') ||"
        " e.parentElement.closest('[role=img][aria-label]') || e.id === 'js-plotly-tester')).length"
    )
    assert nameless == 0
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 23, 28)" if dark else "rgb(255, 255, 255)")
    clean(page, html)


def test_a_page_in_the_making_loads_itself_again_unless_somebody_watches(
    page: Page, story: Story, tmp_path: Path
) -> None:
    path = tmp_path / "live.html"
    watched = dataclasses.replace(
        story, sources=story.sources[:1], refresh=2, status="In training."
    )
    path.write_text(report_page(watched), encoding="utf-8")
    page.open(path)
    page.run("window.mark = 1")
    page.wait(lambda: page.run("document.readyState === 'complete' && window.mark === undefined"))
    page.wait(lambda: page.run("document.querySelectorAll('.cards canvas').length"))
    page.run("document.querySelector('.play').click(); window.mark = 1")
    time.sleep(3.5)
    assert page.run("window.mark") == 1
    assert page.errors == []
    assert set(page.requests) == {path.as_uri()}
