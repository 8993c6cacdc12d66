"""What a notebook shows of a table."""

from genzoo.core.results import ComparisonTable
from genzoo.core.table import Cell, Column, SourceTable

HOSTILE = "<script>alert(1)</script>"


def test_a_notebook_shows_every_table_with_its_sentences_and_obeys_no_name():
    column = Column("js", HOSTILE, "nats")
    table = SourceTable(
        HOSTILE, (column,), (HOSTILE,), {(HOSTILE, "js"): Cell(0.5, 0.4, 0.6, 2, 2)}, (HOSTILE,), ("best",)
    )
    shown = ComparisonTable((), (table, table))._repr_html_()
    assert shown == 2 * table._repr_html_()
    assert "<script" not in shown
    assert "<td>0.50 ± 0.10</td>" in shown
    assert shown.count("<li>best</li>") == 2
