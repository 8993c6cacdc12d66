"""Performance profiles (Agarwal et al. 2021).

They show the share of all runs of a model that score higher than each level.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from genzoo.errors import InputError
from genzoo.figures.layout import MARGIN, few_ticks, headline, headline_height, panel, write
from genzoo.figures.style import BODY, RowStyle, Theme, ThemeName, drawing, row_styles
from genzoo.figures.text import literal, number, sentences, shorten, widest
from genzoo.results.profiles import PerformanceProfiles

WIDTH, HEIGHT, LINE_HEIGHT, HANDLE = 4.4, 2.8, 0.2, 0.34
LONGEST = 2.4


def profile_figure(
    profiles: PerformanceProfiles,
    *,
    title: str = "Performance profiles",
    caption: str = "",
    theme: ThemeName = "light",
) -> Figure:
    """Draw the profile of each model with its 95 % band.

    The higher the curve, the better, at every level.

    The area under a curve from 0 to 1 is the model's mean score there. Names stand at the right in
    the order of these areas, the best first.

    Args:
        profiles: What `ComparisonTable.profiles` holds.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When there is no model.
    """
    if not profiles.curves:
        raise InputError("performance profiles need at least one model, got none")
    with drawing(theme) as look:
        styles = row_styles(list(profiles.curves), look)
        order = sorted(profiles.curves, key=lambda name: -float(profiles.curves[name].share.mean()))
        names = min(widest(order), LONGEST)
        width = MARGIN + 0.5 + WIDTH + 0.15 + HANDLE + 0.08 + names + MARGIN
        explanation = (
            f"{profiles.column.label}; {profiles.sources} sources, {profiles.seeds} seeds each. "
            "0 is as bad as single_mode, 1 as good as oracle; bands: 95 % over seeds."
        )
        caption = sentences(caption, explanation)
        top = headline_height(title, caption, width) + 0.05
        height = max(HEIGHT, LINE_HEIGHT * len(order))
        full_height = top + height + 0.5
        figure = Figure(figsize=(width, full_height))
        headline(figure, look, title, caption)
        left = MARGIN + 0.5
        axes = panel(figure, left, top, WIDTH, height)
        _draw_curves(axes, look, profiles, order, styles)
        start = left + WIDTH + 0.15
        for i, name in enumerate(order):
            style = styles[name]
            middle = top + (i + 0.5) * LINE_HEIGHT
            x = [start / width, (start + HANDLE) / width]
            y = [1 - middle / full_height] * 2
            handle: dict[str, Any] = {"color": style.colour, "linestyle": style.linestyle}
            figure.add_artist(Line2D(x, y, linewidth=2, **handle))
            text = shorten(literal(name), names, BODY)
            write(figure, start + HANDLE + 0.08, middle, text, va="center_baseline", fontsize=BODY)
        return figure


def _draw_curves(
    axes: Axes,
    theme: Theme,
    profiles: PerformanceProfiles,
    order: Sequence[str],
    styles: Mapping[str, RowStyle],
) -> None:
    levels = profiles.levels
    for name in reversed(order):
        curve, style = profiles.curves[name], styles[name]
        axes.fill_between(
            levels, curve.low, curve.high, color=style.colour, alpha=0.15, linewidth=0
        )
        axes.plot(levels, curve.share, color=style.colour, linestyle=style.linestyle)
    for level in (0, 1):
        axes.axvline(level, color=theme.target, linewidth=0.9, linestyle=":", zorder=1)
    axes.set(xlim=(levels[0], levels[-1]), ylim=(0, 1.02))
    few_ticks(axes, x=6, y=5)
    axes.xaxis.set_major_formatter(lambda value, _: number(value))
    axes.grid()
    axes.set_xlabel("score on the scale of the controls", labelpad=1)
    axes.set_ylabel("share of runs with a higher score", labelpad=3)
