"""How often each metric notices each defect, as a table of shaded shares."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.arrays import numbers
from genzoo.figures.layout import (
    MARGIN,
    headline,
    headline_height,
    panel,
    rule_cells,
    write,
    write_lines,
)
from genzoo.figures.style import BODY, SMALL, Theme, ThemeName, contrast, drawing
from genzoo.figures.text import widest, wrap

CELL_HEIGHT, GAP = 0.3, 0.1


def detection_heat_map(
    shares: Any,
    metrics: Sequence[str],
    defects: Sequence[str],
    *,
    title: str = "What each metric notices",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw the share of trials in which a metric told a defective sample from the truth.

    Args:
        shares: `(metrics, defects)`, between 0 and 1; NaN where the metric does not apply.
        metrics: Names of the metrics, from top to bottom.
        defects: Names of the defects, from left to right.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When the shape does not fit the names, or a share is not between 0 and 1.
    """
    values = numbers(shares, "the shares")
    expected = (len(metrics), len(defects))
    if values.shape != expected or not values.size:
        raise InputError(f"the shares must have shape {expected} and be some, got {values.shape}")
    finite = values[np.isfinite(values)]
    if ((finite < 0) | (finite > 1)).any():
        spread = f"{finite.min():g} to {finite.max():g}"
        raise InputError(f"shares must lie between 0 and 1, got {spread}")
    with drawing(theme) as look:
        cell = _cell_width(defects)
        names = min(widest(metrics), 2.4)
        heads = [wrap(name, cell - 0.08, SMALL, lines=3).split("\n") for name in defects]
        left = MARGIN + names + GAP
        width = max(left + cell * len(defects) + MARGIN, 4.6)
        top = headline_height(title, caption, width) + 0.16 * max(map(len, heads)) + 0.05
        figure = Figure(figsize=(width, top + CELL_HEIGHT * len(metrics) + MARGIN))
        headline(figure, look, title, caption)
        axes = panel(figure, left, top, cell * len(defects), CELL_HEIGHT * len(metrics))
        _draw_cells(axes, look, values)
        rule_cells(axes, look, len(metrics), len(defects))
        for i, name in enumerate(metrics):
            text = wrap(name, names, BODY, lines=1)
            write(figure, left - GAP, top + (i + 0.5) * CELL_HEIGHT, text, ha="right", va="center")
        for j, head in enumerate(heads):
            write_lines(figure, left + (j + 0.5) * cell, top - 0.07, head, SMALL, ha="center")
        return figure


def _cell_width(defects: Sequence[str]) -> float:
    """Inches that the longest name asks for; a name longer than an inch or so is wrapped."""
    longest = min(widest(defects, SMALL), 1.1)
    return float(np.clip(longest + 0.12, 0.62, 1.2))


def _draw_cells(axes: Axes, theme: Theme, shares: FloatArray) -> None:
    ramp = LinearSegmentedColormap.from_list("detection", [theme.background, theme.palette[0]])
    colours = ramp.with_extremes(bad=theme.background)
    axes.imshow(np.ma.masked_invalid(shares), cmap=colours, vmin=0, vmax=1, aspect="auto")
    axes.set(xticks=[], yticks=[])
    middle: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": SMALL}
    for (i, j), share in np.ndenumerate(shares):
        text, ground = "n/a", to_rgb(theme.background)
        if np.isfinite(share):
            text, ground = f"{100 * share:.0f} %", to_rgb(colours(float(share)))
        colour = theme.text
        if contrast(theme.background, ground) > contrast(theme.text, ground):
            colour = theme.background
        axes.text(j, i, text, color=colour, **middle)
