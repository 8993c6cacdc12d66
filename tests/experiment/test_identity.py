"""What names a run on disk.

Everything that changes its numbers, so that nothing else is ever reused for it.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genzoo.core.given import GivenSamples
from genzoo.core.model import Batch
from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.experiment.tasks import FitTask, RowTask
from genzoo.models import MODELS
from genzoo.storage.evaluation import RealSamples
from genzoo.storage.identity import digest, run_identity, slug

IDENTITY = {
    "model": {"name": "vae", "options": {}},
    "source": {"name": "ring"},
    "recipe": Recipe(),
    "samples": 2500,
    "stacked": True,
    "device": "cpu",
    "engine": "replay",
    "version": "1",
}
CHANGES = {
    "model": {"name": "vae", "options": {"beta": 2}},
    "source": {"name": "ring", "options": {"modes": 7}},
    "recipe": Recipe(betas=(0.5, 0.999)),
    "samples": 2499,
    "stacked": False,
    "device": "cuda",
    "engine": "compiled",
    "version": "2",
}


@pytest.mark.parametrize("name", IDENTITY)
def test_each_part_of_an_identity_changes_its_digest(name: str) -> None:
    usual = digest(run_identity(**IDENTITY))
    assert digest(run_identity(**IDENTITY)) == usual
    assert digest(run_identity(**{**IDENTITY, name: CHANGES[name]})) != usual


def build(event_shape: tuple[int, ...], context_spec: None = None):
    return MODELS.create("vae", event_shape)


RING = create_source("ring")
CONTESTANT = Contestant("vae", build, Recipe(), IDENTITY["model"])
PROBLEM = Problem("ring", RING, IDENTITY["source"])


def given(*sets: torch.Tensor) -> dict[str, dict[str, GivenSamples]]:
    return {"theirs": {"ring": GivenSamples(tuple(map(Batch, sets)))}}


EXPERIMENT = Experiment(
    [CONTESTANT], [PROBLEM], (0, 1), (), given(torch.zeros(4, 2)), 2500, version="1"
)


def fit_folder(experiment: Experiment = EXPERIMENT, contestant=CONTESTANT, problem=PROBLEM) -> Path:
    real = RealSamples(problem.source, experiment.n)
    return FitTask(experiment, contestant, problem, Path("out"), real).folder


@pytest.mark.parametrize(
    "changed",
    [
        {"experiment": replace(EXPERIMENT, n=2499)},
        {"experiment": replace(EXPERIMENT, version="2")},
        {"experiment": replace(EXPERIMENT, device="cuda")},
        {"experiment": replace(EXPERIMENT, seeds=(0,))},
        {"contestant": replace(CONTESTANT, config=CHANGES["model"])},
        {"contestant": replace(CONTESTANT, recipe=CHANGES["recipe"])},
        {"contestant": replace(CONTESTANT, name="mine")},
        {"problem": replace(PROBLEM, config=CHANGES["source"])},
        {"problem": replace(PROBLEM, name="theirs.csv")},
    ],
)
def test_a_run_of_anything_else_lies_in_another_folder(changed: dict) -> None:
    assert fit_folder(**changed) != fit_folder()


def test_more_seeds_and_other_metrics_use_the_same_folder() -> None:
    assert fit_folder(replace(EXPERIMENT, seeds=(0, 1, 2, 3))) == fit_folder()
    assert fit_folder(replace(EXPERIMENT, controls=(), metrics=("js",))) == fit_folder()


def row_folder(
    row: str = "theirs", experiment: Experiment = EXPERIMENT, problem: Problem = PROBLEM
) -> Path:
    real = RealSamples(problem.source, experiment.n)
    return RowTask(experiment, problem, row, Path("out"), real).folder


def test_rows_that_are_not_trained_are_named_by_what_they_are_scored_on() -> None:
    for row in ("theirs", "oracle"):
        usual = row_folder(row)
        for changed in replace(EXPERIMENT, n=2499), replace(EXPERIMENT, version="2"):
            assert row_folder(row, changed) != usual
        assert row_folder(row, problem=replace(PROBLEM, config=CHANGES["source"])) != usual
        assert row_folder(row, replace(EXPERIMENT, seeds=(5,), device="cuda")) == usual


def test_given_samples_are_named_by_every_number_of_every_set() -> None:
    one, other = torch.zeros(4, 2), torch.zeros(4, 2)
    other[3, 1] = 1e-6
    sets = [(one,), (other,), (one, other), (other, one), (one, one), (one[:3],)]
    folders = [row_folder(experiment=replace(EXPERIMENT, samples=given(*rows))) for rows in sets]
    assert len(set(folders)) == len(sets)
    assert row_folder("oracle", replace(EXPERIMENT, samples=given(other))) == row_folder("oracle")


def test_names_of_folders_are_safe_and_stay_apart() -> None:
    assert slug("ring:modes=12,radius=2.5") == "ring_modes=12_radius=2.5"
    assert slug("../../etc") == "etc"
    assert slug("???") == "unnamed"
    assert len(slug("x" * 99)) == 60
