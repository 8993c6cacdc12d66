"""Figures within a page: SVG whose colours follow the page's theme."""

import html
import io
import re

import matplotlib
from matplotlib.figure import Figure

from genzoo.figures.style import DARK, LIGHT, Theme

_UNSHOWN = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<!DOCTYPE[^>]*>", re.DOTALL)
NAMES = ("background", "text", "muted", "rule", "truth", "control", "target")


def colours(theme: Theme) -> dict[str, str]:
    """CSS names and hexadecimal colours of a theme."""
    named = {name: getattr(theme, name) for name in NAMES}
    for i, colour in enumerate(theme.shades):
        named[f"shade-{i}"] = colour
    for i, colour in enumerate(theme.palette):
        named[f"row-{i}"] = colour
    for i, colour in enumerate(theme.ramp):
        named[f"ramp-{i}"] = colour
    return named


def theme_css() -> str:
    """The colours of both themes as custom properties."""
    light = f":root{{{_properties(LIGHT)}color-scheme:light dark}}"
    dark = f":root{{{_properties(DARK)}}}"
    return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def _properties(theme: Theme) -> str:
    text = ""
    for name, colour in colours(theme).items():
        text += f"--{name}:{colour};"
    return text


def inline_svg(figure: Figure, label: str, key: str) -> str:
    """A figure drawn in the light theme as an `svg` element that takes its colours from the page.

    Args:
        figure: What a function of `genzoo.figures` returned.
        label: What it shows, for those who do not see it.
        key: Letters and digits that set its identifiers apart from those of other figures of the
            page.
    """
    svg = _drawn(figure)
    svg = svg[svg.index("<svg") :]
    svg = _UNSHOWN.sub("", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', svg)
    svg = re.sub(r'(href="|url\()#', rf"\g<1>#{key}-", svg)
    svg = re.sub(r'(?<=style=")[^"]*', _themed, svg)
    svg = re.sub(r'(?<= d=")[^"]*', _shorter, svg)
    svg = re.sub(r">\s+<", "><", svg)
    svg = svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    head, body = svg.split(">", 1)
    size = "100%"
    if width := re.search(r'viewBox="0 0 ([\d.]+)', head):
        size = f"{float(width[1]) * 4 / 3:.0f}px"
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{html.escape(label)}" style="width:{size}">{body}'


def _drawn(figure: Figure) -> str:
    text = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "genzoo"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _themed(style: re.Match[str]) -> str:
    return _COLOUR.sub(lambda colour: _VARIABLES.get(colour[0].upper(), colour[0]), style[0])


def _variables() -> dict[str, str]:
    """What stands in the page for each colour of the light theme."""
    found: dict[str, str] = {}
    for name, colour in colours(LIGHT).items():
        found.setdefault(colour.upper(), f"var(--{name})")
    return found


_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_VARIABLES = _variables()


def _shorter(path: re.Match[str]) -> str:
    """Path data to a hundredth of a point, without spaces that say nothing."""
    text = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", path[0])
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", text)
