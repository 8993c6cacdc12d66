"""Readers keep every row and every number: repeated rows, long files, the order."""

from pathlib import Path

import numpy as np
import pytest
import torch

from genzoo.data.arrays import _overlap
from genzoo.data.files import load_file, read_table

LONG = np.round(np.random.default_rng(0).normal(size=(2503, 3)), 6)
REPEATED = np.tile([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]], (4, 1))


def written(path: Path, rows: np.ndarray, delimiter: str = ",") -> Path:
    if path.suffix == ".csv":
        np.savetxt(path, rows, delimiter=delimiter, fmt="%.6f")
    elif path.suffix == ".npy":
        np.save(path, rows)
    elif path.suffix == ".npz":
        np.savez(path, rows)
    else:
        import pandas

        pandas.DataFrame(rows, columns=[f"c{k}" for k in range(rows.shape[1])]).to_parquet(path)
    return path


@pytest.mark.parametrize("rows", [LONG, REPEATED], ids=["long", "repeated"])
@pytest.mark.parametrize("suffix", [".csv", ".npy", ".npz", ".parquet"])
def test_every_row_is_read_in_its_order(tmp_path: Path, suffix: str, rows: np.ndarray) -> None:
    table = read_table(written(tmp_path / f"t{suffix}", rows))
    np.testing.assert_array_equal(table.values, rows)


@pytest.mark.parametrize("delimiter", ["\t", ";", " "])
def test_whatever_stands_between_the_cells(tmp_path: Path, delimiter: str) -> None:
    table = read_table(written(tmp_path / "t.csv", LONG, delimiter))
    np.testing.assert_array_equal(table.values, LONG)


@pytest.mark.parametrize("rows", [LONG, REPEATED], ids=["long", "repeated"])
def test_no_row_is_lost_between_training_and_scores(tmp_path: Path, rows: np.ndarray) -> None:
    source = load_file(written(tmp_path / "t.npy", rows))
    both = np.concatenate([source.train.x.numpy(), source.holdout.x.numpy()])
    assert sorted(both.tolist()) == sorted(rows.astype(np.float32).tolist())
    assert len(source.holdout.x) == round(len(rows) / 3)


def test_rows_that_are_in_both_parts_are_counted() -> None:
    train = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    holdout = torch.tensor([[-0.0, 1.0], [4.0, 5.0], [4.0, 5.0], [4.0, 6.0]])
    (said,) = _overlap(train, holdout)
    assert said.startswith("3 of 4 rows of the holdout are also in the training part")
    assert _overlap(train, holdout[3:]) == []
