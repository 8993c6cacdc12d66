"""Samples against truth: every model on every source in one sheet."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import Conditioned, Sample, numbers, read_sample, read_truth
from genzoo.figures.curves import CurvesView
from genzoo.figures.histograms import HistogramView
from genzoo.figures.images import ImagesView
from genzoo.figures.keys import KEY_LINE, Key
from genzoo.figures.layout import (
    LINE,
    MARGIN,
    empty,
    header,
    header_height,
    headline,
    headline_height,
    panel,
    write,
)
from genzoo.figures.points import PointsView, PrincipalView
from genzoo.figures.style import HEADING, Theme, ThemeName, drawing, row_detail, row_styles
from genzoo.figures.text import sentences, wrap
from genzoo.figures.views import DensityGrid, View

PANEL, GAP = 1.8, 0.12
WIDEST_STRIP = 5


def samples_sheet(
    truth: Mapping[str, Any],
    samples: Mapping[str, Mapping[str, Any]],
    *,
    rows: Sequence[str] | None = None,
    grids: Mapping[str, Any] | None = None,
    densities: Mapping[str, DensityGrid] | None = None,
    reasons: Mapping[tuple[str, str], str] | None = None,
    title: str = "Samples against the truth",
    caption: str = "",
    theme: ThemeName = "light",
    max_points: int = 1500,
) -> Figure:
    """Draw each row's samples over the truth.

    Sources run from top to bottom; in each line the truth comes first and then the rows. All panels
    of a source share the frame that its truth fixes; what lies outside is counted in the corner.
    Where the truth is `Conditioned`, samples that are so too have a colour for each class or along
    the number that they were asked for, and images a row for each class.
    1-D examples are histograms over the truth's density, 2-D ones points, curves (with a grid) line
    bundles over the truth's band, images tiles, and everything else points in the plane of the
    truth's first two principal components. With one source, more than five panels go on several
    lines.

    Args:
        truth: By source, real examples `(n, *event_shape)`; arrays or CPU tensors, or `Conditioned`
            ones.
        samples: By source and row, generated examples of the same event shape; None for a diverged
            run. Rows that a source lacks get an empty panel that says so.
        rows: All rows of the comparison, in order: it fixes columns and colours. By default those
            in `samples`.
        grids: By source, the values `(L,)` at which its curves are taken.
        densities: By 1-D or 2-D source, its log-density, from `density_grid`.
        reasons: By (source, row), what an empty panel says.
        title: Headline.
        caption: A sentence below it, such as which seed is shown.
        theme: `"light"` or `"dark"`.
        max_points: Points drawn in a panel, at most; shares are always of the whole sample.

    Raises:
        InputError: When there is no source, an event shape differs from the truth's, or a grid does
            not fit.
    """
    if not truth:
        raise InputError("the samples sheet needs the truth of at least one source, got none")
    if rows is None:
        rows = list(itertools.chain.from_iterable(samples.values()))
    names = list(dict.fromkeys(rows))
    with drawing(theme) as look:
        styles = row_styles(names, look)
        views = {}
        for source, x in truth.items():
            grid, density = (grids or {}).get(source), (densities or {}).get(source)
            views[source] = _view(source, x, grid, density, look, max_points)
            given = read_sample(x, f"the truth of {source!r}").given
            if isinstance(x, Conditioned) and given is not None:
                views[source].show_conditions(Key(x.field, look), given)
        sheet = _Sheet(views, names, look, title, caption)
        for line, (source, view) in enumerate(views.items()):
            axes = sheet.axes(line, 0)
            view.show_truth(axes)
            sheet.finish(axes, line, 0, view, "truth", look.truth)
            for column, row in enumerate(names, start=1):
                axes = sheet.axes(line, column)
                sample, why_empty = _read_row(samples.get(source, {}), row, source, view)
                if sample is None:
                    reason = (reasons or {}).get((source, row)) or why_empty
                    empty(axes, look, reason, PANEL)
                    sheet.finish(axes, line, column, None, row, styles[row].colour)
                else:
                    view.show(axes, sample, styles[row])
                    sheet.finish(axes, line, column, view, row, styles[row].colour)
        return sheet.figure


def _view(
    source: str, x: Any, grid: Any, density: DensityGrid | None, theme: Theme, max_points: int
) -> View:
    truth = read_truth(x, f"the truth of {source!r}")
    shape = truth.shape[1:]
    if grid is not None:
        if len(shape) != 1:
            raise InputError(
                f"{source!r} has a grid, so its examples must be curves (L,), "
                f"got event shape {shape}"
            )
        return CurvesView(truth, numbers(grid, f"the grid of {source!r}"), theme)
    if density is not None and shape != (len(density.axes),):
        raise InputError(
            f"the density grid of {source!r} has {len(density.axes)} axes, "
            f"its examples have shape {shape}"
        )
    if shape == (1,):
        return HistogramView(truth, theme, density)
    if shape == (2,):
        return PointsView(truth, theme, max_points, density)
    if len(shape) == 3 and shape[0] in (1, 3):
        return ImagesView(truth, theme)
    return PrincipalView(truth, theme, max_points)


def _read_row(
    by_row: Mapping[str, Any], row: str, source: str, view: View
) -> tuple[Sample | None, str]:
    """What to draw of a row; or None, and why there is nothing."""
    if row not in by_row:
        return None, "no samples"
    if by_row[row] is None:
        return None, "diverged"
    what = f"the samples of {row!r} on {source!r}"
    sample = read_sample(by_row[row], what, view.truth.shape[1:])
    if len(sample.finite):
        return sample, ""
    if sample.n:
        return None, "diverged: no finite sample"
    return None, "no samples"


class _Sheet:
    """Places the panels: a matrix for several sources, a wrapped strip for one."""

    def __init__(
        self, views: Mapping[str, View], rows: list[str], theme: Theme, title: str, caption: str
    ) -> None:
        self.sources = list(views)
        self.theme = theme
        alone = len(views) == 1
        panels = 1 + len(rows)
        self.wrapped = alone and panels > WIDEST_STRIP
        lines, self.columns = len(views), panels
        if self.wrapped:
            lines = math.ceil(panels / WIDEST_STRIP)
            self.columns = math.ceil(panels / lines)
        if alone:
            title = f"{title}: {self.sources[0]}"
        explanations = [view.explanation for view in views.values()]
        meanings = [view.meaning for view in views.values()]
        caption = sentences(*dict.fromkeys([caption, *explanations, *meanings]))
        labels = [view.labels for view in views.values()]
        below = 0.42 if any(across for across, _ in labels) else 0.3
        beside = 0.62 if any(upwards for _, upwards in labels) else 0.42
        longest = PANEL + below - 0.1
        self._names = [wrap(name, longest, HEADING, lines=2, weight="bold") for name in views]
        name_lines = 0
        if not alone:
            name_lines = 1 + max(name.count("\n") for name in self._names)
        self._left = MARGIN + name_lines * HEADING * LINE + beside
        width = max(self._left + self.columns * (PANEL + GAP) - GAP + MARGIN, 3.6)
        header_space = header_height({row: row_detail(row) for row in rows}, PANEL)
        self._pitch = PANEL + below + (header_space if self.wrapped else 0.06)
        keys_top = headline_height(title, caption, width)
        keyed = {name: view.key for name, view in views.items() if view.key and view.has_key}
        self._first = keys_top + len(keyed) * KEY_LINE + header_space
        height = self._first + (lines - 1) * self._pitch + PANEL + below
        self.figure = Figure(figsize=(width, height))
        headline(self.figure, theme, title, caption)
        for line, (name, key) in enumerate(keyed.items()):
            heading = key.field.name if alone else f"{name}, {key.field.name}"
            key.draw(self.figure, keys_top - 0.06 + line * KEY_LINE, f"{heading}:")

    def axes(self, line: int, column: int) -> Axes:
        """The panel of a source (line) and a row (column)."""
        return panel(self.figure, *self._place(line, column), PANEL, PANEL)

    def _place(self, line: int, column: int) -> tuple[float, float]:
        if self.wrapped:
            line, column = divmod(column, self.columns)
        return self._left + column * (PANEL + GAP), self._first + line * self._pitch

    def finish(
        self, axes: Axes, line: int, column: int, view: View | None, name: str, colour: str
    ) -> None:
        """Frame and header of a panel; the source's name beside the first one."""
        left, top = self._place(line, column)
        if view:
            view.frame(axes, labelled=column == 0)
        if line == 0:
            detail = row_detail(name) if column else ""
            header(self.figure, self.theme, left, top, PANEL, name, colour, detail=detail)
        if column == 0 and len(self.sources) > 1:
            upright: dict[str, Any] = {"rotation": 90, "va": "center", "multialignment": "center"}
            font: dict[str, Any] = {"fontsize": HEADING, "fontweight": "bold"}
            write(self.figure, MARGIN, top + PANEL / 2, self._names[line], **upright, **font)
