"""The film of a training: all models side by side, frame by frame, as a GIF or an MP4."""

import bisect
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from genzoo.arrays import FloatArray
from genzoo.disk import replacing
from genzoo.errors import InputError
from genzoo.figures.arrays import Conditioned, Sample, read_sample
from genzoo.figures.curves import CurvesView
from genzoo.figures.histograms import HistogramView
from genzoo.figures.images import ImagesView
from genzoo.figures.keys import KEY_LINE, Key
from genzoo.figures.layout import note, panel, text_ground
from genzoo.figures.points import PointsView, PrincipalView
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import SMALL, Theme, ThemeName, drawing, row_styles
from genzoo.figures.text import number, sentences
from genzoo.figures.views import View
from genzoo.results.recording import Recording
from genzoo.results.shown_condition import shown_field

SIZE = 2.2
HOLD = 12
"""Times that the last frame is shown."""
Clock = Callable[[int, int], str]
"""What is said of a step, given the last one."""


def training_clock(step: int, last: int) -> str:
    """The step of training."""
    return f"step {step:,} of {last:,}"


def film_still(
    films: Mapping[str, Recording],
    step: int | None = None,
    *,
    positions: Any = None,
    rows: Sequence[str] | None = None,
    title: str = "Training",
    theme: ThemeName = "light",
) -> Figure:
    """Draw all models at one step: samples over real examples.

    Behind them stand the discriminator's values where there is one. Orange is where D(x) < 1/2,
    blue where D(x) > 1/2. A model whose recording has no frame at the step is shown at its last
    frame before it.

    Args:
        films: By row, its recording; all on one source.
        step: Step of training; by default the last.
        positions: `(L,)` where the examples are curves.
        rows: All rows of the comparison, in order: it fixes the colours. By default those in
            `films`.
        title: Headline.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no film.
    """
    with drawing(theme) as look:
        still = _Still(films, positions, rows, title, look)
        still.draw(max(still.steps) if step is None else step)
        return still.figure


def save_film(
    path: str | os.PathLike[str],
    films: Mapping[str, Recording],
    *,
    positions: Any = None,
    rows: Sequence[str] | None = None,
    title: str = "Training",
    theme: ThemeName = "light",
    clock: Clock = training_clock,
    frames_per_second: int = 6,
    dpi: int = 90,
) -> Path:
    """Write the film of a training; it appears whole or not at all.

    Args:
        path: A .gif file, or an .mp4 file where ffmpeg is installed.
        films: By row, its recording; all on one source.
        positions: `(L,)` where the examples are curves.
        rows: All rows of the comparison, in order: it fixes the colours. By default those in
            `films`.
        title: Headline.
        theme: `"light"` or `"dark"`.
        clock: What is said of a step, given the last one.
        frames_per_second: Frames shown in a second.
        dpi: Dots per inch; a panel is 2.2 inches wide.

    Raises:
        InputError: When there is no film, the ending is another one, ffmpeg is missing, or the file
            cannot be written.
    """
    target = Path(path)
    writer = _writer(target, frames_per_second)
    with drawing(theme) as look:
        still = _Still(films, positions, rows, title, look, clock)
        steps = still.steps + [still.steps[-1]] * HOLD
        with replacing(target) as draft, writer.saving(still.figure, str(draft), dpi):
            for step in steps:
                still.draw(step)
                writer.grab_frame(facecolor=look.background)
    return target


def _writer(path: Path, frames_per_second: int) -> AbstractMovieWriter:
    if path.suffix == ".gif":
        return PillowWriter(fps=frames_per_second)
    if path.suffix != ".mp4":
        raise InputError(f"a film is written as .gif or .mp4, got {path.name!r}")
    if shutil.which("ffmpeg") is None:
        raise InputError(
            "an .mp4 film needs ffmpeg, which is not installed: install it, or write a .gif"
        )
    even = ["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p"]
    return FFMpegWriter(fps=frames_per_second, codec="libx264", extra_args=even)


