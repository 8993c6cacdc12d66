"""Curves on a grid, as bundles of thin lines over the truth's band."""

from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from genzoo.arrays import FloatArray, Mask
from genzoo.errors import InputError
from genzoo.figures.arrays import Sample, thin
from genzoo.figures.layout import few_ticks
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.views import View

LINES = 60
"""Curves drawn in a panel."""


class CurvesView(View):
    """Curves `(n, L)` over a grid `(L,)`, drawn over the truth's pointwise range.

    Within the range its middle half is darker.
    """

    def __init__(self, truth: FloatArray, grid: FloatArray, theme: Theme) -> None:
        if grid.shape != truth.shape[1:] or not np.isfinite(grid).all():
            expected = f"a grid of {truth.shape[1]} finite values was expected for the curves"
            raise InputError(f"{expected}, got {grid.shape}")
        order = np.argsort(grid)
        self.truth = truth[:, order]
        self.grid = grid[order]
        self.theme = theme
        self._order = order
        low, high = float(truth.min()), float(truth.max())
        pad = 0.18 * (high - low) or 0.5 * max(abs(low), 1.0)
        self._limits = (low - pad, high + pad)
        self.explanation = (
            f"Curves: at most {LINES} drawn; grey: pointwise range and middle half of the truth."
        )

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        axes.set_ylim(*self._limits)
        left, right = self.grid[0], self.grid[-1]
        if right == left:
            right = left + 1
        axes.set_xlim(left, right)
        few_ticks(axes, x=3, y=3)
        axes.tick_params(labelbottom=labelled, labelleft=labelled)

    def _draw_truth(self, axes: Axes) -> None:
        self._shade(axes)
        colours = self.colours(self.truth_given, self.theme.control)
        bundle(axes, self.grid, self.truth, colours)

    def _draw(self, axes: Axes, sample: Sample, style: RowStyle) -> None:
        self._shade(axes)
        colours = self.colours(sample.given, style.colour)
        bundle(axes, self.grid, sample.finite[:, self._order], colours)

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        remarks = super()._remarks(x, total)
        return [remark.replace("outside", "leave the frame") for remark in remarks]

    def _outside(self, x: FloatArray) -> Mask:
        low, high = self._limits
        beyond = (x < low) | (x > high)
        return np.asarray(beyond.any(axis=1), dtype=np.bool_)

    def _shade(self, axes: Axes) -> None:
        low, lower, upper, high = np.quantile(self.truth, [0, 0.25, 0.75, 1], axis=0)
        wide, dense, _ = self.theme.shades
        axes.fill_between(self.grid, low, high, color=wide, linewidth=0)
        axes.fill_between(self.grid, lower, upper, color=dense, linewidth=0)


def bundle(
    axes: Axes,
    grid: FloatArray,
    curves: FloatArray,
    colour: str | FloatArray,
    *,
    most: int = LINES,
) -> None:
    """Draw at most `most` of the curves `(n, L)` as thin lines, in one colour or one each."""
    drawn = thin(curves, most)
    if not isinstance(colour, str):
        colour = thin(colour, most)
    segments = np.stack([np.broadcast_to(grid, drawn.shape), drawn], axis=-1)
    lines = LineCollection(list(segments), colors=cast(Any, colour), linewidths=0.8, zorder=2)
    lines.set_alpha(1.0 if len(drawn) < 5 else 0.4)
    axes.add_collection(lines, autolim=False)
