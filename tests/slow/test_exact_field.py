"""The exact field, followed in 1,000 steps, samples every mixture as if drawn from it."""

import pytest
import torch

import genzoo
from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.data import create_source
from genzoo.metrics import panel
from genzoo.models.transport.parts import PATHS
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


def samples_of(source, path, name):
    """From normal noise, though some paths do not quite begin there; a last look removes noise."""
    field = genzoo.optimal_field(source, path)
    first, last = field.path.first, field.path.last
    times = torch.linspace(first, last, 1001, dtype=torch.float64)
    noise = torch.randn(ROWS, *source.event_shape, generator=stream(0, name)).double()
    *_, x = Heun().states(field, field.path.sigma(times[0]) * noise, times)
    return field.data(x, times[-1]).float()


def blind(metric, source):
    """Within 3 sigma of a centre there is nothing of the truth in 64 dimensions."""
    return metric.name == "published_modes" and source.event_shape == (64,)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", SOURCES)
def test_at_the_noise_floor_of_every_metric(name, path):
    source = create_source(name)
    real = source.sample(ROWS, generator=stream(0, "real")).x
    evidence = Evidence(samples_of(source, path, "start"), real, source)
    scored = set()
    for metric in panel("full", source):
        found = metric(evidence)
        targets = (found.null, found.ceiling, metric.optimum)
        target = next((one for one in targets if one is not None), None)
        if found.value is None or target is None or blind(metric, source):
            continue
        scored.add(metric.name)
        beyond = found.value - target
        if found.bound != "lower":
            beyond = abs(beyond)
        assert beyond <= 4 * (found.standard_error or 0) + 1e-9, (metric.name, found)
    assert {"js", "energy", "sliced_wasserstein", "frechet", "coverage"} <= scored
    if name in ("ring", "grid", "high_dim_mixture"):
        assert {"mode_variance", "wrong_widths", "high_quality", "kl_modes"} <= scored
