"""How every picture looks: themes, one colour for each row of a comparison, and saving."""

import contextlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import matplotlib
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from genzoo.disk import write_bytes
from genzoo.errors import InputError

ThemeName = Literal["light", "dark"]

CONTROLS = ("oracle", "single_mode", "noisy_oracle")
"""Row names that are controls of a comparison: drawn in a neutral colour with hollow markers."""

FONT = "DejaVu Sans"
SMALL, BODY, HEADING, TITLE = 8.0, 9.0, 10.0, 13.0


@dataclass(frozen=True)
class Theme:
    """Colours of one theme.

    Attributes:
        background: Colour of the figure and its panels.
        text: Colour of titles and labels.
        muted: Colour of ticks, notes and frames' labels.
        rule: Colour of frames and thin lines.
        truth: Colour of the truth drawn as points or lines.
        shades: Colours of the truth drawn as areas, from the widest region to the densest.
        control: Colour of controls.
        target: Colour of lines that show a theoretical value.
        palette: Colours of the other rows, in order.
        ramp: Colours of a number from its least value to its largest, those between them mixed.
    """

    background: str
    text: str
    muted: str
    rule: str
    truth: str
    shades: tuple[str, str, str]
    control: str
    target: str
    palette: tuple[str, ...]
    ramp: tuple[str, ...]


LIGHT = Theme(
    background="#FFFFFF",
    text="#1B1E23",
    muted="#5C636D",
    rule="#CBD0D6",
    truth="#8A929C",
    shades=("#E9ECEF", "#D6DBE0", "#BCC3CB"),
    control="#3C434C",
    target="#1B1E23",
    palette=(
        "#0072B2",
        "#D55E00",
        "#009E73",
        "#CC79A7",
        "#E69F00",
        "#56B4E9",
        "#882255",
        "#8733E6",
    ),
    ramp=("#440154", "#424186", "#2C718E", "#1F9E89", "#5AC864"),
)
DARK = Theme(
    background="#14171C",
    text="#ECEEF1",
    muted="#A3ABB6",
    rule="#414854",
    truth="#8B94A1",
    shades=("#22272F", "#2F3640", "#414A57"),
    control="#D5DAE1",
    target="#ECEEF1",
    palette=(
        "#2E9BE0",
        "#F0702A",
        "#12B886",
        "#E79AC6",
        "#F5B921",
        "#9BDBFF",
        "#C2477F",
        "#9050FF",
    ),
    ramp=("#3B528B", "#26828E", "#28AE80", "#84D44B", "#FDE725"),
)
THEMES: Mapping[str, Theme] = {"light": LIGHT, "dark": DARK}
MARKERS = ("o", "s", "^", "v", "P", "X", "p", "h")
CONTROL_MARKERS = ("D", "d", "p")


@dataclass(frozen=True)
class RowStyle:
    """How one row of a comparison is drawn, in every figure alike.

    Attributes:
        colour: Hexadecimal colour, `#RRGGBB`.
        marker: A matplotlib marker.
        dashed: Whether its lines are dashed: the second time round the palette.
        control: Whether the row is a control.
    """

    colour: str
    marker: str
    dashed: bool = False
    control: bool = False

    @property
    def linestyle(self) -> str:
        """Of its lines, as matplotlib names it."""
        return "--" if self.dashed else "-"


def get_theme(name: ThemeName) -> Theme:
    """The theme of a name.

    Raises:
        InputError: When there is none.
    """
    if name not in THEMES:
        raise InputError(f"unknown theme {name!r}: choose from {', '.join(THEMES)}")
    return THEMES[name]


def row_styles(rows: Sequence[str], theme: Theme) -> dict[str, RowStyle]:
    """A style for each row, by its position among the rows that are not controls.

    The palette is that of Okabe and Ito (2008), one colour of Tol (2021) and a violet: apart under
    the common colour-vision deficiencies. Markers differ too.

    Args:
        rows: All rows of a comparison, in its order.
        theme: Where the colours come from.
    """
    styles: dict[str, RowStyle] = {}
    models = 0
    for name in dict.fromkeys(rows):
        if name in CONTROLS:
            marker = CONTROL_MARKERS[CONTROLS.index(name)]
            styles[name] = RowStyle(theme.control, marker, control=True)
        else:
            styles[name] = _model_style(models, theme)
            models += 1
    return styles


