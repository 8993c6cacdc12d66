"""What the conditions of built-in sources are, each by an independent computation."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.datasets import load_digits

from genzoo.core.noise import stream
from genzoo.core.source import SupportsLabels, held_out_parts
from genzoo.data import SOURCES, create_source
from genzoo.errors import InputError

FIRST_DRAWS = {
    "checkerboard": 0.8859913,
    "circles": 0.1016877,
    "damped_oscillations": -0.00719719,
    "digits": 0.3005859,
    "gaussian_1d": 0.526114,
    "grid": 0.3947217,
    "high_dim_mixture": 0.05640352,
    "mixture_1d": -0.1739258,
    "paintings": 0.9971144,
    "pinwheel": 0.003741091,
    "random_mixture": 0.3880652,
    "ring": 0.09472171,
    "sines": 0.06998913,
    "spirals": 0.2458509,
    "stacked_digits": 0.3063802,
    "swiss_roll": 0.250965,
    "two_moons": 0.1480805,
    "veegan_mixture": -1.790131,
}
"""The mean of five draws, before sources had conditions."""


def draw(text, n=400, **options):
    source = create_source(text, **options)
    return source, source.sample(n, generator=stream(1, "conditions"))


def classes(source, batch):
    return source.context_spec.labels(batch.context)[:, 0]


def test_every_registered_source_is_pinned():
    assert set(FIRST_DRAWS) == set(SOURCES.names())


@pytest.mark.parametrize("name", sorted(FIRST_DRAWS))
def test_examples_are_those_of_sources_without_conditions(name):
    source = create_source(name)
    x = source.sample(5, generator=stream(7, "pinned")).x
    assert float(x.double().mean()) == pytest.approx(FIRST_DRAWS[name], rel=1e-5)
    if name in ("gaussian_1d", "swiss_roll"):
        assert source.context_spec is None
        return
    assert source.context_spec is not None
    plain, batch = draw(name, 5, context=False)
    assert plain.context_spec is None
    assert batch.context is None
    assert torch.equal(batch.x, draw(name, 5)[1].x)
    if isinstance(plain, SupportsLabels):
        assert plain.labels_of(batch.x).shape == (5, 0)


@pytest.mark.parametrize(
    "text",
    ["ring:modes=1", "grid:side=1", "grid:side=11", "checkerboard:cells=1", "spirals:arms=1"],
)
def test_one_class_and_more_than_a_hundred_are_no_condition(text):
    source, batch = draw(text)
    assert source.context_spec is None
    assert batch.context is None


@pytest.mark.parametrize(
    "text",
    ["ring", "grid", "mixture_1d", "random_mixture:dimension=3", "high_dim_mixture:dimension=5"],
)
def test_the_mode_is_the_nearest_location(text):
    source, batch = draw(text)
    names = source.modes().names
    assert source.context_spec.to_dict() == [{"name": "mode", "classes": list(names)}]
    distances = torch.cdist(batch.x.double(), source.modes().locations)
    nearest = distances.argmin(dim=1)
    assert float((classes(source, batch) == nearest).double().mean()) > 0.99
    assert source.context_spec.decode(batch.context)["mode"][0] == names[int(nearest[0])]
    told = source.labels_of(batch.x)
    assert told.shape == (400, 1)
    assert float((told[:, 0] == nearest).double().mean()) > 0.99


def test_the_moon_and_the_circle_are_those_that_an_example_lies_on():
    source, batch = draw("two_moons", noise=0.005)
    outer, inner = batch.x.norm(dim=1), (batch.x - torch.tensor([1.0, 0.5])).norm(dim=1)
    gaps = torch.stack([(outer - 1).abs(), (inner - 1).abs()], dim=1)
    assert float(gaps[torch.arange(400), classes(source, batch)].max()) < 0.03
    assert source.context_spec.decode(batch.context[:1])["mode"][0].endswith("moon")
    source, batch = draw("circles", noise=0.005)
    radii = torch.tensor([1.0, 0.5])[classes(source, batch)]
    assert float((batch.x.norm(dim=1) - radii).abs().max()) < 0.03


def test_the_arm_is_the_one_whose_turn_an_example_has():
    source, batch = draw("spirals:arms=3,noise=0.005")
    far = batch.x.norm(dim=1) > 0.5
    turned = torch.atan2(batch.x[:, 1], batch.x[:, 0]) - 3 * batch.x.norm(dim=1)
    arms = (turned / (2 * math.pi / 3)).round() % 3
    assert torch.equal(arms[far], classes(source, batch)[far].float())
    source, batch = draw("pinwheel:twist=0,tangential_sd=0.02,radial_sd=0.05")
    turned = torch.atan2(batch.x[:, 1], batch.x[:, 0]) / (2 * math.pi / 5)
    assert torch.equal(turned.round() % 5, classes(source, batch).float())


def test_the_square_is_the_one_that_an_example_lies_on():
    source, batch = draw("checkerboard")
    places = ((batch.x + 4) / 2).floor().int().tolist()
    names = [f"{i}-{j}" for i, j in places]
    assert source.context_spec.decode(batch.context) == {"square": names}
    told = source.labels_of(batch.x)
    assert torch.equal(told[:, 0], classes(source, batch))
    off = torch.tensor([[-1.0, -3.0], [9.0, 9.0]])
    assert source.labels_of(off).tolist() == [[-1], [-1]]


def test_the_flat_is_the_one_whose_last_coordinate_an_example_has():
    source, batch = draw("veegan_mixture:dimension=20,noisy=10")
    assert torch.equal(batch.x[:, -1], source.diagonal[classes(source, batch)].float())


def test_the_parameter_of_a_painting_is_its_height_in_the_middle():
    source, batch = draw("paintings")
    assert source.context_spec.to_dict() == [{"name": "a", "low": 1.0, "high": 2.0}]
    assert torch.allclose(batch.x[:, 7] + 1, batch.context[:, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "name", "low", "high"),
    [("sines", "frequency", 1.0, 3.0), ("damped_oscillations", "damping", 1.0, 6.0)],
)
def test_curves_are_made_of_the_waves_of_their_parameter(text, name, low, high):
    source, batch = draw(text, 20)
    assert source.context_spec.to_dict() == [{"name": name, "low": low, "high": high}]
    for curve, theta in zip(batch.x.numpy(), batch.context[:, 0].numpy(), strict=True):
        left = np.linalg.lstsq(waves(name, theta), curve, rcond=None)[1]
        assert float(left[0]) < 1e-10
        assert float(np.linalg.lstsq(waves(name, 1.2 * theta), curve, rcond=None)[1][0]) > 1e-7


def waves(name, theta, points=40):
    x = np.linspace(0, 1, points)
    angles = 2 * np.pi * (theta * (x - 0.5) if name == "frequency" else 3 * x)
    envelope = 1 if name == "frequency" else np.exp(-theta * x)[:, None]
    return envelope * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_digits_come_with_the_labels_of_scikit_learn():
    images, labels = load_digits(return_X_y=True)
    shown = {}
    for image, label in zip((images / 16).astype(np.float32), labels, strict=True):
        shown[image.tobytes()] = int(label)
    source = create_source("digits")
    assert source.context_spec.to_dict() == [{"name": "digit", "classes": list("0123456789")}]
    for rows in (source.train, source.holdout):
        expected = [shown[image.tobytes()] for image in rows.x.flatten(1).numpy()]
        assert classes(source, rows).tolist() == expected
    stacked = create_source("stacked_digits")
    generator = stream(0)
    batches = [
        stacked.sample(50, generator=generator),
        *held_out_parts(stacked, 50, generator=generator),
        stacked.sample_mode(314, 5, generator=generator),
    ]
    for batch in batches:
        expected = [shown[image.tobytes()] for image in batch.x.reshape(-1, 64).numpy()]
        assert stacked.context_spec.labels(batch.context).flatten().tolist() == expected
    assert stacked.context_spec.names == ("first", "second", "third")
    assert stacked.context_spec.labels(batches[-1].context).unique(dim=0).tolist() == [[3, 1, 4]]


def test_labels_are_told_channel_by_channel():
    source, batch = draw("stacked_digits", 200)
    told, given = source.labels_of(batch.x), source.context_spec.labels(batch.context)
    assert float((told == given).double().mean()) > 0.9
    noisy = batch.x.clone()
    noisy[:, 1] = torch.rand(200, 8, 8, generator=stream(0))
    assert source.labels_of(noisy)[:, 1].tolist() == [-1] * 200
    assert torch.equal(source.labels_of(noisy)[:, [0, 2]], told[:, [0, 2]])


def test_given_its_mode_a_mixture_has_the_density_of_the_component():
    source, batch = draw("random_mixture:modes=4,dimension=3,layout_seed=1", 40)
    modes, index = source.modes(), classes(source, batch)
    got = source.log_prob(batch.x, batch.context)
    for x, k, value in zip(batch.x.numpy(), index.tolist(), got.tolist(), strict=True):
        law = scipy.stats.multivariate_normal(modes.locations[k], modes.covariances[k])
        assert value == pytest.approx(law.logpdf(x), abs=1e-6)


@pytest.mark.parametrize("text", ["two_moons", "spirals", "circles", "pinwheel", "checkerboard"])
def test_densities_given_components_add_up_to_the_density(text):
    source, batch = draw(text, 100)
    count = source.context_spec.width
    parts = []
    for k in range(count):
        context = torch.eye(count)[[k] * 100]
        parts.append(source.log_prob(batch.x, context).exp() / count)
    assert torch.allclose(sum(parts), source.log_prob(batch.x).exp(), rtol=1e-9)
    square = 2.0**-2
    if text == "checkerboard":
        given = source.log_prob(batch.x, batch.context).exp()
        assert torch.allclose(given, torch.full((100,), square, dtype=torch.float64))
        other = batch.context.roll(1, dims=1)
        assert bool((source.log_prob(batch.x, other) == -math.inf).all())


def test_given_its_parameter_a_curve_is_gaussian():
    source, batch = draw("paintings:noise=0.1", 10)
    u = np.linspace(-1, 1, 15) ** 2 + 1
    expected = scipy.stats.norm(batch.context.numpy() * u - 1, 0.1).logpdf(batch.x).sum(axis=1)
    np.testing.assert_allclose(source.log_prob(batch.x, batch.context), expected, rtol=1e-6)
    for text, name in (("sines", "frequency"), ("damped_oscillations", "damping")):
        source, batch = draw(f"{text}:noise=0.1,points=12", 5)
        got = source.log_prob(batch.x, batch.context).tolist()
        for y, theta, value in zip(batch.x.numpy(), batch.context[:, 0].double(), got, strict=True):
            basis = waves(name, float(theta), 12)
            law = scipy.stats.multivariate_normal(cov=basis @ basis.T + 0.01 * np.eye(12))
            assert value == pytest.approx(law.logpdf(y), rel=1e-8)


@pytest.mark.parametrize("text", ["paintings:noise=0.1", "sines:noise=0.1,points=12"])
def test_densities_given_parameters_average_to_the_density(text):
    source, batch = draw(text, 3)
    (field,) = source.context_spec.covariates
    grid = field.low + (field.high - field.low) * (torch.arange(4000) + 0.5)[:, None] / 4000
    for k in range(3):
        x = batch.x[k].expand(4000, -1)
        average = source.log_prob(x, grid).exp().mean().log()
        assert float(average) == pytest.approx(float(source.log_prob(batch.x)[k]), abs=1e-4)


def test_wrong_conditions_of_a_density_are_one_sentence():
    source, batch = draw("ring", 10)
    for wrong in (batch.context[:5], batch.context[:, :3], 2 * batch.context, [["a"]]):
        with pytest.raises(InputError, match=r"context|one-hot"):
            source.log_prob(batch.x, wrong)
    with pytest.raises(InputError, match="there are no conditions here"):
        create_source("ring:context=false").log_prob(batch.x, batch.context)
