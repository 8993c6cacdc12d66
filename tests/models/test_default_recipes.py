"""What the recommended recipes reach, over seeds. Minutes: run by hand and nightly."""

import pytest
import torch

from genzoo.core.noise import stream
from genzoo.data import create_source
from genzoo.models import MODELS, recommended_recipe
from genzoo.training import Trainer

SEEDS = range(10)
SAMPLES = 5000


def samples_of(name, source, seeds=SEEDS):
    fit = Trainer().fit(
        lambda: MODELS.create(name, source.event_shape), source, seeds, recommended_recipe(name)
    )
    assert all(run.diverged_at is None for run in fit.runs)
    return [run.model.sample(SAMPLES, generator=stream(run.seed, "test")) for run in fit.runs]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("autoencoder", 0.97),
        ("vae", 0.84),
        ("gan_minimax", 0.85),
        ("gan_nonsaturating", 0.85),
        ("flow_matching", 0.96),
        ("ot_flow_matching", 0.96),
        ("weighted_flow_matching", 0.95),
        ("mean_flow", 0.8),
        ("equilibrium_matching", 0.82),
        ("ddpm", 0.97),
        ("edm", 0.96),
        ("score_vp", 0.96),
    ],
)
def test_ring(name, share):
    """At least 9 of 10 seeds have all 8 modes, each with a fifth of its weight, within 3 sigma."""
    source = create_source("ring")
    modes = source.modes()
    full, good = 0, 0.0
    for x in samples_of(name, source):
        near = modes.distances(x).amin(1) < 3
        counts = torch.bincount(modes.assign(x)[near], minlength=8)
        full += int((counts >= 0.2 * SAMPLES / 8).sum()) == 8
        good += float(near.double().mean()) / len(SEEDS)
    assert full >= 9
    assert good > share


@pytest.mark.slow
@pytest.mark.parametrize("place", ["ring", "grid"])
@pytest.mark.parametrize("name", ["gan_r1", "hinge_gan", "lsgan", "ragan", "r3gan"])
def test_regularised_gans_cover_ring_and_grid(name, place):
    """In each of 4 seeds, a sample lies within 3 sigma of every mode, nearest to it.

    KL over modes is below .05.
    """
    source = create_source(place)
    modes = source.modes()
    count = len(modes.weights)
    for x in samples_of(name, source, seeds=range(4)):
        near = modes.distances(x).amin(1) < 3
        nearest = modes.distances(x).argmin(1)
        captured = torch.bincount(nearest[near], minlength=count) > 0
        shares = torch.bincount(nearest, minlength=count).double() / len(x)
        assert bool(captured.all())
        assert float(torch.special.xlogy(shares, shares * count).sum()) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rms", "distance"),
    [
        ("autoencoder", 0.003, 0.03),
        ("vae", 0.006, 0.06),
        ("gan_minimax", 0.01, 0.04),
        ("gan_nonsaturating", 0.01, 0.04),
    ],
)
def test_paintings(name, rms, distance):
    """Means over seeds.

    Of the distance off the family and of the Kolmogorov-Smirnov distance of the parameter.
    """
    source = create_source("paintings")
    residuals, distances = [], []
    for x in samples_of(name, source):
        a, residual = source.fit_parameter(x)
        ordered, steps = a.sort().values, torch.arange(1, SAMPLES + 1) / SAMPLES
        distances.append(float((source.parameter_cdf(ordered) - steps).abs().max()))
        residuals.append(float(residual.square().mean().sqrt()))
    assert sum(residuals) / len(SEEDS) < rms
    assert sum(distances) / len(SEEDS) < distance


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cvae", "cgan"])
@pytest.mark.parametrize(("place", "share"), [("ring", 0.99), ("digits", 0.9)])
def test_samples_are_what_was_asked_for(name, place, share):
    """In each of 4 seeds, told by the modes; nearly none of the ring lies far from its mode."""
    source = create_source(place)
    spec = source.context_spec
    fit = Trainer().fit(
        lambda: MODELS.create(name, source.event_shape, given={"context_spec": spec}),
        source,
        range(4),
        recommended_recipe(name),
    )
    for run in fit.runs:
        asked = spec.draw(SAMPLES, generator=stream(run.seed, "asked"))
        x = run.model.sample(SAMPLES, context=asked, generator=stream(run.seed, "test"))
        told = source.modes().assign(x) == asked.argmax(1)
        assert float(told.double().mean()) >= share
        if place == "ring":
            near = source.modes().distances(x).amin(1) < 3
            assert float((near & told).double().mean()) > 0.97
