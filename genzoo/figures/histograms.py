"""Numbers on the line, as histograms over the truth's density."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from genzoo.core.results import FloatArray
from genzoo.figures.arrays import BoolArray, padded_range
from genzoo.figures.layout import few_ticks
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.views import DensityGrid, View

TALLEST = 2.5
"""A histogram higher than this many times the truth's peak is cut, and says so."""


class HistogramView(View):
    """Examples `(n, 1)`: all histograms share the truth's bins and are densities of the whole sample.

    Examples outside the frame count in the total, so that a histogram with some outside has area below 1.
    """

    labels = ("", "density")

    def __init__(self, truth: FloatArray, theme: Theme, density: DensityGrid | None = None) -> None:
        self.truth, self.theme, self.density = truth, theme, density
        self._limits = padded_range(truth[:, 0], pad=0.12)
        self._edges = np.linspace(*self._limits, int(np.clip(2 * len(truth) ** (1 / 3), 12, 60)) + 1)
        heights = self._heights(truth, len(truth))
        peak = heights.max() if density is None else max(density.density.max(), heights.max())
        self._top = 1.15 * float(peak)

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        axes.set_xlim(*self._limits)
        top = max([self._top, *(1.08 * height for height in _heights_drawn(axes))])
        axes.set_ylim(0, min(top, TALLEST * self._top))
        few_ticks(axes, x=3, y=3 if labelled else 0)
        axes.tick_params(labelbottom=labelled)
        if labelled:
            axes.set_ylabel(self.labels[1], labelpad=1)

    def _draw_truth(self, axes: Axes) -> None:
        self._shade(axes)
        self._steps(axes, self.truth, len(self.truth), self.theme.control)

    def _draw(self, axes: Axes, x: FloatArray, total: int, style: RowStyle) -> None:
        self._shade(axes)
        self._steps(axes, x, total, style.colour)

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        tallest = self._heights(x, total).max() / self._top
        cut = [f"peak {1.15 * tallest:.0f} × truth's"] if tallest > TALLEST else []
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
            axes.stairs(self._heights(self.truth, len(self.truth)), self._edges, fill=True, color=self.theme.shades[1])
        else:
            axes.fill_between(self.density.axes[0], self.density.density, color=self.theme.shades[1], linewidth=0)

    def _steps(self, axes: Axes, x: FloatArray, total: int, colour: str) -> None:
        axes.stairs(self._heights(x, total), self._edges, color=colour, linewidth=1.4)


def _heights_drawn(axes: Axes) -> list[float]:
    return [float(np.max(patch.get_data()[0])) for patch in axes.patches if isinstance(patch, StepPatch)]
