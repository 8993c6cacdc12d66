"""A panel for each row of a comparison, on as few lines as needed."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genzoo.figures.layout import MARGIN, header, header_height, headline, headline_height, panel
from genzoo.figures.style import RowStyle, Theme, row_detail


class Strip:
    """A figure with a headline and one panel under a header for each row.

    Args:
        theme: Where the colours come from.
        styles: How each row is drawn, in the order of the panels.
        size: Width and height of a panel, in inches.
        left: Room to the left of each line of panels, in inches like the further ones.
        gap: Room between panels.
        below: Room below each line of panels.
        title: Headline.
        caption: A sentence below it.
        per_line: Panels on a line, at most.
        above: Room between the caption and the first line.
    """

    def __init__(
        self,
        theme: Theme,
        styles: Mapping[str, RowStyle],
        size: tuple[float, float],
        *,
        left: float,
        gap: float,
        below: float,
        title: str,
        caption: str,
        per_line: int = 4,
        above: float = 0.0,
    ) -> None:
        self.theme, self.styles, self.size = theme, styles, size
        self.lines = math.ceil(len(styles) / per_line)
        self.columns = math.ceil(len(styles) / self.lines)
        whole = max(MARGIN + left + self.columns * (size[0] + gap) - gap + MARGIN, 4.2)
        details = {row: row_detail(row) for row in styles}
        head = header_height(details, size[0])
        self._left, self._gap = MARGIN + left, gap
        self.caption_bottom = headline_height(title, caption, whole)
        self._top = self.caption_bottom + above + head
        self._pitch = size[1] + below + head
        self.figure = Figure(figsize=(whole, self._top + self.lines * self._pitch - head + 0.03))
        headline(self.figure, theme, title, caption)

    def axes(self, row: str) -> Axes:
        """The panel of a row, under its header."""
        line, column = divmod(list(self.styles).index(row), self.columns)
        width, height = self.size
        left = self._left + column * (width + self._gap)
        top = self._top + line * self._pitch
        colour, detail = self.styles[row].colour, row_detail(row)
        header(self.figure, self.theme, left, top, width, row, colour, detail=detail)
        return panel(self.figure, left, top, width, height)

    def is_first(self, row: str) -> bool:
        """Whether a row's panel is the leftmost of its line."""
        return list(self.styles).index(row) % self.columns == 0


def pick(styles: Mapping[str, RowStyle], rows: Sequence[str]) -> dict[str, RowStyle]:
    """The styles of some rows, in their order."""
    return {row: styles[row] for row in dict.fromkeys(rows)}
