"""Model units: there and back, the log-Jacobian, and robust units in densities and files."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genzoo.core.capabilities import SupportsElbo, SupportsLogProb
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec, stream
from genzoo.core.units import FARTHEST, Units, centre_and_width
from genzoo.testing.specimens import LinearGaussian
from genzoo.testing.support import build_seeded

CENTRE = [3.0, -2.0, 0.0, 7.0]
WIDTH = [0.5, 40.0, 1e-3, 0.0]
SHIFT = [0.2, -1.0, 0.0, 0.0]
SCALE = [1.3, 0.7, 2.0, 1.0]


class Standard(GenerativeModel, SupportsLogProb, SupportsElbo):
    """N(0, I) in model units, and a bound that is exact: z = x."""

    def updates(self):
        return ()

    def sampling_noise(self):
        return {"e": NoiseSpec("normal", self.event_shape)}

    def generate(self, noise, context=None):
        return noise["e"]

    def _log_prob(self, x, context):
        return torch.distributions.Normal(0, 1).log_prob(x).flatten(1).sum(1)

    def _posterior_noise(self):
        return NoiseSpec("normal", self.event_shape)

    def _log_weight(self, x, noise, context):
        return self._log_prob(x, context)


def robust(dtype: torch.dtype = torch.float64) -> Units:
    """Three bent columns and one of width 0."""
    return Units(*(torch.tensor(column, dtype=dtype) for column in (SHIFT, SCALE, CENTRE, WIDTH)))


def rows(dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """From the centre to a million widths away, on both sides."""
    away = torch.sinh(torch.linspace(-14.5, 14.5, 101, dtype=torch.float64))[:, None]
    far = away * torch.tensor([0.5, 40.0, 1e-3, 1.0]) + torch.tensor(CENTRE, dtype=torch.float64)
    return far.to(dtype)


def test_robust_units_are_asinh_of_the_distance_from_the_centre_in_widths() -> None:
    x = rows()
    expected = (torch.asinh((x[:, 1] + 2.0) / 40.0) + 1.0) / 0.7
    torch.testing.assert_close(robust().to_model(x)[:, 1], expected)
    torch.testing.assert_close(robust().to_model(x)[:, 3], x[:, 3] - 7.0)


@pytest.mark.parametrize(("dtype", "eps"), [(torch.float32, 2**-23), (torch.float64, 2**-52)])
def test_there_and_back_is_exact_up_to_rounding(dtype: torch.dtype, eps: float) -> None:
    x, units = rows(dtype), robust(dtype)
    away = (x - units.centre).abs()
    bent = torch.asinh(away / units.width.clamp_min(1e-3))
    allowed = eps * (8 * (1 + bent) * away + 2 * units.centre.abs() + 4 * units.width)
    assert ((units.to_data(units.to_model(x)) - x).abs() <= allowed).all()


@given(st.lists(st.floats(-30, 30), min_size=4, max_size=4))
def test_the_jacobian_is_that_of_autograd(x: list[float]) -> None:
    row, units = torch.tensor(x, dtype=torch.float64), robust()
    jacobian = torch.autograd.functional.jacobian(units.to_model, row)
    expected = torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(units.log_volume(units.to_model(row)[None])[0], expected)


def test_far_out_neither_the_map_nor_its_jacobian_overflows() -> None:
    units = robust(torch.float32)
    u = torch.tensor([[1e3] * 4, [-1e30] * 4, [3e38] * 4], dtype=torch.float32)
    assert torch.isfinite(units.to_data(u)).all()
    assert torch.isfinite(units.log_volume(u[:1])).all()
    assert float(units.to_data(u)[0, 0]) == pytest.approx(0.5 * math.sinh(FARTHEST), rel=1e-4)
    assert float(units.to_data(u)[0, 1]) == pytest.approx(math.sinh(FARTHEST), rel=1e-4)


def test_what_is_not_finite_stays_so() -> None:
    u = torch.tensor([[math.inf] * 4, [-math.inf] * 4, [math.nan] * 4])
    x = robust(torch.float32).to_data(u)
    assert x[0].isposinf().all()
    assert x[1].isneginf().all()
    assert x[2].isnan().all()


def test_stacks_of_units_are_mapped_seed_by_seed() -> None:
    one, other = robust(), robust()._replace(shift=torch.full((4,), 0.5, dtype=torch.float64))
    stacked = Units(*(torch.stack(pair) for pair in zip(one, other, strict=True)))
    x = torch.stack([rows(), rows() + 1])
    mapped = torch.func.vmap(lambda units, x: Units(*units).to_model(x))(tuple(stacked), x)
    torch.testing.assert_close(mapped, torch.stack([one.to_model(x[0]), other.to_model(x[1])]))
    back = torch.func.vmap(lambda units, u: Units(*units).to_data(u))(tuple(stacked), mapped)
    torch.testing.assert_close(back, x)
    torch.testing.assert_close(stacked.each(lambda part: part[:, None]).to_model(x), mapped)


def bent(model: Standard | LinearGaussian) -> Standard | LinearGaussian:
    model = model.double()
    model.standardise(*(torch.tensor(value) for value in (0.3, 1.4, 5.0, 2.0)))
    return model


@pytest.mark.parametrize("kind", [Standard, LinearGaussian])
def test_a_density_in_robust_units_integrates_to_one_in_data_units(
    kind: type[Standard] | type[LinearGaussian],
) -> None:
    # Weights that differ from run to run would now and then make the mean of 20 bounds a bad one.
    model = bent(build_seeded(lambda: kind((1,))))
    u = torch.linspace(-12, 12, 40_001, dtype=torch.float64)[:, None]
    x = model.to_data_units(u)
    assert float(x.max()) > 1e6
    with torch.no_grad():
        density = model.log_prob(x).exp()
        assert float(torch.trapezoid(density, x[:, 0])) == pytest.approx(1, abs=1e-4)
        bound = torch.stack([model.elbo(x, generator=stream(k)).exp() for k in range(20)]).mean(0)
        assert float(torch.trapezoid(bound, x[:, 0])) == pytest.approx(1, abs=0.02)


def test_samples_follow_the_density_in_robust_units() -> None:
    model = bent(Standard((1,)))
    x = model.sample(20_000, generator=stream(0))[:, 0]
    for level, z in ((0.25, -0.67449), (0.5, 0.0), (0.975, 1.95996)):
        exact = 5 + 2 * math.sinh(0.3 + 1.4 * z)
        assert float((x < exact).double().mean()) == pytest.approx(level, abs=0.01)


def test_a_bound_with_the_exact_posterior_is_the_log_likelihood_in_robust_units() -> None:
    model = bent(Standard((2,)))
    x = model.sample(50, generator=stream(1))
    torch.testing.assert_close(model.elbo(x, generator=stream(2)), model.log_prob(x))


def test_affine_units_have_the_bits_that_they_had() -> None:
    x, shift, scale = rows(torch.float32), torch.tensor(SHIFT), torch.tensor(SCALE)
    model = Standard((4,))
    model.standardise(shift, scale)
    assert torch.equal(model.to_model_units(x), (x - shift) / scale)
    assert torch.equal(model.to_data_units(x), x * scale + shift)
    plain = model._log_prob((x - shift) / scale, None) - scale.log().sum()
    assert torch.equal(model.log_prob(x), plain)
    assert list(model.state_dict()) == ["shift", "scale"]


def test_robust_units_travel_with_the_state_dict_and_old_files_load() -> None:
    model, other = bent(Standard((2,))), Standard((2,)).double()
    affine = {name: value.clone() for name, value in other.state_dict().items()}
    other.load_state_dict(model.state_dict())
    x = model.sample(5, generator=stream(0))
    assert torch.equal(other.log_prob(x), model.log_prob(x))
    assert torch.equal(other.sample(5, generator=stream(0)), x)
    other.load_state_dict(affine)
    assert other.units.centre is None
    assert torch.equal(other.to_model_units(x), x)
    other.load_state_dict(other.state_dict())
    model.load_state_dict(model.state_dict())
    assert float(model.units.width[0]) == 2


def test_the_width_of_a_column_is_that_of_the_first_pair_of_quantiles_that_lie_apart() -> None:
    """Of 101 rows the quantiles are the rows themselves; of 3 they lie between them."""
    ranks = torch.arange(101.0)
    outer = [
        torch.where((ranks < share) | (ranks > 100 - share), ranks, 50.0) for share in (12, 7, 3)
    ]
    ends = torch.where((ranks < 1) | (ranks > 99), ranks, 50.0)
    columns = torch.stack([ranks, *outer, ends, torch.full((101,), 7.0)], dim=1)
    centre, width = centre_and_width(columns[torch.randperm(101, generator=stream(0))])
    assert centre.tolist() == [50, 50, 50, 50, 50, 7]
    assert width.tolist() == pytest.approx([50, 80, 90, 98, 100, 0])
    centre, width = centre_and_width(torch.tensor([[0.0], [4.0], [10.0]]))
    assert (centre.item(), width.item()) == (4, pytest.approx(7 - 2))