def _model_style(place: int, theme: Theme) -> RowStyle:
    rounds, colour = divmod(place, len(theme.palette))
    marker = MARKERS[place % len(MARKERS)]
    return RowStyle(theme.palette[colour], marker, dashed=rounds % 2 == 1)


def row_detail(row: str) -> str:
    """What stands beside a row's name in a header: that it is a control, or nothing."""
    if row in CONTROLS:
        return "control"
    return ""


def contrast(one: Any, other: Any) -> float:
    """Contrast of two colours, from 1 to 21.

    It is that of the Web Content Accessibility Guidelines 2.1, section 1.4.3.
    """
    dark, light = sorted([_luminance(to_rgb(one)), _luminance(to_rgb(other))])
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb: tuple[float, float, float]) -> float:
    red, green, blue = rgb
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(value: float) -> float:
    """The intensity of a channel of sRGB."""
    if value <= 0.04045:
        return value / 12.92
    return float(((value + 0.055) / 1.055) ** 2.4)


@contextlib.contextmanager
def drawing(name: ThemeName) -> Iterator[Theme]:
    """Draw in a theme whatever the user's own matplotlib settings, which come back at the end.

    Text is taken literally: names come from outside, and a `$` in them starts no formula.
    """
    theme = get_theme(name)
    with _clean_settings(_settings(theme)):
        yield theme


def _settings(theme: Theme) -> dict[str, Any]:
    """Matplotlib's settings in a theme."""
    return {
        "font.family": [FONT],
        "font.size": BODY,
        "text.parse_math": False,
        "text.usetex": False,
        "text.color": theme.text,
        "figure.facecolor": theme.background,
        "savefig.facecolor": "auto",
        "axes.facecolor": theme.background,
        "axes.edgecolor": theme.rule,
        "axes.labelcolor": theme.muted,
        "axes.labelsize": SMALL,
        "axes.titlesize": BODY,
        "axes.titlecolor": theme.text,
        "axes.titlelocation": "left",
        "axes.titlepad": 4.0,
        "axes.linewidth": 0.8,
        "axes.axisbelow": True,
        "grid.color": theme.rule,
        "grid.linewidth": 0.5,
        "grid.alpha": 0.6,
        "xtick.color": theme.rule,
        "ytick.color": theme.rule,
        "xtick.labelcolor": theme.muted,
        "ytick.labelcolor": theme.muted,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.frameon": False,
        "legend.fontsize": SMALL,
        "legend.labelcolor": theme.text,
        "lines.linewidth": 1.4,
        "lines.solid_capstyle": "round",
        "image.interpolation": "nearest",
    }


FORMATS: Mapping[str, Mapping[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


def save(
    figure: Figure,
    path: str | os.PathLike[str],
    formats: Sequence[str] = ("png",),
    *,
    dpi: int = 150,
) -> list[Path]:
    """Write a figure; the same figure gives the same bytes, and a file appears whole or not at all.

    Args:
        figure: What a function of this package returned.
        path: Where, without the suffix (a dot in it is kept as it is). Its folder is made.
        formats: `"png"`, `"svg"`.
        dpi: Dots per inch of the PNG and of what is rasterised in the SVG.

    Returns:
        The paths written, in the order of `formats`.

    Raises:
        InputError: On an unknown format, or where the folder cannot be written.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise InputError(f"unknown figure format {unknown[0]!r}: choose from {', '.join(FORMATS)}")
    base = Path(path)
    written = []
    for name in formats:
        target = base.parent / f"{base.name}.{name}"
        content = io.BytesIO()
        with _clean_settings({"svg.hashsalt": "genzoo"}):
            figure.savefig(content, format=name, dpi=dpi, metadata=dict(FORMATS[name]))
        write_bytes(target, content.getvalue())
        written.append(target)
    return written


@contextlib.contextmanager
def _clean_settings(settings: Mapping[str, Any]) -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(cast(Any, settings))
        yield
