"""The full stack, classifier two-sample metrics, and f-divergences with both densities."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from genzoo.metrics import METRICS, f_divergence, facts, js_divergence
from genzoo.metrics.classification_problem import Logits
from genzoo.metrics.densities import jensen_shannon, pearson, squared_hellinger, total_variation
from genzoo.metrics.two_sample import accuracy, area_under_curve

FOUND = ("js_stack", "c2st_accuracy", "c2st_auc")
SHIFT_1 = {"js_stack": 0.1114215, "c2st_accuracy": 0.6914625, "c2st_auc": 0.7602499}


@pytest.mark.parametrize("known", [True, False])
def test_stack_reaches_the_best_classifier(known, kit):
    evidence = kit["make_evidence"](kit["normal"](), kit["normal"](shift=1.0), 2000, known=known)
    for name, truth in SHIFT_1.items():
        found = METRICS.create(name)(evidence)
        assert truth - 0.03 < found.value < truth + 3 * found.standard_error
    assert "p = " in METRICS.create("c2st_accuracy")(evidence).estimator


def test_stack_finds_nothing_in_equal_laws(kit):
    evidence = kit["make_evidence"](kit["ring"](), n=1500)
    for name, null in (("js_stack", 0.0), ("c2st_accuracy", 0.5), ("c2st_auc", 0.5)):
        found = METRICS.create(name)(evidence)
        assert abs(found.value - null) < 0.035


def test_stack_weighs_unequal_sizes(kit):
    evidence = kit["make_evidence"](
        kit["normal"](), kit["normal"](shift=1.0), 3000, transform=lambda x: x[:700]
    )
    assert METRICS.create("js_stack")(evidence).value == pytest.approx(0.1114, abs=0.03)


def test_accuracy_and_area_with_the_best_log_odds():
    random = np.random.default_rng(0)
    x, y = random.standard_normal(20_000), 1 + random.standard_normal(20_000)
    logits = Logits(0.5 - x, 0.5 - y, len(y))
    assert accuracy(logits, "").value == pytest.approx(0.6914625, abs=0.008)
    assert area_under_curve(logits, "").value == pytest.approx(0.7602499, abs=0.008)
    even = Logits(np.zeros(5), np.zeros(7), 7)
    assert accuracy(even, "").value == area_under_curve(even, "").value == 0.5


def test_samples_off_the_support_are_told():
    logits = Logits(np.zeros(10), np.zeros(5), 10)
    assert accuracy(logits, "").value == pytest.approx(0.5 * (0.5 + 0.75))
    assert area_under_curve(logits, "").value == pytest.approx(0.75)


@pytest.mark.parametrize("statistic", [accuracy, area_under_curve])
def test_errors_cover(statistic):
    random = np.random.default_rng(0)
    found = [
        statistic(
            Logits(0.5 - random.standard_normal(200), -0.5 - random.standard_normal(200), 200), ""
        )
        for _ in range(200)
    ]
    spread = np.std([f.value for f in found])
    assert np.mean([f.standard_error for f in found]) == pytest.approx(spread, rel=0.15)


def test_errors_cover_where_nothing_can_be_told(kit):
    """Classifiers of different folds share most of their training rows: they err together."""
    logits = [
        facts.logits(kit["make_evidence"](kit["normal"](), n=150, seed=seed)) for seed in range(80)
    ]
    for statistic in (accuracy, area_under_curve):
        found = [statistic(each, "") for each in logits]
        spread = np.std([f.value for f in found])
        assert 0.95 * spread < np.mean([f.standard_error for f in found]) < 1.5 * spread
        assert np.mean([f.value - 1.645 * f.standard_error <= 0.5 for f in found]) >= 0.9


def test_f_divergences_of_two_normals():
    random = np.random.default_rng(0)
    x, y = random.standard_normal(40_000), 1 + random.standard_normal(40_000)
    p, q = norm(0, 1).logpdf, norm(1, 1).logpdf
    logs = (p(x), q(x), p(y), q(y))
    for generator, truth in (
        (total_variation, 0.3829249),
        (squared_hellinger, 1 - math.exp(-1 / 8)),
        (jensen_shannon, 0.1114215),
        (lambda h: np.ones_like(h), 1.0),
    ):
        found = f_divergence(generator, *logs)
        assert found.value == pytest.approx(truth, abs=4 * found.standard_error + 1e-12)
    assert js_divergence(*logs).value == pytest.approx(f_divergence(jensen_shannon, *logs).value)
    assert jensen_shannon(np.array([0.0, 0.5, 1.0])) == pytest.approx([math.log(2), 0, math.log(2)])


@pytest.mark.parametrize(("shift", "bound"), [(0.2, "none"), (1.5, "lower")])
def test_pearson_of_two_normals(shift, bound):
    """int (p - q)^2 / q = exp(shift^2) - 1."""
    random = np.random.default_rng(0)
    x, y = random.standard_normal(10_000), shift + random.standard_normal(10_000)
    p, q = norm(0, 1).logpdf, norm(shift, 1).logpdf
    found = f_divergence(pearson, p(x), q(x), p(y), q(y))
    assert found.bound == bound
    assert found.value == pytest.approx(math.expm1(shift**2), abs=4 * found.standard_error)
    assert found.standard_error < 0.15 * found.value


def test_pearson_without_a_ratio():
    inside, outside = np.zeros(10), np.full(10, -np.inf)
    assert "10 of the examples" in f_divergence(pearson, inside, outside, outside, inside).reason
    found = f_divergence(pearson, inside, inside, outside, inside)
    assert (found.value, found.bound) == (1.0, "none")


def test_kl_on_support(kit):
    """Uniform on [0, .5] x [0, 1] and beyond the square: log 2 on the support."""
    evidence = kit["make_evidence"](
        kit["Square"](), transform=lambda x: x * x.new_tensor([0.5, 1.2])
    )
    found = METRICS.create("kl_on_support")(evidence)
    assert found.value == pytest.approx(math.log(2), abs=0.06)
    inside = kit["make_evidence"](kit["Square"]())
    assert METRICS.create("kl_on_support")(inside) == METRICS.create("kl")(inside)
