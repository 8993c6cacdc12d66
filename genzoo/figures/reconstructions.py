"""What comes back from encoding and decoding, beside what went in."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import numbers, read_sample, read_truth, thin
from genzoo.figures.images import tile_images
from genzoo.figures.layout import empty, few_ticks, note
from genzoo.figures.points import PointsView, PrincipalView
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import RowStyle, Theme, ThemeName, drawing, row_styles
from genzoo.figures.text import number
from genzoo.results.frame import padded_range
from genzoo.results.types import FloatArray

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
    """Draw examples and what each row makes of them; below each panel the root-mean-square error per number.

    Points are joined to their reconstructions, curves (with a grid) drawn in pairs, images tiled
    with the original above its reconstruction. Everything else is seen in the plane of the
    examples' first two principal components.

    Args:
        x: Examples `(n, *event_shape)`.
        reconstructions: By row, of the same shape; None where the row diverged.
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
        curves, images = grid is not None, examples.ndim == 4 and examples.shape[1] in (1, 3)
        explained = "Grey: examples; lines lead to their reconstructions."
        if curves:
            explained = "Grey: curves; coloured: their reconstructions."
        elif images:
            explained = "Upper of each pair: the image; lower: its reconstruction."
        elif examples.shape[1:] != (2,):
            explained += " Axes: the examples' first two principal components, columns scaled."
        place: dict[str, Any] = {"left": 0.0 if images else 0.42, "gap": 0.32, "below": 0.45}
        caption = " ".join(filter(None, (caption, explained)))
        strip = Strip(
            look, styles, (SIZE, SIZE), title=f"{title}: {source}", caption=caption, **place
        )
        view = PointsView(examples, look, MOST["points"]) if examples.shape[1:] == (2,) else None
        for row, given in reconstructions.items():
            axes = strip.axes(row)
            back = np.full(examples.shape, np.nan) if given is None else _read(given, row, examples)
            known = np.isfinite(back.reshape(len(back), -1)).all(axis=1)
            if not known.any():
                empty(axes, look, "diverged", SIZE)
                continue
            pair = examples[known], back[known]
            if curves:
                _draw_curves(axes, look, numbers(grid, "the grid"), *pair, styles[row])
            elif images:
                _draw_images(axes, *pair)
            else:
                view = view or PrincipalView(examples, look, MOST["points"])
                _draw_points(axes, view, *pair, styles[row])
            axes.tick_params(labelleft=strip.is_first(row))
            error = float(np.sqrt(np.mean((pair[0] - pair[1]) ** 2)))
            note(
                axes, look, f"rms error {number(error)}", place="below" if images else "under ticks"
            )
        return strip.figure


def _read(given: Any, row: str, examples: FloatArray) -> FloatArray:
    sample = read_sample(given, f"the reconstructions of {row!r}", examples.shape[1:])
    if sample.n != len(examples):
        raise InputError(f"{row!r} must reconstruct all {len(examples)} examples, got {sample.n}")
    return numbers(given, row).reshape(examples.shape)


def _draw_points(
    axes: Axes, view: PointsView, x: FloatArray, back: FloatArray, style: RowStyle
) -> None:
    chosen = thin(np.arange(len(x)), MOST["points"])
    start, end = view.project(x[chosen]), view.project(back[chosen])
    segments = LineCollection(
        list(np.stack([start, end], 1)), colors=style.colour, linewidths=0.7, alpha=0.6
    )
    axes.plot(*start.T, ls="none", marker="o", ms=2.5, mew=0, color=view.theme.truth)
    axes.add_collection(segments, autolim=False)
    axes.plot(*end.T, ls="none", marker="o", ms=2.5, mew=0, color=style.colour)
    view.frame(axes, labelled=True)
    axes.set(xlabel="", ylabel="")


def _draw_curves(
    axes: Axes, theme: Theme, grid: FloatArray, x: FloatArray, back: FloatArray, style: RowStyle
) -> None:
    order = np.argsort(grid)
    for i in thin(np.arange(len(x)), MOST["curves"]):
        axes.plot(grid[order], x[i, order], color=theme.truth, linewidth=2.4, alpha=0.8)
        axes.plot(grid[order], back[i, order], color=style.colour, linewidth=1.1)
    axes.set_ylim(*padded_range(x.ravel(), pad=0.2, tail=0.0))
    few_ticks(axes, x=3, y=3)


def _draw_images(axes: Axes, x: FloatArray, back: FloatArray) -> None:
    chosen = thin(np.arange(len(x)), MOST["images"])
    columns = max(1, len(chosen) // 2)
    pairs = [
        part[chosen[start : start + columns]]
        for start in range(0, len(chosen), columns)
        for part in (x, back)
    ]
    filled = [
        np.concatenate([part, np.full((columns - len(part), *part.shape[1:]), np.nan)])
        for part in pairs
    ]
    picture = tile_images(np.concatenate(filled), padded_range(x.ravel(), pad=0.0), columns=columns)
    axes.imshow(np.nan_to_num(picture, nan=0.5), cmap="gray", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
