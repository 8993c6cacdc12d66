"""Linear autoencoder = PCA; linear VAE = probabilistic PCA; its bound against the exact likelihood.

Model units.
"""

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA
from torch import nn

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.core.model import Batch
from genzoo.losses.reconstruction import gaussian_log_likelihood
from genzoo.models import autoencoder, vae

ROWS, SIZE, LATENT = 200, 5, 2
SCALES = (3.0, 1.5, 0.6, 0.4, 0.3)


def data():
    generator = torch.Generator().manual_seed(0)
    rotation = torch.linalg.qr(torch.randn(SIZE, SIZE, generator=generator, dtype=torch.float64))[0]
    z = torch.randn(ROWS, SIZE, generator=generator, dtype=torch.float64)
    return z * torch.tensor(SCALES) @ rotation + torch.randn(
        SIZE, generator=generator, dtype=torch.float64
    )


def minimise(model, batch, noise, after_each):
    """Full-batch L-BFGS on the model's own loss; `after_each` sees the model along the way."""
    (update,) = model.updates()
    parameters = list(model.parameters())
    for _ in range(12):
        optimiser = torch.optim.LBFGS(
            parameters, max_iter=40, history_size=30, line_search_fn="strong_wolfe"
        )

        def closure(optimiser=optimiser):
            optimiser.zero_grad()
            loss = sum(update.loss(model, batch, noise).terms.values())
            loss.backward()
            return loss

        optimiser.step(closure)
        after_each(model)


def sigma_points(n):
    """Noise +-sqrt(L) e_i for each of n rows.

    Averages over it are exact for quadratics of a normal, as here.
    """
    axes = torch.eye(LATENT, dtype=torch.float64)
    points = math.sqrt(LATENT) * torch.cat([axes, -axes])
    return points.repeat_interleave(n, 0), len(points)


def analytic_elbo(model, x, context=None):
    """Mean over the rows of the ELBO with its expectation over q taken exactly."""
    noise, copies = sigma_points(len(x))
    if context is not None:
        context = context.repeat(copies, 1)
    with torch.no_grad():
        return float(model._log_weight(x.repeat(copies, 1), noise, context).mean())


def ppca_log_likelihood(x, variance):
    """Mean exact log-likelihood of maximum-likelihood pPCA (scikit-learn).

    Its noise variance is given, or fitted too.
    """
    pca = PCA(LATENT).fit(x)
    bias = (len(x) - 1) / len(
        x
    )  # scikit-learn takes unbiased variances, maximum likelihood divides by n
    pca.explained_variance_ *= bias
    pca.noise_variance_ *= bias
    if variance == "learned":
        return pca.score(x)
    axes = pca.components_.T
    spread = np.maximum(pca.explained_variance_ - variance, 0)
    covariance = axes * spread @ axes.T + variance * np.eye(SIZE)
    return multivariate_normal(x.mean(0), covariance).logpdf(x).mean()


def test_linear_autoencoder_reaches_pca_and_never_beats_it():
    x = data()
    model = autoencoder(
        (SIZE,), latent_dim=LATENT, encoder=nn.Linear(SIZE, LATENT), decoder=nn.Linear(LATENT, SIZE)
    ).double()
    pca = PCA(LATENT).fit(x.numpy())
    best = float(((x.numpy() - pca.inverse_transform(pca.transform(x.numpy()))) ** 2).sum(1).mean())
    errors = []

    def watch(model):
        errors.append(((x - model.reconstruct(x)) ** 2).sum(1).mean().item())

    minimise(model, Batch(x), {}, watch)
    assert min(errors) >= best * (1 - 1e-9)
    assert errors[-1] <= 1.01 * best
    model.finalize(x, generator=torch.Generator())
    assert float(model.observation_variance) == pytest.approx(errors[-1] / SIZE)


