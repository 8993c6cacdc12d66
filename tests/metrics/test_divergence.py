"""The registered divergences, by what is known, on laws with known divergences."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from genzoo.core.metric import Evidence
from genzoo.core.source import SupportsParameter
from genzoo.metrics import METRICS
from genzoo.metrics.entropy import neighbour_kl, truth_terms

JS, KL, FORWARD = METRICS.create("js"), METRICS.create("kl"), METRICS.create("forward_kl")


def cases(kit):
    ring, normal = kit["ring"], kit["normal"]
    return {  # truth, model, JS, KL(model || data)
        "equal": (ring(), ring(), 0.0, 0.0),
        "6 of 8": (ring(), ring(6), 0.0956026, math.log(8 / 6)),
        "4 of 8": (ring(), ring(4), 0.2157616, math.log(2)),
        "1 of 8": (ring(), ring(1), 0.4969291, math.log(8)),
        "width x1.5": (ring(), ring(sd=0.075), 0.0708, 1.25 - 2 * math.log(1.5)),
        "shift 1": (normal(), normal(shift=1.0), 0.1114215, 0.5),
        "line, shift 2": (normal(1), normal(1, shift=2.0), 0.3368308, 2.0),
        "15-D, shift 1": (normal(15), normal(15, shift=1.0), 0.1114215, 0.5),
    }


NAMES = [
    "equal",
    "6 of 8",
    "4 of 8",
    "1 of 8",
    "width x1.5",
    "shift 1",
    "line, shift 2",
    "15-D, shift 1",
]


@pytest.mark.parametrize("name", NAMES)
def test_known_density(name, kit):
    truth, model, js, kl = cases(kit)[name]
    evidence = [kit["make_evidence"](truth, model, seed=seed) for seed in range(4)]
    bias, error = _bias([JS(e) for e in evidence], js)
    assert -0.03 if "15" in name else -0.012 < bias < 2.5 * error
    bias, error = _bias([KL(e) for e in evidence], kl)
    assert abs(bias) < 3 * error + (0.06 if "15" in name else 0.015)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["equal", "4 of 8", "width x1.5", "shift 1", "15-D, shift 1"])
def test_samples_only(name, kit):
    truth, model, js, kl = cases(kit)[name]
    evidence = [kit["make_evidence"](truth, model, seed=seed, known=False) for seed in range(3)]
    estimates = [JS(e) for e in evidence]
    bias, error = _bias(estimates, js)
    assert -0.03 < bias < 2.5 * error
    assert {e.bound for e in estimates} == {"lower"}
    bias, error = _bias([KL(e) for e in evidence], kl)
    assert -0.15 < bias < 2.5 * error


def _bias(estimates, truth):
    values = np.array([e.value for e in estimates])
    error = math.sqrt(sum(e.standard_error**2 for e in estimates)) / len(estimates)
    return values.mean() - truth, error


@pytest.mark.parametrize("known", [True, False])
def test_equal_laws_score_zero_within_their_error(kit, known):
    """Eight seeds: KL unbiased, with z of unit size; JS a bound that stays within .02 below 0."""
    evidence = [kit["make_evidence"](kit["ring"](), n=1000, seed=s, known=known) for s in range(8)]
    js = np.array([JS(e).value for e in evidence])
    assert -0.02 < js.mean() < 0.001
    estimates = [KL(e) for e in evidence]
    z = np.array([e.value / e.standard_error for e in estimates])
    if known:
        assert abs(z.mean()) < 1.1
        assert 0.4 < z.std() < 1.8
    else:
        assert z.mean() < 0.5


@pytest.mark.parametrize("metric", [JS, KL])
def test_grows_with_shift_scale_and_dropped_modes(kit, metric):
    ring, make = kit["ring"], kit["make_evidence"]
    for models in (
        [ring(), ring(6), ring(3), ring(1)],
        [ring(), ring(sd=0.08), ring(sd=0.15)],
        [ring(), ring(scale=1.1), ring(scale=1.5)],
    ):
        values = [metric(make(ring(), model, n=1000)).value for model in models]
        assert values == sorted(values)
        assert values[1] > values[0] + 0.02


def test_divergences_are_not_blind_to_a_common_transformation_of_the_samples_only(kit):
    """A shift by 10 (each sample binned on its own range would report 0)."""
    for truth, kl in ((kit["normal"](1), 50.0), (kit["ring"](), None)):
        far = kit["make_evidence"](truth, n=1000, transform=lambda x: x + 10)
        assert JS(far).value > 0.68
        value = KL(far).value
        assert value > 30
        if kl:
            assert value == pytest.approx(kl, rel=0.05)


@pytest.mark.parametrize("dimension", [1, 2])
def test_samples_far_away_are_not_dropped(kit, dimension):
    """A tenth of the samples beyond the range of the data: JS of a .1 contamination is .0346."""
    contaminate = lambda x: torch.cat([x[: len(x) // 10] + 100, x[len(x) // 10 :]])  # noqa: E731
    estimate = JS(kit["make_evidence"](kit["normal"](dimension), transform=contaminate))
    truth = 0.5 * (0.1 * math.log(2) + 0.9 * math.log(0.9 / 0.95)) + 0.5 * math.log(1 / 0.95)
    assert estimate.value == pytest.approx(truth, abs=0.008)


@pytest.mark.parametrize("known", [True, False])
def test_common_shift_rotation_and_scale_change_nothing(kit, known):
    turn = torch.linalg.qr(torch.tensor([[1.0, 2.0], [-1.0, 1.0]], dtype=torch.float64))[0]
    evidence = kit["make_evidence"](kit["ring"](), kit["ring"](5, sd=0.07), n=1000, known=known)
    moved_source = kit["Mixture"]((1000 * kit["ring"]().locations @ turn) + 300, 50.0)
    move = lambda x: 1000 * x.to(torch.float64) @ turn + 300  # noqa: E731
    moved = Evidence(
        move(evidence.samples),
        move(evidence.reference),
        moved_source if known else kit["Unknown"](moved_source),
    )
    for metric in (JS, KL):
        first, second = metric(evidence), metric(moved)
        assert second.value == pytest.approx(first.value, abs=0.02 + 0.01 * abs(first.value))


def test_precision_of_the_samples_does_not_matter(kit):
    single = kit["make_evidence"](kit["ring"](), kit["ring"](5), n=600)
    double = Evidence(single.samples.double(), single.reference.double(), single.source, None, 0)
    for metric in (JS, KL):
        assert metric(double).value == pytest.approx(metric(single).value, abs=1e-5)


def test_swapping_the_roles_of_samples_leaves_js(kit):
    forth = kit["make_evidence"](kit["normal"](), kit["normal"](shift=1.0), n=1000, known=False)
    back = Evidence(forth.reference, forth.samples, forth.source, None, 0)
    assert JS(back).value == pytest.approx(JS(forth).value, abs=0.01)


def test_off_the_support(kit):
    """Uniform on the square against uniform on [0, 1.25] x [0, 1]: a fifth is outside."""
    evidence = kit["make_evidence"](
        kit["Square"](), transform=lambda x: x * torch.tensor([1.25, 1.0])
    )
    share = METRICS.create("off_support")(evidence)
    assert share.value == pytest.approx(0.2, abs=4 * share.standard_error)
    assert KL(evidence).value is None
    assert "off the support" in KL(evidence).reason
    p, q = np.array([1.0, 0.0]), np.array([0.8, 0.2])
    middle = (p + q) / 2
    truth = (p[0] * math.log(p[0] / middle[0]) + q @ np.log(q / middle)) / 2
    assert JS(evidence).value == pytest.approx(truth, abs=0.01)
    everywhere = kit["make_evidence"](kit["Square"](), transform=lambda x: x + 5)
    assert JS(everywhere).value == pytest.approx(math.log(2), abs=0.002)


def test_atoms_make_kl_infinite(kit):
    evidence = kit["make_evidence"](kit["ring"](), transform=lambda x: x[:5].repeat(200, 1))
    assert KL(evidence).value is None
    assert "copies" in KL(evidence).reason
    assert JS(evidence).value > 0.6


def test_a_few_equal_samples_do_not(kit):
    evidence = kit["make_evidence"](kit["ring"](), transform=lambda x: torch.cat([x[:-1], x[:1]]))
    assert abs(KL(evidence).value) < 0.1


@pytest.mark.parametrize("name", ["kl", "kl_on_support"])
@pytest.mark.parametrize("rows", [19, 20])
def test_neighbour_entropy_of_few_rows_has_no_value(name, rows, kit):
    """With 10 draws of a ring it would be off by -.4, and by 1.96 errors in a third of cases."""
    found = METRICS.create(name)(kit["make_evidence"](kit["ring"](), n=rows))
    assert (found.value is None) == (rows < 20)
    assert ("neighbour entropy needs 20" in found.reason) == (rows < 20)


@pytest.mark.parametrize("rows", [19, 20])
def test_no_divergence_of_few_rows_on_a_line(rows, kit):
    found = JS(kit["make_evidence"](kit["normal"](1), n=rows))
    assert (found.value is None) == (rows < 20)


def test_curves_without_noise_have_no_kl():
    from genzoo.testing.specimens import Parabolas

    source = Parabolas()
    assert isinstance(source, SupportsParameter)
    x = source.sample(200, generator=torch.Generator().manual_seed(0)).x
    estimate = KL(Evidence(x[:100], x[100:], source))
    assert estimate.value is None
    assert "curve" in estimate.reason


def test_small_tables(kit):
    """35 rows against 35 in 30 columns, one constant: 0 within its error, or a reason."""
    source = kit["Unknown"](kit["normal"](30))
    values, kl = [], []
    for seed in range(6):
        x = kit["draws"](source, 70, seed)
        x[:, 3] = 7.0
        estimate = JS(Evidence(x[:35], x[35:], source, None, seed))
        values.append(estimate.value)
        kl.append(KL(Evidence(x[:35], x[35:], source, None, seed)).value)
    assert -0.1 < np.mean(values) < 0.03
    assert -1 < np.mean(kl) < 0.2
    x = kit["draws"](source, 20, 0)
    few = JS(Evidence(x[:10], x[10:], source))
    assert few.value is None
    assert "too few rows" in few.reason


def test_unequal_sizes_are_weighed(kit):
    truth, model = kit["normal"](), kit["normal"](shift=1.0)
    x, y = kit["draws"](truth, 3000, 0), kit["draws"](model, 600, 1)
    for samples, reference in ((y, x), (kit["draws"](model, 3000, 1), kit["draws"](truth, 600, 0))):
        estimate = JS(Evidence(samples, reference, truth))
        assert estimate.value == pytest.approx(0.1114, abs=0.03)


def test_neighbour_kl_counts_nothing_twice():
    """Against a closed form in three dimensions: N(0, I) samples under N(0, diag(4, 1, 1))."""
    random = np.random.default_rng(0)
    law = norm(0, [2.0, 1.0, 1.0])
    y, x = random.standard_normal((3000, 3)), random.standard_normal((3000, 3)) * [2.0, 1.0, 1.0]
    estimate = neighbour_kl(y, law.logpdf(y).sum(1), truth_terms([(x, law.logpdf(x).sum(1))]))
    assert estimate.value == pytest.approx(
        0.5 * (0.25 - 1 + math.log(4)), abs=4 * estimate.standard_error
    )


def test_forward_kl_is_at_least(kit):
    truth, model = kit["normal"](), kit["normal"](shift=1.0)
    estimate = FORWARD(kit["make_evidence"](truth, model))
    assert estimate.bound == "lower"
    assert 0.35 < estimate.value < 0.5 + 3 * estimate.standard_error
    missing = FORWARD(kit["make_evidence"](kit["ring"](), kit["ring"](4)))
    assert missing.bound == "lower"
    assert missing.value > 1
