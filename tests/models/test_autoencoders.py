"""The autoencoder with its ex-post density, and the VAE's loss, options and samples."""

import math

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch import nn
from torch.distributions import Normal, kl_divergence

from genzoo.core.model import Batch
from genzoo.errors import InputError
from genzoo.models import MODELS, autoencoder, vae
from genzoo.models.mixture import CodeMixture

SHAPE = (2, 2)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rows(n, *shape, seed=0):
    return torch.randn(n, *shape, generator=generator(seed))


def clusters(n, latent=2):
    centres = 8 * rows(3, latent, seed=1)
    return centres[torch.arange(n) % 3] + rows(n, latent) @ torch.tensor([[1.0, 0.5], [0.0, 0.3]])


def test_the_autoencoder_minimises_half_the_squared_error_and_a_constant():
    model, x = autoencoder(SHAPE), rows(6, *SHAPE)
    step = model.loss(Batch(x), {})
    squared = ((x - model.decoder(model.encoder(x))) ** 2).flatten(1).sum(1).mean()
    torch.testing.assert_close(
        step.terms, {"reconstruction": 0.5 * squared + 2 * math.log(2 * math.pi)}
    )
    torch.testing.assert_close(step.monitors, {"squared residual": (squared / 4).detach()})


@pytest.mark.parametrize(
    ("shape", "size"), [((1,), 1), ((2,), 1), ((5,), 4), ((15,), 8), ((1, 8, 8), 8)]
)
def test_the_bottleneck_is_narrower_than_the_data_where_they_allow(shape, size):
    model = autoencoder(shape)
    assert model.encode(torch.zeros(2, *shape)).shape == (2, size)


def test_finalize_sets_the_variance_and_the_density_of_the_codes():
    model, x = autoencoder((4,), latent_dim=2, components=3), rows(500, 4)
    model.finalize(x, generator=generator())
    residual = (x - model.reconstruct(x)).square().mean()
    torch.testing.assert_close(model.observation_variance, residual.detach())
    codes = model.code_density(torch.rand(20_000, generator=generator()), rows(20_000, 2))
    own = model.encode(x).detach()
    torch.testing.assert_close(
        codes.mean(0), own.mean(0), rtol=0, atol=float(4 * own.std() / math.sqrt(20_000))
    )
    torch.testing.assert_close(codes.T.cov(), own.T.cov(), rtol=0.1, atol=0.03 * float(own.var()))


