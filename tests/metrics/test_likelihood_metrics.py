"""Likelihood, bounds and reconstruction against probabilistic PCA, whose every answer is known."""

import math

import numpy as np
import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import DataSource
from genzoo.metrics import METRICS, panel
from genzoo.testing.specimens import LinearGaussian, StandardNormal

D, LATENT = 4, 2


def truth_model(factor=1.0, offset=0.0):
    """x = W z + e; posterior variance `factor` times the exact one, its mean off by `offset`."""
    model = LinearGaussian((D,), LATENT)
    with torch.no_grad():
        basis = torch.linalg.qr(torch.randn(D, LATENT, generator=torch.Generator().manual_seed(0)))[
            0
        ]
        model.decoder.weight.copy_(2 * basis)
        model.decoder.bias.fill_(offset)
        model.log_variance.zero_()
        model.encoder.weight.copy_(2 * basis.T / 5)  # (W'W + I)^-1 W' = W' / 5
        model.encoder.bias.copy_(-model.encoder.weight @ model.decoder.bias)
        model.log_posterior_variance.fill_(math.log(factor / 5))
    return model.eval()


class FromModel(DataSource, SupportsLogProb):
    """The law of the model without offset."""

    event_shape = (D,)

    def __init__(self):
        self.model = truth_model()

    def sample(self, n, *, generator):
        return Batch(self.model.sample(n, generator=generator))

    def _log_prob(self, x, context):
        return self.model.log_prob(x.float()).double()


def evidence(model, n=4000, seed=0):
    source = FromModel()
    generator = torch.Generator().manual_seed(seed)
    return Evidence(
        model.sample(n, generator=generator),
        source.sample(n, generator=generator).x,
        source,
        model,
        seed,
    )


def score(name, model, n=4000, seed=0, **options):
    return METRICS.create(name, **options)(evidence(model, n, seed))


ENTROPY = 0.5 * (D * math.log(2 * math.pi * math.e) + LATENT * math.log(5))


def test_log_likelihood_of_the_truth_is_minus_the_entropy():
    found = score("log_likelihood", truth_model())
    assert found.value == pytest.approx(-ENTROPY, abs=3 * found.standard_error)
    assert found.value == pytest.approx(found.ceiling, abs=1e-5)


def test_log_likelihood_falls_by_the_divergence():
    moved = truth_model(offset=1.0)
    weight = moved.decoder.weight.detach().double().numpy()
    covariance = weight @ weight.T + np.eye(D)
    kl = 0.5 * np.ones(D) @ np.linalg.solve(covariance, np.ones(D))
    found = score("log_likelihood", moved)
    assert found.ceiling - found.value == pytest.approx(kl, abs=0.1)


def test_data_units_include_the_jacobian():
    model = truth_model()
    model.standardise(torch.zeros(D), torch.full((D,), 3.0))
    source = StandardNormal((D,))
    x = source.sample(2000, generator=torch.Generator().manual_seed(0)).x
    found = METRICS.create("log_likelihood")(
        Evidence(x, 3 * evidence(truth_model(), 2000).reference, source, model)
    )
    assert found.value == pytest.approx(-ENTROPY - D * math.log(3), abs=0.1)


@pytest.mark.parametrize(("factor", "gap"), [(1.0, 0.0), (4.0, 1.61371)])
def test_the_gap_of_the_elbo_is_the_divergence_of_the_posteriors(factor, gap):
    found = score("elbo", truth_model(factor), n=20_000)
    exact = score("log_likelihood", truth_model(factor), n=20_000).value
    assert found.bound == "lower"
    assert exact - found.value == pytest.approx(gap, abs=0.1 if gap else 1e-4)


def test_the_bound_rises_with_the_draws_and_stays_below():
    model = truth_model(4.0)
    exact = score("log_likelihood", model).value
    values = [score("iw_bound", model, importance_samples=k).value for k in (1, 10, 100)]
    assert values == sorted(values)
    assert exact - 0.05 < values[-1] < exact + 0.02


def test_bounds_of_several_k_are_several_metrics():
    """In one table, and in stored scores: what is stored of IW-10 is not taken for IW-1000."""
    asked = [
        "iw_bound:importance_samples=10",
        "iw_bound",
        "iw_bound:importance_samples=1000",
        "iw_bound",
    ]
    found = panel(asked)
    assert [metric.label for metric in found] == ["IW-10", "IW-100", "IW-1000"]
    assert [metric.name for metric in found] == list(dict.fromkeys(asked))
    assert [metric.importance_samples for metric in panel([m.name for m in found])] == [
        10,
        100,
        1000,
    ]


def test_reconstruction_is_summed_over_the_event():
    """The residual of the exact posterior mean has trace((I + W W')^-1) = D - 2 + 2 / 5."""
    found = score("reconstruction", truth_model())
    assert found.value == pytest.approx(D - LATENT + LATENT / 5, abs=4 * found.standard_error)


@pytest.mark.parametrize("name", ["log_likelihood", "elbo", "reconstruction"])
def test_standard_errors_cover(name):
    truth = {
        "log_likelihood": -ENTROPY,
        "elbo": -ENTROPY,
        "reconstruction": D - LATENT + LATENT / 5,
    }[name]
    found = [score(name, truth_model(), n=150, seed=seed) for seed in range(100)]
    assert 88 <= sum(abs(f.value - truth) < 1.96 * f.standard_error for f in found) <= 100


class Broken(LinearGaussian):
    """A model whose answers are not numbers."""

    bad = math.nan

    def _log_prob(self, x, context):
        return torch.full((len(x),), self.bad)

    def _decode(self, z, context):
        return super()._decode(z, context) * self.bad


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_broken_model_is_a_reason(bad):
    model = Broken((D,), LATENT).eval()
    model.bad = bad
    x = truth_model().sample(200, generator=torch.Generator().manual_seed(0))
    broken = Evidence(x, x, FromModel(), model)
    for name in ("log_likelihood", "reconstruction", "kl"):
        found = METRICS.create(name)(broken)
        assert found.value is None or math.isfinite(found.value)
        assert found.value is not None or found.reason
    assert METRICS.create("log_likelihood")(broken).value is None


def test_both_densities_are_used():
    source_and_model = evidence(truth_model(offset=0.5))
    for name in ("js_exact", "kl_exact", "forward_kl"):
        found = METRICS.create(name)(source_and_model)
        assert "both densities" in found.estimator
        assert found.bound == "none"
        assert found.value > 0


def test_from_samples_a_model_with_a_density_is_measured_as_one_without():
    """So that one such model in a table does not end the ranking of all."""
    known = evidence(truth_model(offset=0.5))
    unknown = Evidence(known.samples, known.reference, known.source, None, known.seed)
    for name in ("js", "kl"):
        assert METRICS.create(name)(known) == METRICS.create(name)(unknown)
