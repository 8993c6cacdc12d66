"""Numbers on the line, as histograms over the truth's density."""

import numpy as np
from matplotlib.axes import Axes

from genzoo.figures.arrays import BoolArray
from genzoo.figures.layout import few_ticks
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.views import DensityGrid, View
from genzoo.results.frame import padded_range
from genzoo.results.types import FloatArray

TALLEST = 1.5
"""The axis ends at this many times the truth's peak; a histogram that is cut there says so."""


class HistogramView(View):
    """Examples `(n, 1)`: all histograms share the truth's bins and are densities of the whole sample.

    Examples outside the frame count in the total, so that a histogram with some outside has area
    below 1.
    """

    labels = ("", "density")

    def __init__(self, truth: FloatArray, theme: Theme, density: DensityGrid | None = None) -> None:
        self.truth, self.theme, self.density = truth, theme, density
        self._limits = padded_range(truth[:, 0], pad=0.12)
        self._edges = np.linspace(
            *self._limits, int(np.clip(3 * len(truth) ** (1 / 3), 12, 60)) + 1
        )
        heights = self._heights(truth, len(truth))
        self._peak = float(
            heights.max() if density is None else max(density.density.max(), heights.max())
        )

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        axes.set_xlim(*self._limits)
        axes.set_ylim(0, TALLEST * self._peak)
        few_ticks(axes, x=3, y=3 if labelled else 0)
        axes.tick_params(labelbottom=labelled)
        if labelled:
            axes.set_ylabel(self.labels[1], labelpad=3)

    def _draw_truth(self, axes: Axes) -> None:
        self._shade(axes)
        self._steps(axes, self.truth, len(self.truth), self.theme.control)

    def _draw(self, axes: Axes, x: FloatArray, total: int, style: RowStyle) -> None:
        self._shade(axes)
        self._steps(axes, x, total, style.colour)

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        tallest = float(self._heights(x, total).max()) / self._peak
        cut = [f"peak {tallest:.1f} × truth's"] if tallest > TALLEST else []
        return [*super()._remarks(x, total), *cut]

    def _outside(self, x: FloatArray) -> BoolArray:
        low, high = self._limits
        result: BoolArray = (x[:, 0] < low) | (x[:, 0] > high)
        return result

    def _heights(self, x: FloatArray, total: int) -> FloatArray:
        counts, edges = np.histogram(x[:, 0], self._edges)
        heights: FloatArray = counts / (max(total, 1) * np.diff(edges))
        return heights

    def _shade(self, axes: Axes) -> None:
        if self.density is None:
            axes.stairs(
                self._heights(self.truth, len(self.truth)),
                self._edges,
                fill=True,
                color=self.theme.shades[1],
            )
        else:
            axes.fill_between(
                self.density.axes[0], self.density.density, color=self.theme.shades[1], linewidth=0
            )

    def _steps(self, axes: Axes, x: FloatArray, total: int, colour: str) -> None:
        axes.stairs(self._heights(x, total), self._edges, color=colour, linewidth=1.4)
