"""Figure 1 of Goodfellow et al. (2014) for a 1-D GAN, a panel for each moment of training."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import numbers
from genzoo.figures.goodfellow_panel import GoodfellowPanel, draw_densities, draw_map
from genzoo.figures.layout import (
    MARGIN,
    headline,
    headline_height,
    panel,
    plain_legend,
    write,
)
from genzoo.figures.style import HEADING, ThemeName, drawing
from genzoo.figures.text import shorten
from genzoo.results.recording import Recording

WIDTH, HEIGHT, LINES, GAP = 2.5, 1.7, 0.75, 0.42
PER_LINE = 4


def goodfellow_figure(
    grid: Any,
    data_density: Any,
    latents: Any,
    panels: Sequence[GoodfellowPanel],
    *,
    title: str = "A generative adversarial network learns",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw panels as in Figure 1: p_data dotted, p_g solid, D dashed, and z mapped to x by arrows.

    The optimal discriminator D*(x) = p_data(x) / (p_data(x) + p_g(x)) is drawn thin for comparison;
    D and D* run from 0 to 1 on the right-hand axis.

    Args:
        grid: Values of x, `(A,)`, increasing.
        data_density: p_data on the grid, `(A,)`.
        latents: Values of z, `(Z,)`, spread as the prior is, increasing.
        panels: One for each moment of training, in order.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no panel, or shapes do not agree.
    """
    x = numbers(grid, "the grid")
    p_data = numbers(data_density, "the data density")
    z = numbers(latents, "the latents")
    fits = x.ndim == 1 and len(x) > 1 and p_data.shape == x.shape and z.ndim == 1 and len(z) > 0
    if not panels or not fits:
        got = f"got {len(panels)} panels, {x.shape}, {p_data.shape}, {z.shape}"
        raise InputError(
            f"Figure 1 needs panels, a grid (A,), a density (A,) and latents (Z,), {got}"
        )
    with drawing(theme) as look:
        lines = math.ceil(len(panels) / PER_LINE)
        columns = math.ceil(len(panels) / lines)
        width = max(MARGIN + 0.25 + columns * (WIDTH + GAP) + 0.1, 5.2)
        top = headline_height(title, caption, width) + 0.5
        pitch = HEIGHT + LINES + 0.55
        height = top + lines * pitch - 0.3
        figure = Figure(figsize=(width, height))
        headline(figure, look, title, caption)
        bold: dict[str, Any] = {"fontsize": HEADING, "fontweight": "bold"}
        entries: dict[str, Artist] = {}
        for i, shown in enumerate(panels):
            line, column = divmod(i, columns)
            left, here = MARGIN + 0.25 + column * (WIDTH + GAP), top + line * pitch
            letter = chr(ord("a") + i % 26)
            name = shorten(f"({letter}) {shown.label}", WIDTH, HEADING, weight="bold")
            write(figure, left, here - 0.07, name, va="baseline", **bold)
            axes = panel(figure, left, here, WIDTH, HEIGHT)
            entries = draw_densities(axes, look, x, p_data, shown)
            axes = panel(figure, left, here + HEIGHT, WIDTH, LINES)
            draw_map(axes, look, x, z, shown)
        plain_legend(
            figure,
            list(entries.items()),
            loc="upper left",
            bbox_to_anchor=((MARGIN - 0.05) / width, 1 - (top - 0.53) / height),
            ncols=len(entries),
            handlelength=2.2,
            columnspacing=1.4,
        )
        return figure


def recorded_goodfellow_figure(
    recording: Recording,
    steps: Sequence[int] | None = None,
    *,
    title: str = "A generative adversarial network learns",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw Figure 1 from the recording of a 1-D GAN: `goodfellow_figure` of some of its frames.

    Args:
        recording: Of a model with a discriminator, on a source of one number whose density is
            known.
        steps: Steps of training; by default those of the first frame, of two early ones and of the
            last. For a step without a frame, the latest frame before it is drawn.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When the recording holds no discriminator, densities or images of latents on a
            line, or is of a conditional model.
    """
    if recording.context_spec is not None:
        raise InputError(
            "Figure 1 is of unconditional models: this one's discriminator judges an example by "
            f"its condition, {recording.context_spec}"
        )
    if not shows_goodfellow(recording):
        raise InputError(
            "Figure 1 needs the recording of a GAN on a source of one number whose density is known"
        )
    count = len(recording)
    places = [0, count // 4, count // 2, count - 1]
    if steps is not None:
        latest = np.searchsorted(recording.steps, list(steps), side="right") - 1
        places = np.maximum(latest, 0).tolist()
    lattice = recording.arrays["lattice"]
    line = lattice[:, :, lattice.shape[2] // 2, 0]
    panels = []
    for i in dict.fromkeys(places):
        label = f"step {recording.steps[i]:,}"
        density, discriminator = (
            recording.arrays["density"][i],
            recording.arrays["discriminator"][i],
        )
        panels.append(GoodfellowPanel(label, density, discriminator, line[i]))
    grid, p_data = recording.constants["grid 0"], recording.constants["data density"]
    latents = np.arange(line.shape[1])
    return goodfellow_figure(
        grid, p_data, latents, panels, title=title, caption=caption, theme=theme
    )


def shows_goodfellow(recording: Recording) -> bool:
    """Whether `recorded_goodfellow_figure` can draw this recording."""
    arrays = recording.arrays
    if not {"discriminator", "density", "lattice"} <= arrays.keys():
        return False
    return "data density" in recording.constants and arrays["samples"].shape[2:] == (1,)
