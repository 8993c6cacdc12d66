"""A grid of images for each row."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import read_sample, thin
from genzoo.figures.images import tile_images
from genzoo.figures.layout import empty
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import RowStyle, ThemeName, drawing, row_styles
from genzoo.results.frame import padded_range

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
    """Draw up to columns x columns images of each row, all on one range of values: the truth's where it is given.

    Args:
        images: By row, `(n, C, H, W)` with C = 1 or 3; None where the row diverged.
        truth: Real images, drawn first.
        columns: Images side by side.
        rows: All rows of the comparison, in order: it fixes the colours.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is nothing to draw, or it is not images.
    """
    panels = ({} if truth is None else {"truth": truth}) | dict(images)
    samples = {
        row: read_sample(x, f"the images of {row!r}") for row, x in panels.items() if x is not None
    }
    wrong = [
        s.finite.shape[1:]
        for s in samples.values()
        if s.finite.ndim != 4 or s.finite.shape[1] not in (1, 3)
    ]
    if not panels or wrong or columns < 1:
        shapes = f"got {wrong[0]}" if wrong else f"got {len(panels)} rows and {columns} columns"
        raise InputError(
            f"an image grid needs images (C, H, W) with C = 1 or 3, and columns >= 1: {shapes}"
        )
    finite = {row: sample.finite for row, sample in samples.items() if len(sample.finite)}
    with drawing(theme) as look:
        styles = row_styles([row for row in (*(rows or ()), *images) if row != "truth"], look)
        styles["truth"] = RowStyle(look.truth, "o")
        place: dict[str, Any] = {"left": 0.0, "gap": 0.2, "below": 0.2, "per_line": 3}
        scale = finite.get("truth", next(iter(finite.values()), None))
        tiled = {
            row: tile_images(
                thin(x, columns**2), padded_range(scale.ravel(), pad=0.0), columns=columns
            )
            for row, x in finite.items()
            if scale is not None
        }
        height = max(
            (SIZE * tiles.shape[0] / tiles.shape[1] for tiles in tiled.values()), default=SIZE / 4
        )
        strip = Strip(
            look, pick(styles, list(panels)), (SIZE, height), title=title, caption=caption, **place
        )
        for row in panels:
            axes = strip.axes(row)
            if row not in tiled:
                empty(axes, look, "diverged", SIZE)
                continue
            axes.imshow(tiled[row], cmap="gray", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[], anchor="N")
        return strip.figure
