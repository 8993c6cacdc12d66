"""What a notebook shows of a table and of a fit."""

import numpy as np
import torch

from genzoo.core.recipe import Recipe
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.types import ComparisonTable, FitResult, History, TrainedRun

HOSTILE = "<script>alert(1)</script>"


def test_a_notebook_shows_every_table_with_its_sentences_and_obeys_no_name():
    column = Column("js", HOSTILE, "nats")
    table = SourceTable(
        HOSTILE,
        (column,),
        (HOSTILE,),
        {(HOSTILE, "js"): Cell(0.5, 0.4, 0.6, 2, 2)},
        (HOSTILE,),
        ("best",),
    )
    shown = ComparisonTable((), (table, table))._repr_html_()
    assert shown == 2 * table._repr_html_()
    assert "<script" not in shown
    assert "<td>0.50 ± 0.10</td>" in shown
    assert shown.count("<li>best</li>") == 2


def test_a_fit_shows_its_seeds_and_what_happened():
    class Model(torch.nn.Linear):
        evaluations = 7

    def run(seed, diverged_at=None, events=()):
        history = History(np.array([1, 2]), {"net/<loss>": np.array([3.0, 2.54321])})
        return TrainedRun(seed, Model(2, 1), {}, history, diverged_at, 1.5, 2, events=events)

    fit = FitResult((run(0), run(1, 2, (TrainingEvent("collapsed", 800),))), Recipe())
    shown = fit._repr_html_()
    assert "net/&lt;loss&gt;" in shown
    assert shown.count("<tr>") == 3
    assert shown.count("<td>2.543</td>") == 2
    assert shown.count("<td>7</td>") == 2
    assert "<td>finished</td><td>3</td>" in shown
    assert "<td>diverged</td>" in shown
    assert "Seed 1: collapsed at step 800." in shown
    assert "Seed 0" not in shown


def test_a_comparison_shows_its_summary_too():
    table = SourceTable("ring", (), (), {})
    summary = SourceTable("all 5 sources", (), (), {})
    assert "all 5 sources" in ComparisonTable((), (table,), summary=summary)._repr_html_()
