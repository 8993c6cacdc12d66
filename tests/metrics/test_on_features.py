"""Metrics on features: the same numbers as on a source of features.

What needs the truth stays in data units.
"""

import pickle

import pytest
import torch
from torch import nn

import genzoo
from genzoo.api.create import problem
from genzoo.core.features import Features
from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.core.source import real_sample
from genzoo.data import ArraySource, create_source
from genzoo.errors import InputError
from genzoo.metrics import METRICS
from genzoo.testing.specimens import LinearGaussian, ThreeModes
from genzoo.testing.support import build_ready

ON_SAMPLES = [name for name in METRICS.names() if METRICS.create(name).compares_samples]
QUICK = [
    name
    for name in ON_SAMPLES
    if name not in ("mmd", "wasserstein", "js_stack", "c2st_auc", "c2st_accuracy")
]


def moments(x):
    rows = x.flatten(1)
    return torch.stack([rows.sum(1), rows.square().sum(1), rows.std(1)], dim=1)


def test_the_issue_names_these():
    names = {
        "precision",
        "recall",
        "density",
        "coverage",
        "mmd",
        "energy",
        "frechet",
        "js_stack",
        "c2st_auc",
        "cells",
    }
    names |= {"sliced_wasserstein", "train_share", "near_duplicates", "wasserstein", "js", "kl"}
    assert names <= set(ON_SAMPLES)
    assert not {
        "log_likelihood",
        "high_quality",
        "parameter_ks",
        "off_support",
        "likelihood_gap",
    } & set(ON_SAMPLES)


@pytest.mark.parametrize("name", QUICK)
def test_a_metric_on_features_is_the_metric_of_a_source_of_features(name):
    source = create_source("digits")
    reference, oracle = (part.x for part in real_sample(source, 200, generator=stream(0, "real")))
    oracle = 0.9 * oracle
    found = METRICS.create(name)(Evidence(oracle, reference, source, features=Features(moments)))

    table = ArraySource(torch.zeros(4, 3))
    table._train = type(source.train)(moments(source.train.x))
    table._holdout = type(source.train)(moments(source.holdout.x))
    table.recommended_standardisation = "scalar"
    expected = METRICS.create(name)(Evidence(moments(oracle), moments(reference), table))
    if expected.value is None:
        assert found == expected
        return
    assert found.value == pytest.approx(expected.value, rel=1e-5, abs=1e-7)
    assert found.estimator == f"{expected.estimator}; on features moments (3 columns)"
    plain = METRICS.create(name)(Evidence(oracle, reference, source))
    assert plain.value != found.value or name in (
        "train_share",
        "near_duplicates",
        "copied_rows",
        "cells_different",
    )
    assert "features" not in plain.estimator


def test_densities_and_modes_stay_in_data_units():
    source = ThreeModes()
    x = source.sample(400, generator=stream(0)).x
    model = build_ready(lambda: LinearGaussian((2,)), dtype=torch.float32)
    for name in set(METRICS.names()) - set(ON_SAMPLES):
        metric = METRICS.create(name)
        plain = metric(Evidence(x[:200], x[200:], source, model))
        assert (
            metric(Evidence(x[:200], x[200:], source, model, features=Features(moments))) == plain
        )


def test_features_do_not_look_at_the_density():
    """Features that are the same for all examples leave nothing to tell, whatever log p says."""
    source = ThreeModes()
    x = source.sample(400, generator=stream(0)).x
    shifted = Evidence(
        x[:200] + 5, x[200:], source, features=Features(lambda x: x * 0 + torch.arange(2.0))
    )
    found = METRICS.create("js")(shifted)
    assert found.value is None or abs(found.value) < 0.01


def test_features_that_fail_on_samples_alone_leave_no_value():
    source = create_source("digits")
    reference, oracle = (part.x for part in real_sample(source, 100, generator=stream(0, "real")))
    spoilt = Features(lambda x: x.flatten(1).sub(2).neg().log())
    found = METRICS.create("js")(Evidence(oracle + 3, reference, source, features=spoilt))
    assert found.reason == "features <lambda> are not finite for 100 of 100 samples"


def test_evaluate_says_what_was_computed_on_what():
    source = create_source("digits")
    x = source.holdout.x
    settings = {"metrics": "sliced_wasserstein,high_quality", "seeds": 2}
    pixels = genzoo.evaluate(x, source, **settings)
    same = genzoo.evaluate(x, source, features="pixels", **settings)
    assert pixels.scores == same.scores
    scored = genzoo.evaluate(x, source, features="classifier", **settings)
    own = genzoo.evaluate(x, source, features=source.features, **settings)
    assert [s.value for s in scored.scores] == [s.value for s in own.scores]
    assert scored.scores[0].value != pixels.scores[0].value
    assert scored.scores[1] == pixels.scores[1]
    assert "on features classifier (10 columns)" in scored.scores[0].estimator
    remarks = " ".join(scored.tables[0].remarks)
    assert (
        "sliced W2² is computed on features classifier (10 columns). All others are in data units."
        in remarks
    )
    assert scored.tables[0].columns[0].unit == "feature units²"
    assert not any("features" in remark for remark in pixels.tables[0].remarks)


class Blur(nn.Module):
    """Averages of 2 x 2 pixels, with dropout that training mode would leave on."""

    def forward(self, x):
        return nn.functional.dropout(
            nn.functional.avg_pool2d(x, 2).flatten(1), training=self.training
        )


def test_compare_never_mixes_scores_on_features_with_those_on_pixels(tmp_path, monkeypatch):
    settings = {
        "seeds": 2,
        "steps": 5,
        "metrics": "sliced_wasserstein,reconstruction",
        "out": tmp_path,
    }
    models, patch = ["autoencoder:width=8,depth=1"], monkeypatch.setattr
    patch("genzoo.api.compare.write_pictures", lambda *_: {})
    patch("genzoo.api.compare.write_page", lambda *_: None)
    plain = genzoo.compare(models, ["digits"], **settings)
    blurred = genzoo.compare(models, ["digits"], features=Blur().train(), **settings)
    again = genzoo.compare(models, ["digits"], **settings)
    assert [s.value for s in again.scores] == [s.value for s in plain.scores]
    for before, after in zip(plain.scores, blurred.scores, strict=True):
        assert (before.value == after.value) == (before.metric == "reconstruction")
        assert after.value is None or ("Blur (16 columns)" in after.estimator) == (
            after.metric != "reconstruction"
        )
    assert '"digits": "pixels"' in (tmp_path / "comparison.json").read_text()


@pytest.mark.parametrize("features", ["classifier", Blur()])
def test_features_travel_to_worker_processes(features):
    given = problem("digits", features)
    x = given.source.sample(5, generator=stream(0)).x
    assert torch.equal(pickle.loads(pickle.dumps(given)).features(x), given.features(x))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"features": "clasifier"}, "did you mean 'classifier'"),
        ({"features": "classifier", "sources": ["ring"]}, "'ring' has no classifier"),
        ({"features": lambda x: x[:, 0]}, "flatten or pool"),
        ({"features": lambda x: x, "workers": 2, "sources": ["ring"]}, "workers=1"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(settings, message, tmp_path):
    settings = {"sources": ["digits"], "out": tmp_path / "new"} | settings
    with pytest.raises(InputError, match=message):
        genzoo.compare(["vae"], **settings)
    assert not (tmp_path / "new").exists()
