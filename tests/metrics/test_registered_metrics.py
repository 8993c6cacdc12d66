"""What every registered metric must do.

A new metric is checked by being registered and entered in `SEES`.
"""

import math
import re

import numpy as np
import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import (
    DataSource,
    GaussianModes,
    SupportsModes,
    SupportsParameter,
    real_sample,
)
from genzoo.metrics import METRICS, explain
from genzoo.testing.asked_specimens import Shelves
from genzoo.testing.metrics import check_metric_explained
from genzoo.testing.specimens import Parabolas
from genzoo.testing.velocity_specimens import MovedNoise

SEES = {  # metric: failures that it must tell from the truth; the others it may miss
    "js": {"shift", "wide", "narrow", "one mode", "off the family", "collapse", "moved model"},
    "kl": {"shift", "wide", "one mode", "moved model"},
    "forward_kl": {"shift", "wide", "narrow", "one mode", "moved model"},
    "kl_on_support": {"shift", "wide", "one mode"},
    "off_support": set(),
    "high_quality": {"shift", "wide"},
    "modes_captured": {"one mode"},
    "missing_modes": {"one mode"},
    "kl_modes": {"one mode"},
    "modes_held": {"one mode"},
    "published_modes": {"one mode"},
    "published_high_quality": {"shift", "wide"},
    "parameter_mean": {"moved curves"},
    "parameter_sd": {"collapse"},
    "parameter_ks": {"collapse", "moved curves"},
    "residual": {"off the family"},
    "reconstruction": {"moved model"},
    "log_likelihood": {"moved model"},
    "elbo": {"moved model"},
    "iw_bound": {"moved model"},
    "field_error": {"moved model"},
    "js_stack": {"shift", "wide", "narrow", "one mode", "off the family", "collapse"},
    "c2st_accuracy": {"shift", "wide", "one mode", "off the family"},
    "c2st_auc": {"shift", "wide", "one mode", "off the family"},
    "js_exact": {"moved model"},
    "kl_exact": {"moved model"},
    "total_variation": {"moved model"},
    "hellinger": {"moved model"},
    "pearson": {"moved model"},
    "mode_variance": {"wide", "narrow"},
    "wrong_widths": {"wide", "narrow"},
    "cells": {"shift", "one mode", "moved curves", "collapse"},
    "cells_different": {"shift", "one mode", "moved curves", "collapse"},
    "cell_variance": {"wide", "narrow", "off the family", "collapse"},
    "cell_rank": {"off the family"},
    "precision": {"shift", "wide", "off the family"},
    "recall": {"narrow", "one mode", "collapse"},
    "density": {"shift", "wide", "off the family"},
    "coverage": {"shift", "one mode", "collapse"},
    "parameter_js": {"collapse", "moved curves"},
    "parameter_kl": {"collapse"},
    "band_share": {"moved curves", "off the family"},
    "curve_variance": {"collapse"},
    "curve_component": {"off the family"},
    "energy": {"shift", "one mode", "collapse", "moved curves"},
    "mmd": {"shift", "wide", "narrow", "one mode", "collapse", "moved curves", "off the family"},
    "frechet": {"shift", "one mode", "collapse", "moved curves"},
    "wasserstein": {"one mode", "collapse", "moved curves"},
    "train_share": {"copies"},
    "near_duplicates": {"copies"},
    "copied_rows": {"copies"},
    "likelihood_gap": set(),
    "constant_columns": set(),
    "sliced_wasserstein": {"shift", "one mode", "collapse", "moved curves"},
    "joint_js": {"ignored conditions"},
    "condition_accuracy": {"ignored conditions"},
    "worst_class": {"ignored conditions"},
}

ROWS = {"mmd": 300, "wasserstein": 200}
"""Rows of the evidence for metrics that cost much with the usual 1,000."""
FEWER_ROWS = dict.fromkeys(
    ("mmd", "wasserstein", "precision", "recall", "density", "coverage"), 150
)
"""Where 20 seeds are scored, and 300 are usual."""

WITHOUT_ERROR = {"wrong_widths"}
"""Counts of a test, whose error is None."""
NOT_STRICTER = {("cell_rank", "off the family")}
"""A little noise already fills every direction of a cell."""

