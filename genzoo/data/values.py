"""Numbers from outside: which arrays are read, and how they are brought to single precision."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from genzoo.errors import InputError

Values = npt.NDArray[Any]
Place = Callable[[tuple[int, ...]], str]
"""Says where the cell with a given index is, in words."""

ROUNDING = 0.01
"""Largest rounding error of a cell that is accepted, as a share of the range of its column."""
NEGLIGIBLE = 1e-12
"""A column whose range is below this share of its values is constant."""

KINDS = {
    "c": "complex numbers",
    "O": "Python objects",
    "U": "text",
    "S": "text",
    "T": "text",
    "V": "records of several fields",
}
"""What a refused array holds, by the kind of its dtype."""


def check_values(values: Values, name: str) -> Values:
    """Return an array of real numbers as `(n, *event_shape)`, n >= 1.

    An array of a single axis is one column.

    Raises:
        InputError: On another type or shape.
    """
    if values.dtype.kind not in "biuf":
        got = KINDS.get(values.dtype.kind, str(values.dtype))
        raise InputError(f"{name} holds {got}: give real numbers, one example in each row")
    if values.ndim == 0:
        raise InputError(
            f"{name} holds a single number: give an array with one example in each row"
        )
    if values.size == 0:
        raise InputError(
            f"{name} is empty, with shape {values.shape}: give one example in each row"
        )
    if values.ndim == 1:
        return values[:, None]
    return values


def single_precision(
    values: Values,
    name: str,
    place: Place,
) -> npt.NDArray[np.float32]:
    """Convert to float32.

    Args:
        values: `(n, *event_shape)` real numbers.
        name: What messages call them.
        place: Where a cell is, for messages.

    Raises:
        InputError: On NaN or infinity, and where rounding would exceed 1 % of the range of a
            column.
    """
    missing = ~np.isfinite(values)
    if missing.any():
        first = place(_first(missing))
        cells = int(missing.sum())
        what = "1 cell that is" if cells == 1 else f"{cells} cells that are"
        raise InputError(
            f"{name} has {what} empty, NaN or infinite (the first: {first}): "
            "fill or remove these rows"
        )
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32)
    too_large = ~np.isfinite(rounded)
    if too_large.any():
        first = place(_first(too_large))
        raise InputError(
            f"{name} has a number too large for single precision ({first}): rescale this column"
        )
    exact = values.astype(np.float64)
    spread = np.ptp(exact, axis=0)
    coarse = np.abs(exact - rounded).max(axis=0) > ROUNDING * spread
    varying = spread > NEGLIGIBLE * np.abs(exact).max(axis=0)
    lost = coarse & varying
    if lost.any():
        first = place((0, *_first(lost)))
        raise InputError(
            f"{name} has numbers that single precision cannot tell apart ({first}): "
            "subtract their mean first"
        )
    return rounded


def _first(mask: Values) -> tuple[int, ...]:
    """The index of the first cell that is marked."""
    index: list[int] = np.argwhere(mask)[0].tolist()
    return tuple(index)


def named_cells(columns: Sequence[str]) -> Place:
    """Names a cell by its row, counted from 1, and the name of its column."""

    def place(index: tuple[int, ...]) -> str:
        row, column = index
        return f"row {row + 1}, column {columns[column]!r}"

    return place


def row_and_column(index: tuple[int, ...]) -> str:
    """Name a cell by its position, counted from 1."""
    row, *rest = (i + 1 for i in index)
    if len(rest) == 1:
        return f"row {row}, column {rest[0]}"
    return f"row {row}, position {tuple(rest)}"
