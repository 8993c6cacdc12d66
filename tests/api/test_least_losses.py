"""The least loss of a comparison's models, in its figures and its report."""

import json

import pytest

import genzoo
from genzoo.core.noise import stream
from genzoo.figures.text import number

SHORT = {"steps": 3, "batch_size": 8, "seeds": 1, "metrics": "field_error", "record": False}


@pytest.mark.thorough
def test_it_is_that_of_the_trained_model_where_it_is_known(tmp_path):
    models = ["flow_matching", "ot_flow_matching", "vae"]
    table = genzoo.compare(models, ["ring:modes=3"], out=tmp_path, **SHORT)
    least = json.loads((tmp_path / "comparison.json").read_text())["least_losses"]
    assert list(least["ring:modes=3"]) == ["flow_matching"]
    (folder,) = (tmp_path / "runs").glob("ring*/flow_matching-*/seed-0000")
    model = genzoo.load(folder)
    found = genzoo.irreducible_loss("ring:modes=3", model, generator=stream(0, "test"))
    assert abs(least["ring:modes=3"]["flow_matching"] / found.value - 1) < 0.05
    page = (tmp_path / "report.html").read_text()
    stored = least["ring:modes=3"]["flow_matching"]
    assert f"least {number(stored)}" in page
    reasons = {score.model: score.reason for score in table.scores if score.value is None}
    assert "paired" in reasons["ot_flow_matching"]
