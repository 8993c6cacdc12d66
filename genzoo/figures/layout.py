"""Placing panels in inches from the top left corner, and the small pieces that figures share."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    Locator,
    LogLocator,
    MaxNLocator,
    NullFormatter,
)
from matplotlib.transforms import ScaledTranslation

from genzoo.figures.style import BODY, FONT, HEADING, SMALL, TITLE, Theme
from genzoo.figures.text import literal, number, shorten, text_width, wrap

MARGIN = 0.18
BAR = 3.5 / 72
Place = Literal["below", "under ticks", "above", "inside"]
PLACES: Mapping[Place, tuple[int, str]] = {
    "below": (-3, "top"),
    "under ticks": (-15, "top"),
    "above": (6, "baseline"),
    "inside": (-3, "top"),
}
"""Of a note: points above the lower or upper edge of the frame, and its alignment."""
LINE = 1.3 / 72
"""Height of a line of text in inches, per point of size."""


def panel(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """An axes whose frame has this place and size; ticks made later keep the look it has now."""
    full_width, full_height = figure.get_size_inches()
    place = (
        left / full_width,
        1 - (top + height) / full_height,
        width / full_width,
        height / full_height,
    )
    axes = figure.add_axes(place)
    for name in ("x", "y"):
        look = {}
        for key in ("color", "labelcolor", "labelsize"):
            look[key] = matplotlib.rcParams[cast(Any, f"{name}tick.{key}")]
        axes.tick_params(name, length=2.5, width=0.8, pad=2.0, labelfontfamily=FONT, **look)
        axes.tick_params(name, which="minor", length=0)
    axes.yaxis.get_offset_text().set(x=-0.4 / width, fontsize=SMALL)
    return axes


def write(figure: Figure, left: float, top: float, text: str, **properties: Any) -> None:
    """Text whose top left corner (by default) has this place."""
    full_width, full_height = figure.get_size_inches()
    defaults: dict[str, Any] = {"va": "top", "ha": "left", "fontsize": BODY, "linespacing": 1.2}
    figure.text(left / full_width, 1 - top / full_height, text, **(defaults | properties))


def write_lines(
    figure: Figure,
    left: float,
    baseline: float,
    lines: Sequence[str],
    size: float,
    **properties: Any,
) -> None:
    """Lines of text, the last one on this baseline, whatever letters they hold."""
    style: dict[str, Any] = {"va": "baseline", "fontsize": size, **properties}
    for i, line in enumerate(reversed(lines)):
        write(figure, left, baseline - i * size * 1.2 / 72, line, **style)


def headline_height(title: str, caption: str, width: float) -> float:
    """Inches that `headline` takes, the gap below it included."""
    title, caption = _headline_text(title, caption, width)
    title_height = (1 + title.count("\n")) * TITLE * LINE
    caption_height = 0.0
    if caption:
        caption_height = (1 + caption.count("\n")) * BODY * LINE
    return MARGIN + title_height + caption_height + 0.1


def headline(figure: Figure, theme: Theme, title: str, caption: str) -> None:
    """The figure's title and the sentence under it."""
    width = float(figure.get_size_inches()[0])
    title, caption = _headline_text(title, caption, width)
    write(figure, MARGIN, MARGIN * 0.8, title, fontsize=TITLE, fontweight="bold")
    if caption:
        top = MARGIN * 0.8 + (1 + title.count("\n")) * TITLE * LINE + 0.03
        write(figure, MARGIN, top, caption, color=theme.muted)


def header(
    figure: Figure,
    theme: Theme,
    left: float,
    top: float,
    width: float,
    name: str,
    colour: str,
    *,
    detail: str = "",
) -> None:
    """A name over a bar in its row's colour, its middle at `top`; a detail at the right end."""
    full_width, full_height = figure.get_size_inches()
    corner = (left / full_width, 1 - (top + BAR / 2) / full_height)
    size = (width / full_width, BAR / full_height)
    figure.add_artist(Rectangle(corner, *size, facecolor=colour, linewidth=0, zorder=5))
    baseline = top - 0.083
    if detail:
        style: dict[str, Any] = {"ha": "right", "va": "baseline", "fontsize": SMALL}
        write(figure, left + width, baseline, detail, color=theme.muted, **style)
    lines = _header_lines(name, width, detail)
    write_lines(figure, left, baseline, lines, HEADING, fontweight="bold")


def header_height(details: Mapping[str, str], width: float) -> float:
    """Inches that the tallest header takes, for details by name."""
    most = 1
    for name, detail in details.items():
        most = max(most, len(_header_lines(name, width, detail)))
    return most * HEADING * LINE * 0.95 + 0.09


