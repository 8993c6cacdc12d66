"""How much of each mode every row produced, against the truth's weights, with the modes that a test calls missing."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures.arrays import BoolArray, numbers
from genzoo.figures.layout import few_ticks, note
from genzoo.figures.strip import Strip, pick
from genzoo.figures.style import SMALL, RowStyle, Theme, ThemeName, drawing, row_styles
from genzoo.figures.text import literal, percent, shorten, text_width
from genzoo.results.types import FloatArray

HEIGHT = 1.25
TALLEST = 3.2
"""The axis ends at this many times the truth's largest weight; higher bars are cut and their share is written."""
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
        raise InputError(
            f"a mode histogram needs rows of counts and weights (K,), got {len(counts)} rows, {truth.shape}"
        )
    tallies = {row: _tally(row, counts[row], len(truth), (totals or {}).get(row)) for row in counts}
    crosses = {row: _marks(row, (missing or {}).get(row), len(truth)) for row in counts}
    with drawing(theme) as look:
        styles = pick(row_styles([*(rows or ()), *counts], look), list(counts))
        explained = ["Bars: shares with 95 % intervals; grey: the truth."]
        explained += ["Cross: missing, by the test."] * any(
            marks.any() for marks in crosses.values()
        )
        caption = " ".join(filter(None, (caption, *explained)))
        width = float(np.clip(0.16 * len(truth), 2.3, 3.6))
        labels, step = _labels(names, len(truth), width)
        gap = max(0.22, max(text_width(label, SMALL) for label in labels) - 0.1)
        place: dict[str, Any] = {"left": 0.4, "gap": gap, "below": 0.42}
        strip = Strip(
            look, styles, (width, HEIGHT), title=f"{title}: {source}", caption=caption, **place
        )
        highest = max(float((tally / total).max()) for tally, total in tallies.values())
        top = min(1.15 * max(highest, float(truth.max())), TALLEST * float(truth.max()), 1.05)
        for row in counts:
            axes = strip.axes(row)
            _draw(axes, look, truth, *tallies[row], crosses[row], styles[row], top)
            axes.tick_params(labelleft=strip.is_first(row))
            for k, label in zip(range(0, len(truth), step), labels, strict=True):
                x_place: dict[str, Any] = {
                    "transform": axes.get_xaxis_transform(),
                    "ha": "center",
                    "va": "top",
                }
                axes.text(k, -0.05, label, fontsize=SMALL, color=look.muted, **x_place)
        return strip.figure


def wilson_interval(counts: FloatArray, total: int) -> tuple[FloatArray, FloatArray]:
    """The 95 % score interval of a binomial share (Wilson 1927): lower and upper ends, of the counts' shape."""
    share, scale = counts / total, 1 + Z**2 / total
    middle = (share + Z**2 / (2 * total)) / scale
    half = Z / scale * np.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _tally(row: str, given: Any, modes: int, total: int | None) -> tuple[FloatArray, int]:
    counts = numbers(given, f"the counts of {row!r}")
    if counts.shape != (modes,) or (counts < 0).any() or not np.isfinite(counts).all():
        raise InputError(
            f"the counts of {row!r} must be {modes} numbers of examples, got {counts.tolist()}"
        )
    whole = int(counts.sum()) if total is None else total
    if whole < counts.sum() or whole < 1:
        raise InputError(
            f"the total of {row!r} must be at least the sum of its counts and at least 1, got {whole}"
        )
    return counts, whole


def _marks(row: str, given: Any, modes: int) -> BoolArray:
    marks = np.zeros(modes, dtype=np.bool_) if given is None else np.asarray(given, dtype=np.bool_)
    if marks.shape != (modes,):
        raise InputError(f"the marks of {row!r} must have shape ({modes},), got {marks.shape}")
    return marks


def _draw(
    axes: Axes,
    theme: Theme,
    truth: FloatArray,
    counts: FloatArray,
    total: int,
    missing: BoolArray,
    style: RowStyle,
    top: float,
) -> None:
    places = np.arange(len(truth))
    low, high = wilson_interval(counts, total)
    share = counts / total
    axes.stairs(truth, np.arange(len(truth) + 1) - 0.5, fill=True, color=theme.shades[1])
    axes.bar(places, share, width=0.62, color=style.colour, zorder=2)
    axes.vlines(places, low, high, color=theme.text, linewidth=0.9, zorder=3)
    axes.plot(
        places[missing],
        np.full(missing.sum(), 0.06 * top),
        ls="none",
        marker="x",
        ms=5,
        mew=1.4,
        color=theme.text,
    )
    axes.set(xlim=(-0.7, len(truth) - 0.3), ylim=(0, top))
    few_ticks(axes, x=0, y=3)
    for k in np.flatnonzero(share > top):
        beyond: dict[str, Any] = {
            "ha": "left" if k < len(truth) / 2 else "right",
            "va": "top",
            "fontsize": SMALL,
            "zorder": 5,
        }
        beyond["bbox"] = {
            "boxstyle": "square,pad=0.1",
            "facecolor": theme.background,
            "edgecolor": "none",
        }
        axes.text(
            k + (0.45 if k < len(truth) / 2 else -0.45),
            0.97 * top,
            f"↑ {percent(float(share[k]))}",
            **beyond,
        )
    rest = total - counts.sum()
    remarks = [f"{int(missing.sum())} of {len(truth)} missing"] * bool(missing.any())
    remarks += [f"{percent(float(rest / total))} in no mode"] * bool(rest > 0)
    if remarks:
        note(axes, theme, ", ".join(remarks), place="under ticks")


def _labels(names: Sequence[str] | None, modes: int, width: float) -> tuple[list[str], int]:
    """Labels of every so-manieth mode, as many as fit, and that step."""
    every = (
        [str(k + 1) for k in range(modes)]
        if names is None
        else [shorten(literal(name), 0.8, SMALL) for name in names]
    )
    step = math.ceil(modes * (max(text_width(label, SMALL) for label in every) + 0.1) / width)
    return every[::step], step
