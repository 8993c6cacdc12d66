"""Small images, tiled into one."""

import math

import numpy as np
from matplotlib.axes import Axes

from genzoo.arrays import FloatArray, Mask
from genzoo.figures.arrays import thin
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.text import percent
from genzoo.figures.views import View
from genzoo.results.box import padded_range


class ImagesView(View):
    """Images `(n, C, H, W)`, C = 1 or 3, the first few in a square.

    All are on the truth's range of values.
    """

    def __init__(self, truth: FloatArray, theme: Theme, side: int = 5) -> None:
        self.truth = truth
        self.theme = theme
        self.side = side
        self._range = padded_range(truth.ravel(), pad=0.0)
        self.explanation = "Images: grey levels and colours span the truth's range of values."

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        axes.set_xticks([])
        axes.set_yticks([])

    def _draw_truth(self, axes: Axes) -> None:
        self._tiles(axes, self.truth)

    def _draw(self, axes: Axes, x: FloatArray, total: int, style: RowStyle) -> None:
        self._tiles(axes, x)

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        low, high = self._range
        slack = 0.02 * (high - low)
        beyond = (x < low - slack) | (x > high + slack)
        if not len(x) or beyond.mean() < 0.01:
            return []
        return [f"{percent(float(beyond.mean()))} of values cut"]

    def _outside(self, x: FloatArray) -> Mask:
        return np.zeros(len(x), dtype=bool)

    def _tiles(self, axes: Axes, x: FloatArray) -> None:
        image = tile_images(thin(x, self.side**2), self._range, columns=self.side, rows=self.side)
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)


def tile_images(
    x: FloatArray, value_range: tuple[float, float], *, columns: int, rows: int | None = None
) -> FloatArray:
    """One picture of many: `(n, C, H, W)` to `(rows H', columns W')`.

    A channel axis comes last when C = 3. Values become 0 at the lower end of the range and 1 at the
    upper, and are cut beyond; gaps are mid-grey.
    """
    n, channels, height, width = x.shape
    rows = rows or max(1, math.ceil(n / columns))
    low, high = value_range
    scaled = np.clip((x - low) / max(high - low, 1e-300), 0, 1)
    gap = max(1, round(height / 16))
    down, across = height + gap, width + gap
    canvas = np.full((rows * down - gap, columns * across - gap, channels), 0.5)
    for i, image in enumerate(scaled[: rows * columns]):
        row, column = divmod(i, columns)
        top, left = row * down, column * across
        canvas[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    if channels == 1:
        return canvas[..., 0]
    return canvas