BETTER = {"min": -1, "max": 1}


@pytest.mark.parametrize("name", METRICS.names())
def test_explained(name):
    """All that `genzoo explain` promises: the kit checks words, here the formula and the paper."""
    text = explain(name)
    check_metric_explained(METRICS.create(name), ())
    assert re.search(r"[=/^<|]|sum_", re.split(r"\bSees\b", text)[0]), (
        "no formula before what it sees"
    )
    assert re.search(r"\b(18|19|20)\d\d\b", text.split("\n\n")[-1]), (
        "no paper in the last paragraph"
    )
    assert "Args:" not in text


@pytest.mark.parametrize("name", METRICS.names())
def test_listed_in_the_table_of_failures(name):
    assert name in SEES, f"enter {name} in SEES: which failures must it tell from the truth?"


def _curves(parameter, noise, generator):
    x = parameter[:, None] * Parabolas()._shape().float()
    return x + noise * torch.randn(x.shape, generator=generator)


def _linear_model(offset):
    model = MovedNoise((3,), 1)
    with torch.no_grad():
        model.decoder.weight.fill_(1.0)
        model.decoder.bias.fill_(offset)
        model.encoder.weight.fill_(0.25)
        model.encoder.bias.fill_(0.0)
        model.log_posterior_variance.fill_(math.log(0.25))
    return model.eval()


class Linear(DataSource, SupportsLogProb, SupportsGaussians):
    """The law of the unmoved linear model."""

    event_shape = (3,)

    def gaussians(self):
        covariance = torch.ones(1, 3, 3) + torch.eye(3)
        return GaussianModes(torch.ones(1), torch.zeros(1, 3), covariance)

    def sample(self, n, *, generator):
        return Batch(_linear_model(0.0).sample(n, generator=generator))

    def _log_prob(self, x, context):
        return _linear_model(0.0).log_prob(x.float()).double()


CASES = {}


def make(kit, failure, seed, n):
    """As `evidence_of`, made once, so that metrics share what they compute."""
    key = (failure, seed, n)
    if key not in CASES:
        CASES[key] = evidence_of(kit, failure, seed, n)
    return CASES[key]


SCORED = {}


def scored(kit, name, failure, seed, n):
    """The truth is scored once for all failures."""
    key = (name, failure, seed, n)
    if key not in SCORED:
        SCORED[key] = METRICS.create(name)(make(kit, failure, seed, n))
    return SCORED[key]


MILD = "a little: "


