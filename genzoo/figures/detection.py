"""How often each metric notices each defect, as a table of shaded shares."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import numbers
from genzoo.figures.layout import MARGIN, headline, headline_height, panel, stack, write
from genzoo.figures.style import BODY, SMALL, ThemeName, contrast, drawing
from genzoo.figures.text import literal, text_width, wrap

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
        metrics: Names of the lines.
        defects: Names of the columns.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When the shape does not fit the names, or a share is not between 0 and 1.
    """
    values = numbers(shares, "the shares")
    if values.shape != (len(metrics), len(defects)) or not values.size:
        raise InputError(
            f"the shares must have shape {(len(metrics), len(defects))} and be some, got {values.shape}"
        )
    known = values[np.isfinite(values)]
    if ((known < 0) | (known > 1)).any():
        raise InputError(f"shares must lie between 0 and 1, got {known.min():g} to {known.max():g}")
    with drawing(theme) as look:
        cell = float(
            np.clip(
                max(min(text_width(literal(name), SMALL), 1.1) for name in defects) + 0.12,
                0.62,
                1.2,
            )
        )
        names = min(max(text_width(literal(name), BODY) for name in metrics), 2.4)
        heads = [wrap(name, cell - 0.08, SMALL, lines=3) for name in defects]
        left = MARGIN + names + GAP
        width = max(left + cell * len(defects) + MARGIN, 4.6)
        top = (
            headline_height(title, caption, width)
            + 0.16 * (1 + max(head.count("\n") for head in heads))
            + 0.05
        )
        figure = Figure(figsize=(width, top + CELL_HEIGHT * len(metrics) + MARGIN))
        headline(figure, look, title, caption)
        axes = panel(figure, left, top, cell * len(defects), CELL_HEIGHT * len(metrics))
        ramp = LinearSegmentedColormap.from_list("detection", [look.background, look.palette[0]])
        colours = ramp.with_extremes(bad=look.background)
        axes.imshow(np.ma.masked_invalid(values), cmap=colours, vmin=0, vmax=1, aspect="auto")
        axes.set(xticks=[], yticks=[])
        axes.hlines(
            np.arange(1, len(metrics)) - 0.5,
            -0.5,
            len(defects) - 0.5,
            color=look.background,
            linewidth=2,
        )
        axes.vlines(
            np.arange(1, len(defects)) - 0.5,
            -0.5,
            len(metrics) - 0.5,
            color=look.background,
            linewidth=2,
        )
        for i, name in enumerate(metrics):
            text = wrap(name, names, BODY, lines=1)
            write(figure, left - GAP, top + (i + 0.5) * CELL_HEIGHT, text, ha="right", va="center")
            for j, share in enumerate(values[i]):
                shown = f"{100 * share:.0f} %" if np.isfinite(share) else "n/a"
                ground = to_rgb(colours(share) if np.isfinite(share) else look.background)
                colour = max((look.text, look.background), key=lambda ink: contrast(ink, ground))
                axes.text(
                    j, i, shown, ha="center", va="center_baseline", fontsize=SMALL, color=colour
                )
        for j, head in enumerate(heads):
            stack(figure, left + (j + 0.5) * cell, top - 0.07, head.split("\n"), SMALL, ha="center")
        return figure
