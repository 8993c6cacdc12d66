"""The way of samples from noise to data, and the field that they follow."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.arrays import FloatArray
from genzoo.errors import InputError
from genzoo.figures.arrays import read_sample, read_truth
from genzoo.figures.film import film_view, save_film, shown_samples
from genzoo.figures.layout import MARGIN, header, headline, headline_height, panel, write
from genzoo.figures.points import PointsView
from genzoo.figures.style import SMALL, RowStyle, Theme, ThemeName, drawing, row_styles, save
from genzoo.figures.text import sentences
from genzoo.results.recording import Recording

MOMENTS = 20
"""Equal parts of the time from noise to data in a film of it."""
SHOWN = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Times of a sheet."""
PANEL, GAP, HEAD, BELOW = 1.5, 0.1, 0.26, 0.3
LONGEST = 1.1
"""Length of the longest arrow, in distances of neighbours."""


@dataclass(frozen=True)
class FieldPanel:
    """A field in the plane at one time, and what is there.

    Attributes:
        time: t.
        states: x_t, `(n, 2)`.
        points: Where arrows begin, `(m, 2)`.
        velocity: There, `(m, 2)`, in data units for a unit of time.
    """

    time: float
    states: FloatArray
    points: FloatArray
    velocity: FloatArray


def on_the_way(film: Recording) -> Recording:
    """A film of samples on their way, after the last step of training.

    Its steps are hundredths of t; at each it shows where the sampler is.

    Args:
        film: A recording with a "path".

    Raises:
        InputError: When it has none.
    """
    if "path" not in film.constants:
        raise InputError("this recording holds no way from noise to data")
    steps = np.round(np.linspace(0, 100, MOMENTS + 1)).astype(np.int64)
    times = film.constants["path times"]
    places = np.searchsorted(times, steps / 100 + 1e-6, side="right") - 1
    states = film.constants["path"][np.maximum(places, 0)]
    constants = dict(film.constants)
    if "plane" in film.arrays:
        constants["real"] = constants["real plane"]
    return replace(film, steps=steps, values={}, arrays={"samples": states}, constants=constants)


def generation_sheet(
    films: Mapping[str, Recording],
    *,
    positions: Any = None,
    rows: Sequence[str] | None = None,
    title: str = "From noise to data",
    theme: ThemeName = "light",
) -> Figure:
    """Draw samples on their way: a line for each model, a panel for each of five times.

    Args:
        films: By row, its recording, with a "path"; all on one source.
        positions: `(L,)` where the examples are curves.
        rows: All rows of the comparison, in order: it fixes the colours. By default those in
            `films`.
        title: Headline.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no film, or one without a "path".
    """
    ways = {row: on_the_way(film) for row, film in films.items()}
    if not ways:
        raise InputError("a sheet of generation needs the recording of a model with a velocity")
    with drawing(theme) as look:
        styles = row_styles([*(rows or ()), *ways], look)
        caption = "Samples at time t after the last step of training. Grey or pale: real examples."
        sheet = _Lines({row: styles[row] for row in ways}, look, len(SHOWN), title, caption)
        for row, way in ways.items():
            view = film_view(way, positions, look)
            for column, time in enumerate(SHOWN):
                place = int(np.searchsorted(way.steps, round(100 * time)))
                axes = sheet.axes(row, column, f"t = {time:.2f}")
                sample = shown_samples(way, way.arrays["samples"][place], view, row)
                view.show(axes, sample, styles[row])
                view.frame(axes, labelled=False)
        return sheet.figure


def save_generation(
    path: str | os.PathLike[str],
    films: Mapping[str, Recording],
    *,
    positions: Any = None,
    rows: Sequence[str] | None = None,
    title: str = "From noise to data",
    theme: ThemeName = "light",
) -> Path:
    """Write how samples come about: a film over time t, or a sheet of five moments.

    Args:
        path: A .gif file, an .mp4 file where ffmpeg is installed, or a .png or .svg file for the
            sheet.
        films: By row, its recording, with a "path"; all on one source.
        positions: `(L,)` where the examples are curves.
        rows: As for `generation_sheet`.
        title: Headline.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: As `generation_sheet` and `save_film`.
    """
    target = Path(path)
    look: dict[str, Any] = {"positions": positions, "rows": rows, "title": title, "theme": theme}
    if target.suffix in (".png", ".svg"):
        figure = generation_sheet(films, **look)
        return save(figure, target.with_suffix(""), (target.suffix[1:],))[0]
    ways = {row: on_the_way(film) for row, film in films.items()}
    return save_film(target, ways, clock=_time, **look)


