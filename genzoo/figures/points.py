"""Points in the plane, and tables seen in the plane of the truth's first two principal components."""

import numpy as np
from matplotlib.axes import Axes

from genzoo.figures.arrays import BoolArray, thin
from genzoo.figures.layout import few_ticks
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.text import percent
from genzoo.figures.views import DensityGrid, View
from genzoo.results.frame import frame_limits
from genzoo.results.types import FloatArray


class PointsView(View):
    """Points `(n, 2)` over the truth: shaded highest-density regions where its density is given, else its points."""

    def __init__(
        self, truth: FloatArray, theme: Theme, most: int, density: DensityGrid | None = None
    ) -> None:
        self.truth, self.theme, self.most, self.density = truth, theme, most, density
        self._limits = frame_limits(self.project(truth))
        self.explanation = (
            "Points over grey points of the truth."
            if density is None
            else "Points over the truth's highest-density regions (50, 90, 99 %)."
        )

    def project(self, x: FloatArray) -> FloatArray:
        """Where examples are drawn, `(n, 2)`."""
        return x

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        (left, right), (bottom, top) = self._limits
        axes.set(xlim=(left, right), ylim=(bottom, top))
        equal = np.isclose(right - left, top - bottom, rtol=1e-6)
        axes.set_aspect("equal" if equal else "auto")
        few_ticks(axes, x=3 if labelled else 0, y=3 if labelled else 0)
        if labelled:
            axes.set_xlabel(self.labels[0], labelpad=1)
            axes.set_ylabel(self.labels[1], labelpad=1)

    def _draw_truth(self, axes: Axes) -> None:
        self._shade(axes)
        self._dots(
            axes,
            self.truth,
            self.theme.control if self.density is None else self.theme.text,
            alpha=0.45,
        )

    def _draw(self, axes: Axes, x: FloatArray, total: int, style: RowStyle) -> None:
        if self.density is None:
            self._dots(axes, self.truth, self.theme.truth, alpha=0.35)
        else:
            self._shade(axes)
        self._dots(axes, x, style.colour, alpha=0.7)

    def _outside(self, x: FloatArray) -> BoolArray:
        points = self.project(x)
        low, high = np.array(self._limits).T
        result: BoolArray = ((points < low) | (points > high)).any(axis=1)
        return result

    def _shade(self, axes: Axes) -> None:
        levels = self.density.levels() if self.density else []
        if self.density is None or not levels:
            return
        density, (x, y) = self.density.density.T, self.density.axes
        top = max(float(density.max()), levels[-1]) * 1.01
        axes.contourf(
            x, y, density, [*levels, top], colors=self.theme.shades[-len(levels) :], zorder=0
        )

    def _dots(self, axes: Axes, x: FloatArray, colour: str, alpha: float) -> None:
        points = self.project(thin(x, self.most))
        if not len(points):
            return
        widths = np.array([high - low for low, high in self._limits])
        tight = bool((np.ptp(points, axis=0) < 0.02 * widths).all())
        size = 5.0 if tight else 3.2 if len(points) < 200 else 2.0
        alpha = 1.0 if tight or len(points) < 50 else alpha
        axes.plot(
            *points.T,
            ls="none",
            marker="o",
            ms=size,
            mew=0,
            color=colour,
            alpha=alpha,
            rasterized=True,
        )


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
        _, singular, rows = np.linalg.svd(
            (thin(flat, 2000) - self._mean) / self._sd, full_matrices=False
        )
        axes = rows[:2]
        axes = (
            axes
            * np.where(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
        )
        self._directions = np.concatenate([axes, np.zeros((2 - len(axes), flat.shape[1]))]).T
        super().__init__(truth, theme, most)
        shares = np.append(singular**2, [0.0, 0.0])[:2] / max(float((singular**2).sum()), 1e-300)
        self.labels = (f"PC 1 ({percent(float(shares[0]))})", f"PC 2 ({percent(float(shares[1]))})")
        self.explanation = (
            "PC: principal components of the truth, columns divided by its standard deviation "
            "(in brackets: share of its variance)."
        )

    def project(self, x: FloatArray) -> FloatArray:
        """Coordinates along the two principal components, `(n, 2)`."""
        projected: FloatArray = ((x.reshape(len(x), -1) - self._mean) / self._sd) @ self._directions
        return projected
