"""Losses and monitors over seeds: binned along the steps, then drawn as a median and a band."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from genzoo.arrays import FloatArray
from genzoo.figures.layout import few_ticks, hide_spines, log_ticks
from genzoo.figures.style import Theme
from genzoo.figures.text import number
from genzoo.results.types import (
    History,
)

TARGETS: Mapping[str, float] = {"D(real)": 0.5, "D(fake)": 0.5, "accuracy": 0.5, "V": -math.log(4)}
"""Values at the optimum p_g = p_data with the optimal discriminator.

These are theorem 1 of Goodfellow et al. (2014).
"""

FEW_SEEDS = 4
"""Up to so many seeds are drawn one by one, more as a band."""

BAND = (0.1, 0.9)


@dataclass(frozen=True)
class Trace:
    """One recorded quantity of all seeds.

    Attributes:
        steps: `(K,)` mean step of each bin.
        values: `(S, K)` mean of the finite values in each bin; NaN where there is none.
        width: Recorded values in a bin, at most; 1 means no smoothing.
        broken: `(S,)` whether the seed recorded NaN or infinity, see `History.broken`.
    """

    steps: FloatArray
    values: FloatArray
    width: int
    broken: tuple[bool, ...] = ()

    def quantile(self, q: float) -> FloatArray:
        """Quantile over the seeds that have a value, `(K,)`.

        Between neighbours it is interpolated by straight lines.
        """
        ordered = np.sort(self.values, axis=0)
        last = np.maximum(np.isfinite(ordered).sum(axis=0) - 1, 0)
        position = q * last
        low = np.floor(position).astype(int)
        columns = np.arange(len(self.steps))
        below = ordered[low, columns]
        above = ordered[np.minimum(low + 1, last), columns]
        result: FloatArray = below + (position - low) * (above - below)
        return result

    def drawn(self) -> FloatArray:
        """Every value that `draw_trace` draws, without NaN."""
        lines = self.values
        if len(self.values) > FEW_SEEDS:
            lines = np.stack([self.quantile(q) for q in (*BAND, 0.5)])
        result: FloatArray = lines[np.isfinite(lines)]
        return result


def series_names(histories: Sequence[History]) -> list[str]:
    """Recorded names of any seed, in order."""
    names = itertools.chain.from_iterable(history.series for history in histories)
    return list(dict.fromkeys(names))


def find_series(histories: Sequence[History], name: str) -> str | None:
    """The first recorded series `update/name`, whatever its update."""
    for full_name in series_names(histories):
        if full_name.rpartition("/")[2] == name:
            return full_name
    return None


def trace(histories: Sequence[History], name: str, *, points: int = 150) -> Trace:
    """Bin one series of all seeds by step, into at most `points` bins of equal width."""
    recorded = [history for history in histories if name in history.series and len(history.steps)]
    if not recorded:
        return Trace(np.zeros(0), np.zeros((0, 0)), 1)
    every = np.unique(np.concatenate([history.steps for history in recorded]))
    bins = min(points, len(every))
    edges = every
    if bins < len(every):
        edges = np.linspace(every[0], every[-1] + 1, bins + 1)[:-1]
    member = np.searchsorted(edges, every, side="right") - 1
    counts = np.bincount(member, minlength=bins)
    used = counts > 0
    steps = np.bincount(member, weights=every, minlength=bins)[used] / counts[used]
    values = np.stack([_binned(history, name, edges)[used] for history in recorded])
    broken = tuple(history.broken for history in recorded)
    return Trace(steps, values, int(counts.max()), broken)


def draw_trace(
    axes: Axes, theme: Theme, data: Trace, colour: str, *, dashed: bool = False
) -> Line2D:
    """Draw a trace: few seeds as thin lines, many as a band, and the median over both.

    A cross stands where a seed diverged. Returns the line of the median.
    """
    style: dict[str, Any] = {"color": colour, "linestyle": (0, (4, 2)) if dashed else "-"}
    if 1 < len(data.values) <= FEW_SEEDS:
        for values in data.values:
            axes.plot(data.steps, values, linewidth=0.7, alpha=0.6, **style)
    elif len(data.values) > FEW_SEEDS:
        low, high = data.quantile(BAND[0]), data.quantile(BAND[1])
        axes.fill_between(data.steps, low, high, color=colour, alpha=0.2, linewidth=0)
    for values in itertools.compress(data.values, data.broken):
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite) and finite[-1] < len(values) - 1:
            end = data.steps[finite[-1]], values[finite[-1]]
            axes.plot(*end, ls="none", marker="x", ms=5, mew=1.2, color=theme.text)
    (median,) = axes.plot(data.steps, data.quantile(0.5), linewidth=1.5, **style)
    return median


def target_line(axes: Axes, theme: Theme, value: float) -> Line2D:
    """A theoretical value."""
    dotted: dict[str, Any] = {"linestyle": (0, (1, 1.6)), "linewidth": 1.1, "zorder": 1.5}
    return axes.axhline(value, color=theme.target, **dotted)


def target_name(value: float) -> str:
    """How a theoretical value is written."""
    if math.isclose(value, -math.log(4)):
        return "\N{MINUS SIGN}log 4"
    return number(value)


def value_limits(axes: Axes, traces: Sequence[Trace], targets: Sequence[float] = ()) -> str:
    """Set the vertical scale and ticks, and return what the reader must know where a peak is cut.

    Logarithmic where all values are positive and span more than a factor of 50. A value is cut when
    it exceeds a hundred times all but the largest 2 % of values.
    """
    few_ticks(axes, x=4, y=3)
    axes.grid(axis="y")
    hide_spines(axes, "top", "right")
    values = np.concatenate([data.drawn() for data in traces])
    if not len(values):
        return ""
    sizes = np.abs(values)
    shown = values[sizes <= 100 * np.quantile(sizes, 0.98)]
    low, high = float(shown.min()), float(shown.max())
    bottom, top = min([low, *targets]), max([high, *targets])
    if bottom > 0 and high > 50 * low:
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
        axes.set_ylim(bottom / 1.3, top * 1.3)
    else:
        pad = 0.08 * (top - bottom) or 0.1 * max(abs(top), 0.1)
        axes.set_ylim(bottom - pad, top + pad)
    cut = []
    if values.max() > high:
        cut.append(f"up to {number(float(values.max()))}")
    if values.min() < low:
        cut.append(f"down to {number(float(values.min()))}")
    return ", ".join(cut)


def seeds_sentence(counts: Sequence[int]) -> str:
    """How seeds are shown, for a caption."""
    many = [n for n in counts if n > FEW_SEEDS]
    few = [n for n in counts if 1 < n <= FEW_SEEDS]
    parts = []
    if many:
        parts.append(f"median and band (10th to 90th percentile) over {_span(many)} seeds")
    if few:
        parts.append(f"each of {_span(few)} seeds and their median")
    if 1 in counts:
        parts.append("one seed")
    if not parts:
        return ""
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def steps_label(traces: Sequence[Trace]) -> str:
    """Label of the step axis, which states the smoothing."""
    width = max((data.width for data in traces), default=1)
    if width == 1:
        return "training step"
    return f"training step (each point: mean of {width:,})"


def _span(counts: Sequence[int]) -> str:
    least, most = min(counts), max(counts)
    if least == most:
        return str(least)
    return f"{least} to {most}"


def _binned(history: History, name: str, edges: FloatArray) -> FloatArray:
    values = np.asarray(history.series[name], dtype=np.float64)
    finite = np.isfinite(values)
    member = np.searchsorted(edges, np.asarray(history.steps)[finite], side="right") - 1
    counts = np.bincount(member, minlength=len(edges))
    sums = np.bincount(member, weights=values[finite], minlength=len(edges))
    result: FloatArray = np.divide(sums, counts, out=np.full(len(edges), np.nan), where=counts > 0)
    return result
