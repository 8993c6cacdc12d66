"""Codes of examples in latent space, coloured by mode, with the prior and interpolations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.arrays import FloatArray, Mask
from genzoo.errors import InputError
from genzoo.figures.arrays import read_sample, thin
from genzoo.figures.layout import MARGIN, empty, few_ticks, plain_legend, text_ground
from genzoo.figures.strip import Strip
from genzoo.figures.style import MARKERS, SMALL, RowStyle, Theme, ThemeName, drawing
from genzoo.figures.text import percent, sentences
from genzoo.results.box import box_limits, padded_range

SIZE = 2.3
MOST_LABELS = 14
PRIOR_MASSES = (0.5, 0.95)


def latent_figure(
    codes: Mapping[str, Any],
    labels: Any = None,
    *,
    label_names: Sequence[str] | None = None,
    prior: Sequence[str] = (),
    paths: Mapping[str, Any] | None = None,
    title: str = "Latent codes",
    caption: str = "",
    theme: ThemeName = "light",
    max_points: int = 1500,
) -> Figure:
    """Draw the codes of the same examples under each row's encoder.

    Two-dimensional codes are drawn as they are; longer ones in the plane of their first two
    principal components, rotated and not scaled, so that a standard normal prior stays one. Dashed
    circles hold 50 and 95 % of that prior. One-dimensional codes run along the axis, a line for
    each label. Colours mean labels here, not rows.

    Args:
        codes: By row, codes `(n, d)` of the same examples.
        labels: The mode or class of each example, `(n,)` integers from 0; -1 for none.
        label_names: Names of the labels, by their number; by default the numbers.
        prior: Rows whose prior is N(0, I).
        paths: By row, interpolations between codes, `(paths, points, d)`.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.
        max_points: Codes drawn in a panel, at most.

    Raises:
        InputError: When there is no row, or shapes do not agree.
    """
    if not codes:
        raise InputError("a latent figure needs the codes of at least one row, got none")
    samples = {row: read_sample(z, f"the codes of {row!r}") for row, z in codes.items()}
    kinds = {row: _labels(labels, sample.n, row) for row, sample in samples.items()}
    has_labels = any((row_kinds >= 0).any() for row_kinds in kinds.values())
    with drawing(theme) as look:
        if any(row in prior for row in codes):
            caption = sentences(caption, "Dashed: 50 and 95 % of the prior.")
        if paths:
            caption = sentences(caption, "Lines: interpolations.")
        strip = Strip(
            look,
            dict.fromkeys(codes, RowStyle(look.truth, "o")),
            (SIZE, SIZE),
            left=0.5,
            gap=0.58,
            below=0.45,
            above=0.2 if has_labels else 0.0,
            title=title,
            caption=caption,
        )
        entries: dict[str, Artist] = {}
        for row, sample in samples.items():
            axes = strip.axes(row)
            if sample.finite.ndim != 2 or not len(sample.finite):
                empty(axes, look, "no finite codes", SIZE)
                continue
            z = np.asarray(codes[row], dtype=np.float64).reshape(sample.n, -1)
            row_paths = np.zeros((0, 0, z.shape[1]))
            if paths is not None and row in paths:
                row_paths = np.asarray(paths[row], dtype=np.float64)
            row_codes = _Codes(z, kinds[row], row_paths, row in prior)
            entries |= _draw(axes, look, row_codes, label_names, max_points)
        if entries:
            _label_legend(strip, entries)
        return strip.figure


@dataclass(frozen=True)
class _Codes:
    """What is drawn of a row.

    Attributes:
        z: Codes `(n, d)`.
        kinds: Their labels `(n,)`, -1 for none.
        paths: Interpolations `(paths, points, d)`.
        has_prior: Whether the prior is N(0, I).
    """

    z: FloatArray
    kinds: FloatArray
    paths: FloatArray
    has_prior: bool

    @property
    def finite(self) -> Mask:
        """Which codes are finite, `(n,)`."""
        return np.asarray(np.isfinite(self.z).all(axis=1))


def principal_plane(z: FloatArray) -> tuple[FloatArray, FloatArray, tuple[float, float]]:
    """The plane in which codes `(n, d)` vary most.

    Returns:
        Their mean `(d,)`, orthonormal directions `(d, 2)` of largest variance, and the shares of
        the variance along these.
    """
    mean = z.mean(axis=0)
    _, singular, rows = np.linalg.svd(thin(z, 2000) - mean, full_matrices=False)
    # The sign of a direction is arbitrary: its entries are made to sum to something positive.
    directions = rows[:2] * np.where(rows[:2].sum(axis=1) < 0, -1, 1)[:, None]
    missing = np.zeros((2 - len(directions), z.shape[1]))
    directions = np.concatenate([directions, missing])
    variances = np.append(singular**2, [0.0, 0.0])
    first, second = variances[:2] / max(float((singular**2).sum()), 1e-300)
    return mean, directions.T, (float(first), float(second))


def _labels(labels: Any, n: int, row: str) -> FloatArray:
    if labels is None:
        return np.full(n, -1.0)
    kinds = np.asarray(labels, dtype=np.float64)
    if kinds.shape != (n,):
        expected = f"one entry for each of the {n} codes of {row!r}"
        raise InputError(f"labels must have {expected}, got shape {kinds.shape}")
    return kinds


def _draw(
    axes: Axes, theme: Theme, codes: _Codes, names: Sequence[str] | None, most: int
) -> dict[str, Artist]:
    """Draw at most so many codes of a row, and its paths; returns what a legend shows."""
    size = codes.z.shape[1]
    if size == 1:
        points, paths = _place_on_line(axes, codes)
    else:
        points, paths = _place_in_plane(axes, theme, codes)
    axes.xaxis.labelpad = axes.yaxis.labelpad = 1
    order = thin(np.flatnonzero(codes.finite), most)
    entries = _draw_points(axes, theme, points[order], codes.kinds[order], names)
    for path in paths:
        axes.plot(*path.T, color=theme.text, linewidth=1.0, marker=".", ms=3, zorder=4)
    has_height = size > 1 or codes.kinds.max() >= 0
    few_ticks(axes, x=3, y=3 if has_height else 0)
    return entries


def _place_on_line(axes: Axes, codes: _Codes) -> tuple[FloatArray, FloatArray]:
    """Set limits; returns codes `(n, 2)` and paths along the axis, at the height of their label."""
    z, kinds = codes.z, codes.kinds
    axes.set(xlabel="code", ylabel="label" if kinds.max() >= 0 else "")
    axes.set_xlim(padded_range(z[codes.finite, 0], pad=0.12))
    axes.set_ylim(kinds.min() - 1, kinds.max() + 1)
    points = np.stack([z[:, 0], kinds], axis=1)
    return points, np.concatenate([codes.paths, 0 * codes.paths - 1], -1)


def _place_in_plane(axes: Axes, theme: Theme, codes: _Codes) -> tuple[FloatArray, FloatArray]:
    """Set limits and draw the prior; returns codes `(n, 2)` and paths in the plane."""
    z, finite = codes.z, codes.finite
    mean: FloatArray = np.zeros(2)
    directions: FloatArray = np.eye(2)
    if z.shape[1] == 2:
        axes.set(xlabel="code 1", ylabel="code 2")
    else:
        mean, directions, (first, second) = principal_plane(z[finite])
        axes.set(xlabel=f"PC 1 ({percent(first)})", ylabel=f"PC 2 ({percent(second)})")
    points = (z - mean) @ directions
    framed = points[finite]
    if codes.has_prior:
        circle = _draw_prior(axes, theme, -mean @ directions)
        framed = np.concatenate([framed, circle])
    (left, right), (bottom, top) = box_limits(framed)
    axes.set(xlim=(left, right), ylim=(bottom, top))
    is_square = math.isclose(right - left, top - bottom, rel_tol=1e-6)
    axes.set_aspect("equal" if is_square else "auto")
    return points, (codes.paths - mean) @ directions


def _draw_points(
    axes: Axes, theme: Theme, points: FloatArray, kinds: FloatArray, names: Sequence[str] | None
) -> dict[str, Artist]:
    """Draw points `(n, 2)` in the colour of their label; returns what a legend shows."""
    entries: dict[str, Artist] = {}
    for kind in sorted({int(value) for value in kinds}):
        rounds, place = divmod(kind, len(theme.palette))
        colour = theme.palette[place] if kind >= 0 else theme.truth
        style: dict[str, Any] = {"ls": "none", "marker": MARKERS[rounds % len(MARKERS)], "mew": 0}
        shown = points[kinds == kind]
        axes.plot(*shown.T, ms=2.6, alpha=0.7, rasterized=True, color=colour, **style)
        if kind >= 0:
            name = str(kind)
            if names is not None and kind < len(names):
                name = names[kind]
            (entries[name],) = axes.plot([], [], ms=5, color=colour, **style)
    return entries


def _label_legend(strip: Strip, entries: Mapping[str, Artist]) -> None:
    """A line of labels under the caption."""
    shown = list(entries.items())[:MOST_LABELS]
    width, height = strip.figure.get_size_inches()
    corner = (MARGIN - 0.1) / width, 1 - (strip.caption_bottom - 0.1) / height
    spacing = {
        "handletextpad": 0.0,
        "columnspacing": 0.8,
        "ncols": len(shown),
        "borderaxespad": 0.0,
    }
    plain_legend(strip.figure, shown, loc="upper left", bbox_to_anchor=corner, **spacing)


def _draw_prior(axes: Axes, theme: Theme, centre: FloatArray) -> FloatArray:
    """Draw circles that hold these probabilities of N(0, I) in the plane, r^2 = -2 log(1 - mass).

    Returns:
        Points of the outer one, `(121, 2)`.
    """
    angle = np.linspace(0, 2 * math.pi, 121)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ground = text_ground(theme, alpha=0.85)
    line: dict[str, Any] = {"linewidth": 0.9, "linestyle": (0, (4, 2)), "zorder": 3}
    middle: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 5, "clip_on": True}
    for mass in PRIOR_MASSES:
        circle = centre + math.sqrt(-2 * math.log(1 - mass)) * around
        axes.plot(*circle.T, color=theme.target, **line)
        x, y = circle[15]
        axes.text(x, y, percent(mass), fontsize=SMALL, bbox=ground, **middle)
    return np.asarray(circle)
