"""The same numbers from scipy and scikit-learn, or by brute force."""

import itertools

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.special import digamma, gammaln
from scipy.stats import entropy, false_discovery_control, multivariate_normal, norm
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

from genzoo.core.metric import Evidence
from genzoo.core.source import GaussianModes
from genzoo.metrics import METRICS, frechet_distance, mmd, mode_coverage, mode_kl, train_share
from genzoo.metrics.cells import _log_rank
from genzoo.metrics.classification_problem import Logits
from genzoo.metrics.curve_shape import first_component_share, total_variance
from genzoo.metrics.entropy import log_ratio
from genzoo.metrics.logistic import fit_logistic
from genzoo.metrics.modes import high_quality_radius
from genzoo.metrics.two_sample import accuracy, area_under_curve
from genzoo.p_values import benjamini_hochberg, holm
from genzoo.testing.specimens import LinearGaussian, StandardNormal

RANDOM = np.random.RandomState(0)
X, Y = RANDOM.standard_normal((60, 3)), 0.7 * RANDOM.standard_normal((50, 3)) + [0.5, 0, 0]


def test_frechet_by_a_matrix_square_root():
    s, t = np.cov(X.T), np.cov(Y.T)
    expected = ((X.mean(0) - Y.mean(0)) ** 2).sum() + np.trace(s + t - 2 * sqrtm(s @ t).real)
    assert frechet_distance(X, Y).value == pytest.approx(expected, rel=1e-9)


def test_mmd_by_kernel_tables():
    kernel = {
        key: rbf_kernel(a, b, gamma=1 / (2 * 0.8**2))
        for key, (a, b) in zip("xyc", ((X, X), (Y, Y), (X, Y)), strict=True)
    }
    own = [(kernel[key].sum() - n) / (n * (n - 1)) for key, n in (("x", 60), ("y", 50))]
    assert mmd(X, Y, 0.8) == pytest.approx(sum(own) - 2 * kernel["c"].mean(), rel=1e-9)


def test_accuracy_and_area():
    real, fake = (
        np.round(RANDOM.standard_normal(40), 1) + 0.5,
        np.round(RANDOM.standard_normal(70), 1),
    )
    labels, odds = np.r_[np.ones(40), np.zeros(70)], np.r_[real, fake]
    logits = Logits(real, fake, 70)
    assert (odds == 0).any()
    assert area_under_curve(logits, "").value == pytest.approx(
        roc_auc_score(labels, odds), rel=1e-12
    )
    ties = [balanced_accuracy_score(labels, odds > 0), balanced_accuracy_score(labels, odds >= 0)]
    assert accuracy(logits, "").value == pytest.approx(np.mean(ties), rel=1e-12)


def test_the_p_value_of_accuracy_allows_for_folds_that_share_rows():
    """The variance of guesses, 1/16 (1/m + 1/n), times 1 + K n_test / n_train = 1 + 5/4.

    Nadeau and Bengio 2003.
    """
    logits = Logits(np.r_[np.ones(30), -np.ones(10)], np.r_[-np.ones(35), np.ones(25)], 60)
    z = ((30 / 40 + 35 / 60) / 2 - 0.5) / np.sqrt((1 / 40 + 1 / 60) / 16 * 2.25)
    assert accuracy(logits, "x").estimator == f"x; p = {norm.sf(z):.2g}"


def test_logistic_regression():
    labels = np.r_[np.ones(60), np.zeros(50)]
    weights = np.r_[np.full(60, 0.5), np.full(50, 2.0)]
    found = fit_logistic(np.r_[X, Y], labels, weights, np.full(3, 2.0))
    by_sklearn = LogisticRegression(C=1 / 2.0, tol=1e-10, max_iter=1000).fit(
        np.r_[X, Y], labels, weights
    )
    assert found == pytest.approx(np.r_[by_sklearn.intercept_, by_sklearn.coef_[0]], abs=2e-4)


def test_kl_over_modes_is_a_corrected_relative_entropy():
    counts, weights = np.array([30, 0, 12, 8]), np.array([0.4, 0.2, 0.2, 0.2])
    expected = entropy(counts / 50, weights) - (3 - 1) / (2 * 50)
    assert mode_kl(counts, weights).value == pytest.approx(expected, rel=1e-12)


def test_counts_of_modes_by_their_densities():
    locations, covariance = np.array([[0.0, 0.0], [9.0, 1.0]]), np.array([[2.0, 0.5], [0.5, 1.0]])
    modes = GaussianModes(
        torch.tensor([0.5, 0.5]), torch.tensor(locations), torch.tensor(covariance).repeat(2, 1, 1)
    )
    rows = 4 * RANDOM.standard_normal((300, 2)) + [4, 0]
    logs = np.stack([multivariate_normal(m, covariance).logpdf(rows) for m in locations], axis=1)
    edge = multivariate_normal([0, 0], covariance).logpdf([0, 0]) - high_quality_radius(2) ** 2 / 2
    found = mode_coverage(rows, modes)
    assert found.counts.tolist() == np.bincount(logs.argmax(1), minlength=2).tolist()
    assert (
        found.high_quality.tolist()
        == np.bincount(logs.argmax(1)[logs.max(1) > edge], minlength=2).tolist()
    )


def test_the_error_of_the_train_share_is_that_of_all_labellings():
    train, held, fakes = (
        RANDOM.standard_normal((4, 2)),
        RANDOM.standard_normal((4, 2)),
        RANDOM.standard_normal((30, 2)),
    )
    pool = np.r_[train, held]
    shares = []
    for chosen in itertools.combinations(range(8), 4):
        others = [i for i in range(8) if i not in chosen]
        shares.append(train_share(pool[list(chosen)], pool[others], fakes).value)
    found = train_share(train, held, fakes)
    assert np.mean(shares) == pytest.approx(0.5)
    assert found.standard_error == pytest.approx(np.std(shares), rel=1e-12)


def test_neighbour_entropy_by_another_search():
    n, d = Y.shape
    distances = NearestNeighbors(n_neighbors=6).fit(Y).kneighbors(Y)[0][:, 1:]
    ball = np.pi ** (d / 2) / np.exp(gammaln(d / 2 + 1))
    terms = [
        digamma(k) - digamma(n) - np.log(ball) - d * np.log(distances[:, k - 1])
        for k in range(1, 6)
    ]
    assert log_ratio(distances, d, np.full(n, 0.3)) == pytest.approx(
        np.mean(terms, axis=0) - 0.3, rel=1e-9
    )


def test_components_of_curves():
    fitted = PCA().fit(X)
    assert first_component_share(X) == pytest.approx(fitted.explained_variance_ratio_[0], rel=1e-9)
    assert total_variance(X) == pytest.approx(fitted.explained_variance_.sum(), rel=1e-9)
    assert _log_rank(X) == pytest.approx(entropy(fitted.explained_variance_ratio_), rel=1e-9)


def test_adjusted_p_values():
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.5, 0.04])
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    assert holm(p) == pytest.approx([0.05, 0.12, 0.12, 0.03, 0.5, 0.12])


def test_log_likelihood_of_a_linear_model():
    model = LinearGaussian((3,), 1).eval()
    weight, bias = model.decoder.weight.detach().numpy(), model.decoder.bias.detach().numpy()
    law = multivariate_normal(bias, weight @ weight.T + np.eye(3))
    x = torch.from_numpy(X).float()
    found = METRICS.create("log_likelihood")(Evidence(x, x, StandardNormal((3,)), model))
    assert found.value == pytest.approx(law.logpdf(X).mean(), rel=1e-5)
