"""A comparison computes on each source what its panel holds there.

What was named by hand it computes everywhere.
"""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import genzoo
from genzoo.results.types import ComparisonTable

FIDELITY = {"precision", "recall", "coverage", "energy"}
COPIES = {"train_share", "near_duplicates"}
SETTINGS = {"seeds": 1, "record": False, "steps": 3, "batch_size": 8}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    values = np.random.default_rng(0).normal(size=(120, 3))
    np.savetxt(path, values, delimiter=",", header="a,b,c", comments="")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def compared(rows: Path, folder: Path) -> ComparisonTable:
    return genzoo.compare(["vae:width=4"], ["ring", rows], out=folder, **SETTINGS)


def computed(table: ComparisonTable, source: str) -> set[str]:
    return {score.metric for score in table.scores if score.source == source}


def test_the_default_panel_asks_more_of_a_file_than_of_a_toy(compared: ComparisonTable) -> None:
    assert computed(compared, "rows.csv") - computed(compared, "ring") >= FIDELITY | COPIES
    assert not computed(compared, "ring") & (FIDELITY | COPIES)
    ring, rows = compared.tables
    assert not {column.name for column in ring.columns} & (FIDELITY | COPIES)
    assert {column.name for column in rows.columns} >= FIDELITY | COPIES
    assert not any("train share" in remark for remark in ring.remarks)
    assert rows.cells["vae:width=4", "coverage"].mean is not None


def test_files_agree_with_the_tables(compared: ComparisonTable, folder: Path) -> None:
    written = list(csv.DictReader(io.StringIO((folder / "results.csv").read_text())))
    assert {row["metric"] for row in written if row["source"] == "ring"} == computed(
        compared, "ring"
    )
    facts = json.loads((folder / "comparison.json").read_text())
    assert set(facts["metrics"]) == computed(compared, "ring") | computed(compared, "rows.csv")
    assert {name: set(given) for name, given in facts["metrics_on"].items()} == {
        source: computed(compared, source) for source in ("ring", "rows.csv")
    }
    assert genzoo.report(folder).exists()


def test_a_metric_that_is_named_is_computed_everywhere(rows: Path, folder: Path) -> None:
    table = genzoo.compare(
        ["vae:width=4"], ["ring", rows], metrics="quick,coverage", out=folder, **SETTINGS
    )
    assert computed(table, "ring") & FIDELITY == {"coverage"}
    assert computed(table, "rows.csv") >= FIDELITY | COPIES


def test_diverged_runs_have_a_row_for_each_metric_of_their_source(rows: Path) -> None:
    settings = SETTINGS | {"steps": 70, "learning_rate": 1e30, "optimiser": "sgd"}
    table = genzoo.compare(["vae:width=4"], ["ring", rows], **settings)
    for source in ("ring", "rows.csv"):
        mine = {s.metric for s in table.scores if s.source == source and s.status == "diverged"}
        assert mine == computed(table, source)
