"""The files of a run, one by one: there and back, absent, and of another kind."""

from pathlib import Path

import numpy as np
import pytest
import torch

from genzoo.core.metric import Estimate
from genzoo.core.model import Batch
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.storage import records, run_files
from genzoo.storage.run_files import SAMPLES, WEIGHTS
from genzoo.storage.score_files import read_scores, write_scores

ESTIMATES = {
    "js": Estimate(0.5, 0.1, n=7, estimator="kNN", bound="lower", null=0.2, ceiling=0.9),
    "kl": Estimate.absent("no density"),
}

RECORD = {
    "model": {},
    "event_shape": [2],
    "seed": 0,
    "recipe": Recipe().to_dict(),
    "diverged_at": None,
    "training_seconds": 1.5,
    "seeds_together": 1,
    "status": "finished",
    "parameters": 12,
}


def test_a_folder_without_a_record_is_no_whole_run(tmp_path: Path) -> None:
    assert not run_files.is_whole(tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"")
    assert not run_files.is_whole(tmp_path)


def test_a_run_is_whole_while_each_file_is_as_its_record_says(tmp_path: Path) -> None:
    weights = tmp_path / WEIGHTS
    weights.write_bytes(b"weights")
    digests = {WEIGHTS: records.digest_of(b"weights")}
    config = tmp_path / run_files.CONFIG
    config.write_text(records.sealed({**RECORD, records.FILES: digests}))
    assert run_files.is_whole(tmp_path)
    weights.write_bytes(b"others")
    assert not run_files.is_whole(tmp_path)
    weights.unlink()
    assert not run_files.is_whole(tmp_path)
    config.write_text("{}")
    assert not run_files.is_whole(tmp_path)


@pytest.mark.parametrize("shape", [(3, 2), (3, 2, 4), (3, 1, 2, 2)])
def test_examples_of_any_shape_come_back_as_they_were(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    values = torch.arange(float(np.prod(shape))).reshape(shape)
    run_files.save_samples(tmp_path, Batch(values))
    found = run_files.read_samples(tmp_path)
    assert found is not None
    assert found.context is None
    assert torch.equal(found.x, values)


def test_conditions_come_back_with_their_samples(tmp_path: Path) -> None:
    run_files.save_samples(tmp_path, Batch(torch.zeros(3, 2), torch.eye(3)))
    found = run_files.read_samples(tmp_path)
    assert found is not None
    assert found.context is not None
    assert torch.equal(found.context, torch.eye(3))


@pytest.mark.parametrize(
    "values", [np.array(1.0), np.ones(3), np.ones((3, 2), dtype=np.int64)], ids=lambda at: at.shape
)
def test_an_array_of_no_examples_is_refused(values: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / SAMPLES, values)
    with pytest.raises(InputError, match="it holds no examples"):
        run_files.read_samples(tmp_path)


def test_samples_that_are_not_there_are_none(tmp_path: Path) -> None:
    assert run_files.read_samples(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"weights", 8 * b"\0"])
def test_weights_that_cannot_be_read_are_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(InputError, match="are damaged: delete the folder and train again"):
        run_files.read_weights(tmp_path)


def test_scores_come_back_as_they_were_written(tmp_path: Path) -> None:
    run_files.save_samples(tmp_path, Batch(torch.zeros(3, 2)))
    write_scores(tmp_path, ESTIMATES)
    assert read_scores(tmp_path) == ESTIMATES


def test_scores_of_other_samples_are_not_read(tmp_path: Path) -> None:
    run_files.save_samples(tmp_path, Batch(torch.zeros(3, 2)))
    write_scores(tmp_path, ESTIMATES)
    run_files.save_samples(tmp_path, Batch(torch.ones(3, 2)))
    assert read_scores(tmp_path) == {}
    (tmp_path / SAMPLES).unlink()
    assert read_scores(tmp_path) == {}


def test_scores_of_a_run_without_samples_come_back_too(tmp_path: Path) -> None:
    write_scores(tmp_path, ESTIMATES)
    assert read_scores(tmp_path) == ESTIMATES
