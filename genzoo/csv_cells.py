"""Text in cells of .csv files, which spreadsheets take for a formula if it begins like one."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a formula begins, or what a spreadsheet strips before one."""


def text_cell(value: object) -> object:
    """The value, with an apostrophe before text that a spreadsheet would run as a formula.

    >>> text_cell("=1+1"), text_cell("ring"), text_cell(-1.5)
    ("'=1+1", 'ring', -1.5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def plain_text(cell: str) -> str:
    """The inverse of `text_cell` on text.

    >>> plain_text("'=1+1"), plain_text("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
