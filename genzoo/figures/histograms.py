"""Numbers on the line, as histograms over the truth's density."""

import numpy as np
from matplotlib.axes import Axes

from genzoo.arrays import FloatArray, Mask
from genzoo.figures.arrays import Sample
from genzoo.figures.layout import few_ticks
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.views import DensityGrid, View
from genzoo.results.box import padded_range

TALLEST = 1.5
"""The axis ends at this many times the truth's peak; a histogram that is cut there says so."""


class HistogramView(View):
    """Examples `(n, 1)` as histograms on the truth's bins, densities of the whole sample.

    Examples outside the frame count in the total, so that a histogram with some outside has area
    below 1.
    """

    labels = ("", "density")

    def __init__(self, truth: FloatArray, theme: Theme, density: DensityGrid | None = None) -> None:
        self.truth = truth
        self.theme = theme
        self.density = density
        self._limits = padded_range(truth[:, 0], pad=0.12)
        bins = int(np.clip(3 * len(truth) ** (1 / 3), 12, 60))
        self._edges = np.linspace(*self._limits, bins + 1)
        self._peak = float(self._heights(truth, len(truth)).max())
        if density is not None:
            self._peak = max(float(density.density.max()), self._peak)

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        axes.set_xlim(*self._limits)
        axes.set_ylim(0, TALLEST * self._peak)
        few_ticks(axes, x=3, y=3 if labelled else 0)
        axes.tick_params(labelbottom=labelled)
        if labelled:
            axes.set_ylabel(self.labels[1], labelpad=3)

    def _draw_truth(self, axes: Axes) -> None:
        self._shade(axes)
        truth = Sample(self.truth, len(self.truth), self.truth_given)
        self._steps(axes, truth, self.theme.control)

    def _draw(self, axes: Axes, sample: Sample, style: RowStyle) -> None:
        self._shade(axes)
        self._steps(axes, sample, style.colour)

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        remarks = super()._remarks(x, total)
        tallest = float(self._heights(x, total).max()) / self._peak
        if tallest > TALLEST:
            remarks.append(f"peak {tallest:.1f} × truth's")
        return remarks

    def _outside(self, x: FloatArray) -> Mask:
        low, high = self._limits
        result: Mask = (x[:, 0] < low) | (x[:, 0] > high)
        return result

    def _heights(self, x: FloatArray, total: int) -> FloatArray:
        counts, edges = np.histogram(x[:, 0], self._edges)
        heights: FloatArray = counts / (max(total, 1) * np.diff(edges))
        return heights

    def _shade(self, axes: Axes) -> None:
        colour = self.theme.shades[1]
        if self.density is None:
            heights = self._heights(self.truth, len(self.truth))
            axes.stairs(heights, self._edges, fill=True, color=colour)
        else:
            (x,) = self.density.axes
            axes.fill_between(x, self.density.density, color=colour, linewidth=0)

    def _steps(self, axes: Axes, sample: Sample, colour: str) -> None:
        """One line for all examples, or one for those of each class."""
        if self.key is None or sample.given is None or not self.key.classes:
            heights = self._heights(sample.finite, sample.n)
            axes.stairs(heights, self._edges, color=colour, linewidth=1.4)
            return
        for one in np.unique(sample.given):
            (own,) = self.key.colours(np.array([one]))
            heights = self._heights(sample.finite[sample.given == one], sample.n)
            axes.stairs(heights, self._edges, color=tuple(own), linewidth=1.4)
