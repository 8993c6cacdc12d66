"""What was recorded in training, over seeds: binned along the steps, then drawn as a median and a band."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from genzoo.figures.layout import few_ticks, log_ticks
from genzoo.figures.style import Theme
from genzoo.figures.text import number
from genzoo.results.types import FloatArray, History

TARGETS: Mapping[str, float] = {"D(real)": 0.5, "D(fake)": 0.5, "accuracy": 0.5, "V": -math.log(4)}
"""Values at the optimum p_g = p_data with the optimal discriminator (Goodfellow et al. 2014, theorem 1)."""

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
        """Quantile over seeds `(K,)`, of those that have a value, between neighbours by straight lines."""
        ordered = np.sort(self.values, axis=0)
        count = np.isfinite(ordered).sum(axis=0)
        position = q * np.maximum(count - 1, 0)
        low = np.floor(position).astype(int)
        columns = np.arange(len(self.steps))
        below, above = (
            ordered[low, columns],
            ordered[np.minimum(low + 1, np.maximum(count - 1, 0)), columns],
        )
        result: FloatArray = below + (position - low) * (above - below)
        return result

    def drawn(self) -> FloatArray:
        """Every value that `draw_trace` draws, without NaN."""
        few = len(self.values) <= FEW_SEEDS
        lines = self.values if few else np.stack([self.quantile(q) for q in (*BAND, 0.5)])
        result: FloatArray = lines[np.isfinite(lines)]
        return result


def series_names(histories: Sequence[History]) -> list[str]:
    """Recorded names of any seed, in order."""
    return list(dict.fromkeys(name for history in histories for name in history.series))


def find_series(histories: Sequence[History], name: str) -> str | None:
    """The first recorded series `update/name`, whatever its update."""
    return next((full for full in series_names(histories) if full.rpartition("/")[2] == name), None)


def trace(histories: Sequence[History], name: str, *, points: int = 150) -> Trace:
    """Bin one series of all seeds by step, into at most `points` bins of equal width."""
    with_it = [history for history in histories if name in history.series and len(history.steps)]
    if not with_it:
        return Trace(np.zeros(0), np.zeros((0, 0)), 1)
    every = np.unique(np.concatenate([history.steps for history in with_it]))
    bins = min(points, len(every))
    edges = every if bins == len(every) else np.linspace(every[0], every[-1] + 1, bins + 1)[:-1]
    member = np.searchsorted(edges, every, side="right") - 1
    counts = np.bincount(member, minlength=bins)
    used = counts > 0
    steps = np.bincount(member, weights=every, minlength=bins)[used] / counts[used]
    values = np.stack([_binned(history, name, edges)[used] for history in with_it])
    return Trace(steps, values, int(counts.max()), tuple(history.broken for history in with_it))


def draw_trace(
    axes: Axes, theme: Theme, data: Trace, colour: str, *, dashed: bool = False
) -> Line2D:
    """Draw a trace: few seeds as thin lines, many as a band; the median over both; a cross where a seed ends."""
    style = (0, (4, 2)) if dashed else "-"
    if 1 < len(data.values) <= FEW_SEEDS:
        for values in data.values:
            axes.plot(data.steps, values, color=colour, linewidth=0.7, alpha=0.6, linestyle=style)
    elif len(data.values) > FEW_SEEDS:
        low, high = (data.quantile(q) for q in BAND)
        axes.fill_between(data.steps, low, high, color=colour, alpha=0.2, linewidth=0)
    for values in itertools.compress(data.values, data.broken):
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite) and finite[-1] < len(values) - 1:
            end = data.steps[finite[-1]], values[finite[-1]]
            axes.plot(*end, ls="none", marker="x", ms=5, mew=1.2, color=theme.text)
    return axes.plot(data.steps, data.quantile(0.5), color=colour, linestyle=style, linewidth=1.5)[
        0
    ]


def target_line(axes: Axes, theme: Theme, value: float) -> Line2D:
    """A theoretical value."""
    return axes.axhline(
        value, color=theme.target, linestyle=(0, (1, 1.6)), linewidth=1.1, zorder=1.5
    )


def target_name(value: float) -> str:
    """How a theoretical value is written."""
    return "\N{MINUS SIGN}log 4" if math.isclose(value, -math.log(4)) else number(value)


def value_limits(axes: Axes, traces: Sequence[Trace], targets: Sequence[float] = ()) -> str:
    """Set the vertical scale and ticks, and return what the reader must know where a peak is cut.

    Logarithmic where all values are positive and span more than a factor of 50. A value is cut when
    it exceeds a hundred times all but the largest 2 % of values.
    """
    few_ticks(axes, x=4, y=3)
    axes.grid(axis="y")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    values = np.concatenate([data.drawn() for data in traces])
    if not len(values):
        return ""
    sizes = np.abs(values)
    kept = values[sizes <= 100 * np.quantile(sizes, 0.98)]
    low, high = float(kept.min()), float(kept.max())
    bottom, top = min([low, *targets]), max([high, *targets])
    if bottom > 0 and high > 50 * low:
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
        axes.set_ylim(bottom / 1.3, top * 1.3)
    else:
        pad = 0.08 * (top - bottom) or 0.1 * max(abs(top), 0.1)
        axes.set_ylim(bottom - pad, top + pad)
    cut = [f"up to {number(float(values.max()))}"] if values.max() > high else []
    return ", ".join(
        [*cut, f"down to {number(float(values.min()))}"] if values.min() < low else cut
    )


def seeds_sentence(counts: Sequence[int]) -> str:
    """How seeds are shown, for a caption."""
    many, few = [n for n in counts if n > FEW_SEEDS], [n for n in counts if 1 < n <= FEW_SEEDS]
    parts = []
    if many:
        parts.append(f"median and band (10th to 90th percentile) over {_span(many)} seeds")
    if few:
        parts.append(f"each of {_span(few)} seeds and their median")
    if 1 in counts:
        parts.append("one seed")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def steps_label(traces: Sequence[Trace]) -> str:
    """Label of the step axis, which states the smoothing."""
    width = max((data.width for data in traces), default=1)
    return "training step" if width == 1 else f"training step (each point: mean of {width:,})"


def _span(counts: Sequence[int]) -> str:
    return str(counts[0]) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _binned(history: History, name: str, edges: FloatArray) -> FloatArray:
    values = np.asarray(history.series[name], dtype=np.float64)
    finite = np.isfinite(values)
    member = np.searchsorted(edges, np.asarray(history.steps)[finite], side="right") - 1
    counts = np.bincount(member, minlength=len(edges))
    sums = np.bincount(member, weights=values[finite], minlength=len(edges))
    result: FloatArray = np.divide(sums, counts, out=np.full(len(edges), np.nan), where=counts > 0)
    return result
