"""The exact field, followed in 1,000 steps, samples every mixture as if drawn from it."""

import pytest
import torch

import genzoo
from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.data import create_source
from genzoo.metrics import METRICS
from genzoo.models.transport.samplers import Heun

ROWS = 1500
SOURCES = (
    "ring",
    "grid",
    "random_mixture",
    "mixture_1d",
    "high_dim_mixture",
    "gaussian_1d",
)
METRIC_NAMES = (
    "high_quality",
    "missing_modes",
    "kl_modes",
    "mode_variance",
    "wrong_widths",
    "sliced_wasserstein",
    "energy",
    "js",
)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["linear", "trigonometric"])
@pytest.mark.parametrize("name", SOURCES)
def test_at_the_noise_floor_of_every_metric(name, path):
    source = create_source(name)
    field = genzoo.optimal_field(source, path)
    start = torch.randn(ROWS, *source.event_shape, generator=stream(0, "start")).double()
    times = torch.linspace(0, 1, 1001, dtype=torch.float64)
    *_, x = Heun().states(field, start, times)
    real = source.sample(ROWS, generator=stream(0, "real")).x
    evidence = Evidence(x.float(), real, source)
    scored = 0
    for metric in (METRICS.create(one) for one in METRIC_NAMES):
        found = metric(evidence)
        targets = (found.null, found.ceiling, metric.optimum)
        target = next((one for one in targets if one is not None), None)
        if found.value is None or target is None:
            continue
        scored += 1
        beyond = abs(found.value - target)
        assert beyond <= 4 * (found.standard_error or 0) + 1e-9, (metric.name, found)
    assert scored >= 3
