"""One cell of a table: a mean with its interval, and how it is written."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One metric of one row of a table, over seeds.

    Attributes:
        mean: Mean over finished runs, or None when there is no value.
        low: Lower end of the 95 % interval; None with fewer than two values.
        high: Upper end.
        finished: The number of runs with a value.
        total: The number of runs.
        bound: See `Estimate`.
        reason: Why there is no value.
        flag: A mark that the table explains, such as missing modes.
        group: Letters; models that share one cannot be told apart on this metric.
        error: Where there is a single value, the standard error of the estimate itself; there is
            then no interval.
        note: What must be said beside the value, such as another number of examples than the other
            rows have.
        counted: Whether the values are counts, so that a whole mean has no decimals.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None
    finished: int = 0
    total: int = 0
    bound: str = "none"
    reason: str = ""
    flag: str = ""
    group: str = ""
    error: float | None = None
    note: str = ""
    counted: bool = False


def format_cell(cell: Cell | None) -> str:
    """`mean ± half-width`, with as many digits as the interval supports.

    A single value has its own standard error in brackets. Where there is no value it says `n/a`.

    >>> format_cell(Cell(0.12345, 0.11111, 0.13579, finished=10, total=10))
    '0.123 ± 0.012'
    >>> format_cell(Cell(0.1234, finished=1, total=1, error=0.0061))
    '0.1234 (se 0.0061)'
    >>> format_cell(Cell(8.0, finished=10, total=10, counted=True))
    '8'
    >>> format_cell(Cell(None, reason="no density"))
    'n/a'
    """
    if cell is None:
        return "n/a"
    if cell.mean is None:
        return f"n/a {cell.flag}" if cell.flag else "n/a"
    bound = BOUNDS.get(cell.bound, "")
    words = [bound + _value_text(cell.mean, cell)]
    if cell.finished != cell.total:
        words.append(f"({cell.finished}/{cell.total})")
    if cell.group:
        words.append(f"({cell.group})")
    if cell.flag:
        words.append(cell.flag)
    if cell.note:
        words.append(f"[{cell.note}]")
    return " ".join(words)


BOUNDS = {"lower": "≥ ", "upper": "≤ "}
"""What stands before a value that bounds the number in question."""


def _value_text(mean: float, cell: Cell) -> str:
    """The mean with the half-width of its interval, or a single value with its own error."""
    if cell.low is not None and cell.high is not None:
        half = (cell.high - cell.low) / 2
        if half > 1e-9 * abs(mean):
            decimals = _decimals(half, 2)
            return f"{_fixed(mean, decimals)} ± {_fixed(half, decimals)}"
    elif cell.error:
        decimals = _decimals(cell.error, 2)
        return f"{_fixed(mean, decimals)} (se {_fixed(cell.error, decimals)})"
    if cell.counted and mean.is_integer():
        return f"{mean:,.0f}"
    return _significant(mean, 3)


def _decimals(value: float, significant: int) -> int:
    """How many decimals show so many significant digits of a value."""
    return significant - 1 - math.floor(math.log10(abs(value)))


def _fixed(value: float, decimals: int) -> str:
    """A value with so many decimals, or as a power of ten where there would be more than eight."""
    if decimals <= 8:
        # + 0.0: no minus before zero
        rounded = round(value, decimals) + 0.0
        return f"{rounded:,.{max(decimals, 0)}f}"
    digits = 1
    if value:
        digits = max(decimals + 1 + math.floor(math.log10(abs(value))), 1)
    return f"{value:.{digits}g}"


def _significant(value: float, significant: int) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = _decimals(value, significant)
    if decimals > 8:
        return f"{value:.{significant - 1}g}"
    return _fixed(value, max(decimals, 0)).rstrip()
