"""Models that are fitted and not trained, against scikit-learn, scipy and closed forms."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from sklearn.neighbors import KernelDensity as Reference

import genzoo
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.data import ArraySource, create_source
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.gaussian import FLOOR
from genzoo.training import Trainer


def prepared(name, x, **options):
    model = MODELS.create(name, tuple(x.shape[1:]), **options).double()
    model.prepare(x.double(), generator=stream(0))
    return model


def skewed(n=600, d=3):
    x = torch.randn(n, d, generator=stream(5), dtype=torch.float64)
    return x @ torch.tensor([[1.0, 0.5, 0], [0, 0.3, -0.4], [0, 0, 2.0]], dtype=torch.float64) + 1


def test_a_gaussian_has_the_mean_and_covariance_of_its_examples():
    x = skewed()
    model = prepared("gaussian", x)
    covariance = np.cov(x.numpy().T, ddof=0) + FLOOR**2 * np.eye(3)
    exact = multivariate_normal(x.numpy().mean(0), covariance)
    at = skewed(50)
    np.testing.assert_allclose(model.log_prob(at), exact.logpdf(at.numpy()), rtol=1e-5)
    drawn = model.sample(40_000, generator=stream(1)).numpy()
    np.testing.assert_allclose(drawn.mean(0), x.numpy().mean(0), atol=0.04)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", ["ring", "grid", "mixture_1d"])
def test_a_mixture_finds_a_mixture(name):
    source = create_source(name)
    x = source.sample(4000, generator=stream(0)).x
    model = prepared("gaussian_mixture", x)
    fresh = source.sample(4000, generator=stream(1)).x
    lost = source.log_prob(fresh) - model.log_prob(fresh)
    assert float(lost.mean()) < 0.03
    if name != "grid":
        true = {"ring": 8, "mixture_1d": 4}[name]
        assert true <= int((model.density.weights > 0).sum()) <= 12


def test_the_density_of_a_mixture_is_the_sum_of_its_components():
    model = prepared("gaussian_mixture", skewed(), components=3)
    density = model.density
    parts = [
        multivariate_normal(mean.numpy(), (root @ root.T).numpy()).logpdf(skewed(20).numpy())
        for mean, root in zip(density.means, density.cholesky, strict=True)
    ]
    expected = logsumexp(np.stack(parts) + density.weights.log().numpy()[:, None], axis=0)
    np.testing.assert_allclose(model.log_prob(skewed(20)), expected, rtol=1e-9)


def test_columns_that_do_not_vary_have_a_density():
    x = skewed()
    x[:, 1] = 4.0
    for name in ("gaussian", "gaussian_mixture", "kde"):
        model = prepared(name, x)
        assert bool(torch.isfinite(model.log_prob(x)).all())
        assert float((model.sample(200, generator=stream(0))[:, 1] - 4).abs().max()) < 1


def test_a_kernel_density_is_that_of_scikit_learn():
    x, at = skewed(), skewed(40) + 0.1
    model = prepared("kde", x, bandwidth=0.3)
    expected = Reference(bandwidth=0.3).fit(x.numpy()).score_samples(at.numpy())
    np.testing.assert_allclose(model.log_prob(at), expected, rtol=1e-6)


def test_a_bandwidth_is_the_one_under_which_examples_left_out_are_likeliest():
    x = skewed(40, 3)[:, :1]
    model = prepared("kde", x)
    tried = np.logspace(-3, 0, 30)
    fits = []
    for bandwidth in tried:
        left_out = [
            logsumexp(norm(np.delete(x.numpy(), i), bandwidth).logpdf(float(x[i])))
            for i in range(len(x))
        ]
        fits.append(np.mean(left_out))
    assert float(model.bandwidth) == pytest.approx(tried[int(np.argmax(fits))], rel=1e-5)


def test_samples_of_a_memoriser_are_training_rows_each_as_likely():
    x = torch.arange(10.0)[:, None]
    drawn = prepared("memoriser", x).sample(20_000, generator=stream(0))
    counts = torch.bincount(drawn[:, 0].long(), minlength=10)
    assert set(drawn[:, 0].tolist()) == set(range(10))
    assert float(((counts - 2000) / 1800**0.5).square().sum()) < 27.9  # chi-squared, p = 0.001


def test_a_memoriser_is_named_a_copy():
    rows = np.random.default_rng(0).normal(size=(900, 2))
    table = genzoo.compare(["memoriser", "gaussian"], [rows], seeds=6, record=False)
    answers = {answer.question: answer for answer in table.tables[0].verdict.answers}
    assert answers["copying"].wanting == ("memoriser",)


def test_they_come_back_from_disk_with_all_their_rows(tmp_path):
    source = ArraySource(np.random.default_rng(0).normal(size=(60, 2)))
    for name in ("kde", "memoriser", "gaussian_mixture"):
        fit = genzoo.train(name, source, directory=tmp_path / name, record=False)
        again = genzoo.load(tmp_path / name)
        one, other = (model.sample(9, generator=stream(3)) for model in (fit.runs[0].model, again))
        assert torch.equal(one, other)


def test_many_seeds_are_fitted_together_as_alone():
    source = ArraySource(np.random.default_rng(0).normal(size=(90, 2)))
    build = lambda: MODELS.create("kde", (2,))  # noqa: E731
    together = Trainer().fit(build, source, (0, 1), Recipe())
    alone = Trainer().fit(build, source, (1,), Recipe())
    assert torch.equal(together.runs[1].model.rows, alone.runs[0].model.rows)
    assert together.runs[0].history.steps.size == 0


@pytest.mark.parametrize(
    ("name", "options"), [("kde", {"bandwidth": -1.0}), ("gaussian_mixture", {"components": 0})]
)
def test_an_option_out_of_range_is_refused(name, options):
    with pytest.raises(InputError):
        MODELS.create(name, (2,), **options)
