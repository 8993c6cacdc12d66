"""Points in the plane, and tables in the plane of the truth's first two principal components."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from genzoo.arrays import FloatArray, Mask
from genzoo.figures.arrays import Sample, thin
from genzoo.figures.layout import few_ticks
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.text import percent
from genzoo.figures.views import DensityGrid, View
from genzoo.results.box import box_limits


class PointsView(View):
    """Points `(n, 2)` over the truth.

    The truth is shown as shaded highest-density regions where its density is given, else as points.
    """

    def __init__(
        self, truth: FloatArray, theme: Theme, most: int, density: DensityGrid | None = None
    ) -> None:
        self.truth = truth
        self.theme = theme
        self.most = most
        self.density = density
        self._limits = box_limits(self.project(truth))
        self.explanation = "Points over grey points of the truth."
        if density is not None:
            self.explanation = "Points over the truth's highest-density regions (50, 90, 99 %)."

    def project(self, x: FloatArray) -> FloatArray:
        """Where examples are drawn, `(n, 2)`."""
        return x

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        (left, right), (bottom, top) = self._limits
        axes.set(xlim=(left, right), ylim=(bottom, top))
        equal = np.isclose(right - left, top - bottom, rtol=1e-6)
        axes.set_aspect("equal" if equal else "auto")
        if not labelled:
            few_ticks(axes, x=0, y=0)
        else:
            few_ticks(axes, x=3, y=3)
            axes.set_xlabel(self.labels[0], labelpad=1)
            axes.set_ylabel(self.labels[1], labelpad=1)

    def _draw_truth(self, axes: Axes) -> None:
        self._shade(axes)
        colour = self.theme.text
        if self.density is None:
            colour = self.theme.control
        self._dots(axes, self.truth, self.colours(self.truth_given, colour), alpha=0.45)

    def _draw(self, axes: Axes, sample: Sample, style: RowStyle) -> None:
        if self.density is None:
            self._dots_of_truth(axes, sample)
        else:
            self._shade(axes)
        colours = self.colours(sample.given, style.colour)
        self._dots(axes, sample.finite, colours, alpha=0.7)

    def _dots_of_truth(self, axes: Axes, sample: Sample) -> None:
        """The truth below a sample, in pale colours of its own where the sample has conditions."""
        if self.key is None or self.truth_given is None or sample.given is None:
            self._dots(axes, self.truth, self.theme.truth, alpha=0.35)
        else:
            pale = self.key.pale_colours(self.truth_given)
            self._dots(axes, self.truth, pale, alpha=0.8)

    def _outside(self, x: FloatArray) -> Mask:
        points = self.project(x)
        low, high = np.array(self._limits).T
        result: Mask = ((points < low) | (points > high)).any(axis=1)
        return result

    def _shade(self, axes: Axes) -> None:
        if self.density is None:
            return
        levels = self.density.levels()
        if not levels:
            return
        density, (x, y) = self.density.density.T, self.density.axes
        top = max(float(density.max()), levels[-1]) * 1.01
        shades = self.theme.shades[-len(levels) :]
        axes.contourf(x, y, density, [*levels, top], colors=shades, zorder=0)

    def _dots(self, axes: Axes, x: FloatArray, colour: str | FloatArray, alpha: float) -> None:
        order = thin(np.arange(len(x)), self.most)
        points = self.project(x[order])
        if not len(points):
            return
        low, high = np.array(self._limits).T
        tight = bool((np.ptp(points, axis=0) < 0.02 * (high - low)).all())
        size = 2.0
        if tight:
            size = 5.0
        elif len(points) < 200:
            size = 3.2
        if tight or len(points) < 50:
            alpha = 1.0
        look: dict[str, Any] = {"marker": "o", "alpha": alpha, "rasterized": True}
        x, y = points.T
        if isinstance(colour, str):
            axes.plot(x, y, color=colour, ls="none", ms=size, mew=0, **look)
        else:
            axes.scatter(x, y, c=colour[order], s=size**2, linewidths=0, **look)


class PrincipalView(PointsView):
    """Examples of any shape, projected on the truth's first two principal components.

    Columns are divided by the truth's standard deviation first (a constant column by 1): x -> (x -
    m) / s W, where the columns of W are the leading right singular vectors of the truth treated so.
    """

    def __init__(self, truth: FloatArray, theme: Theme, most: int) -> None:
        flat = truth.reshape(len(truth), -1)
        self._mean = flat.mean(axis=0)
        sd = flat.std(axis=0)
        self._sd = np.where(sd > 1e-12 * np.maximum(np.abs(self._mean), 1e-300), sd, 1.0)
        scaled = (thin(flat, 2000) - self._mean) / self._sd
        _, singular, rows = np.linalg.svd(scaled, full_matrices=False)
        axes = rows[:2]
        # The sign of a component is arbitrary: its largest entry is made positive.
        largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
        axes = axes * np.where(largest < 0, -1, 1)[:, None]
        missing = np.zeros((2 - len(axes), flat.shape[1]))
        self._directions = np.concatenate([axes, missing]).T
        super().__init__(truth, theme, most)
        variances = np.append(singular**2, [0.0, 0.0])
        shares = variances[:2] / max(float((singular**2).sum()), 1e-300)
        first, second = shares.tolist()
        self.labels = (f"PC 1 ({percent(first)})", f"PC 2 ({percent(second)})")
        self.explanation = (
            "PC: principal components of the truth, columns divided by its standard deviation "
            "(in brackets: share of its variance)."
        )

    def project(self, x: FloatArray) -> FloatArray:
        """Coordinates along the two principal components, `(n, 2)`."""
        flat = x.reshape(len(x), -1)
        projected: FloatArray = ((flat - self._mean) / self._sd) @ self._directions
        return projected
