"""Tables on terminals of any width."""

import contextlib
import io
import json
import os
import re
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from genzoo.cli import show
from genzoo.results.table import Cell, Column, SourceTable

ROWS = ("vae", "gan_nonsaturating:discriminator_steps=3", "oracle")
COLUMNS = tuple(
    Column(name, name, "nats") for name in ("JS", "KL(model||data)", "sliced W2", "parameters")
)
TABLE = SourceTable(
    "ring",
    COLUMNS,
    ROWS,
    {
        (row, column.name): Cell(0.12345, 0.11, 0.1369, finished=9, total=10)
        for row in ROWS
        for column in COLUMNS
    },
    remarks=("read [this] *so*",),
    conclusions=("no difference",),
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def printed(width, stream):
    """What people read: no escape sequences."""
    environment = {"COLUMNS": str(width), "TERM": "xterm"}
    with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(stream):
        show._show_source(TABLE)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


@given(width=st.integers(40, 200))
def test_no_number_is_ever_broken_and_no_line_is_wider_than_the_terminal(width):
    text = printed(width, Terminal())
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert sum(line.count("0.123") for line in lines) == len(ROWS) * len(COLUMNS)
    assert sum(line.count("± 0.013 (9/10)") for line in lines) == len(ROWS) * len(COLUMNS)


def test_a_file_gets_one_table_and_whole_sentences():
    text = printed(40, io.StringIO())
    assert text.count("vae") == 1
    assert ROWS[1] in text
    assert "- read [this] *so*\n" in text
    assert "- no difference\n" in text


def test_json_knows_no_nan(capsys):
    show.show_json({"value": float("nan"), "all": [float("inf"), 1.0]})
    assert json.loads(capsys.readouterr().out) == {"value": None, "all": [None, 1.0]}


def test_columns_are_continued_below_where_they_no_longer_fit():
    """A number takes its own width or 10 characters, and 3 between two of them."""
    names = show.PrintedColumn("", ["vae"])
    columns = [show.PrintedColumn(name, ["0.1"]) for name in "abcd"]
    wide = show.PrintedColumn("e", ["0.12345678901234567890"])

    def bands(width, *more):
        grouped = show._bands(names, [*columns, *more], width)
        return [[column.name for column in band] for band in grouped]

    assert bands(57) == [["a", "b", "c", "d"]]
    assert bands(57, *columns) == [["a", "b", "c", "d"]] * 2
    assert bands(56) == [["a", "b", "c"], ["d"]]
    assert bands(57 + 25, wide) == [["a", "b", "c", "d", "e"]]
    assert bands(57 + 24, wide) == [["a", "b", "c", "d"], ["e"]]
    assert bands(10) == [["a"], ["b"], ["c"], ["d"]]
