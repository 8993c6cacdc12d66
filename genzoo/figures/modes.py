"""How much of each mode every row produced, against the truth's weights.

Modes that a test calls missing are marked.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.arrays import FloatArray, Mask
from genzoo.errors import InputError
from genzoo.figures.arrays import numbers
from genzoo.figures.layout import few_ticks, note, text_ground
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import SMALL, RowStyle, Theme, ThemeName, drawing, row_styles
from genzoo.figures.text import literal, percent, sentences, shorten, text_width

HEIGHT = 1.25
TALLEST = 3.2
"""The axis ends at this many times the truth's largest weight.

Higher bars are cut, and their share is written.
"""
Z = 1.959964


def mode_histogram(
    counts: Mapping[str, Any],
    weights: Any,
    *,
    source: str,
    totals: Mapping[str, int] | None = None,
    missing: Mapping[str, Any] | None = None,
    names: Sequence[str] | None = None,
    rows: Sequence[str] | None = None,
    title: str = "Share of each mode",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw a panel for each row: bars are the shares of the modes, grey steps the truth's weights.

    Error bars are 95 % score intervals of a share (Wilson 1927). A cross marks a mode that a test
    calls missing. Examples that belong to no mode count in the total and are given below the panel.

    Args:
        counts: By row, generated examples in each mode `(K,)`.
        weights: The truth's weights `(K,)`; they sum to 1.
        source: The source's name.
        totals: By row, all generated examples, those in no mode included; by default the sum of the
            counts.
        missing: By row, which modes a test calls missing `(K,)` bool.
        names: K mode names; by default 1 ... K.
        rows: All rows of the comparison, in order: it fixes the colours.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no row, shapes differ, or a total is smaller than its counts.
    """
    truth = numbers(weights, "the weights")
    if not counts or truth.ndim != 1 or not len(truth):
        got = f"got {len(counts)} rows, {truth.shape}"
        raise InputError(f"a mode histogram needs rows of counts and weights (K,), {got}")
    tallies = {}
    for row in counts:
        total = (totals or {}).get(row)
        is_missing = (missing or {}).get(row)
        tallies[row] = _tally(row, counts[row], len(truth), total, is_missing)
    with drawing(theme) as look:
        styles = pick(row_styles([*(rows or ()), *counts], look), list(counts))
        caption = sentences(caption, "Bars: shares with 95 % intervals; grey: the truth.")
        if any(tally.missing.any() for tally in tallies.values()):
            caption += " Cross: missing, by the test."
        width = float(np.clip(0.16 * len(truth), 2.3, 3.6))
        labels, step = _labels(names, len(truth), width)
        strip = Strip(
            look,
            styles,
            (width, HEIGHT),
            left=0.4,
            gap=max(0.22, max(text_width(label, SMALL) for label in labels) - 0.1),
            below=0.42,
            title=f"{title}: {source}",
            caption=caption,
        )
        largest = float(truth.max())
        highest = max(float(tally.shares.max()) for tally in tallies.values())
        top = min(1.15 * max(highest, largest), TALLEST * largest, 1.05)
        for row, tally in tallies.items():
            axes = strip.axes(row)
            _draw(axes, look, truth, tally, styles[row], top)
            axes.tick_params(labelleft=strip.is_first(row))
            below: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "va": "top"}
            for i, label in enumerate(labels):
                x, colour = i * step, look.muted
                axes.text(x, -0.05, label, fontsize=SMALL, color=colour, ha="center", **below)
        return strip.figure


def wilson_interval(counts: FloatArray, total: int) -> tuple[FloatArray, FloatArray]:
    """The 95 % score interval of a binomial share (Wilson 1927).

    Returns:
        Lower and upper ends, each of the counts' shape.
    """
    share, scale = counts / total, 1 + Z**2 / total
    middle = (share + Z**2 / (2 * total)) / scale
    half = Z / scale * np.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


@dataclass(frozen=True)
class _Tally:
    """What a row generated of K modes.

    Attributes:
        counts: Examples in each mode, `(K,)`.
        total: All examples, those in no mode included.
        missing: Which modes a test calls missing, `(K,)`.
    """

    counts: FloatArray
    total: int
    missing: Mask

    @property
    def shares(self) -> FloatArray:
        """Of each mode in the total, `(K,)`."""
        return self.counts / self.total


def _tally(row: str, row_counts: Any, modes: int, total: int | None, is_missing: Any) -> _Tally:
    counts = numbers(row_counts, f"the counts of {row!r}")
    if counts.shape != (modes,) or (counts < 0).any() or not np.isfinite(counts).all():
        raise InputError(
            f"the counts of {row!r} must be {modes} numbers of examples, got {counts.tolist()}"
        )
    if total is None:
        total = int(counts.sum())
    if total < counts.sum() or total < 1:
        least = "at least the sum of its counts and at least 1"
        raise InputError(f"the total of {row!r} must be {least}, got {total}")
    marks = np.zeros(modes, dtype=np.bool_)
    if is_missing is not None:
        marks = np.asarray(is_missing, dtype=np.bool_)
    if marks.shape != (modes,):
        raise InputError(f"the marks of {row!r} must have shape ({modes},), got {marks.shape}")
    return _Tally(counts, total, marks)


def _draw(
    axes: Axes, theme: Theme, truth: FloatArray, tally: _Tally, style: RowStyle, top: float
) -> None:
    modes = len(truth)
    places = np.arange(modes)
    low, high = wilson_interval(tally.counts, tally.total)
    axes.stairs(truth, np.arange(modes + 1) - 0.5, fill=True, color=theme.shades[1])
    axes.bar(places, tally.shares, width=0.62, color=style.colour, zorder=2)
    axes.vlines(places, low, high, color=theme.text, linewidth=0.9, zorder=3)
    missing = places[tally.missing]
    cross: dict[str, Any] = {"ls": "none", "marker": "x", "ms": 5, "mew": 1.4}
    axes.plot(missing, np.full(len(missing), 0.06 * top), color=theme.text, **cross)
    axes.set(xlim=(-0.7, modes - 0.3), ylim=(0, top))
    few_ticks(axes, x=0, y=3)
    for k in np.flatnonzero(tally.shares > top).tolist():
        _write_cut(axes, theme, k, modes, float(tally.shares[k]), top)
    remarks = []
    if len(missing):
        remarks.append(f"{len(missing)} of {modes} missing")
    rest = tally.total - tally.counts.sum()
    if rest > 0:
        remarks.append(f"{percent(float(rest / tally.total))} in no mode")
    if remarks:
        note(axes, theme, ", ".join(remarks), place="under ticks")


def _write_cut(axes: Axes, theme: Theme, k: int, modes: int, share: float, top: float) -> None:
    """The share of a bar that leaves the frame, beside it on the side where there is room."""
    offset, align = 0.45, "left"
    if k >= modes / 2:
        offset, align = -0.45, "right"
    style: dict[str, Any] = {"ha": align, "va": "top", "fontsize": SMALL, "zorder": 5}
    text = f"↑ {percent(share)}"
    axes.text(k + offset, 0.97 * top, text, bbox=text_ground(theme), **style)


def _labels(names: Sequence[str] | None, modes: int, width: float) -> tuple[list[str], int]:
    """Labels of every so-manieth mode, as many as fit, and that step."""
    if names is None:
        labels = [str(k + 1) for k in range(modes)]
    else:
        labels = [shorten(literal(name), 0.8, SMALL) for name in names]
    widest = max(text_width(label, SMALL) for label in labels)
    step = math.ceil(modes * (widest + 0.1) / width)
    return labels[::step], step
