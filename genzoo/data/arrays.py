"""A finite table of examples: checked, and split once into training and held-out rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genzoo.core.model import Batch
from genzoo.core.source import FiniteSource
from genzoo.errors import InputError

Values = npt.NDArray[Any]
Place = Callable[[tuple[int, ...]], str]
"""Says where the cell with a given index is, in words."""

ROUNDING = 0.01
"""Largest rounding error of a cell that is accepted, as a share of the range of its column."""
NEGLIGIBLE = 1e-12
"""A column whose range is below this share of its values is constant."""


class ArraySource(FiniteSource):
    """The rows of an array, as they are, in data units, with a fixed part kept for scores.

    Args:
        rows: `(n, *event_shape)` numbers, n >= 2: a tensor or array; `(n,)` is read as one column.
        name: What messages call it.
        holdout: Share of the rows to keep for scores, between 0 and 1: at least one row, at least two of four or more,
            and never all.
        split_seed: Fixes which rows.
        context: `(n, C)` conditions of the rows, if any.

    Raises:
        InputError: When the array is not numeric, is empty, has a single row, or holds NaN, infinity or numbers that
            single precision cannot tell apart; or an option is out of range.
    """

    def __init__(
        self,
        rows: Any,
        *,
        name: str = "the array",
        holdout: float = 1 / 3,
        split_seed: int = 0,
        context: Tensor | None = None,
    ) -> None:
        self.name = name
        x = torch.from_numpy(single_precision(check_values(rows, name), name, row_and_column))
        self.event_shape = tuple(x.shape[1:])
        self.recommended_standardisation = "column" if x.ndim == 2 else "scalar"
        if len(x) == 1:
            raise InputError(
                f"{name} has a single row: at least 2 are needed, one to train on and one to keep for scores"
            )
        kept = holdout_size(len(x), holdout)
        order = torch.from_numpy(np.random.default_rng(split_seed).permutation(len(x)))
        self._train = _take(x, context, order[kept:])
        self._holdout = _take(x, context, order[:kept])

    @property
    def train(self) -> Batch:
        """The rows that models may see."""
        return self._train

    @property
    def holdout(self) -> Batch:
        """The rows kept for scores."""
        return self._holdout


def holdout_size(n: int, holdout: float) -> int:
    """How many of n >= 2 rows to keep: round(n * holdout), at least 1, at least 2 of four or more, at most n - 1.

    Raises:
        InputError: When `holdout` is not between 0 and 1.
    """
    if isinstance(holdout, bool) or not isinstance(holdout, int | float) or not 0 < holdout < 1:
        raise InputError(f"holdout must be a share between 0 and 1, both excluded, got {holdout!r}")
    return min(max(round(n * holdout), 2 if n >= 4 else 1), n - 1)


def check_values(rows: Any, name: str) -> Values:
    """Return rows as a real-valued array `(n, *event_shape)`, n >= 1.

    Raises:
        InputError: On any other type or shape.
    """
    values = _as_array(rows, name)
    if values.dtype.kind not in "biuf":
        kinds = {
            "c": "complex numbers",
            "O": "Python objects",
            "U": "text",
            "S": "text",
            "V": "records of several fields",
        }
        got = kinds.get(values.dtype.kind, str(values.dtype))
        raise InputError(f"{name} holds {got}: give real numbers, one example in each row")
    if values.ndim == 0:
        raise InputError(f"{name} holds a single number: give an array with one example in each row")
    if values.size == 0:
        raise InputError(f"{name} is empty, with shape {values.shape}: give one example in each row")
    return values[:, None] if values.ndim == 1 else values


def single_precision(values: Values, name: str, place: Place) -> npt.NDArray[np.float32]:
    """Convert to float32.

    Args:
        values: `(n, *event_shape)` real numbers.
        name: What messages call them.
        place: Where a cell is, for messages.

    Raises:
        InputError: On NaN or infinity, and where rounding would exceed 1 % of the range of a column.
    """
    finite = np.isfinite(values)
    if not finite.all():
        first = place(tuple(int(i) for i in np.argwhere(~finite)[0]))
        cells = int((~finite).sum())
        what = "1 cell that is" if cells == 1 else f"{cells} cells that are"
        raise InputError(f"{name} has {what} empty, NaN or infinite (the first: {first}): fill or remove these rows")
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32)
    if not np.isfinite(rounded).all():
        first = place(tuple(int(i) for i in np.argwhere(~np.isfinite(rounded))[0]))
        raise InputError(f"{name} has a number too large for single precision ({first}): rescale this column")
    exact = values.astype(np.float64)
    spread = np.ptp(exact, axis=0)
    coarse = np.abs(exact - rounded).max(axis=0) > ROUNDING * spread
    varying = spread > NEGLIGIBLE * np.abs(exact).max(axis=0)
    if (coarse & varying).any():
        first = place((0, *(int(i) for i in np.argwhere(coarse & varying)[0])))
        raise InputError(
            f"{name} has numbers that single precision cannot tell apart ({first}): subtract their mean first"
        )
    return rounded


def row_and_column(index: tuple[int, ...]) -> str:
    """Name a cell by its position, counted from 1."""
    row, *rest = (i + 1 for i in index)
    return f"row {row}, column {rest[0]}" if len(rest) == 1 else f"row {row}, position {tuple(rest)}"


def _as_array(rows: Any, name: str) -> Values:
    if isinstance(rows, Tensor):
        rows = rows.detach().cpu()
        rows = (rows.to(torch.float64) if rows.is_floating_point() else rows).numpy()
    try:
        values: Values = np.asarray(rows)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be an array of numbers with rows of equal length, got {error}") from error
    return values


def _take(x: Tensor, context: Tensor | None, index: Tensor) -> Batch:
    return Batch(x[index], None if context is None else context[index])
