"""A panel of Figure 1 of Goodfellow et al. (2014): densities, D, and the map from z to x."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.arrays import numbers
from genzoo.figures.layout import hide_spines, note
from genzoo.figures.style import SMALL, Theme

HIGHEST = 2.0
"""A model density higher than this many times the data's peak is cut at the top."""


@dataclass(frozen=True)
class GoodfellowPanel:
    """A 1-D GAN at one moment of training.

    Attributes:
        label: The moment, such as "step 500".
        model_density: p_g on the grid, `(A,)`.
        discriminator: D on the grid, `(A,)`, in (0, 1).
        generated: G(z) for the z of the figure, `(Z,)`.
    """

    label: str
    model_density: Any
    discriminator: Any
    generated: Any


def draw_densities(
    axes: Axes, theme: Theme, x: FloatArray, p_data: FloatArray, shown: GoodfellowPanel
) -> dict[str, Artist]:
    """Draw p_data and p_g, and on a second axis D and the optimal D.

    Returns:
        Artists by the names that the legend gives them.
    """
    p_model = _on_grid(shown.model_density, x, "the model density", shown)
    d = _on_grid(shown.discriminator, x, "the discriminator", shown)
    total = p_data + p_model
    optimal = np.divide(p_data, total, out=np.full(x.shape, np.nan), where=total > 0)
    data_peak, model_peak = float(p_data.max()), float(p_model.max())
    highest = min(max(data_peak, model_peak), HIGHEST * data_peak) or 1.0
    if model_peak > 1.1 * highest:
        remark = f"peak of p_g: {p_model.max() / p_data.max():.0f} × p_data's"
        note(axes, theme, remark, place="above")
    dotted: dict[str, Any] = {"linestyle": (0, (1, 1.5)), "linewidth": 1.8, "zorder": 3}
    (data_line,) = axes.plot(x, p_data, color=theme.text, **dotted)
    (model_line,) = axes.plot(x, p_model, color=theme.palette[2], linewidth=1.8)
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1.12 * highest), yticks=[], xticks=[])
    right = axes.twinx()
    colour = axes.yaxis.label.get_color()
    look: dict[str, Any] = {"labelsize": SMALL, "labelcolor": colour, "color": colour}
    right.tick_params("y", length=2.5, pad=2.0, **look)
    dashed: dict[str, Any] = {"linestyle": (0, (5, 2)), "linewidth": 1.6}
    (d_line,) = right.plot(x, d, color=theme.palette[0], **dashed)
    (best_line,) = right.plot(x, optimal, color=theme.palette[0], linewidth=0.8, alpha=0.7)
    right.axhline(0.5, color=theme.rule, linewidth=0.6, zorder=0)
    right.set(ylim=(0, 1.12), yticks=[0, 0.5, 1])
    hide_spines(axes, "top", "left")
    hide_spines(right, "top", "left")
    return {
        "p_data": data_line,
        "p_g": model_line,
        "D (right axis)": d_line,
        "D* = p_data / (p_data + p_g)": best_line,
    }


def draw_map(
    axes: Axes, theme: Theme, x: FloatArray, z: FloatArray, shown: GoodfellowPanel
) -> None:
    """Draw arrows from latents z on a lower line to G(z) on an upper one."""
    generated = _on_grid(shown.generated, z, "the generated values", shown)
    width = float(np.ptp(z)) or 1.0
    start = x[0] + (x[-1] - x[0]) * (0.04 + 0.92 * (z - z.min()) / width)
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1), xticks=[], yticks=[])
    axes.set_axis_off()
    beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "right"}
    for height, name in ((0.85, "x"), (0.1, "z")):
        axes.axhline(height, color=theme.muted, linewidth=1.0)
        axes.text(-0.02, height, name, va="center", style="italic", **beside)
    inside = np.isfinite(generated) & (generated >= x[0]) & (generated <= x[-1])
    tails = np.stack([start, np.full(len(z), 0.1)], axis=1)
    tips = np.stack([generated, np.full(len(z), 0.82)], axis=1)
    shafts = np.stack([tails, tips], axis=1)[inside]
    colour = theme.palette[2]
    axes.add_collection(LineCollection(list(shafts), colors=colour, linewidths=0.7, alpha=0.8))
    triangle: dict[str, Any] = {"ls": "none", "marker": (3, 0, 0), "ms": 3.5, "mew": 0}
    axes.plot(generated[inside], np.full(inside.sum(), 0.8), color=colour, **triangle)
    if not inside.all():
        text = f"{(~inside).sum()} of {len(z)} leave the frame"
        corner: dict[str, Any] = {"transform": axes.transAxes, "ha": "right", "va": "top"}
        axes.text(1, -0.02, text, fontsize=SMALL, fontweight="bold", **corner)


def _on_grid(values: Any, grid: FloatArray, what: str, shown: GoodfellowPanel) -> FloatArray:
    array = numbers(values, what)
    if array.shape != grid.shape:
        raise InputError(
            f"{what} of {shown.label!r} must have shape {grid.shape}, got {array.shape}"
        )
    return array
