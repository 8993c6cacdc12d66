"""Densities in the plane as heat maps, all on one scale."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.layout import few_ticks, note
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import RowStyle, ThemeName, drawing, row_styles
from genzoo.figures.text import number, percent
from genzoo.figures.views import DensityGrid

SIZE = 2.0
TRUTH = "true density"
SEEN = 0.005
"""Probability outside the frame that is worth a remark."""


def density_sheet(
    densities: Mapping[str, DensityGrid],
    truth: DensityGrid | None = None,
    *,
    rows: Sequence[str] | None = None,
    title: str = "Densities",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw densities in the plane as heat maps on the scale of the truth's.

    Args:
        densities: By row, a density on a grid of two axes.
        truth: The true density, where it is known: it is drawn first.
        rows: All rows of the comparison, in order: it fixes the colours. By default those in
            `densities`.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no density, or a grid has not two axes.
    """
    grids = dict(densities)
    if truth is not None:
        grids = {TRUTH: truth, **grids}
    if not grids or any(len(grid.axes) != 2 for grid in grids.values()):
        raise InputError("heat maps need at least one density, each on a grid of two axes")
    peaks = [float(grid.density.max()) for grid in grids.values()]
    most, whose = max(peaks), "the highest of all"
    if truth is not None:
        most, whose = peaks[0], "the truth's peak, above which all look alike"
    said = f"Probability per squared data unit, from 0 to {number(most)} (darkest), {whose}."
    with drawing(theme) as look:
        if theme == "dark":
            said = said.replace("darkest", "brightest")
        names = [*(rows or ()), *densities]
        styles = {TRUTH: RowStyle(look.truth, "o")} | pick(row_styles(names, look), list(densities))
        styles = {name: styles[name] for name in grids}
        strip = Strip(
            look,
            styles,
            (SIZE, SIZE),
            left=0.3,
            gap=0.16,
            below=0.5,
            title=title,
            caption=f"{caption} {said}".strip(),
        )
        ramp = LinearSegmentedColormap.from_list(
            "density", [look.background, look.palette[0], look.text]
        )
        for name, grid in grids.items():
            axes = strip.axes(name)
            _heat(axes, grid, ramp, most)
            few_ticks(axes, x=3, y=3 if strip.is_first(name) else 0)
            outside = 1 - _mass(grid)
            if outside > SEEN:
                note(axes, look, f"{percent(outside)} outside", place="under ticks")
        return strip.figure


def _heat(axes: Axes, grid: DensityGrid, ramp: LinearSegmentedColormap, most: float) -> None:
    x, y = grid.axes
    colours: dict[str, Any] = {"cmap": ramp, "vmin": 0, "vmax": most or 1}
    axes.pcolormesh(x, y, grid.density.T, shading="gouraud", rasterized=True, **colours)
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    equal = np.isclose(np.ptp(x), np.ptp(y), rtol=1e-6)
    axes.set_aspect("equal" if equal else "auto")


def _mass(grid: DensityGrid) -> float:
    """Probability on the grid, by the trapezoidal rule."""
    x, y = grid.axes
    return float(np.trapezoid(np.trapezoid(grid.density, y, axis=1), x))
