"""Numbers with commas: 1,5 in one country is 1.5 in another, and 1,500 may be either of two."""

import re
from typing import Literal

Decimal = Literal["point", "comma"]

_TAIL = r"([eE][+-]?\d+)?\s*"
_READINGS: dict[Decimal, re.Pattern[str]] = {
    "comma": re.compile(r"\s*[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+" + _TAIL),
    "point": re.compile(r"\s*[+-]?\d{1,3}(,\d{3})+(\.\d*)?" + _TAIL),
}


def readings(cell: str) -> list[Decimal]:
    """How a cell that holds a comma can be a number.

    By a decimal comma, by a decimal point, both or neither.

    >>> readings("1,5"), readings("1,500"), readings("1,500.5"), readings("a,b")
    (['comma'], ['comma', 'point'], ['point'], [])
    """
    return [decimal for decimal, form in _READINGS.items() if form.fullmatch(cell)]


def plain(cell: str, decimal: Decimal) -> str:
    """The cell as Python writes numbers, where it is one with a comma in this reading.

    Any other cell is returned as it is.

    >>> plain("1.234,5", "comma"), plain("1,500", "point"), plain("name, first", "comma")
    ('1234.5', '1500', 'name, first')
    """
    if not _READINGS[decimal].fullmatch(cell):
        return cell
    if decimal == "comma":
        return cell.replace(".", "").replace(",", ".")
    return cell.replace(",", "")


def question(cell: str) -> str:
    """What to do about a cell with a comma that can be a number, or nothing."""
    decimals = readings(cell)
    values = [plain(cell.strip(), decimal) for decimal in decimals]
    if not decimals:
        return ""
    if len(decimals) == 1:
        return f"if that is {values[0]}, read it with the option decimal={decimals[0]}"
    return (
        f"it can be {values[0]} or {values[1]}, "
        f"so say which by the option decimal={decimals[0]} or decimal={decimals[1]}"
    )
