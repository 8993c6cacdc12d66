"""How examples of one source are shown.

The truth fixes the frame, so that every row is seen in the same one.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from matplotlib.axes import Axes

from genzoo.arrays import FloatArray, Mask
from genzoo.errors import InputError
from genzoo.figures.arrays import Sample, numbers, read_truth
from genzoo.figures.keys import Key
from genzoo.figures.layout import note
from genzoo.figures.style import RowStyle, Theme
from genzoo.figures.text import percent
from genzoo.results.box import box_limits

REGIONS = (0.99, 0.9, 0.5)
"""Probability of the highest-density regions that are shaded."""


@dataclass(frozen=True)
class DensityGrid:
    """A log-density on a regular grid over the truth's frame.

    Attributes:
        axes: Grid values: one `(A,)`, or two `(A,)` and `(B,)`.
        log_density: In nats, `(A,)` or `(A, B)`; entry [i, j] belongs to (axes[0][i], axes[1][j]).
    """

    axes: tuple[FloatArray, ...]
    log_density: FloatArray

    def __post_init__(self) -> None:
        expected = tuple(len(values) for values in self.axes)
        if self.log_density.shape != expected:
            raise InputError(
                f"log_density must have the grid's shape {expected}, got {self.log_density.shape}"
            )

    @property
    def density(self) -> FloatArray:
        """exp(log_density); 0 where it is NaN."""
        return np.exp(np.nan_to_num(self.log_density, nan=-np.inf, posinf=np.inf, neginf=-np.inf))

    def levels(self, masses: tuple[float, ...] = REGIONS) -> list[float]:
        """Densities that bound the highest-density regions of these probabilities, increasing.

        Probability is that on the grid. Levels that coincide, as on a plateau, are given once,
        below it.
        """
        values = np.sort(self.density.ravel())[::-1]
        total = values.sum()
        if not (np.isfinite(total) and total > 0):
            return []
        share = np.cumsum(values) / total
        places = np.searchsorted(share, sorted(masses)[::-1])
        bounds = values[np.minimum(places, len(values) - 1)]
        distinct: list[float] = []
        least = 0.0
        for level in np.minimum(bounds, 0.9 * values[0]).tolist():
            if level > least:
                distinct.append(level)
                least = 1.02 * level
        return distinct


def density_grid(
    truth: Any, log_prob: Callable[[FloatArray], Any], *, size: int = 161
) -> DensityGrid:
    """Evaluate a log-density where `samples_sheet` draws it.

    Args:
        truth: The examples that the sheet is given for this source, `(n, 1)` or `(n, 2)`: they fix
            the frame.
        log_prob: Takes points `(m, D)` and returns `(m,)`, in nats.
        size: Grid values along each axis.

    Raises:
        InputError: When the truth is neither 1-D nor 2-D.
    """
    examples = read_truth(truth, "the truth")
    if examples.shape[1:] not in ((1,), (2,)):
        raise InputError(
            f"a density grid needs 1-D or 2-D examples, got event shape {examples.shape[1:]}"
        )
    axes = tuple(np.linspace(low, high, size) for low, high in box_limits(examples))
    points = np.stack([values.ravel() for values in np.meshgrid(*axes, indexing="ij")], axis=1)
    log_density = numbers(log_prob(points), "log_prob's answer").reshape((size,) * len(axes))
    return DensityGrid(axes, log_density)


class View(abc.ABC):
    """One way to show examples.

    Attributes:
        theme: Where the colours come from.
        truth: The examples that fix the frame.
        explanation: What the sheet's caption must say about this view, or nothing.
        labels: Axis labels of the first panel, or nothing.
        meaning: What a caption must say of how conditions are shown, or nothing.
        key: The colours of examples with conditions; None where none are shown.
        has_key: Whether the colours of the key are used.
        truth_given: Of the truth, as `Sample.given`.
    """

    theme: Theme
    truth: FloatArray
    explanation: str = ""
    labels: tuple[str, str] = ("", "")
    meaning: str = ""
    key: Key | None = None
    has_key: bool = True
    truth_given: FloatArray | None = None

    @abc.abstractmethod
    def _frame(self, axes: Axes, *, labelled: bool) -> None:
        """Set limits, aspect and ticks."""

    @abc.abstractmethod
    def _draw_truth(self, axes: Axes) -> None:
        """The truth on its own."""

    @abc.abstractmethod
    def _draw(self, axes: Axes, sample: Sample, style: RowStyle) -> None:
        """Finite examples over the truth."""

    @abc.abstractmethod
    def _outside(self, x: FloatArray) -> Mask:
        """Which examples do not lie wholly within the frame, `(n,)`."""

    def _remarks(self, x: FloatArray, total: int) -> list[str]:
        """What a reader must know of examples that cannot be seen."""
        count = int(self._outside(x).sum())
        if not count:
            return []
        return [f"{percent(count / total)} outside"]

    def show_conditions(self, key: Key, truth_given: FloatArray) -> None:
        """From now on, show the conditions of the truth and of samples that have any."""
        self.key = key
        self.truth_given = truth_given
        self.meaning = key.meaning

    @final
    def colours(self, given: FloatArray | None, otherwise: str) -> str | FloatArray:
        """A colour `(n, 4)` for each example that has a condition; else one for all."""
        if self.key is None or given is None:
            return otherwise
        return self.key.colours(given)

    @final
    def frame(self, axes: Axes, *, labelled: bool) -> None:
        """Set limits, aspect and ticks, once everything is drawn; tick labels if `labelled`."""
        self._frame(axes, labelled=labelled)

    @final
    def show_truth(self, axes: Axes) -> None:
        """Draw the truth on its own, and count above it what cannot be seen."""
        self._draw_truth(axes)
        if remarks := self._remarks(self.truth, len(self.truth)):
            note(axes, self.theme, ", ".join(remarks), place="above")

    @final
    def show(self, axes: Axes, sample: Sample, style: RowStyle) -> None:
        """Draw a sample, and count below it what cannot be seen."""
        self._draw(axes, sample, style)
        remarks = self._remarks(sample.finite, sample.n)
        if sample.lost:
            remarks.append(f"{percent(sample.lost)} not finite")
        if remarks:
            note(axes, self.theme, ", ".join(remarks))
