"""Text in pictures: names from outside made safe and wrapped, and numbers for people."""

import functools
import math
import re
from collections.abc import Iterable

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

from genzoo.figures.style import BODY, FONT

_BREAKS = (re.compile(r"(?<=[:,;/ ])"), re.compile(r"(?<=[=_.\-])"))
"""Where a name may be broken: gladly, and where there is no other way."""


def literal(name: str) -> str:
    """A name on one line; characters that the font cannot draw become a replacement mark."""
    text = "".join(_drawable(character) for character in str(name))
    return text.strip() or "?"


def sentences(*parts: str) -> str:
    """Sentences of a caption one after another; empty ones are left out."""
    return " ".join(part for part in parts if part)


def _drawable(character: str) -> str:
    if not character.isprintable():
        return " "
    if not _has_glyph(character):
        return "\N{REPLACEMENT CHARACTER}"
    return character


@functools.lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    return bool(get_font(findfont(FONT)).get_char_index(ord(character)))


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float = BODY, weight: str = "normal") -> float:
    """Width of one line in inches."""
    font = FontProperties(family=[FONT], size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def widest(names: Iterable[str], size: float = BODY) -> float:
    """Width in inches of the widest of some names, each on one line."""
    return max(text_width(literal(name), size) for name in names)


def wrap(
    name: str, width: float, size: float = BODY, *, lines: int = 3, weight: str = "normal"
) -> str:
    """Break a name into lines no wider than `width` inches.

    It is broken after punctuation where that is possible. What does not fit into `lines` ends in an
    ellipsis.
    """
    done: list[str] = []
    line = ""
    for piece in _pieces(literal(name), width, size, weight):
        if line and text_width((line + piece).rstrip(), size, weight) > width:
            done.append(line.rstrip())
            line = ""
        line += piece
    done.append(line.rstrip())
    if len(done) > lines:
        last = shorten(done[lines - 1] + "…", width, size, weight=weight)
        done = [*done[: lines - 1], last]
    return "\n".join(done)


def shorten(text: str, width: float, size: float = BODY, *, weight: str = "normal") -> str:
    """The text, or as much of its beginning as fits into `width` inches with an ellipsis."""
    if text_width(text, size, weight) <= width:
        return text
    beginning = text.rstrip("…")
    while beginning and text_width(beginning + "…", size, weight) > width:
        beginning = beginning[:-1]
    return beginning + "…"


def percent(share: float) -> str:
    """A share as a percentage that never rounds something to nothing or nearly all to all.

    >>> percent(0.0004), percent(0.004), percent(0.123), percent(0.9999)
    ('< 0.1 %', '0.4 %', '12 %', '> 99 %')
    """
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0 < share < 0.0095:
        return f"{100 * share:.1f} %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def number(value: float, half_width: float | None = None) -> str:
    """Three significant digits, thousands separated, or as many as two of the half-width allow.

    The half-width is that of the number's interval.

    >>> number(0.012345), number(34421), number(0.0), number(1.8e9)
    ('0.0123', '34,421', '0', '1.8e9')
    >>> number(1.50123, 0.0061), number(1.50123, 0.4)
    ('1.5012', '1.50')
    """
    if half_width and math.isfinite(half_width) and 1e-4 <= abs(value) < 1e7:
        decimals = 1 - math.floor(math.log10(half_width))
        if decimals <= 6:
            return f"{value:,.{max(decimals, 0)}f}".replace("-", "\N{MINUS SIGN}")
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size == 0 or 1e-4 <= size < 999.5:
        text = f"{value:.3g}"
    elif 999.5 <= size < 1e7:
        text = f"{value:,.0f}"
    else:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "\N{MINUS SIGN}")


def _pieces(name: str, width: float, size: float, weight: str, level: int = 0) -> list[str]:
    if level == len(_BREAKS):
        return _cut(name, width, size, weight)
    pieces: list[str] = []
    for piece in _BREAKS[level].split(name):
        if text_width(piece.rstrip(), size, weight) <= width:
            pieces.append(piece)
        else:
            pieces += _pieces(piece, width, size, weight, level + 1)
    return pieces


def _cut(piece: str, width: float, size: float, weight: str) -> list[str]:
    parts = [piece[:1]]
    for character in piece[1:]:
        if text_width(parts[-1] + character, size, weight) <= width:
            parts[-1] += character
        else:
            parts.append(character)
    return parts
