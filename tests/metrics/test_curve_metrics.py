"""The law of the curve parameter and the distance off the family."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from genzoo.core.metric import Evidence
from genzoo.metrics import METRICS, ks_distance
from genzoo.metrics.curve_shape import first_component_share, inside_band, total_variance
from genzoo.metrics.curves import standard_deviation
from genzoo.testing.specimens import Parabolas

NAMES = ("parameter_mean", "parameter_sd", "parameter_ks", "residual")
SHAPE = torch.linspace(-1, 1, 5) ** 2


def scores(x):
    source = Parabolas()
    reference = source.sample(50, generator=torch.Generator().manual_seed(1)).x
    return {name: METRICS.create(name)(Evidence(x, reference, source)) for name in NAMES}


def curves(parameter, noise=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = parameter[:, None] * SHAPE
    return x + noise * torch.randn(x.shape, generator=generator)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_ks_agrees_with_scipy(values):
    values = np.array(values)
    assert ks_distance(values, lambda v: v).value == pytest.approx(
        kstest(values, "uniform").statistic, abs=1e-12
    )


def test_truth():
    found = scores(curves(torch.rand(2500, generator=torch.Generator().manual_seed(0))))
    assert found["parameter_mean"].value == pytest.approx(
        0.5, abs=3 * found["parameter_mean"].standard_error
    )
    assert found["parameter_mean"].ceiling == 0.5
    assert found["parameter_sd"].value == pytest.approx(math.sqrt(1 / 12), abs=0.01)
    assert found["parameter_ks"].value < 1.6 / 50
    assert found["parameter_ks"].null == pytest.approx(0.0174, abs=1e-4)
    assert found["residual"].value == found["residual"].ceiling == 0


def test_collapse_to_one_curve():
    found = scores(curves(torch.full((1000,), 0.5)))
    assert found["parameter_ks"].value == pytest.approx(0.5)
    assert found["parameter_sd"].value == pytest.approx(0, abs=1e-6)
    assert found["residual"].value == pytest.approx(0, abs=1e-6)


def test_a_variance_is_not_a_standard_deviation():
    found = scores(curves(2 * torch.rand(2500, generator=torch.Generator().manual_seed(0))))
    assert found["parameter_sd"].value == pytest.approx(
        2 / math.sqrt(12), abs=4 * found["parameter_sd"].standard_error
    )


@pytest.mark.parametrize("noise", [0.01, 0.1])
def test_noise_shows_in_the_residual(noise):
    """Five points, one fitted parameter: rms sqrt(4 / 5) of the noise."""
    found = scores(curves(torch.rand(2500, generator=torch.Generator().manual_seed(0)), noise))
    assert found["residual"].value == pytest.approx(
        noise * math.sqrt(0.8), abs=4 * found["residual"].standard_error
    )


def test_residual_is_a_root_of_means_not_a_mean_of_roots():
    mixed = torch.cat([curves(torch.rand(500)), curves(torch.rand(500), 0.2)])
    assert scores(mixed)["residual"].value == pytest.approx(0.2 * math.sqrt(0.8 / 2), rel=0.05)


@pytest.mark.parametrize(
    ("name", "noise", "truth"),
    [
        ("parameter_mean", 0.0, 0.5),
        ("parameter_sd", 0.0, math.sqrt(1 / 12)),
        ("residual", 0.1, 0.1 * math.sqrt(0.8)),
    ],
)
def test_standard_errors_cover(name, noise, truth):
    metric, source = METRICS.create(name), Parabolas()
    hits = 0
    for seed in range(100):
        generator = torch.Generator().manual_seed(seed)
        x = curves(torch.rand(300, generator=generator), noise, seed)
        found = metric(Evidence(x, x, source))
        hits += abs(found.value - truth) < 1.96 * found.standard_error
    assert 88 <= hits <= 100


def test_ks_null_and_error():
    random = np.random.default_rng(0)
    null = [ks_distance(random.random(400), lambda v: v) for _ in range(300)]
    values = np.array([f.value for f in null])
    assert values.mean() == pytest.approx(null[0].null, rel=0.05)
    assert np.mean([f.standard_error for f in null]) == pytest.approx(values.std(), rel=0.15)
    far = [ks_distance(random.random(400) ** 2, lambda v: v) for _ in range(300)]
    values = np.array([f.value for f in far])
    assert np.mean([f.standard_error for f in far]) == pytest.approx(values.std(), rel=0.2)


def test_one_value_has_no_spread():
    assert standard_deviation(np.array([1.0])).value is None
    assert "needs 2" in scores(curves(torch.tensor([0.3])))["parameter_sd"].reason


def test_paintings_have_the_published_components():
    """y = a x^2 + (a - 1) on 15 points: variance sum (x^2 + 1)^2 / 12 = 2.5270, one component."""
    t = np.linspace(-1, 1, 15)
    a = 1 + (np.arange(4000) + 0.5) / 4000
    curves_ = a[:, None] * t**2 + a[:, None] - 1
    assert total_variance(curves_) == pytest.approx(2.5270, abs=2e-3)
    assert first_component_share(curves_) == pytest.approx(1)
    assert first_component_share(np.ones((5, 3))) is None


def test_the_band_is_left_by_a_single_point():
    real = np.array([[0.0, 0.0], [1.0, 2.0]])
    assert inside_band(np.array([[0.5, 1.0], [0.5, 2.1], [1.0, 2.0]]), real).tolist() == [1, 0, 1]


def extra(x):
    source = Parabolas()
    reference = source.sample(2500, generator=torch.Generator().manual_seed(1)).x
    names = ("parameter_js", "parameter_kl", "band_share", "curve_variance", "curve_component")
    return {name: METRICS.create(name)(Evidence(x, reference, source)) for name in names}


def test_shape_of_true_curves():
    found = extra(Parabolas().sample(2500, generator=torch.Generator().manual_seed(2)).x)
    for name, target in (
        ("parameter_js", 0),
        ("parameter_kl", 0),
        ("curve_variance", 1),
        ("curve_component", 1),
    ):
        assert found[name].value == pytest.approx(target, abs=4 * found[name].standard_error + 1e-6)
    assert found["band_share"].value > 0.99


def test_divergence_of_the_parameter():
    """Uniform on [0, 1/2): KL log 2, JS of (1/2, 1/2) against (1, 0) .2157616."""
    found = extra(curves(0.5 * torch.rand(2500, generator=torch.Generator().manual_seed(0))))
    assert found["parameter_kl"].value == pytest.approx(math.log(2), abs=0.02)
    assert found["parameter_js"].value == pytest.approx(0.2157616, abs=0.01)
    assert found["curve_variance"].value == pytest.approx(0.25, abs=0.02)
    outside = extra(curves(2 * torch.rand(2500, generator=torch.Generator().manual_seed(0))))
    assert "off the support" in outside["parameter_kl"].reason
    assert outside["parameter_js"].value == pytest.approx(0.2157616, abs=0.01)
    assert outside["band_share"].value == pytest.approx(0.5, abs=0.04)


def test_noise_shows_in_the_first_component():
    found = extra(curves(torch.rand(2500, generator=torch.Generator().manual_seed(0)), 0.2))[
        "curve_component"
    ]
    assert found.value < found.ceiling - 5 * found.standard_error


@pytest.mark.parametrize("name", ["parameter_js", "parameter_kl"])
@pytest.mark.parametrize("rows", [19, 20])
def test_a_histogram_of_few_curves_has_no_value(name, rows):
    """With 5 curves it would be off by four of its errors on average."""
    found = extra(curves((torch.arange(rows) + 0.5) / rows))[name]
    assert (found.value is None) == (rows < 20)
    assert ("a histogram needs 20" in found.reason) == (rows < 20)