class _Still:
    """The panels of a film, drawn again for each step."""

    def __init__(
        self,
        films: Mapping[str, Recording],
        positions: Any,
        rows: Sequence[str] | None,
        title: str,
        theme: Theme,
        clock: Clock = training_clock,
    ) -> None:
        if not films:
            raise InputError("a film needs the recording of at least one model, got none")
        self.theme = theme
        self.told = clock
        self.films = dict(films)
        if positions is None:
            self.films = {row: _in_plane(film) for row, film in films.items()}
        self.steps = np.unique(np.concatenate([film.steps for film in films.values()])).tolist()
        self.styles = pick(row_styles([*(rows or ()), *films], theme), list(films))
        self.views = {row: film_view(film, positions, theme) for row, film in self.films.items()}
        caption = "Grey: real examples."
        if any(view.key for view in self.views.values()):
            caption = "Grey or pale: real examples."
        if any(film is not films[row] for row, film in self.films.items()):
            caption += " The plane of their first two principal components."
        said = [view.meaning for view in self.views.values()]
        keys = [view.key for view in self.views.values() if view.key and view.has_key]
        left, gap = 0.05, 0.16
        if any(isinstance(view, ImagesView) and view.key for view in self.views.values()):
            left, gap = 0.45, 0.55
            caption = ""
        strip = Strip(
            theme,
            self.styles,
            (SIZE, SIZE),
            left=left,
            gap=gap,
            below=0.62,
            above=0.1 + KEY_LINE * bool(keys),
            title=title,
            caption=sentences(caption, *dict.fromkeys(said)),
        )
        self.figure = strip.figure
        self.axes = {row: strip.axes(row) for row in self.films}
        if keys:
            keys[0].draw(self.figure, strip.caption_bottom - 0.06, f"{keys[0].field.name}:")
        width, height = self.figure.get_size_inches()
        self.clock = panel(self.figure, 0.18, height - 0.2, width - 0.36, 0.06)

    def draw(self, step: int) -> None:
        """Draw the frames that are current at a step."""
        for row in self.films:
            self._draw_row(row, step)
        self.clock.clear()
        last = max(self.steps[-1], 1)
        self.clock.barh(0, step / last, left=0, height=1, color=self.theme.muted)
        self.clock.set(xlim=(0, 1), ylim=(-0.5, 0.5), xticks=[], yticks=[])
        note(self.clock, self.theme, self.told(step, last), place="above")

    def _draw_row(self, row: str, step: int) -> None:
        axes, film, view = self.axes[row], self.films[row], self.views[row]
        axes.clear()
        index = max(bisect.bisect_right(film.steps.tolist(), step) - 1, 0)
        frame = film.frame(index)
        discriminator = frame.arrays.get("discriminator")
        if discriminator is not None and discriminator.ndim == 2:
            _heat(axes, film, discriminator, self.theme)
        samples = shown_samples(film, frame.arrays["samples"], view, row)
        view.show(axes, samples, self.styles[row])
        view.frame(axes, labelled=isinstance(view, ImagesView))
        if "modes captured" in frame.values:
            text = f"{number(frame.values['modes captured'])} modes"
            style: dict[str, Any] = {"va": "top", "fontsize": SMALL, "color": self.theme.text}
            ground = text_ground(self.theme, alpha=0.75, pad=0.15)
            place = 0.02, 0.98
            if isinstance(view, ImagesView) and view.key is not None:
                place = 0.0, -0.015  # below the row of the first class, which it would hide
            axes.text(*place, text, transform=axes.transAxes, bbox=ground, **style)


def shown_samples(film: Recording, samples: FloatArray, view: View, row: str) -> Sample:
    """Samples of a film as its view shows them, with their conditions where it has any."""
    x: Any = np.asarray(samples, dtype=np.float64)
    if view.key is not None and film.given is not None:
        x = Conditioned(x, film.given[: len(x)], view.key.field)
    return read_sample(x, f"the samples of {row!r}")


def _in_plane(film: Recording) -> Recording:
    """The same film of examples in the plane, where it was recorded there."""
    if "plane" not in film.arrays:
        return film
    arrays = {**film.arrays, "samples": film.arrays["plane"]}
    constants = {**film.constants, "real": film.constants["real plane"]}
    return replace(film, arrays=arrays, constants=constants)


def film_view(film: Recording, positions: Any, theme: Theme) -> View:
    """How a film is shown, with its conditions where it has any."""
    view = _plain_view(film, positions, theme)
    given = film.given
    if film.context_spec is not None and given is not None:
        view.show_conditions(Key(shown_field(film.context_spec), theme), given[: len(view.truth)])
    return view


def _plain_view(film: Recording, positions: Any, theme: Theme) -> View:
    real = np.asarray(film.constants["real"], dtype=np.float64)
    if positions is not None:
        return CurvesView(real, np.asarray(positions, dtype=np.float64), theme)
    if real.shape[1:] == (1,):
        return HistogramView(real, theme, None)
    if real.shape[1:] == (2,):
        return PointsView(real, theme, len(real))
    if real.ndim == 4:
        return ImagesView(real, theme)
    return PrincipalView(real, theme, len(real))


def _heat(axes: Axes, film: Recording, values: Any, theme: Theme) -> None:
    """Colour the plane by D(x), from 0 to 1."""
    x, y = film.constants["grid 0"], film.constants["grid 1"]
    low, high = theme.palette[1], theme.palette[0]
    ramp = LinearSegmentedColormap.from_list("D", [low, theme.background, high])
    extent = (float(x[0]), float(x[-1]), float(y[0]), float(y[-1]))
    grid: dict[str, Any] = {"origin": "lower", "extent": extent, "aspect": "auto"}
    colours: dict[str, Any] = {"cmap": ramp, "vmin": 0, "vmax": 1, "alpha": 0.55}
    axes.imshow(values.T, zorder=-1, interpolation="bilinear", **grid, **colours)
