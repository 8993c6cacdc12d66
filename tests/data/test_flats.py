"""The 1,200-D mixture of the VEEGAN paper, against what its definition says."""

import pytest
import torch
from scipy import stats

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.noise import stream
from genzoo.core.source import GaussianModes
from genzoo.data import create_source
from genzoo.errors import InputError

CENTRES = torch.tensor([-1, -0.5, 0, 0.5, -2, -2.5, 10, 0.25, -13, -5.5], dtype=torch.float64)


def drawn(name="veegan_mixture", n=2000):
    source = create_source(name)
    return source, source.sample(n, generator=stream(3, "flat")).x


def test_the_last_500_coordinates_are_the_centre_and_the_first_700_carry_unit_noise():
    _, x = drawn()
    assert x.shape == (2000, 1200)
    centre = x[:, 700]
    assert torch.equal(x[:, 700:], centre[:, None].expand(-1, 500))
    assert set(centre.tolist()) == set(CENTRES.tolist())
    noise = (x[:, :700] - centre[:, None]).double()
    squares = noise.square().sum(dim=1).numpy()
    assert stats.kstest(squares, stats.chi2(700).cdf).pvalue > 1e-3
    assert noise.mean(dim=0).abs().max() < 5 / 2000**0.5


def test_all_components_are_drawn_alike():
    counts = torch.bincount(
        create_source("veegan_mixture").modes().assign(drawn(n=5000)[1]), minlength=10
    )
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3


def test_an_example_belongs_to_the_nearest_centre():
    """On one diagonal the nearest centre is the one nearest to the mean coordinate."""
    source, x = drawn(n=500)
    x = 3 * torch.randn(x.shape, generator=stream(0, "noise")) + x
    expected = (x.double().mean(dim=1)[:, None] - CENTRES).abs().argmin(dim=1)
    assert torch.equal(source.modes().assign(x), expected)


def test_it_is_singular():
    source, _ = drawn()
    assert not isinstance(source, SupportsLogProb)
    assert not isinstance(source.modes(), GaussianModes)


def test_options():
    source, x = drawn("veegan_mixture:dimension=30,noisy=4,sigma=0.1", 100)
    assert source.event_shape == (30,)
    assert (x[:, 4:] == x[:, 4:5]).all()
    assert ((x[:, :4] - x[:, 4:5]).abs().mean() * (torch.pi / 2) ** 0.5).item() == pytest.approx(
        0.1, rel=0.2
    )
    for wrong in ("noisy=31,dimension=30", "sigma=0", "dimension=0"):
        with pytest.raises(InputError):
            create_source(f"veegan_mixture:{wrong}")