@pytest.mark.parametrize("variance", ["learned", 0.05, 0.5])
def test_linear_vae_reaches_ppca_and_never_exceeds_it(variance):
    x = data()
    model = vae(
        (SIZE,),
        latent_dim=LATENT,
        variance=variance,
        encoder=nn.Linear(SIZE, 2 * LATENT),
        decoder=nn.Linear(LATENT, SIZE),
    ).double()
    exact = ppca_log_likelihood(x.numpy(), variance)
    noise, copies = sigma_points(ROWS)
    elbos = []
    minimise(
        model,
        Batch(x.repeat(copies, 1)),
        {"posterior": noise},
        lambda model: elbos.append(analytic_elbo(model, x)),
    )
    assert max(elbos) <= exact + 1e-9
    assert elbos[-1] >= exact - 0.02
    if variance == "learned":
        discarded = PCA().fit(x.numpy()).explained_variance_[LATENT:].mean() * (ROWS - 1) / ROWS
        assert model.log_variance().exp().item() == pytest.approx(discarded, rel=0.02)


SPEC = ContextSpec((Category("group", ("a", "b")), Covariate("dose", 2.0, 10.0)))
EFFECT = torch.tensor([[2.0, -1, 0, 0.5, 3], [-2, 1, 0, 0.5, -1], [0.3, 0, -0.2, 0.1, 0]]).double()


def test_a_conditional_linear_vae_recovers_p_of_x_given_c_and_never_exceeds_it():
    """Its maximum likelihood is a regression on c, with pPCA of what that leaves.

    In data units, through units of its own for x and for c; the truth lies within the errors.
    """
    context = SPEC.draw(ROWS, generator=torch.Generator().manual_seed(1)).double()
    left_open = data()
    x = left_open + context @ EFFECT
    model = vae((SIZE,), latent_dim=LATENT, depth=0, conditional=True, context_spec=SPEC).double()
    model.standardise(torch.tensor(1.5), torch.tensor(2.0))
    seen, given = model.to_model_units(x), SPEC.to_model(context)
    effect = torch.linalg.lstsq(context, x).solution
    residuals = x - context @ effect
    exact = ppca_log_likelihood(residuals.numpy(), "learned") + SIZE * math.log(2)
    noise, copies = sigma_points(ROWS)
    elbos = []
    minimise(
        model,
        Batch(seen.repeat(copies, 1), given.repeat(copies, 1)),
        {"posterior": noise},
        lambda model: elbos.append(analytic_elbo(model, seen, given)),
    )
    assert max(elbos) <= exact + 1e-9
    assert elbos[-1] >= exact - 0.02

    zero = torch.zeros(ROWS, LATENT, dtype=torch.float64)
    with torch.no_grad():
        mean = model.decode(zero, context)
        axes = [model.decode(zero + unit, context)[0] - mean[0] for unit in torch.eye(LATENT)]
        variance = 4 * model.log_variance().exp()
    torch.testing.assert_close(mean, context @ effect, rtol=0, atol=0.02)
    pca = PCA(LATENT).fit(residuals.numpy())
    covariance = torch.stack(axes).T @ torch.stack(axes) + variance * torch.eye(SIZE)
    expected = torch.from_numpy(pca.get_covariance()) * (ROWS - 1) / ROWS
    torch.testing.assert_close(covariance, expected, rtol=0.02, atol=0.02)

    spread = torch.linalg.inv(context.T @ context)
    shares = torch.einsum("bi,ij,bj->b", context, spread, context)
    errors = (shares[:, None] * left_open.var(0)).sqrt()
    truth = context @ EFFECT + left_open.mean(0)
    assert float(((mean - truth) / errors).abs().max()) < 4
    asked = context[:1].expand(2000, 3)
    made = model.sample(2000, context=asked, generator=torch.Generator().manual_seed(2))
    off = (made.mean(0) - mean[0]) / (expected.diagonal() / 2000).sqrt()
    assert float(off.abs().max()) < 4
    torch.testing.assert_close(made.T.cov(), expected, rtol=0.1, atol=0.2)


