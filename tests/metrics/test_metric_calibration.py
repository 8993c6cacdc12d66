"""Calibration over many repetitions, and the error figures that the documentation quotes.

Minutes; run by hand.
"""

import math

import numpy as np
import pytest

from genzoo.metrics import METRICS, mmd_test

pytestmark = pytest.mark.slow

REPEATS = 200


def test_false_alarms_of_the_mode_tests(kit):
    """Truth against itself: the family-wise level is 5 %, half of it from below."""
    alarms = {"missing_modes": 0, "wrong_widths": 0}
    for seed in range(REPEATS):
        evidence = kit["make_evidence"](kit["ring"](), n=1000, seed=seed)
        for name in alarms:
            alarms[name] += METRICS.create(name)(evidence).value > 0
    assert alarms["missing_modes"] / REPEATS <= 0.05
    assert alarms["wrong_widths"] / REPEATS <= 0.09


def test_false_alarms_of_the_p_values(kit):
    """Cell counts and MMD reject equal laws at 5 %, within two binomial errors."""
    low = {"cells": 0, "mmd": 0}
    for seed in range(REPEATS):
        evidence = kit["make_evidence"](kit["ring"](), n=400, seed=seed)
        low["cells"] += float(METRICS.create("cells")(evidence).estimator.split("p = ")[1]) <= 0.05
        x, y = evidence.reference.double().numpy(), evidence.samples.double().numpy()
        low["mmd"] += (
            mmd_test(x, y, random=np.random.default_rng(seed), permutations=100).p_value <= 0.05
        )
    for name, count in low.items():
        assert count / REPEATS <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / REPEATS), name


# Truth, model, JS, KL(model || data), allowed errors of the means of JS and KL at 10,000 samples.
FIGURES = {
    "equal": ({}, {}, 0.0, 0.0, 0.003, 0.03),
    "half the modes": ({}, {"kept": 4}, 0.2157616, math.log(2), 0.006, 0.03),
    "width x1.5": ({}, {"sd": 0.075}, 0.0708, 1.25 - 2 * math.log(1.5), 0.006, 0.04),
    "width x1.1": ({}, {"sd": 0.055}, 0.0045, 0.21 - 2 * math.log(1.1), 0.004, 0.03),
}


@pytest.mark.parametrize("name", FIGURES)
def test_error_figures_at_10_000_samples(name, kit):
    truth, model, js, kl, js_error, kl_error = FIGURES[name]
    evidence = [
        kit["make_evidence"](kit["ring"](**truth), kit["ring"](**model), 10_000, s)
        for s in range(6)
    ]
    assert np.mean([METRICS.create("js")(e).value for e in evidence]) == pytest.approx(
        js, abs=js_error
    )
    assert np.mean([METRICS.create("kl")(e).value for e in evidence]) == pytest.approx(
        kl, abs=kl_error
    )


@pytest.mark.parametrize("model", [{}, {"kept": 4}, {"sd": 0.075}])
def test_coverage_of_the_printed_errors(model, kit):
    """KL: two-sided 90 to 99 % of nominal 95 %.

    JS: one-sided, the bound exceeds the truth in at most 8 %.
    """
    truths = {
        (): (0.0, 0.0),
        ("kept",): (0.2157616, math.log(2)),
        ("sd",): (0.0708, 1.25 - 2 * math.log(1.5)),
    }
    js, kl = truths[tuple(model)]
    inside = above = 0
    for seed in range(REPEATS // 2):
        evidence = kit["make_evidence"](kit["ring"](), kit["ring"](**model), seed=seed)
        found = METRICS.create("kl")(evidence)
        inside += abs(found.value - kl) < 1.96 * found.standard_error
        bound = METRICS.create("js")(evidence)
        above += bound.value - 1.645 * bound.standard_error > js
    assert 0.88 <= inside / (REPEATS // 2) <= 1
    assert above / (REPEATS // 2) <= 0.1
