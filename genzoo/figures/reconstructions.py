"""What comes back from encoding and decoding, beside what went in."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.arrays import numbers, read_sample, read_truth, thin
from genzoo.figures.images import tile_images
from genzoo.figures.layout import Place, empty, few_ticks, note
from genzoo.figures.points import PointsView, PrincipalView
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import RowStyle, Theme, ThemeName, drawing, row_styles
from genzoo.figures.text import number, sentences
from genzoo.results.box import padded_range

SIZE = 2.3
MOST = {"points": 250, "curves": 6, "images": 8}


def reconstruction_figure(
    x: Any,
    reconstructions: Mapping[str, Any],
    *,
    source: str,
    grid: Any = None,
    rows: Sequence[str] | None = None,
    title: str = "Reconstructions",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw examples and what each row makes of them.

    Below each panel stands the root-mean-square error per number. Points are joined to their
    reconstructions, curves (with a grid) drawn in pairs, images tiled with the original above its
    reconstruction. Everything else is seen in the plane of the examples' first two principal
    components.

    Args:
        x: Examples `(n, *event_shape)`.
        reconstructions: By row, of the examples' shape; None where the row diverged.
        source: The source's name.
        grid: Where curves are taken, `(L,)`.
        rows: All rows of the comparison, in order: it fixes the colours.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no row, or shapes do not agree.
    """
    examples = read_truth(x, "the examples")
    if not reconstructions:
        raise InputError("a reconstruction figure needs at least one row, got none")
    if grid is not None and numbers(grid, "the grid").shape != examples.shape[1:]:
        raise InputError(f"the grid must have shape {examples.shape[1:]}, got {np.shape(grid)}")
    with drawing(theme) as look:
        styles = pick(row_styles([*(rows or ()), *reconstructions], look), list(reconstructions))
        drawer = _drawer(examples, grid, look)
        strip = Strip(
            look,
            styles,
            (SIZE, SIZE),
            left=drawer.left,
            gap=0.32,
            below=0.45,
            title=f"{title}: {source}",
            caption=sentences(caption, drawer.explanation),
        )
        for row, x_row in reconstructions.items():
            axes = strip.axes(row)
            back = _read(x_row, row, examples)
            finite = np.isfinite(back.reshape(len(back), -1)).all(axis=1)
            if not finite.any():
                empty(axes, look, "diverged", SIZE)
                continue
            originals, back = examples[finite], back[finite]
            drawer.draw(axes, originals, back, styles[row])
            axes.tick_params(labelleft=strip.is_first(row))
            error = float(np.sqrt(np.mean((originals - back) ** 2)))
            note(axes, look, f"rms error {number(error)}", place=drawer.place)
        return strip.figure


def _read(reconstructions: Any, row: str, examples: FloatArray) -> FloatArray:
    if reconstructions is None:
        return np.full(examples.shape, np.nan)
    sample = read_sample(reconstructions, f"the reconstructions of {row!r}", examples.shape[1:])
    if sample.n != len(examples):
        raise InputError(f"{row!r} must reconstruct all {len(examples)} examples, got {sample.n}")
    return numbers(reconstructions, row).reshape(examples.shape)


class _Drawer(abc.ABC):
    """One way to draw examples and their reconstructions.

    Attributes:
        explanation: What the caption says about it.
        left: Room to the left of the panels, in inches.
        place: Where the error stands.
    """

    explanation: str
    left: float = 0.42
    place: Place = "under ticks"

    @abc.abstractmethod
    def draw(self, axes: Axes, x: FloatArray, back: FloatArray, style: RowStyle) -> None:
        """Draw finite examples `(n, *event_shape)` and what came back of them."""


def _drawer(examples: FloatArray, grid: Any, theme: Theme) -> _Drawer:
    if grid is not None:
        return _Curves(numbers(grid, "the grid"), theme)
    if examples.ndim == 4 and examples.shape[1] in (1, 3):
        return _Images()
    return _Points(examples, theme)


class _Points(_Drawer):
    """Points that are joined to their reconstructions."""

    def __init__(self, examples: FloatArray, theme: Theme) -> None:
        self.explanation = "Grey: examples; lines lead to their reconstructions."
        if examples.shape[1:] == (2,):
            self.view = PointsView(examples, theme, MOST["points"])
        else:
            self.view = PrincipalView(examples, theme, MOST["points"])
            self.explanation += (
                " Axes: the examples' first two principal components, columns scaled."
            )

    def draw(self, axes: Axes, x: FloatArray, back: FloatArray, style: RowStyle) -> None:
        """Draw at most 250 of them."""
        view = self.view
        chosen = thin(np.arange(len(x)), MOST["points"])
        start, end = view.project(x[chosen]), view.project(back[chosen])
        segments = list(np.stack([start, end], 1))
        joins = LineCollection(segments, colors=style.colour, linewidths=0.7, alpha=0.6)
        dots: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 2.5, "mew": 0}
        axes.plot(*start.T, color=view.theme.truth, **dots)
        axes.add_collection(joins, autolim=False)
        axes.plot(*end.T, color=style.colour, **dots)
        view.frame(axes, labelled=True)
        axes.set(xlabel="", ylabel="")


class _Curves(_Drawer):
    """Curves in pairs."""

    explanation = "Grey: curves; coloured: their reconstructions."

    def __init__(self, grid: FloatArray, theme: Theme) -> None:
        self.grid = grid
        self.theme = theme

    def draw(self, axes: Axes, x: FloatArray, back: FloatArray, style: RowStyle) -> None:
        """Draw at most 6 of them."""
        order = np.argsort(self.grid)
        grid = self.grid[order]
        for i in thin(np.arange(len(x)), MOST["curves"]):
            axes.plot(grid, x[i, order], color=self.theme.truth, linewidth=2.4, alpha=0.8)
            axes.plot(grid, back[i, order], color=style.colour, linewidth=1.1)
        axes.set_ylim(*padded_range(x.ravel(), pad=0.2, tail=0.0))
        few_ticks(axes, x=3, y=3)


class _Images(_Drawer):
    """Images, each above its reconstruction."""

    explanation = "Upper of each pair: the image; lower: its reconstruction."
    left = 0.0
    place: Place = "below"

    def draw(self, axes: Axes, x: FloatArray, back: FloatArray, style: RowStyle) -> None:
        """Draw at most 8 of them, in pairs of lines."""
        chosen = thin(np.arange(len(x)), MOST["images"])
        columns = max(1, len(chosen) // 2)
        lines = []
        for start in range(0, len(chosen), columns):
            places = chosen[start : start + columns]
            blank = np.full((columns - len(places), *x.shape[1:]), np.nan)
            lines += [x[places], blank, back[places], blank]
        limits = padded_range(x.ravel(), pad=0.0)
        picture = tile_images(np.concatenate(lines), limits, columns=columns)
        axes.imshow(np.nan_to_num(picture, nan=0.5), cmap="gray", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