def evidence_of(kit, failure, seed, n):
    """Evidence of the truth (`None`) or a failure, on the ring, parabolas or the linear model."""
    generator = torch.Generator().manual_seed(seed)
    mild = (failure or "").startswith(MILD)
    failure = failure and failure.removeprefix(MILD)
    ring = kit["ring"]
    if failure in (None, "shift", "wide", "narrow", "one mode"):
        model = {
            None: ring(),
            "shift": kit["Mixture"](ring().locations + (0.07 if mild else 0.15), 0.05),
            "wide": ring(sd=0.07 if mild else 0.1),
            "narrow": ring(sd=0.035 if mild else 0.025),
            "one mode": ring(4 if mild else 1),
        }[failure]
        return kit["make_evidence"](ring(), model, n, seed)
    if failure in ("curves", "collapse", "moved curves", "off the family"):
        noise = (0.03 if mild else 0.1) if failure == "off the family" else 0.0
        parameter = torch.rand(n, generator=generator)
        if failure == "collapse":
            parameter = 0.25 + 0.5 * parameter if mild else 0.5 + 0.02 * parameter
        if failure == "moved curves":
            parameter = parameter + (0.15 if mild else 0.3)
        source = Parabolas()
        return Evidence(
            _curves(parameter, noise, generator),
            source.sample(n, generator=generator).x,
            source,
            None,
            seed,
        )
    if failure in ("rows", "copies"):
        source = kit["Table"](seed, n)
        samples = torch.randn(n, 2, generator=generator)
        copied = {"rows": 0, "copies": n // 4 if mild else n}[failure]
        samples[:copied] = source.train.x[:copied]
        return Evidence(samples, source.holdout.x, source, None, seed)
    if failure in ("conditions", "ignored conditions"):
        source = Shelves()
        x, y = (part for part in real_sample(source, n, generator=generator))
        shuffled = {"conditions": 0, "ignored conditions": n // 4 if mild else n}[failure]
        context = torch.cat([y.context[:shuffled].roll(1, 0), y.context[shuffled:]])
        return Evidence(
            y.x,
            x.x,
            source,
            None,
            seed,
            sample_context=context,
            reference_context=x.context,
        )
    offset = {"model": 0.0, "moved model": 0.4 if mild else 1.0}[failure]
    source, model = Linear(), _linear_model(offset)
    x = source.sample(n, generator=generator).x
    return Evidence(model.sample(n, generator=generator), x, source, model, seed)


def truth_of(failure):
    if failure in ("shift", "wide", "narrow", "one mode"):
        return None
    truths = {"moved model": "model", "copies": "rows", "ignored conditions": "conditions"}
    return truths.get(failure, "curves")


def badness(metric, estimate):
    """How far from the best possible, in the direction of worse."""
    if metric.direction == "target":
        return abs(
            estimate.value - (metric.optimum if metric.optimum is not None else estimate.ceiling)
        )
    return -BETTER[metric.direction] * estimate.value


def failures_seen():
    """Those of metrics beyond the quick panel are seen where thorough tests run."""
    for name in METRICS.names():
        quick = METRICS.create(name).panel == "quick"
        for failure in sorted(SEES.get(name, ())):
            yield pytest.param(name, failure, marks=() if quick else pytest.mark.thorough)


@pytest.mark.parametrize(("name", "failure"), list(failures_seen()))
def test_sees_more_of_it_where_there_is_more(name, failure, kit):
    """From the truth over a mild failure to a strong one it gets worse, in the end beyond doubt."""
    metric = METRICS.create(name)
    seeds = range(2)
    n = ROWS.get(name, 1000)
    good, some, bad = (
        [scored(kit, name, case, seed, n) for seed in seeds]
        for case in (truth_of(failure), MILD + failure, failure)
    )
    assert all(e.value is not None for e in good + some + bad), {
        e.reason for e in good + some + bad
    }
    levels = [np.mean([badness(metric, e) for e in found]) for found in (good, some, bad)]
    error = math.sqrt(np.mean([(e.standard_error or 0) ** 2 for e in good + bad]) / len(seeds))
    assert levels[2] - levels[0] > 3 * error
    assert levels[0] <= levels[1]
    assert levels[1] <= levels[2] or (name, failure) in NOT_STRICTER


def _truth_cases(metric):
    if SupportsParameter in metric.source_needs:
        return ["curves"]
    if metric.name in ("train_share", "near_duplicates", "copied_rows"):
        return ["rows"]
    if metric.model_needs:
        return ["model"]
    if metric.conditional:
        return ["conditions"]
    if SupportsModes in metric.source_needs:
        return [None]
    return [None, "curves"]


@pytest.mark.parametrize("name", METRICS.names())
def test_the_truth_scores_at_the_optimum_with_the_error_it_says(name, kit):
    """Over 20 seeds the mean is at the null, optimum or ceiling; errors cover the spread.

    Lower bounds must only stay below it.
    """
    metric = METRICS.create(name)
    for case in _truth_cases(metric):
        found = [metric(make(kit, case, seed, FEWER_ROWS.get(name, 300))) for seed in range(20)]
        found = [e for e in found if e.value is not None]
        if not found:
            continue
        targets = [
            next((t for t in (e.null, metric.optimum, e.ceiling) if t is not None), None)
            for e in found
        ]
        if None in targets:
            return
        gaps = np.array([e.value - target for e, target in zip(found, targets, strict=True)])
        errors = np.array([e.standard_error or 0.0 for e in found])
        error = math.sqrt(np.mean(errors**2) / len(found))
        if name == "reconstruction":  # the code is narrower than the data
            assert gaps.mean() > 0
        elif found[0].bound == "lower":
            assert gaps.mean() < 4 * error + 1e-9
        else:
            assert abs(gaps.mean()) <= 4 * error + 1e-4
            assert (
                gaps.std(ddof=1) <= 1.7 * math.sqrt(np.mean(errors**2)) + 1e-4
                or name in WITHOUT_ERROR
            )