def gaussian_vae(inflation=1.0, variance=0.3):
    """p(x | z) = N(W z + b, s^2) with orthogonal columns, and its exact posterior.

    The covariance of the posterior is multiplied by `inflation`.
    """
    generator = torch.Generator().manual_seed(1)
    w = torch.linalg.qr(torch.randn(SIZE, LATENT, generator=generator, dtype=torch.float64))[
        0
    ] * torch.tensor([2, 0.7])
    b = torch.randn(SIZE, generator=generator, dtype=torch.float64)
    m = w.T @ w + variance * torch.eye(LATENT, dtype=torch.float64)
    to_mean = torch.linalg.solve(m, w.T)
    encoder, decoder = nn.Linear(SIZE, 2 * LATENT).double(), nn.Linear(LATENT, SIZE).double()
    with torch.no_grad():
        decoder.weight.copy_(w)
        decoder.bias.copy_(b)
        encoder.weight.copy_(torch.cat([to_mean, torch.zeros(LATENT, SIZE)]))
        posterior = (inflation * variance * torch.linalg.inv(m)).diagonal().log()
        encoder.bias.copy_(torch.cat([-to_mean @ b, posterior]))
    model = vae(
        (SIZE,), latent_dim=LATENT, variance=variance, encoder=encoder, decoder=decoder
    ).double()
    model.log_variance.log_scale.fill_(0.5 * math.log(variance))  # in float64, as the rest
    covariance = w @ w.T + variance * torch.eye(SIZE, dtype=torch.float64)
    return model, torch.distributions.MultivariateNormal(b, covariance)


@pytest.mark.parametrize("importance_samples", [1, 7])
def test_with_the_exact_posterior_the_bound_is_log_p(importance_samples):
    model, p = gaussian_vae()
    x = 3 * torch.randn(50, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    bound = model.elbo(
        x, importance_samples=importance_samples, generator=torch.Generator().manual_seed(3)
    )
    torch.testing.assert_close(bound, p.log_prob(x), rtol=1e-10, atol=1e-10)


def test_a_posterior_four_times_too_wide_costs_its_kl():
    """KL(N(m, 4 S) || N(m, S)) = k (4 - 1 - log 4) / 2 = 1.61371 for k = 2."""
    model, p = gaussian_vae(inflation=4.0)
    x = 3 * torch.randn(20, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    gap = float(p.log_prob(x).mean()) - analytic_elbo(model, x)
    assert gap == pytest.approx(1.61371, abs=5e-6)
    assert gap == pytest.approx(0.5 * LATENT * (4 - 1 - math.log(4)), abs=1e-10)


def test_the_elbo_is_below_the_importance_weighted_bounds_and_they_below_log_p():
    model, p = gaussian_vae(inflation=4.0)
    x = 2 * torch.randn(4000, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    log_p = p.log_prob(x)
    gaps, errors = [], []
    for k in (1, 4, 16, 64):
        gap = log_p - model.elbo(
            x, importance_samples=k, generator=torch.Generator().manual_seed(k)
        )
        gaps.append(float(gap.mean()))
        errors.append(float(gap.std()) / math.sqrt(len(x)))
    assert gaps[0] == pytest.approx(1.61371, abs=4 * errors[0])
    for wider, tighter in zip(range(3), range(1, 4), strict=True):
        assert gaps[tighter] < gaps[wider]
    assert gaps[-1] > -4 * errors[-1]
    assert gaps[-1] < 0.1


def test_data_units_change_the_bound_by_the_volume_only():
    model, p = gaussian_vae()
    shift, scale = torch.arange(5.0).double(), torch.tensor([0.5, 1, 2, 3, 4]).double()
    model.standardise(shift, scale)
    x = torch.randn(10, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    expected = p.log_prob((x - shift) / scale) - scale.log().sum()
    torch.testing.assert_close(model.elbo(x), expected, rtol=1e-10, atol=1e-10)


def test_the_prior_is_standard_normal_and_the_likelihood_gaussian():
    """One importance weight written out with torch.distributions."""
    model, _ = gaussian_vae(inflation=2.0)
    x = torch.randn(6, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    noise = torch.randn(6, LATENT, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    mean, log_variance = model.encoder(x).chunk(2, 1)
    q = torch.distributions.Normal(mean, (log_variance / 2).exp())
    z = mean + (log_variance / 2).exp() * noise
    likelihood = torch.distributions.Normal(model.decoder(z), math.sqrt(0.3)).log_prob(x).sum(1)
    expected = (
        likelihood + torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1) - q.log_prob(z).sum(1)
    )
    torch.testing.assert_close(model._log_weight(x, noise, None), expected, rtol=1e-10, atol=1e-10)
    fixed = torch.tensor(math.log(0.3), dtype=torch.float64)
    torch.testing.assert_close(
        gaussian_log_likelihood(x, model.decoder(z), fixed), likelihood, rtol=1e-10, atol=1e-10
    )
