"""Curves on a grid, as bundles of thin lines over the truth's band."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from genzoo.errors import InputError
from genzoo.figures.arrays import BoolArray, thin
from genzoo.figures.layout import few_ticks
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.views import View
from genzoo.results.types import FloatArray

LINES = 60
"""Curves drawn in a panel."""


class CurvesView(View):
    """Curves `(n, L)` over a grid `(L,)`; behind them the pointwise range of the truth, and its middle half."""

    def __init__(self, truth: FloatArray, grid: FloatArray, theme: Theme) -> None:
        if grid.shape != truth.shape[1:] or not np.isfinite(grid).all():
            raise InputError(
                f"a grid of {truth.shape[1]} finite values was expected for the curves, got {grid.shape}"
            )
        order = np.argsort(grid)
        self.truth, self.grid, self.theme, self._order = truth[:, order], grid[order], theme, order
        low, high = float(truth.min()), float(truth.max())
        pad = 0.18 * (high - low) or 0.5 * max(abs(low), 1.0)
        self._limits = (low - pad, high + pad)
        self.explanation = (
            f"Curves: at most {LINES} drawn; grey: pointwise range and middle half of the truth."
        )

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        axes.set_ylim(*self._limits)
        axes.set_xlim(
            self.grid[0], self.grid[-1] if self.grid[-1] > self.grid[0] else self.grid[0] + 1
        )
        few_ticks(axes, x=3, y=3)
        axes.tick_params(labelbottom=labelled, labelleft=labelled)

    def _draw_truth(self, axes: Axes) -> None:
        self._shade(axes)
        bundle(axes, self.grid, self.truth, self.theme.control)

    def _draw(self, axes: Axes, x: FloatArray, total: int, style: RowStyle) -> None:
        self._shade(axes)
        bundle(axes, self.grid, x[:, self._order], style.colour)

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        return [
            remark.replace("outside", "leave the frame") for remark in super()._remarks(x, total)
        ]

    def _outside(self, x: FloatArray) -> BoolArray:
        low, high = self._limits
        return np.asarray(((x < low) | (x > high)).any(axis=1), dtype=np.bool_)

    def _shade(self, axes: Axes) -> None:
        low, lower, upper, high = np.quantile(self.truth, [0, 0.25, 0.75, 1], axis=0)
        axes.fill_between(self.grid, low, high, color=self.theme.shades[0], linewidth=0)
        axes.fill_between(self.grid, lower, upper, color=self.theme.shades[1], linewidth=0)


def bundle(
    axes: Axes, grid: FloatArray, curves: FloatArray, colour: str, *, most: int = LINES
) -> None:
    """Draw at most `most` of the curves `(n, L)` as thin lines."""
    drawn = thin(curves, most)
    segments = np.stack([np.broadcast_to(grid, drawn.shape), drawn], axis=-1)
    alpha = 1.0 if len(drawn) < 5 else 0.4
    lines = LineCollection(list(segments), colors=colour, linewidths=0.8, alpha=alpha, zorder=2)
    axes.add_collection(lines, autolim=False)
