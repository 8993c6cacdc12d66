"""Rows of a comparison that are shown with conditions, and what refuses a conditional model."""

from pathlib import Path
from typing import Any

import pytest
import torch

import genzoo
from genzoo import figures
from genzoo.api.create import contestant
from genzoo.api.pictures import write_pictures
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.experiment import Contestant, Experiment, Problem, run_experiment
from genzoo.figures import Conditioned
from genzoo.reporting import Story
from genzoo.storage.evaluation import reference_sample
from tests.observation.conditional import KINDS, Kinds, Shifted


class Mean(Metric):
    name = label = "mean"
    direction = "min"

    def _estimate(self, evidence: Evidence) -> Estimate:
        return Estimate(float(evidence.samples.mean()))


def sheet(models: list[Contestant], root: Path, patch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The truth and the rows that the sample sheet is given; nothing is drawn."""
    drawn: list[tuple[Any, Any]] = []

    def keep(truth: Any, samples: Any, **words: Any) -> None:
        drawn.append((truth["kinds"], samples["kinds"]))

    patch.setattr(figures, "glance_figure", lambda *_: None)
    patch.setattr(figures, "save", lambda *_: [])
    patch.setattr(figures, "samples_sheet", keep)
    problem = Problem("kinds", Kinds((2,)), {"name": "kinds"})
    asked = Experiment(models, [problem], (0,), [Mean()], n=60)
    write_pictures(root, asked, run_experiment(asked, root), Story([]))
    return drawn[0]


def test_a_sheet_shows_conditions_where_a_model_was_asked_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(steps=1, batch_size=8)
    conditional = Contestant("mine", Shifted, recipe, {"name": "mine"})
    plain = contestant("vae", {"steps": 1})
    truth, rows = sheet([plain, conditional], tmp_path, monkeypatch)
    assert isinstance(truth, Conditioned)
    real = reference_sample(Kinds((2,)), 60, 0)
    assert truth.given.tolist() == real.context.argmax(1).tolist()
    assert rows["mine"].field == KINDS.fields[0]
    assert isinstance(rows["oracle"], Conditioned)
    assert isinstance(rows["vae"], torch.Tensor)
    truth, rows = sheet([plain], tmp_path, monkeypatch)
    assert torch.equal(truth, real.x)
    assert isinstance(rows["oracle"], torch.Tensor)


def test_the_optimal_discriminator_refuses_a_conditional_model() -> None:
    with pytest.raises(InputError, match="by its condition, kind"):
        genzoo.optimal_discriminator(Shifted((2,), KINDS), "ring")