def field_sheet(
    fields: Mapping[str, Sequence[FieldPanel]],
    truth: Any,
    *,
    rows: Sequence[str] | None = None,
    title: str = "The field",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw velocities in the plane as arrows over x_t, a line of panels for each field.

    In each column arrows of all lines are on one scale, on which the longest is about as long as
    arrows are apart.

    Args:
        fields: By name, its panels, at the same times.
        truth: Real examples `(n, 2)`, which fix the frame.
        rows: All rows of the comparison, in order: it fixes the colours. Names beside them are
            drawn as controls. By default all are rows.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no field, examples are not in the plane, or a field has other
            panels than the first.
    """
    examples = read_truth(truth, "the truth")
    counts = {len(panels) for panels in fields.values()}
    if examples.shape[1:] != (2,) or len(counts) != 1:
        raise InputError(
            "a sheet of fields needs fields with panels at the same times, and examples (n, 2), "
            f"got {sorted(counts)} panels and {examples.shape}"
        )
    names = list(rows) if rows is not None else list(fields)
    with drawing(theme) as look:
        styles = row_styles(names, look)
        beside = RowStyle(look.control, "o", control=True)
        shown = {name: styles.get(name, beside) for name in fields}
        caption = sentences(caption, "Points: x_t. Arrows: velocity. Grey: real examples.")
        sheet = _Lines(shown, look, counts.pop(), title, caption)
        view = PointsView(examples, look, len(examples))
        for column, panels in enumerate(zip(*fields.values(), strict=True)):
            scale = _arrow_scale(panels)
            for name, one in zip(fields, panels, strict=True):
                axes = sheet.axes(name, column, f"t = {one.time:.2f}")
                view.show(axes, read_sample(one.states, f"x_t of {name!r}"), shown[name])
                _arrows(axes, one, scale, look)
                view.frame(axes, labelled=False)
        return sheet.figure


def _arrow_scale(panels: Sequence[FieldPanel]) -> float:
    """Data units of a picture for a unit of velocity."""
    speeds = np.concatenate([np.linalg.norm(one.velocity, axis=1) for one in panels])
    fastest = float(np.max(speeds[np.isfinite(speeds)], initial=0.0))
    first = panels[0].points
    apart = np.linalg.norm(first[1:] - first[0], axis=1).min()
    return LONGEST * float(apart) / (fastest or 1.0)


def _arrows(axes: Axes, field: FieldPanel, scale: float, theme: Theme) -> None:
    x, y = field.points.T
    dx, dy = field.velocity.T * scale
    on_data: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1}
    heads: dict[str, Any] = {"width": 0.006, "headwidth": 4, "headlength": 4.5, "minlength": 0.5}
    axes.quiver(x, y, dx, dy, color=theme.text, zorder=4, **on_data, **heads)


def _time(step: int, last: int) -> str:
    """What the clock of a film over time says."""
    return f"t = {step / last:.2f}"


class _Lines:
    """A line of panels under a header for each row."""

    def __init__(
        self, styles: Mapping[str, RowStyle], theme: Theme, columns: int, title: str, caption: str
    ) -> None:
        self._rows = list(styles)
        self._pitch = HEAD + PANEL + BELOW
        across = columns * (PANEL + GAP) - GAP
        width = across + 2 * MARGIN
        self._top = headline_height(title, caption, width) + HEAD
        height = self._top + len(styles) * self._pitch - HEAD
        self.figure = Figure(figsize=(width, height))
        headline(self.figure, theme, title, caption)
        for line, (row, style) in enumerate(styles.items()):
            top = self._top + line * self._pitch
            header(self.figure, theme, MARGIN, top, across, row, style.colour)

    def axes(self, row: str, column: int, label: str) -> Axes:
        """The panel of a row in a column, with a label at the left below it."""
        left, top = MARGIN + column * (PANEL + GAP), self._top + self._rows.index(row) * self._pitch
        write(self.figure, left, top + PANEL + 0.03, label, fontsize=SMALL)
        return panel(self.figure, left, top, PANEL, PANEL)
