"""Figure 1 of Goodfellow et al. (2014) for a trained 1-D GAN: densities, discriminator and the map from z to x."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import numbers
from genzoo.figures.layout import (
    MARGIN,
    headline,
    headline_height,
    note,
    panel,
    plain_legend,
    write,
)
from genzoo.figures.style import HEADING, SMALL, Theme, ThemeName, drawing
from genzoo.figures.text import shorten
from genzoo.results.recording import Recording
from genzoo.results.types import FloatArray

WIDTH, HEIGHT, LINES, GAP = 2.5, 1.7, 0.75, 0.42
PER_LINE = 4
HIGHEST = 2.0
"""A model density higher than this many times the data's peak is cut at the top."""


@dataclass(frozen=True)
class Snapshot:
    """A 1-D GAN at one moment of training.

    Attributes:
        label: When, such as "step 500".
        model_density: p_g on the grid, `(A,)`.
        discriminator: D on the grid, `(A,)`, in (0, 1).
        generated: G(z) for the z of the figure, `(Z,)`.
    """

    label: str
    model_density: Any
    discriminator: Any
    generated: Any


def goodfellow_figure(
    grid: Any,
    data_density: Any,
    latents: Any,
    snapshots: Sequence[Snapshot],
    *,
    title: str = "A generative adversarial network learns",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw each snapshot as in Figure 1: p_data dotted, p_g solid, D dashed, and z mapped to x by arrows below.

    The optimal discriminator D*(x) = p_data(x) / (p_data(x) + p_g(x)) is drawn thin for comparison;
    D and D* run from 0 to 1 on the right-hand axis.

    Args:
        grid: Values of x, `(A,)`, increasing.
        data_density: p_data on the grid, `(A,)`.
        latents: Values of z, `(Z,)`, spread as the prior is, increasing.
        snapshots: One for each panel, in order.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no snapshot, or shapes do not agree.
    """
    x, p_data, z = (
        numbers(grid, "the grid"),
        numbers(data_density, "the data density"),
        numbers(latents, "the latents"),
    )
    if (
        not snapshots
        or x.ndim != 1
        or len(x) < 2
        or p_data.shape != x.shape
        or z.ndim != 1
        or not len(z)
    ):
        shapes = f"{len(snapshots)} snapshots, {x.shape}, {p_data.shape}, {z.shape}"
        raise InputError(
            f"Figure 1 needs snapshots, a grid (A,), a density (A,) and latents (Z,), got {shapes}"
        )
    with drawing(theme) as look:
        lines = math.ceil(len(snapshots) / PER_LINE)
        columns = math.ceil(len(snapshots) / lines)
        width = max(MARGIN + 0.25 + columns * (WIDTH + GAP) + 0.1, 5.2)
        top = headline_height(title, caption, width) + 0.5
        pitch = HEIGHT + LINES + 0.55
        figure = Figure(figsize=(width, top + lines * pitch - 0.3))
        headline(figure, look, title, caption)
        entries: dict[str, Artist] = {}
        for i, snapshot in enumerate(snapshots):
            line, column = divmod(i, columns)
            left, here = MARGIN + 0.25 + column * (WIDTH + GAP), top + line * pitch
            name = shorten(
                f"({chr(ord('a') + i % 26)}) {snapshot.label}", WIDTH, HEADING, weight="bold"
            )
            write(
                figure, left, here - 0.07, name, va="baseline", fontsize=HEADING, fontweight="bold"
            )
            entries = _draw_densities(
                panel(figure, left, here, WIDTH, HEIGHT), look, x, p_data, snapshot
            )
            _draw_map(panel(figure, left, here + HEIGHT, WIDTH, LINES), look, x, z, snapshot)
        place = {
            "loc": "upper left",
            "bbox_to_anchor": (
                (MARGIN - 0.05) / width,
                1 - (top - 0.53) / (top + lines * pitch - 0.3),
            ),
        }
        plain_legend(
            figure,
            list(entries.items()),
            ncols=len(entries),
            handlelength=2.2,
            columnspacing=1.4,
            **place,
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
        steps: When; by default the first frame, two of the early ones and the last. A step without
            a frame stands for the latest before it.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When the recording holds no discriminator, densities or images of latents on a
            line.
    """
    if not shows_goodfellow(recording):
        raise InputError(
            "Figure 1 needs the recording of a GAN on a source of one number whose density is known"
        )
    count = len(recording)
    places = [0, count // 4, count // 2, count - 1]
    if steps is not None:
        places = [
            max(int(np.searchsorted(recording.steps, step, side="right")) - 1, 0) for step in steps
        ]
    lattice = recording.arrays["lattice"]
    line = lattice[:, :, lattice.shape[2] // 2, 0]
    made = [
        Snapshot(
            f"step {recording.steps[i]:,}",
            recording.arrays["density"][i],
            recording.arrays["discriminator"][i],
            line[i],
        )
        for i in dict.fromkeys(places)
    ]
    grid, density = recording.constants["grid 0"], recording.constants["data density"]
    latents = np.arange(line.shape[1])
    return goodfellow_figure(
        grid, density, latents, made, title=title, caption=caption, theme=theme
    )


def shows_goodfellow(recording: Recording) -> bool:
    """Whether `recorded_goodfellow_figure` can draw this recording."""
    known = {"discriminator", "density", "lattice"} <= set(
        recording.arrays
    ) and "data density" in recording.constants
    return known and recording.arrays["samples"].shape[2:] == (1,)


def _draw_densities(
    axes: Axes, theme: Theme, x: FloatArray, p_data: FloatArray, snapshot: Snapshot
) -> dict[str, Artist]:
    p_model = _on_grid(snapshot.model_density, x, "the model density", snapshot)
    d = _on_grid(snapshot.discriminator, x, "the discriminator", snapshot)
    total = p_data + p_model
    optimal = np.divide(p_data, total, out=np.full(x.shape, np.nan), where=total > 0)
    data_colour, model_colour, d_colour = theme.text, theme.palette[2], theme.palette[0]
    highest = (
        min(max(float(p_data.max()), float(p_model.max())), HIGHEST * float(p_data.max())) or 1.0
    )
    if p_model.max() > 1.1 * highest:
        note(
            axes,
            theme,
            f"peak of p_g: {p_model.max() / p_data.max():.0f} × p_data's",
            place="above",
        )
    data_line = axes.plot(
        x, p_data, color=data_colour, linestyle=(0, (1, 1.5)), linewidth=1.8, zorder=3
    )[0]
    model_line = axes.plot(x, p_model, color=model_colour, linewidth=1.8)[0]
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1.12 * highest), yticks=[], xticks=[])
    right = axes.twinx()
    right.tick_params("y", **_tick_style(axes))
    d_line = right.plot(x, d, color=d_colour, linestyle=(0, (5, 2)), linewidth=1.6)[0]
    best_line = right.plot(x, optimal, color=d_colour, linewidth=0.8, alpha=0.7)[0]
    right.axhline(0.5, color=theme.rule, linewidth=0.6, zorder=0)
    right.set(ylim=(0, 1.12), yticks=[0, 0.5, 1])
    for side in ("top", "left"):
        axes.spines[side].set_visible(False)
        right.spines[side].set_visible(False)
    return {
        "p_data": data_line,
        "p_g": model_line,
        "D (right axis)": d_line,
        "D* = p_data / (p_data + p_g)": best_line,
    }


def _draw_map(axes: Axes, theme: Theme, x: FloatArray, z: FloatArray, snapshot: Snapshot) -> None:
    generated = _on_grid(snapshot.generated, z, "the generated values", snapshot)
    width = float(np.ptp(z)) or 1.0
    start = x[0] + (x[-1] - x[0]) * (0.04 + 0.92 * (z - z.min()) / width)
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1), xticks=[], yticks=[])
    axes.set_axis_off()
    for height, name in ((0.85, "x"), (0.1, "z")):
        axes.axhline(height, color=theme.muted, linewidth=1.0)
        axes.text(
            -0.02,
            height,
            name,
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            style="italic",
        )
    inside = np.isfinite(generated) & (generated >= x[0]) & (generated <= x[-1])
    segments = np.stack(
        [
            np.stack([start, np.full(len(z), 0.1)], 1),
            np.stack([generated, np.full(len(z), 0.82)], 1),
        ],
        1,
    )
    axes.add_collection(
        LineCollection(list(segments[inside]), colors=theme.palette[2], linewidths=0.7, alpha=0.8)
    )
    axes.plot(
        generated[inside],
        np.full(inside.sum(), 0.8),
        ls="none",
        marker=(3, 0, 0),
        ms=3.5,
        mew=0,
        color=theme.palette[2],
    )
    if not inside.all():
        text = f"{(~inside).sum()} of {len(z)} leave the frame"
        axes.text(
            1,
            -0.02,
            text,
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=SMALL,
            fontweight="bold",
        )


def _on_grid(values: Any, grid: FloatArray, what: str, snapshot: Snapshot) -> FloatArray:
    array = numbers(values, what)
    if array.shape != grid.shape:
        raise InputError(
            f"{what} of {snapshot.label!r} must have shape {grid.shape}, got {array.shape}"
        )
    return array


def _tick_style(axes: Axes) -> dict[str, Any]:
    label = axes.yaxis.label
    return {
        "length": 2.5,
        "labelsize": SMALL,
        "labelcolor": label.get_color(),
        "color": label.get_color(),
        "pad": 2.0,
    }
