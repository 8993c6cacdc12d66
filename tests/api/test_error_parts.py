"""What start, network and sampler add to a distance, where each is known in closed form."""

import math

import pytest
import torch

import genzoo
from genzoo.core.noise import stream
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.models.transport.path import Linear, VarianceExploding
from genzoo.models.transport.samplers import Euler, EulerMaruyama, RungeKutta
from tests.metrics.perfect import perfect

MEAN, DEVIATION = 2.0, 0.5
NORMAL = f"gaussian_1d:mean={MEAN},sd={DEVIATION}"


@pytest.fixture
def coarser(monkeypatch):
    """Fewer steps stand for a sampler without error, where that is not what is looked at."""
    monkeypatch.setattr("genzoo.api.error_parts.FINE", 20)


def parts_of(model, source, samples=600):
    found = genzoo.error_parts(model, source, samples=samples, generator=stream(0, "parts"))
    return {(part.start, part.field, part.sampler): part.distance for part in found.parts}


def between_normals(mean, deviation):
    """W2^2 from N(mean, deviation^2) to the data."""
    return (mean - MEAN) ** 2 + (deviation - DEVIATION) ** 2


def test_the_steps_of_euler():
    """Each step is a linear map, so that samples are normal with moments by recursion.

    A unit of the model is three of the data.
    """
    model = perfect(create_source(NORMAL), Linear(), "velocity", sampler=Euler(), sampler_steps=4)
    mean, factor = 0.0, 1.0
    for k in range(4):
        t = k / 4
        rate = (t * DEVIATION**2 - (1 - t)) / (t**2 * DEVIATION**2 + (1 - t) ** 2)
        mean += (MEAN + rate * (mean - t * MEAN)) / 4
        factor *= 1 + rate / 4
    model.standardise(torch.tensor(1.0), torch.tensor(3.0))
    parts = parts_of(model, f"gaussian_1d:mean={3 * MEAN + 1},sd={3 * DEVIATION}")
    assert list(parts) == [
        ("exact", "own", "own"),
        ("exact", "own", "exact"),
        ("exact", "exact", "own"),
    ]
    assert parts["exact", "own", "exact"].value < 1e-12
    for field in ("own", "exact"):
        found = parts["exact", field, "own"]
        expected = 9 * between_normals(mean, factor)
        assert abs(found.value - expected) < 4 * found.standard_error
        assert found.standard_error < 0.1 * expected
        assert found.null == 0


def test_a_start_without_the_data(coarser):
    """The exact flow keeps the distance from the mean in deviations: 2 x_0 is 2 too low."""
    path = VarianceExploding(0.001, 2.0)
    model = perfect(create_source(NORMAL), path, "data", sampler=RungeKutta(), sampler_steps=20)
    shrunk = DEVIATION / math.sqrt(DEVIATION**2 + 4)
    expected = between_normals(MEAN - shrunk * MEAN, shrunk * 2)
    parts = parts_of(model, NORMAL)
    for field, sampler in (("own", "own"), ("own", "exact"), ("exact", "own")):
        assert parts["own", field, sampler].value == pytest.approx(expected, rel=0.15)
        assert ("exact", field, sampler) in parts
        assert parts["exact", field, sampler].value < 1e-9


def test_a_network_that_is_off_by_a_constant(coarser):
    source = create_source("ring:modes=3")
    parts = parts_of(perfect(source, Linear(), "velocity", offset=0.2), source)
    network = parts["exact", "own", "exact"]
    assert network.value > 4 * network.standard_error > 0


def test_noise_of_the_sampler_shows_as_chance(coarser):
    source = create_source("ring:modes=3")
    model = perfect(source, Linear(), "velocity", sampler=EulerMaruyama(), sampler_steps=50)
    parts = parts_of(model, source, 200)
    assert parts["exact", "own", "own"].null > 0.005
    assert parts["exact", "own", "exact"].null == 0


def test_a_conditional_model_is_asked_for_what_data_come_with(coarser):
    source = create_source("ring:modes=3")
    spec = source.context_spec
    model = perfect(source, Linear(), "velocity", context_spec=spec)
    parts = parts_of(model, source, 120)
    assert parts["exact", "own", "exact"].value < 1e-12
    with pytest.raises(InputError, match="takes conditions"):
        genzoo.error_parts(model, "ring:modes=3,context=false")


def test_as_a_table(coarser):
    source = create_source("ring:modes=3")
    found = genzoo.error_parts(perfect(source, Linear(), "velocity"), source, samples=120)
    head, _, *lines = found.to_markdown().splitlines()
    assert head == "| start | field | sampler | sliced W2² | standard error | by chance |"
    assert [line.split(" | ")[:3] for line in lines] == [
        ["| exact", "own", "own"],
        ["| exact", "own", "exact"],
        ["| exact", "exact", "own"],
    ]
    assert "<td>own</td>" in found._repr_html_()


@pytest.mark.parametrize(
    ("model", "source", "options", "words"),
    [
        ("vae", "ring", {}, "no start, field and sampler"),
        ("ot_flow_matching", "ring", {}, "paired"),
        ("flow_matching", "circles", {}, "mixture of Gaussians"),
        ("flow_matching", "ring", {"samples": 50}, "at least 120"),
    ],
)
def test_refused_in_a_sentence(model, source, options, words):
    with pytest.raises(InputError, match=words):
        genzoo.error_parts(genzoo.create_model(model, (2,)), source, **options)


def test_it_repeats_and_leaves_the_model_alone():
    model = genzoo.create_model("flow_matching", (1,))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = (parts_of(model, "gaussian_1d", 120) for _ in range(2))
    assert first == second
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
