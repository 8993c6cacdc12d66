"""Codes of examples in latent space, coloured by mode, with the prior and interpolations."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import read_sample, thin
from genzoo.figures.layout import MARGIN, empty, few_ticks, plain_legend
from genzoo.figures.strip import Strip
from genzoo.figures.style import MARKERS, SMALL, RowStyle, Theme, ThemeName, drawing
from genzoo.figures.text import percent
from genzoo.results.frame import frame_limits, padded_range
from genzoo.results.types import FloatArray

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
        codes: By row, `(n, d)`.
        labels: The mode or class of each example, `(n,)` integers from 0; -1 for none.
        label_names: Their names; by default the numbers.
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
    read = {row: read_sample(z, f"the codes of {row!r}") for row, z in codes.items()}
    kinds = {row: _labels(labels, sample.n, row) for row, sample in read.items()}
    with drawing(theme) as look:
        styles = dict.fromkeys(codes, RowStyle(look.truth, "o"))
        known = (
            sorted({int(k) for kind in kinds.values() for k in kind if k >= 0})
            if labels is not None
            else []
        )
        explained = ["Dashed: 50 and 95 % of the prior."] * any(row in prior for row in codes)
        explained += ["Lines: interpolations."] * bool(paths)
        caption = " ".join(filter(None, (caption, *explained)))
        place: dict[str, Any] = {
            "left": 0.5,
            "gap": 0.58,
            "below": 0.45,
            "above": 0.2 if known else 0.0,
        }
        strip = Strip(look, styles, (SIZE, SIZE), title=title, caption=caption, **place)
        entries: dict[str, Artist] = {}
        for row, sample in read.items():
            axes = strip.axes(row)
            if sample.finite.ndim != 2 or not len(sample.finite):
                empty(axes, look, "no finite codes", SIZE)
                continue
            z = np.asarray(codes[row], dtype=np.float64).reshape(sample.n, -1)
            path = (
                None
                if paths is None or row not in paths
                else np.asarray(paths[row], dtype=np.float64)
            )
            entries |= _draw(axes, look, z, kinds[row], label_names, row in prior, path, max_points)
        if known and entries:
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
        return strip.figure


def principal_plane(z: FloatArray) -> tuple[FloatArray, FloatArray, tuple[float, float]]:
    """Mean `(d,)`, orthonormal directions `(d, 2)` of largest variance, and their shares of the variance."""
    mean = z.mean(axis=0)
    _, singular, rows = np.linalg.svd(thin(z, 2000) - mean, full_matrices=False)
    directions = rows[:2] * np.where(rows[:2].sum(axis=1) < 0, -1, 1)[:, None]
    directions = np.concatenate([directions, np.zeros((2 - len(directions), z.shape[1]))])
    shares = np.append(singular**2, [0.0, 0.0])[:2] / max(float((singular**2).sum()), 1e-300)
    return mean, directions.T, (float(shares[0]), float(shares[1]))


def _labels(labels: Any, n: int, row: str) -> FloatArray:
    kinds = np.full(n, -1.0) if labels is None else np.asarray(labels, dtype=np.float64)
    if kinds.shape != (n,):
        raise InputError(
            f"labels must have one entry for each of the {n} codes of {row!r}, got shape {kinds.shape}"
        )
    return kinds


def _draw(
    axes: Axes,
    theme: Theme,
    z: FloatArray,
    kinds: FloatArray,
    names: Sequence[str] | None,
    has_prior: bool,
    paths: FloatArray | None,
    most: int,
) -> dict[str, Artist]:
    finite = np.isfinite(z).all(axis=1)
    order = thin(np.flatnonzero(finite), most)
    if z.shape[1] == 1:
        points, path_points = (
            np.c_[z, kinds],
            None if paths is None else np.concatenate([paths, 0 * paths - 1], -1),
        )
        axes.set(xlabel="code", ylabel="label" if kinds.max() >= 0 else "")
        axes.set(xlim=padded_range(z[finite, 0], pad=0.12), ylim=(kinds.min() - 1, kinds.max() + 1))
    else:
        mean, directions, shares = (
            (np.zeros(2), np.eye(2), (0.0, 0.0)) if z.shape[1] == 2 else principal_plane(z[finite])
        )
        points = (z - mean) @ directions
        path_points = None if paths is None else (paths - mean) @ directions
        shown = [f" ({percent(share)})" if z.shape[1] > 2 else "" for share in shares]
        word = "PC" if z.shape[1] > 2 else "code"
        axes.set(xlabel=f"{word} 1{shown[0]}", ylabel=f"{word} 2{shown[1]}")
        extent = _prior(axes, theme, -mean @ directions) if has_prior else points[:0]
        (left, right), (bottom, top) = frame_limits(np.concatenate([points[finite], extent]))
        axes.set(xlim=(left, right), ylim=(bottom, top))
        axes.set_aspect(
            "equal" if math.isclose(right - left, top - bottom, rel_tol=1e-6) else "auto"
        )
    axes.xaxis.labelpad = axes.yaxis.labelpad = 1
    entries: dict[str, Artist] = {}
    for kind in sorted({int(k) for k in kinds[order]}):
        chosen = order[kinds[order] == kind]
        colour = theme.palette[kind % len(theme.palette)] if kind >= 0 else theme.truth
        marker = MARKERS[(kind // len(theme.palette)) % len(MARKERS)]
        style: dict[str, Any] = {"ls": "none", "marker": marker, "mew": 0, "color": colour}
        axes.plot(*points[chosen].T, ms=2.6, alpha=0.7, rasterized=True, **style)
        if kind >= 0:
            name = names[kind] if names is not None and kind < len(names) else str(kind)
            entries[name] = axes.plot([], [], ms=5, **style)[0]
    for path in () if path_points is None else path_points:
        axes.plot(*path.T, color=theme.text, linewidth=1.0, marker=".", ms=3, zorder=4)
    few_ticks(axes, x=3, y=3 if z.shape[1] > 1 or kinds.max() >= 0 else 0)
    return entries


def _prior(axes: Axes, theme: Theme, centre: FloatArray) -> FloatArray:
    """Circles that hold these probabilities of N(0, I) in the plane, r^2 = -2 log(1 - mass); returns the outer one."""
    angle = np.linspace(0, 2 * math.pi, 121)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ground = {
        "boxstyle": "square,pad=0.1",
        "facecolor": theme.background,
        "edgecolor": "none",
        "alpha": 0.85,
    }
    for mass in PRIOR_MASSES:
        circle = centre + math.sqrt(-2 * math.log(1 - mass)) * around
        axes.plot(*circle.T, color=theme.target, linewidth=0.9, linestyle=(0, (4, 2)), zorder=3)
        x, y = circle[15]
        axes.text(
            x,
            y,
            percent(mass),
            fontsize=SMALL,
            ha="center",
            va="center",
            zorder=5,
            clip_on=True,
            bbox=ground,
        )
    return np.asarray(circle)
