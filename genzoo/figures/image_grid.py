"""A grid of images for each row."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from matplotlib.figure import Figure

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.arrays import read_sample, thin
from genzoo.figures.images import tile_images
from genzoo.figures.layout import empty
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import RowStyle, ThemeName, drawing, row_styles
from genzoo.results.box import padded_range

SIZE = 3.0


def image_grid(
    images: Mapping[str, Any],
    *,
    truth: Any = None,
    columns: int = 8,
    rows: Sequence[str] | None = None,
    title: str = "Images",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw up to columns x columns images of each row.

    All are on one range of values: the truth's where it is given.

    Args:
        images: By row, `(n, C, H, W)` with C = 1 or 3; None where the row diverged.
        truth: Real images, drawn first.
        columns: How many images stand side by side.
        rows: All rows of the comparison, in order: it fixes the colours.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is nothing to draw, or it is not images.
    """
    panels = dict(images)
    if truth is not None:
        panels = {"truth": truth} | panels
    finite = _finite_images(panels)
    if not panels or columns < 1:
        _refuse(f"got {len(panels)} rows and {columns} columns")
    with drawing(theme) as look:
        models = [row for row in (*(rows or ()), *images) if row != "truth"]
        styles = row_styles(models, look) | {"truth": RowStyle(look.truth, "o")}
        tiled = _tiled(finite, columns)
        height = SIZE / 4
        if tiled:
            height = max(SIZE * tiles.shape[0] / tiles.shape[1] for tiles in tiled.values())
        strip = Strip(
            look,
            pick(styles, list(panels)),
            (SIZE, height),
            left=0.0,
            gap=0.2,
            below=0.2,
            per_line=3,
            title=title,
            caption=caption,
        )
        for row in panels:
            axes = strip.axes(row)
            if row not in tiled:
                empty(axes, look, "diverged", SIZE)
                continue
            axes.imshow(tiled[row], cmap="gray", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[], anchor="N")
        return strip.figure


def _finite_images(panels: Mapping[str, Any]) -> dict[str, FloatArray]:
    """By row, the images `(n, C, H, W)` without NaN; rows that have none are left out."""
    finite = {}
    for row, x in panels.items():
        if x is None:
            continue
        images = read_sample(x, f"the images of {row!r}").finite
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            _refuse(f"got {images.shape[1:]}")
        if len(images):
            finite[row] = images
    return finite


def _refuse(got: str) -> NoReturn:
    expected = "images (C, H, W) with C = 1 or 3, and columns >= 1"
    raise InputError(f"an image grid needs {expected}: {got}")


def _tiled(images: Mapping[str, FloatArray], columns: int) -> dict[str, FloatArray]:
    """By row, one picture of its images, on the range of the truth or else of the first row."""
    if not images:
        return {}
    scale = images.get("truth", next(iter(images.values())))
    limits = padded_range(scale.ravel(), pad=0.0)
    tiled = {}
    for row, x in images.items():
        tiled[row] = tile_images(thin(x, columns**2), limits, columns=columns)
    return tiled
