"""Scores of models and metrics from outside genzoo: changed code is computed anew."""

import importlib
import json
import sys

import pytest

import genzoo
from genzoo.errors import InputError
from genzoo.metrics import METRICS
from genzoo.models import MODELS
from genzoo.source_code import module_digest

MODEL = """
import torch
import genzoo
from genzoo.testing.specimens import LinearGaussian

class Constant(LinearGaussian):
    def generate(self, noise, context=None):
        return torch.full_like(super().generate(noise, context), VALUE)

@genzoo.register_model("constant")
def constant(event_shape):
    return Constant(event_shape)
"""
METRIC = """
import genzoo
from genzoo.core.metric import Estimate, Metric

class Fixed(Metric):
    name = "fixed"
    label = "fixed"
    direction = "target"

    def _estimate(self, evidence):
        return Estimate(VALUE, 0.1, len(evidence.samples))

genzoo.register_metric("fixed")(Fixed)
"""
QUICK = {"seeds": 1, "steps": 1, "record": False}


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Imports the text of a module with a value in it, as a new process would."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(name, text, value):
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("VALUE", str(value)))
        for registry in (MODELS, METRICS):
            registry.names()
            fresh = dict(registry._entries)
            fresh.pop("constant", None)
            fresh.pop("fixed", None)
            monkeypatch.setattr(registry, "_entries", fresh)
        for module in (name, name.partition(".")[0]):
            monkeypatch.delitem(sys.modules, module, raising=False)
        importlib.invalidate_caches()
        module_digest.cache_clear()
        importlib.import_module(name)

    yield write
    module_digest.cache_clear()


def value_of(row, table):
    return next(score.value for score in table.scores if score.model == row)


def compared(tmp_path, models, metric):
    return genzoo.compare(models, ["ring"], metrics=metric, out=tmp_path / "out", **QUICK)


@pytest.mark.parametrize("name", ["own_model", "own_models.flows"])
def test_a_registered_model_whose_code_has_changed_is_trained_anew(name, tmp_path, imported):
    (tmp_path / "own_models").mkdir()
    (tmp_path / "own_models" / "__init__.py").write_text("")
    imported(name, MODEL, 1.0)
    first = value_of("constant", compared(tmp_path, ["constant"], "energy"))
    imported(name, MODEL, 1.0)
    assert value_of("constant", compared(tmp_path, ["constant"], "energy")) == first
    assert len(list((tmp_path / "out").glob("runs/*/constant-*"))) == 1
    imported(name, MODEL, 3.0)
    assert value_of("constant", compared(tmp_path, ["constant"], "energy")) > first


def test_another_module_of_the_package_of_a_model_counts(tmp_path, imported):
    (tmp_path / "own_parts").mkdir()
    (tmp_path / "own_parts" / "__init__.py").write_text("")
    layers = tmp_path / "own_parts" / "layers.py"
    layers.write_text("")
    imported("own_parts.flows", MODEL, 1.0)
    before = module_digest("own_parts.flows")
    layers.write_text("WIDTH = 3")
    assert module_digest("own_parts.flows") == before
    module_digest.cache_clear()
    assert module_digest("own_parts.flows") != before


def test_a_model_whose_source_cannot_be_read_is_never_the_same(tmp_path, imported):
    imported("own_model", MODEL, 1.0)
    compared(tmp_path, ["constant"], "energy")
    module_digest.cache_clear()
    (tmp_path / "own_model.py").unlink()
    compared(tmp_path, ["constant"], "energy")
    module_digest.cache_clear()
    compared(tmp_path, ["constant"], "energy")
    assert len(list((tmp_path / "out").glob("runs/*/constant-*"))) == 3


def test_train_does_not_take_a_run_of_earlier_code_for_its_own(tmp_path, imported):
    def train():
        return genzoo.train("constant", "ring", steps=1, record=False, directory=tmp_path / "run")

    imported("own_model", MODEL, 1.0)
    train()
    imported("own_model", MODEL, 1.0)
    train()
    imported("own_model", MODEL, 3.0)
    with pytest.raises(InputError, match="choose another directory"):
        train()
    assert genzoo.load(tmp_path / "run").sample(1).isfinite().all()


def test_a_metric_whose_code_has_changed_is_computed_anew(tmp_path, imported):
    for value in (1.0, 1.0, 3.0):
        imported("own_metric", METRIC, value)
        table = compared(tmp_path, ["vae"], "fixed,energy")
        values = {score.value for score in table.scores if score.metric == "fixed"}
        assert values == {value}
    imported("own_metric", METRIC, 3.0)
    stored = {path: path.read_bytes() for path in tmp_path.rglob("scores.json")}
    compared(tmp_path, ["vae"], "fixed")
    assert stored == {path: path.read_bytes() for path in stored}
    compared(tmp_path, ["vae"], "energy,sliced_wasserstein")
    compared(tmp_path, ["vae"], "fixed")
    (tmp_path / "own_metric.py").unlink()
    METRICS.entry("fixed").factory._estimate = lambda self, evidence: genzoo.Estimate(5.0, 0.1, 1)
    module_digest.cache_clear()
    table = compared(tmp_path, ["vae"], "fixed")
    assert {score.value for score in table.scores} == {5.0}


def test_scores_and_runs_of_genzoo_alone_hold_no_digest_of_code(tmp_path):
    compared(tmp_path, ["vae"], "energy")
    for path in tmp_path.rglob("scores.json"):
        assert "code" not in json.loads(path.read_text())
    config = json.loads(next(tmp_path.rglob("config.json")).read_text())
    assert config["model"] == {"name": "vae", "options": {}}