def test_finalize_repeats_itself_and_leaves_global_randomness_alone():
    x = rows(100, 4)
    model, states = autoencoder((4,)), (torch.get_rng_state(), np.random.get_state()[1].copy())  # noqa: NPY002
    model.finalize(x, generator=generator(3))
    first = {name: value.clone() for name, value in model.state_dict().items()}
    model.finalize(x, generator=generator(3))
    torch.testing.assert_close(model.state_dict(), first, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


def test_samples_are_the_decoded_codes_plus_observation_noise():
    x = rows(300, 4)
    noisy, plain = (autoencoder((4,), sample_mean=flag) for flag in (False, True))
    noisy.finalize(x, generator=generator())
    plain.load_state_dict(noisy.state_dict())
    assert set(plain.sampling_noise()) == {"component", "code"}
    noise = {
        name: spec.draw(9, generator=generator()) for name, spec in noisy.sampling_noise().items()
    }
    mean = plain.generate(noise)
    torch.testing.assert_close(
        mean, noisy.decoder(noisy.code_density(noise["component"], noise["code"]))
    )
    expected = mean + noisy.observation_variance.sqrt() * noise["observation"]
    torch.testing.assert_close(noisy.generate(noise), expected)
    assert "mixture" in noisy.note


def test_the_mixture_is_that_of_scikit_learn():
    codes = clusters(3000)
    mixture = CodeMixture(2, 3)
    mixture.fit(codes, generator=generator())
    reference = GaussianMixture(3, random_state=0).fit(codes.numpy())
    order, other = mixture.means[:, 0].argsort(), reference.means_[:, 0].argsort()
    np.testing.assert_allclose(mixture.weights[order], reference.weights_[other], atol=1e-3)
    np.testing.assert_allclose(mixture.means[order], reference.means_[other], atol=1e-2)
    covariances = mixture.cholesky @ mixture.cholesky.mT
    np.testing.assert_allclose(covariances[order], reference.covariances_[other], atol=1e-2)


def test_the_mixture_draws_each_component_at_its_weight():
    mixture = CodeMixture(1, 4)
    mixture.weights.copy_(torch.tensor([0.5, 0.0, 0.3, 0.2]))
    mixture.means.copy_(torch.arange(4.0)[:, None])
    mixture.cholesky.zero_()
    uniform = (torch.arange(1000) + 0.5) / 1000
    drawn = mixture(uniform, torch.zeros(1000, 1))[:, 0]
    assert drawn.unique(return_counts=True)[1].tolist() == [500, 300, 200]
    edges = mixture(torch.tensor([0.0, 1 - 2**-24]), torch.zeros(2, 1))[:, 0]
    assert edges.tolist() == [0.0, 3.0]


def test_a_component_stretches_noise_by_its_cholesky_factor():
    mixture = CodeMixture(2, 1)
    mixture.means.fill_(5.0)
    mixture.cholesky.copy_(torch.tensor([[2.0, 0.0], [3.0, 1.0]]))
    drawn = mixture(torch.zeros(2), torch.eye(2))
    assert drawn.tolist() == [[7.0, 8.0], [5.0, 6.0]]


def test_before_it_is_fitted_the_mixture_is_standard_normal():
    noise = rows(10, 3)
    torch.testing.assert_close(
        CodeMixture(3, 5)(torch.rand(10, generator=generator()), noise), noise
    )


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_fewer_or_equal_rows_than_components_still_give_a_density(n, spread):
    model, x = autoencoder((3,)), 2 + spread * rows(n, 3)
    model.finalize(x, generator=generator())
    assert bool((model.code_density.weights > 0).sum() == (n if spread else 1))
    samples = model.sample(50, generator=generator())
    assert bool(torch.isfinite(samples).all())
    codes = model.code_density(torch.rand(50, generator=generator()), rows(50, 2))
    nearest = torch.cdist(codes, model.encode(x).detach()).amin(1)
    assert float(nearest.max()) < 0.05


def vae_inputs(model, n=7):
    return rows(n, *model.event_shape), rows(n, model.latent_dim, seed=1)


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
@pytest.mark.parametrize("variance", ["learned", 0.5])
def test_the_vae_loss_is_the_negative_elbo_with_its_kl_weighted(beta, variance):
    model = vae(SHAPE, latent_dim=3, beta=beta, variance=variance)
    x, noise = vae_inputs(model)
    mean, log_variance = model.encoder(x).chunk(2, 1)
    q = Normal(mean, (log_variance / 2).exp())
    scale = math.sqrt(0.5) if variance == 0.5 else 0.3
    likelihood = (
        Normal(model.decoder(q.loc + q.scale * noise), scale).log_prob(x).flatten(1).sum(1).mean()
    )
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean()
    step = model.loss(Batch(x), {"posterior": noise})
    torch.testing.assert_close(
        step.terms, {"reconstruction": -likelihood, "kl": beta * kl}, rtol=1e-5, atol=1e-5
    )
    expected = {"ELBO": likelihood - kl, "KL": kl, "observation variance": torch.tensor(scale**2)}
    torch.testing.assert_close(dict(step.monitors), expected, rtol=1e-5, atol=1e-5)


def test_a_learned_variance_is_a_parameter_that_the_update_reaches():
    model = vae(SHAPE)
    assert model.updates()[0].parameters == ("encoder", "decoder", "log_variance")
    x, noise = vae_inputs(model)
    step = model.loss(Batch(x), {"posterior": noise})
    (slope,) = torch.autograd.grad(sum(step.terms.values()), model.log_variance.log_scale)
    mean, log_variance = model._posterior(x, None)
    z = mean + (0.5 * log_variance).exp() * noise
    squared = ((x - model.decoder(z)) ** 2).flatten(1).sum(1).mean()
    torch.testing.assert_close(slope, 4 - squared / 0.09, rtol=1e-4, atol=1e-4)
    assert [name for name, _ in vae(SHAPE, variance=0.1).log_variance.named_parameters()] == []


def test_vae_samples_are_draws_of_the_likelihood_or_its_mean():
    model, plain = vae(SHAPE, variance=0.25), vae(SHAPE, variance=0.25, sample_mean=True)
    plain.load_state_dict(model.state_dict())
    noise = {
        name: spec.draw(9, generator=generator()) for name, spec in model.sampling_noise().items()
    }
    mean = model.decoder(noise["latent"])
    assert list(plain.sampling_noise()) == ["latent"]
    torch.testing.assert_close(plain.generate(noise), mean)
    torch.testing.assert_close(model.generate(noise), mean + 0.5 * noise["observation"])


def test_vae_codes_are_posterior_means_and_reconstructions_decoder_means():
    model = vae(SHAPE, latent_dim=3)
    x = rows(5, *SHAPE)
    mean = model.encoder(x)[:, :3]
    torch.testing.assert_close(model.encode(x), mean)
    torch.testing.assert_close(model.reconstruct(x), model.decoder(mean))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vae", {"beta": -1.0}, "beta must be a finite number of at least 0, got -1.0"),
        ("vae", {"beta": math.nan}, "beta must be a finite number"),
        ("vae", {"variance": 0.0}, "variance must be a positive number or 'learned', got 0.0"),
        ("vae", {"variance": math.nan}, "variance must be a positive number"),
        ("vae", {"variance": "fitted"}, "variance"),
        ("vae", {"latent_dim": 0}, "latent_dim must be at least 1, got 0"),
        (
            "vae",
            {"encoder": nn.Linear(2, 2)},
            r"encoder must map \(B, 2\) to \(B, 2 \* latent_dim\).*\(2, 2\) .*\(2, 4\)",
        ),
        (
            "vae",
            {"decoder": nn.Linear(2, 5)},
            r"decoder must map \(B, 2\) to \(B, \*event_shape\).*\(2, 5\)",
        ),
        ("autoencoder", {"latent_dim": -1}, "latent_dim must be at least 1, got -1"),
        ("autoencoder", {"components": 0}, "components must be at least 1, got 0"),
        ("autoencoder", {"width": 0}, "width must be at least 1, got 0"),
        (
            "autoencoder",
            {"encoder": nn.Linear(2, 3)},
            r"encoder must map \(B, 2\) to \(B, latent_dim\)",
        ),
        ("autoencoder", {"decoder": nn.Linear(3, 2)}, r"decoder must map \(B, 1\).*failed"),
    ],
)
def test_mistakes(name, options, message):
    with pytest.raises(InputError, match=message):
        MODELS.create(name, (2,), **options)


def test_an_unknown_activation_is_a_mistake_without_the_registry_too():
    with pytest.raises(
        InputError, match="activation must be one of relu, leaky_relu, tanh, silu, selu, got 'rleu'"
    ):
        vae((2,), activation="rleu")
