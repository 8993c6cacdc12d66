"""Sources with the options scale and shift: all that is known of x is known of scale x + shift."""

import functools
import inspect
import math
import pickle

import pytest
import torch
from torch.autograd.functional import jacobian

from genzoo.core.capabilities import Capability, SupportsLogProb
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.noise import stream
from genzoo.core.source import (
    DataSource,
    FiniteSource,
    SplitSource,
    SupportsFeatures,
    SupportsLabels,
    SupportsModes,
    SupportsModeSampling,
    SupportsParameter,
    real_sample,
)
from genzoo.data import SOURCES, ArraySource, create_source
from genzoo.data.curves import positions_of
from genzoo.data.movable import Movable
from genzoo.data.moved import Moved, moved
from genzoo.errors import InputError

SCALE, SHIFT = -3.0, 1.5
NAMES = [*SOURCES.names(), "paintings:noise=0.05", "sines:noise=0.1"]
KNOWN = (FiniteSource, SplitSource, *Capability.__subclasses__())


@functools.cache
def plain(name):
    return create_source(name)


@functools.cache
def there(name):
    return create_source(name, scale=SCALE, shift=SHIFT)


def same(got, expected):
    torch.testing.assert_close(got, expected, check_dtype=False, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_moved_source_can_what_the_original_can(name):
    source = there(name)
    assert isinstance(source, Moved)
    for capability in KNOWN:
        assert isinstance(source, capability) == isinstance(plain(name), capability)
    for attribute in ("event_shape", "context_spec", "recommended_standardisation", "column_names"):
        assert getattr(source, attribute) == getattr(plain(name), attribute)
    positions, moved_positions = positions_of(plain(name)), positions_of(source)
    assert positions is None or torch.equal(positions, moved_positions)


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_moved(name):
    ours = there(name).sample(50, generator=stream(0))
    theirs = plain(name).sample(50, generator=stream(0))
    assert ours.x.dtype == torch.float32
    same(ours.x, SCALE * theirs.x + SHIFT)
    assert ours.context is None or torch.equal(ours.context, theirs.context)
    real, expected = (real_sample(one(name), 20, generator=stream(1)) for one in (there, plain))
    for mine, other in zip(real, expected, strict=True):
        same(mine.x, SCALE * other.x + SHIFT)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_is_moved(name):
    original, source = plain(name), there(name)
    batch = original.sample(40, generator=stream(2))
    x = batch.x.double()
    y = SCALE * x + SHIFT
    given = batch.context if original.context_spec else None
    if isinstance(source, SupportsLogProb):
        fall = original.event_size * math.log(3)
        same(source.log_prob(y), original.log_prob(x) - fall)
        same(source.log_prob(y, given), original.log_prob(x, given) - fall)
    if isinstance(source, SupportsModes):
        modes, others = source.modes(), original.modes()
        assert (modes.names, modes.rejects) == (others.names, others.rejects)
        assert isinstance(modes, type(others)) == hasattr(others, "covariances")
        assert torch.equal(modes.assign(y.float()), others.assign(x.float()))
        same(modes.weights, others.weights)
    if isinstance(source, SupportsGaussians):
        moved_mixture, mixture = source.gaussians(), original.gaussians()
        same(moved_mixture.distances(y), mixture.distances(x))
        same(moved_mixture.covariances, 9 * mixture.covariances)
        same(source.gaussian_weights(given, 40), original.gaussian_weights(given, 40))
    if isinstance(source, SupportsLabels):
        assert torch.equal(source.labels_of(y.float()), original.labels_of(x.float()))
    if isinstance(source, SupportsFeatures):
        same(source.features(y.float()), original.features(x.float()))
    if isinstance(source, SupportsModeSampling):
        ours, theirs = (one.sample_mode(3, 5, generator=stream(3)) for one in (source, original))
        same(ours.x, SCALE * theirs.x + SHIFT)
    if isinstance(source, SupportsParameter):
        value, residual = source.fit_parameter(y)
        expected, off = original.fit_parameter(x)
        same(value, expected)
        same(residual, 3 * off)
        assert source.parameter_mean == original.parameter_mean
        same(source.parameter_cdf(value), original.parameter_cdf(expected))


def test_a_moved_gaussian_is_the_gaussian_that_it_should_be():
    ours = create_source("gaussian_1d:mean=2,sd=0.5,scale=-3,shift=1")
    theirs = create_source("gaussian_1d:mean=-5,sd=1.5")
    x = torch.linspace(-9, 0, 30)[:, None]
    same(ours.log_prob(x), theirs.log_prob(x))
    same(ours.gaussians().locations, theirs.gaussians().locations)


def test_the_gradient_of_a_moved_density_is_that_of_the_density_by_scale():
    source, original = create_source("circles:scale=2"), create_source("circles")
    x = torch.tensor([[0.3, 0.4]], dtype=torch.float64)
    same(jacobian(source.log_prob, 2 * x), jacobian(original.log_prob, x) / 2)


def test_no_draw_is_rounded_off_a_support_with_edges():
    source = create_source("checkerboard:scale=0.1,shift=300")
    batch = source.sample(20_000, generator=stream(0))
    assert bool(torch.isfinite(source.log_prob(batch.x, batch.context)).all())
    plain_move = 0.1 * plain("checkerboard").sample(20_000, generator=stream(0)).x.double() + 300
    assert not torch.isfinite(source.log_prob(plain_move.float())).all()
    with pytest.raises(InputError, match="single precision cannot hold examples of scale 1e-12"):
        create_source("checkerboard:scale=1e-12,shift=3").sample(50, generator=stream(0))


def test_a_moved_source_goes_to_other_processes():
    source = pickle.loads(pickle.dumps(there("random_mixture")))
    assert type(source) is type(there("random_mixture"))
    drawn = source.sample(5, generator=stream(0)).x
    assert torch.equal(drawn, there("random_mixture").sample(5, generator=stream(0)).x)


def test_nothing_moved_is_the_source_itself():
    assert not isinstance(create_source("ring:scale=1,shift=0"), Moved)
    rows = ArraySource(torch.rand(20, 2), name="mine")
    assert moved(rows, 1, 0) is rows
    same(moved(rows, 2, 1).train.x, 2 * rows.train.x + 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ring:scale=0", "scale must not be 0"),
        ("ring:scale=inf", "scale must be a finite number"),
        ("ring:shift=nan", "shift must be a finite number"),
        ("ring:scale=big", "option 'scale' of source 'ring' takes a number"),
        ("ring:scal=2", "did you mean 'scale'"),
    ],
)
def test_wrong_moves_are_refused_in_one_sentence(text, message):
    with pytest.raises(InputError, match=message):
        create_source(text)


def test_a_factory_keeps_an_option_of_its_own():
    def own(*, scale: int = 2, **options: float) -> DataSource:
        """A source. It has no section of arguments."""
        assert (scale, options) == (5, {"more": 1.0})
        return plain("ring")

    factory = Movable(own)
    assert list(inspect.signature(factory).parameters) == ["scale", "shift", "options"]
    assert factory.__doc__.endswith("Args:\n    shift: What is then added.\n")
    assert Movable(functools.partial(own)).__module__ == __name__
    made = factory(scale=5, more=1.0, shift=1.0)
    assert (made.scale, made.shift) == (1.0, 1.0)
