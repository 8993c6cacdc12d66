"""Performance profiles: how often each model reaches which score, over all runs and sources."""

import math

from matplotlib.figure import Figure

from genzoo.core.table import SourceTable
from genzoo.errors import InputError
from genzoo.figures.layout import MARGIN, headline, headline_height, panel, plain_legend
from genzoo.figures.style import BODY, HEADING, SMALL, ThemeName, drawing, row_styles
from genzoo.figures.text import literal, shorten

WIDTH, HEIGHT, GAP, TITLE_HEIGHT, TICKS, LINE_HEIGHT = 2.6, 1.8, 0.55, 0.26, 0.45, 0.2
PER_LINE = 3


def profile_figure(
    table: SourceTable, *, title: str = "Performance profiles", caption: str = "", theme: ThemeName = "light"
) -> Figure:
    """Draw the share of runs that score above each threshold, a panel for each metric, with 95 % bands.

    A curve that lies above another everywhere belongs to the better model; curves that cross do not order them.

    Args:
        table: The summary of a comparison of at least eight sources with ten seeds.
        title: Headline.
        caption: A sentence below it.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When the table has no profiles.
    """
    if not table.profiles:
        raise InputError("performance profiles need 8 sources on which a metric tells the controls apart, and 10 seeds")
    with drawing(theme) as look:
        styles = row_styles(table.rows, look)
        said = (
            "Score 0: as bad as single_mode, 1: as good as oracle. Bands: 95 % intervals over seeds, for these sources."
        )
        columns = min(len(table.profiles), PER_LINE)
        lines = math.ceil(len(table.profiles) / PER_LINE)
        width = max(MARGIN + 0.45 + columns * (WIDTH + GAP), 4.6)
        caption = " ".join(filter(None, (caption, said)))
        top = headline_height(title, caption, width)
        names = [shorten(row, 2.0, BODY) for row in table.rows]
        legend = LINE_HEIGHT * math.ceil(len(names) / columns)
        height = top + lines * (TITLE_HEIGHT + HEIGHT + TICKS) + legend + MARGIN
        figure = Figure(figsize=(width, height))
        headline(figure, look, title, caption)
        for place, profile in enumerate(table.profiles):
            line, column = divmod(place, PER_LINE)
            left = MARGIN + 0.45 + column * (WIDTH + GAP)
            axes = panel(figure, left, top + line * (TITLE_HEIGHT + HEIGHT + TICKS) + TITLE_HEIGHT, WIDTH, HEIGHT)
            axes.set_title(literal(profile.label), fontsize=HEADING, loc="left", pad=4)
            axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
            axes.set_xlabel("score", labelpad=1, fontsize=SMALL)
            if column == 0:
                axes.set_ylabel("share of runs above", labelpad=2, fontsize=SMALL)
            for row, shares in profile.shares.items():
                style = styles[row]
                low, high = profile.low[row], profile.high[row]
                axes.fill_between(profile.thresholds, low, high, color=style.colour, alpha=0.15, linewidth=0)
                dashes = "--" if style.dashed else "-"
                axes.plot(profile.thresholds, shares, dashes, color=style.colour, linewidth=1.4, label=row)
        drawn = dict(zip(axes.get_legend_handles_labels()[1], axes.get_legend_handles_labels()[0], strict=True))
        entries = [(name, drawn[row]) for name, row in zip(names, table.rows, strict=True) if row in drawn]
        options = {"loc": "lower left", "bbox_to_anchor": ((MARGIN + 0.45) / width, MARGIN / 2 / height)}
        plain_legend(figure, entries, ncols=columns, borderaxespad=0, fontsize=BODY, **options)
        return figure
