"""Numbers with commas: 1,5 in one country is 1.5 in another, and 1,500 is one and a half or fifteen hundred."""

import re
from typing import Literal

Decimal = Literal["point", "comma"]

_TAIL = r"([eE][+-]?\d+)?\s*"
_READINGS: dict[Decimal, re.Pattern[str]] = {
    "comma": re.compile(r"\s*[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+" + _TAIL),
    "point": re.compile(r"\s*[+-]?\d{1,3}(,\d{3})+(\.\d*)?" + _TAIL),
}


def readings(cell: str) -> list[Decimal]:
    """How a cell that holds a comma can be a number: by a decimal comma, by a decimal point, both or neither.

    >>> readings("1,5"), readings("1,500"), readings("1,500.5"), readings("a,b")
    (['comma'], ['comma', 'point'], ['point'], [])
    """
    return [decimal for decimal, form in _READINGS.items() if form.fullmatch(cell)]


def plain(cell: str, decimal: Decimal) -> str:
    """The cell as Python writes numbers, where it is one with a comma in this reading; else as it is.

    >>> plain("1.234,5", "comma"), plain("1,500", "point"), plain("name, first", "comma")
    ('1234.5', '1500', 'name, first')
    """
    if not _READINGS[decimal].fullmatch(cell):
        return cell
    return cell.replace(".", "").replace(",", ".") if decimal == "comma" else cell.replace(",", "")


def question(cell: str) -> str:
    """What to do about a cell with a comma that can be a number, or nothing."""
    found = [(decimal, plain(cell.strip(), decimal)) for decimal in readings(cell)]
    if len(found) == 1:
        ((decimal, value),) = found
        return f"if that is {value}, read it with the option decimal={decimal}"
    if found:
        (one, first), (other, second) = found
        return f"it can be {first} or {second}, so say which by the option decimal={one} or decimal={other}"
    return ""
