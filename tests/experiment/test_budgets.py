"""Budgets and evaluations: on every tidy row, in the table, and of runs of an earlier version."""

import csv
import io
import json
from pathlib import Path

import pytest

import genzoo
from genzoo.results.types import ComparisonTable
from genzoo.storage import records

MODELS = [
    "vae:width=4",
    "gan_minimax:width=4,discriminator_steps=2",
    "flow_matching:width=4,sampler=heun,sampler_steps=5",
]
SETTINGS = {
    "seeds": 2,
    "metrics": "sliced_wasserstein",
    "record": False,
    "steps": 3,
    "batch_size": 8,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("budgets")


@pytest.fixture(scope="module")
def compared(folder: Path) -> ComparisonTable:
    return genzoo.compare(MODELS, ["ring"], out=folder, **SETTINGS)


def spent(table: ComparisonTable) -> dict[str, set[tuple[object, object]]]:
    rows = {score.model for score in table.scores}
    return {
        row: {(s.examples_seen, s.updates) for s in table.scores if s.model == row} for row in rows
    }


EXPECTED = {
    MODELS[0]: {(24, 3)},
    MODELS[1]: {(48, 9)},
    MODELS[2]: {(24, 3)},
    "oracle": {(None, None)},
    "single_mode": {(None, None)},
}


def evaluations(table: ComparisonTable) -> dict[str, set[object]]:
    rows = {score.model for score in table.scores}
    return {row: {s.evaluations for s in table.scores if s.model == row} for row in rows}


NFE = {MODELS[0]: {1}, MODELS[1]: {1}, MODELS[2]: {10}, "oracle": {None}, "single_mode": {None}}


def test_every_row_says_what_was_spent(compared: ComparisonTable) -> None:
    assert spent(compared) == EXPECTED
    assert evaluations(compared) == NFE


def test_evaluations_are_a_column_wherever_the_table_is_written(compared: ComparisonTable) -> None:
    (table,) = compared.tables
    assert table.columns[-1].label == "NFE"
    assert [table.texts(row)[-1] for row in table.rows] == ["1", "1", "10", "n/a", "n/a"]
    assert compared.to_markdown().count("| NFE ↓ |") == 1
    rows = list(csv.DictReader(io.StringIO(compared.to_csv())))
    assert {row["evaluations"] for row in rows if row["model"] == MODELS[2]} == {"10"}
    assert {row["evaluations"] for row in rows if row["model"] == "oracle"} == {""}


def test_files_and_tables_carry_it(compared: ComparisonTable) -> None:
    rows = list(csv.DictReader(io.StringIO(compared.to_csv())))
    assert {row["examples_seen"] for row in rows if row["model"] == MODELS[1]} == {"48"}
    assert {row["updates"] for row in rows if row["model"] == "oracle"} == {""}
    assert set(compared.to_dataframe().columns) >= {"examples_seen", "updates"}
    (table,) = compared.tables
    assert "examples seen" in [column.label for column in table.columns]
    assert table.cells[MODELS[0], "examples_seen"].mean == 24
    assert table.cells["oracle", "examples_seen"].mean is None


def test_runs_without_a_budget_on_disk_are_read(compared: ComparisonTable, folder: Path) -> None:
    for path in folder.rglob("config.json"):
        config = json.loads(path.read_text())
        assert config.pop("examples_seen") in (24, 48)
        del config["updates"], config["evaluations"]
        # Folders of then have no seals either; with them, what was edited is trained again.
        for seal in (records.DIGEST, records.FILES):
            del config[seal]
        path.write_text(json.dumps(config))
    again = genzoo.compare(MODELS, ["ring"], out=folder, **SETTINGS)
    assert (spent(again), evaluations(again)) == (EXPECTED, NFE)


def test_a_diverged_run_says_what_it_did(tmp_path: Path) -> None:
    settings = SETTINGS | {"steps": 70, "learning_rate": 1e30, "optimiser": "sgd"}
    table = genzoo.compare(["vae:width=4"], ["ring"], out=tmp_path, **settings)
    for score in table.scores:
        if score.model == "vae:width=4":
            step = int(score.reason.removeprefix("diverged at step "))
            assert (score.examples_seen, score.updates) == (8 * step, step)
            assert step < 70


def test_a_trained_folder_says_it_too(tmp_path: Path) -> None:
    genzoo.train(
        "gan_minimax:width=4",
        "ring",
        steps=3,
        batch_size=8,
        directory=tmp_path / "run",
        record=False,
    )
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["examples_seen"], config["updates"]) == (24, 6)
