"""Small images, tiled into one."""

import math

import numpy as np
from matplotlib.axes import Axes

from genzoo.arrays import FloatArray, Mask
from genzoo.figures.arrays import Sample, thin
from genzoo.figures.keys import NAMED, Key
from genzoo.figures.style import SMALL, RowStyle, Theme
from genzoo.figures.text import literal, percent, shorten
from genzoo.figures.views import View
from genzoo.results.box import padded_range

FEWEST = 5
"""Images in the row of a class, at least."""
NAME = 0.4
"""Inches for the name of a class."""


class ImagesView(View):
    """Images `(n, C, H, W)`, C = 1 or 3, the first few in a square.

    Those with labels stand in a row for each class. All are on the truth's range of values.
    """

    has_key = False

    def __init__(self, truth: FloatArray, theme: Theme, side: int = 5) -> None:
        self.truth = truth
        self.theme = theme
        self.side = side
        self._range = padded_range(truth.ravel(), pad=0.0)
        self.explanation = "Images: grey levels and colours span the truth's range of values."

    def show_conditions(self, key: Key, truth_given: FloatArray) -> None:
        """From now on, stand images with labels in a row for each class, others by their number."""
        self.key = key
        self.truth_given = truth_given
        name = key.field.name
        said = f"Images with conditions: in order of {name}."
        if key.classes:
            said = f"Images with conditions: a row for each class of the label {name}."
            self.labels = ("", name)
        if len(key.classes) > NAMED:
            said = f"{said[:-1]}, the first {NAMED} of {len(key.classes)}."
        self.meaning = said

    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        axes.set_xticks([])
        axes.set_yticks([])
        if labelled and self.key is not None and self.key.classes:
            names = [shorten(literal(name), NAME, SMALL) for name in self.key.classes[:NAMED]]
            height = self.truth.shape[2]
            pitch = height + _gap(height)
            axes.set_yticks(pitch * np.arange(len(names)) + height / 2 - 0.5, names)
            axes.tick_params("y", length=0)
            axes.set_ylabel(self.labels[1], labelpad=2)

    def _draw_truth(self, axes: Axes) -> None:
        self._tiles(axes, self.truth, self.truth_given)

    def _draw(self, axes: Axes, sample: Sample, style: RowStyle) -> None:
        self._tiles(axes, sample.finite, sample.given)

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        low, high = self._range
        slack = 0.02 * (high - low)
        beyond = (x < low - slack) | (x > high + slack)
        if not len(x) or beyond.mean() < 0.01:
            return []
        return [f"{percent(float(beyond.mean()))} of values cut"]

    def _outside(self, x: FloatArray) -> Mask:
        return np.zeros(len(x), dtype=bool)

    def _tiles(self, axes: Axes, x: FloatArray, given: FloatArray | None) -> None:
        if self.key is None or given is None:
            self._draw_tiles(axes, thin(x, self.side**2), self.side, self.side)
        elif self.key.classes:
            self._draw_classes(axes, x, given, min(len(self.key.classes), NAMED))
        else:
            order = thin(np.arange(len(x)), self.side**2)
            by_number = order[given[order].argsort()]
            self._draw_tiles(axes, x[by_number], self.side, self.side)

    def _draw_classes(self, axes: Axes, x: FloatArray, given: FloatArray, rows: int) -> None:
        """The first images of each class, one row after the other; grey where there are fewer."""
        _, counts = np.unique(given, return_counts=True)
        columns = min(max(rows, FEWEST), int(counts.max(initial=1)))
        drawn = np.full((rows, columns, *x.shape[1:]), sum(self._range) / 2)
        for row in range(rows):
            members = x[given == row][:columns]
            drawn[row, : len(members)] = members
        shape = self._draw_tiles(axes, drawn.reshape(-1, *x.shape[1:]), rows, columns)
        # The frame is a square, whatever the images fill of it.
        end = max(shape) - 0.5
        axes.set(xlim=(-0.5, end), ylim=(end, -0.5))

    def _draw_tiles(self, axes: Axes, x: FloatArray, rows: int, columns: int) -> tuple[int, int]:
        """Draw images as one, and return its height and width."""
        image = tile_images(x, self._range, columns=columns, rows=rows)
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
        height, width = image.shape[:2]
        return height, width


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
    gap = _gap(height)
    down, across = height + gap, width + gap
    canvas = np.full((rows * down - gap, columns * across - gap, channels), 0.5)
    for i, image in enumerate(scaled[: rows * columns]):
        row, column = divmod(i, columns)
        top, left = row * down, column * across
        canvas[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    if channels == 1:
        return canvas[..., 0]
    return canvas


def _gap(height: int) -> int:
    """Pixels between images of this height."""
    return max(1, round(height / 16))