def note(axes: Axes, theme: Theme, text: str, *, place: Place = "below") -> None:
    """A small remark at the right end.

    It stands below the frame or above it, where it hides nothing, or inside at the top.
    """
    points, align = PLACES[place]
    lift = axes.transAxes + ScaledTranslation(0, points / 72, axes.figure.dpi_scale_trans)
    style: dict[str, Any] = {"fontsize": SMALL, "color": theme.text, "fontweight": "bold"}
    if place == "inside":
        style["bbox"] = text_ground(theme, alpha=0.8)
    at_the_top = place in ("above", "inside")
    axes.text(1, at_the_top, text, transform=lift, ha="right", va=align, **style)


def text_ground(theme: Theme, *, alpha: float | None = None, pad: float = 0.1) -> dict[str, Any]:
    """The `bbox` of a text that must be read over what is drawn behind it."""
    return {
        "boxstyle": f"square,pad={pad}",
        "facecolor": theme.background,
        "edgecolor": "none",
        "alpha": alpha,
    }


def hide_spines(axes: Axes, *sides: str) -> None:
    """Draw no frame at these sides."""
    for side in sides:
        axes.spines[side].set_visible(False)


def empty(axes: Axes, theme: Theme, reason: str, width: float) -> None:
    """Say why there is nothing to see."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linestyle((0, (4, 3)))
    text = wrap(reason, width - 0.2, BODY, lines=5)
    middle: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    axes.text(0.5, 0.5, text, color=theme.muted, style="italic", **middle)


def plain_legend(
    owner: Axes | Figure, entries: Sequence[tuple[str, Artist]], **options: Any
) -> Legend:
    """A legend that shows every name as it is, one with a leading underscore included."""
    artists = [artist for _, artist in entries]
    # Matplotlib drops an entry whose label begins with an underscore: the names are set below.
    placeholders = list(map(str, range(len(entries))))
    legend = owner.legend(artists, placeholders, **options)
    for text, (name, _) in zip(legend.get_texts(), entries, strict=True):
        text.set_text(literal(name))
    return legend


def legend_above(
    axes: Axes, entries: Mapping[str, Artist], width: float, *, right: bool = False
) -> Legend:
    """A legend on one line above a panel of this width in inches.

    The longest names are cut where it would not fit.
    """
    widths = [text_width(literal(name), SMALL) for name in entries]
    room = cap_for(widths, width - 0.34 * len(entries))
    pairs = []
    for name, artist in entries.items():
        pairs.append((shorten(literal(name), room, SMALL), artist))
    side = "right" if right else "left"
    options: dict[str, Any] = {"loc": f"lower {side}", "bbox_to_anchor": (float(right), 1)}
    spacing = {
        "handlelength": 1.6,
        "handletextpad": 0.4,
        "columnspacing": 1.0,
        "borderaxespad": 0.1,
        "borderpad": 0.1,
    }
    return plain_legend(axes, pairs, ncols=len(pairs), **options, **spacing)


def cap_for(widths: Sequence[float], room: float) -> float:
    """The largest cap at which the widths, each cut to it, sum to no more than the room."""
    left, cap = room, max(widths, default=0.0)
    for i, width in enumerate(sorted(widths)):
        cap = left / (len(widths) - i)
        if width > cap:
            return max(cap, 0.25)
        left -= width
    return max(widths, default=0.0)


def rule_cells(axes: Axes, theme: Theme, rows: int, columns: int) -> None:
    """Part the cells of a table, drawn at (0, 0) ... (columns - 1, rows - 1), by thin gaps."""
    style: dict[str, Any] = {"color": theme.background, "linewidth": 2}
    axes.hlines(np.arange(1, rows) - 0.5, -0.5, columns - 0.5, **style)
    axes.vlines(np.arange(1, columns) - 0.5, -0.5, rows - 0.5, **style)


def few_ticks(axes: Axes, *, x: int = 3, y: int = 3) -> None:
    """Round ticks, no more than asked for."""
    axes.xaxis.set_major_locator(_round_values(x))
    axes.yaxis.set_major_locator(_round_values(y))


def _round_values(most: int) -> Locator:
    if not most:
        return FixedLocator([])
    return MaxNLocator(most, steps=[1, 2, 5, 10])


def _header_lines(name: str, width: float, detail: str) -> list[str]:
    room = width
    if detail:
        room = width - (text_width(detail, SMALL) + 0.1)
    return wrap(name, room, HEADING, lines=2, weight="bold").split("\n")


def log_ticks(axis: Axis) -> None:
    """Powers of ten, written plainly."""
    axis.set_major_locator(LogLocator(numticks=4))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axis.set_minor_formatter(NullFormatter())


def _headline_text(title: str, caption: str, width: float) -> tuple[str, str]:
    room = width - 2 * MARGIN
    title = wrap(title, room, TITLE, lines=2, weight="bold")
    if caption:
        caption = wrap(caption, room, BODY, lines=4)
    return title, caption
