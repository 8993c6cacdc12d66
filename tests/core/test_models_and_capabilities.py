"""Units, sampling in blocks, and the capabilities' public faces, against closed forms."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genzoo.core import noise as noise_module
from genzoo.core.capabilities import SupportsElbo, SupportsLogProb, SupportsReconstruct
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Covariate
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec, at_once, stream
from genzoo.errors import InputError
from genzoo.testing.model_capabilities import check_elbo
from genzoo.testing.specimens import LinearGAN, LinearGaussian


def normal_log_density(x, mean, sd):
    return torch.distributions.Normal(mean, sd).log_prob(x).flatten(1).sum(1)


class Standard(GenerativeModel, SupportsLogProb, SupportsElbo, SupportsReconstruct):
    """N(0, 1) in model units.

    p(x | z) = N(z, 1/2), p(z) = N(0, 1/2), q(z | x) = N(x / 2 + gap, 1/4).
    """

    gap = 0.0

    def updates(self):
        return ()

    def sampling_noise(self):
        return {"e": NoiseSpec("normal", self.event_shape)}

    def generate(self, noise, context=None):
        return noise["e"] if context is None else noise["e"] + context[:, :1]

    def _log_prob(self, x, context):
        return normal_log_density(x, 0, 1)

    def _posterior_noise(self):
        return NoiseSpec("normal", self.event_shape)

    def _log_weight(self, x, noise, context):
        z = x / 2 + self.gap + noise / 2
        half = math.sqrt(0.5)
        likelihood, prior = normal_log_density(x - z, 0, half), normal_log_density(z, 0, half)
        return likelihood + prior - normal_log_density(z - x / 2 - self.gap, 0, 0.5)

    def _encode(self, x, context):
        return x.flatten(1) / 2

    def _decode(self, z, context):
        return 2 * z.reshape(-1, *self.event_shape)


reals = st.floats(-5, 5).map(lambda v: torch.tensor(v, dtype=torch.float64))
scales = st.floats(0.01, 10).map(lambda v: torch.tensor(v, dtype=torch.float64))


def standard(shape=(2,), shift=0.0, scale=1.0):
    model = Standard(shape).double()
    model.standardise(torch.as_tensor(shift), torch.as_tensor(scale))
    return model


@given(reals, scales)
def test_units_are_inverse_to_each_other(shift, scale):
    model = standard((2, 3), shift, scale)
    x = torch.randn(4, 2, 3, generator=stream(0), dtype=torch.float64)
    assert torch.allclose(model.to_data_units(model.to_model_units(x)), x)
    assert torch.allclose(model.to_model_units(x), (x - shift) / scale)


@given(reals, scales)
def test_the_density_in_data_units_is_that_of_the_scaled_law(shift, scale):
    x = torch.randn(5, 2, generator=stream(0), dtype=torch.float64) * scale + shift
    assert torch.allclose(
        standard((2,), shift, scale).log_prob(x), normal_log_density(x, shift, scale)
    )


def test_each_coordinate_can_have_its_own_scale():
    scale = torch.tensor([0.5, 4.0], dtype=torch.float64)
    x = torch.randn(5, 2, generator=stream(0), dtype=torch.float64)
    assert torch.allclose(standard((2,), 1.0, scale).log_prob(x), normal_log_density(x, 1.0, scale))


@given(reals, scales, st.integers(1, 20))
def test_a_bound_with_the_exact_posterior_is_the_log_likelihood(shift, scale, k):
    model = standard((2,), shift, scale)
    x = torch.randn(5, 2, generator=stream(0), dtype=torch.float64) * scale + shift
    bound = model.elbo(x, importance_samples=k, generator=stream(k))
    assert torch.allclose(
        bound, model.log_prob(x), atol=1e-6
    )  # the sums of terms may cancel to nearly 0


def test_a_bound_rises_with_importance_samples_and_stays_below():
    model = standard((1,))
    model.gap = 1.0
    x = torch.zeros(20_000, 1, dtype=torch.float64)
    means = [
        float(model.elbo(x, importance_samples=k, generator=stream(k)).mean())
        for k in (1, 2, 8, 64)
    ]
    exact = -0.5 * math.log(2 * math.pi)
    # KL(N(1, 1/4) || N(0, 1/4)) = 2
    assert means[0] == pytest.approx(exact - 2, abs=0.1)
    assert all(low < high for low, high in itertools.pairwise(means))
    assert means[-1] < exact + 0.01


@given(reals, scales)
def test_codes_know_no_units_and_reconstructions_have_those_of_the_data(shift, scale):
    x = torch.randn(5, 3, generator=stream(0), dtype=torch.float64)
    model = standard((3,), shift, scale)
    assert torch.allclose(model.encode(x * scale + shift), x / 2)
    assert torch.allclose(model.reconstruct(x * scale + shift), x * scale + shift)


@pytest.mark.parametrize(
    "bases", list(itertools.permutations([GenerativeModel, SupportsLogProb, SupportsReconstruct]))
)
def test_the_order_of_bases_does_not_matter(bases):
    body = {
        name: vars(Standard)[name]
        for name in ("updates", "sampling_noise", "generate", "_log_prob", "_encode", "_decode")
    }
    model = type("Mixed", bases, body)((2,)).double()
    model.standardise(torch.tensor(3.0), torch.tensor(2.0))
    x = torch.randn(4, 2, generator=stream(0), dtype=torch.float64)
    assert torch.allclose(model.reconstruct(x), x)
    assert torch.allclose(model.log_prob(x), normal_log_density(x, 3.0, 2.0))


@pytest.mark.parametrize("limit", ["block", "noise"])
def test_samples_are_drawn_in_blocks_of_one_stream(monkeypatch, limit):
    model = standard((2,))
    if limit == "block":
        model.sample_block = 4
    else:
        monkeypatch.setattr(noise_module, "MOST", 9)
    generator = stream(0)
    expected = torch.cat([torch.randn(size, 2, generator=generator) for size in (4, 4, 2)]).double()
    assert torch.equal(model.sample(10, generator=stream(0)), expected)
    model.context_spec = ContextSpec((Covariate("shift", -1.0, 1.0),))
    context = torch.linspace(-1, 1, 10, dtype=torch.float64)[:, None]
    assert torch.equal(model.sample(10, generator=stream(0), context=context), expected + context)


def test_one_example_is_drawn_whatever_noise_it_needs():
    assert at_once({"steps": NoiseSpec("normal", (noise_module.MOST + 1,))}, 4096) == 1
    assert at_once({"steps": NoiseSpec("normal", (1000, 64)), "start": NoiseSpec()}, 4096) == 524
    assert at_once({}, 4096) == 4096


class Chain(Standard):
    """The same law by two latents: x = a + b + e, each of variance 1/3, exact q(a, b | x).

    b given x is N(x / 3, 2/9), a given x and b is N((x - b) / 2, 1/6).
    """

    def _posterior_noise(self):
        shape = self.event_shape
        return {"a": NoiseSpec("normal", shape), "b": NoiseSpec("normal", shape)}

    def _log_weight(self, x, noise, context):
        third, of_b, of_a = math.sqrt(1 / 3), math.sqrt(2 / 9), math.sqrt(1 / 6)
        b = x / 3 + of_b * noise["b"]
        a = (x - b) / 2 + of_a * noise["a"]
        joint = sum(normal_log_density(part, 0, third) for part in (a, b, x - a - b))
        posterior = normal_log_density(b - x / 3, 0, of_b)
        return joint - posterior - normal_log_density(a - (x - b) / 2, 0, of_a)


def test_a_posterior_may_have_noise_by_name():
    """With the exact posterior of both latents every draw is log p(x)."""
    model = Chain((2,)).double()
    model.standardise(torch.tensor(1.0), torch.tensor(2.0))
    x = torch.randn(5, 2, generator=stream(0), dtype=torch.float64)
    expected = normal_log_density(x, 1.0, 2.0)
    assert torch.allclose(model.elbo(x, generator=stream(1)), expected)
    check_elbo(lambda: Chain((2,)))


@pytest.mark.parametrize("n", [0, -3])
def test_at_least_one_sample(n):
    with pytest.raises(InputError, match=f"at least 1, got {n}"):
        standard().sample(n)


@pytest.mark.parametrize("k", [0, -1])
def test_at_least_one_importance_sample(k):
    with pytest.raises(InputError, match=f"at least 1, got {k}"):
        standard().elbo(torch.zeros(1, 2), importance_samples=k)


@pytest.mark.parametrize("name", ["log_prob", "elbo", "encode", "reconstruct"])
@pytest.mark.parametrize(
    "x", [torch.zeros(2), torch.zeros(3, 3), torch.full((1, 2), math.nan), "text"], ids=str
)
def test_every_door_is_checked(name, x):
    with pytest.raises(InputError, match="x must"):
        getattr(standard(), name)(x)


def test_doors_take_arrays_lists_and_other_dtypes():
    model = standard()
    x = [[1.0, 2.0], [3.0, 4.0]]
    expected = normal_log_density(torch.tensor(x, dtype=torch.float64), 0, 1)
    for given_x in (x, torch.tensor(x), torch.tensor(x).numpy(), torch.tensor(x).int()):
        assert torch.allclose(model.log_prob(given_x), expected)


def test_specimens_know_their_density():
    model = LinearGaussian((3,), latent_dim=2).double()
    weight = model.decoder.weight.detach()
    law = torch.distributions.MultivariateNormal(
        model.decoder.bias.detach(),
        weight @ weight.T + model.log_variance.detach().exp() * torch.eye(3),
    )
    x = torch.randn(6, 3, generator=stream(0), dtype=torch.float64)
    assert torch.allclose(model.log_prob(x), law.log_prob(x))
    logits = LinearGAN((3,)).discriminate(x)
    assert logits.shape == (6,)


def test_units_travel_with_the_state_dict():
    model, other = standard((2,), 3.0, 2.0), standard((2,))
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.scale, model.scale)
    assert torch.equal(other.shift, model.shift)


def test_a_model_says_whether_it_is_finished_after_training():
    class Finishing(Standard):
        def finalize(self, x, *, generator):
            self.gap = float(x.mean())

    assert not standard().finalizes
    assert Finishing((2,)).finalizes
