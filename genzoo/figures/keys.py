"""What the colours of examples with conditions mean: a colour for each class, or along a number."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from genzoo.arrays import FloatArray
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Field
from genzoo.core.model import Batch
from genzoo.figures.arrays import Conditioned
from genzoo.figures.layout import MARGIN, write
from genzoo.figures.style import SMALL, Theme
from genzoo.figures.text import literal, number, shorten, text_width
from genzoo.results.shown_condition import shown_field, shown_values

NAMED = 10
"""Classes that a key names."""
KEY_LINE = 0.21
"""Height of a key in inches."""
SWATCH, RAMP = 0.1, 1.2
"""Widths in inches, of the colour of a class and of all colours of a number."""
AFTER_SWATCH, AFTER_TEXT = 0.05, 0.1
"""Inches between things."""
SHADES = 48
"""Colours that a ramp is drawn with."""
PALE = 0.3
"""How much of a colour a pale one has."""
LONGEST = 1.1
"""Inches that a name may take."""


def with_conditions(batch: Batch, spec: ContextSpec | None) -> Any:
    """The examples of a batch, with what pictures show of their conditions where they have any."""
    if batch.context is None or spec is None:
        return batch.x
    return Conditioned(batch.x, shown_values(spec, batch.context), shown_field(spec))


class Key:
    """The colours of one label or number."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.field = field
        self.theme = theme

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; none of a number."""
        if isinstance(self.field, Category):
            return self.field.classes
        return ()

    def colours(self, given: FloatArray) -> FloatArray:
        """The colours `(n, 4)` of examples with these classes or numbers `(n,)`."""
        if isinstance(self.field, Category):
            table = np.array([to_rgba(colour) for colour in self.theme.palette])
            return np.asarray(table[given.astype(int) % len(table)])
        ramp = LinearSegmentedColormap.from_list("ramp", self.theme.ramp)
        share = (given - self.field.low) / (self.field.high - self.field.low)
        return np.asarray(ramp(np.clip(share, 0, 1)), dtype=np.float64)

    def pale_colours(self, given: FloatArray) -> FloatArray:
        """The same nearer to the background, `(n, 4)`."""
        ground = np.array(to_rgba(self.theme.background))
        return np.asarray(ground + PALE * (self.colours(given) - ground))

    @property
    def meaning(self) -> str:
        """What a caption says of the colours."""
        said = "Coloured by condition: what samples were asked for, and real examples come with."
        if len(self.classes) > len(self.theme.palette):
            said += f" Colours repeat after {len(self.theme.palette)} classes."
        return said

    def draw(self, figure: Figure, top: float, heading: str) -> None:
        """Draw the key on one line across a figure; classes for which there is no room are counted.

        Args:
            figure: Where.
            top: Inches from the upper edge.
            heading: What stands before it.
        """
        line = _Line(figure, self.theme, top)
        line.text(heading, self.theme.muted)
        if not isinstance(self.field, Category):
            line.text(number(self.field.low), self.theme.text)
            values = np.linspace(self.field.low, self.field.high, SHADES)
            line.swatches(self.colours(values), RAMP / SHADES)
            line.text(number(self.field.high), self.theme.text)
            return
        names = [shorten(literal(name), LONGEST, SMALL) for name in self.classes]
        colours = self.colours(np.arange(float(len(names))))
        shown = line.fitting(names[:NAMED], len(names))
        for name, colour in zip(names[:shown], colours, strict=False):
            line.swatches(colour[None], SWATCH)
            line.text(name, self.theme.text)
        if shown < len(names):
            line.text(f"and {len(names) - shown} more", self.theme.muted)


class _Line:
    """Things side by side."""

    def __init__(self, figure: Figure, theme: Theme, top: float) -> None:
        self.figure = figure
        self.width, self.height = figure.get_size_inches()
        self.top = top
        self.left = MARGIN

    def text(self, text: str, colour: str) -> None:
        write(self.figure, self.left, self.top, text, fontsize=SMALL, color=colour)
        self.left += text_width(text, SMALL) + AFTER_TEXT

    def swatches(self, colours: FloatArray, width: float) -> None:
        """Rectangles of these colours `(k, 4)`, without gaps."""
        bottom = 1 - (self.top + 0.025 + SWATCH) / self.height
        for colour in colours:
            size = width / self.width, SWATCH / self.height
            corner = self.left / self.width, bottom
            self.figure.add_artist(Rectangle(corner, *size, facecolor=colour, linewidth=0))
            self.left += width
        self.left += AFTER_SWATCH

    def fitting(self, names: Sequence[str], total: int) -> int:
        """How many of the names fit, beside the count of the others."""
        room = self.width - MARGIN - self.left
        rest = text_width(f"and {total} more", SMALL)
        used = 0.0
        for count, name in enumerate(names):
            used += SWATCH + AFTER_SWATCH + text_width(name, SMALL) + AFTER_TEXT
            spare = rest if count + 1 < total else 0.0
            if used + spare > room:
                return count
        return len(names)
