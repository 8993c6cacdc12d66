"""Every registered density integrates to 1, has its own samples, and has its modes as maxima."""

import functools
import math

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.mixture import GaussianMixture

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.noise import stream
from genzoo.core.source import FiniteSource, GaussianModes, SupportsModes
from genzoo.data import SOURCES, create_source
from genzoo.errors import InputError

NOISY_CURVES = [
    "paintings:noise=0.1,points=4",
    "sines:noise=0.3,points=4",
    "damped_oscillations:noise=0.3,points=3",
]
SAMPLES = 20_000
STEP = 1 / 32

create = functools.cache(create_source)
NAMES = SOURCES.names()
WITH_DENSITY = [name for name in NAMES + NOISY_CURVES if isinstance(create(name), SupportsLogProb)]
FLAT = [name for name in WITH_DENSITY if create(name).event_size <= 2]
DEEP = [name for name in WITH_DENSITY if create(name).event_size > 2]
WITH_MODES = [name for name in NAMES if isinstance(create(name), SupportsModes)]
WITH_GAUSSIAN_MODES = [
    name for name in WITH_MODES if isinstance(create(name).modes(), GaussianModes)
]


@functools.cache
def draws(name):
    return create(name).sample(SAMPLES, generator=stream(1, "test", name)).x


@functools.cache
def lattice(name):
    """Midpoints of a lattice that holds all but a negligible mass, and the mass of each cell."""
    half_width = math.ceil(float(draws(name).abs().max())) + 1
    ticks = torch.arange(-half_width + STEP / 2, half_width, STEP, dtype=torch.float64)
    dimension = create(name).event_size
    points = torch.cartesian_prod(*[ticks] * dimension).reshape(-1, dimension)
    return points, create(name).log_prob(points).exp() * STEP**dimension


def test_every_toy_source_of_the_issue_is_registered():
    toys = {
        "ring",
        "grid",
        "random_mixture",
        "gaussian_1d",
        "mixture_1d",
        "two_moons",
        "swiss_roll",
        "checkerboard",
    }
    toys |= {"spirals", "pinwheel", "circles", "high_dim_mixture"}
    assert toys <= set(WITH_DENSITY)
    assert {"paintings", "sines", "damped_oscillations", "digits"} <= set(NAMES) - set(WITH_DENSITY)
    modal = toys - {"gaussian_1d", "swiss_roll", "checkerboard"}
    assert modal | {"digits", "stacked_digits", "veegan_mixture"} == set(WITH_MODES)


@pytest.mark.parametrize("name", FLAT)
def test_density_integrates_to_one(name):
    assert float(lattice(name)[1].sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", FLAT)
def test_mean_log_density_of_samples_is_minus_the_entropy(name):
    mass = lattice(name)[1]
    cell_volume = STEP ** create(name).event_size
    negative_entropy = float(torch.special.xlogy(mass, mass / cell_volume).sum())
    log_p = create(name).log_prob(draws(name))
    standard_error = float(log_p.std()) / math.sqrt(SAMPLES)
    assert float(log_p.mean()) == pytest.approx(negative_entropy, abs=5 * standard_error + 1e-5)


@pytest.mark.parametrize("name", FLAT)
def test_sample_counts_in_cells_follow_the_density(name):
    points, mass = lattice(name)
    side = 4 if create(name).event_size == 1 else 8
    half_width = -float(points.min()) + STEP / 2
    cells = round(2 * half_width / (STEP * side))

    def index(x):
        columns = ((x.to(torch.float64) + half_width) / (STEP * side)).floor().to(torch.int64)
        return columns @ (cells ** torch.arange(columns.shape[1]))

    size = cells ** points.shape[1]
    expected = (
        torch.zeros(size, dtype=torch.float64).index_add_(0, index(points), mass).numpy() * SAMPLES
    )
    observed = torch.bincount(index(draws(name)), minlength=size).numpy()
    common = expected >= 10
    observed = np.append(observed[common], observed[~common].sum() + 5)
    expected = np.append(expected[common], expected[~common].sum() + 5)
    chi_square = float(((observed - expected) ** 2 / expected).sum())
    assert scipy.stats.chi2.sf(chi_square, len(expected) - 1) > 1e-5


def gaussian_proposal(name, widening):
    """A widened mixture of Gaussians by scikit-learn: at the known modes, or fitted to samples."""
    x = draws(name).numpy().astype(np.float64)
    q = GaussianMixture(10, max_iter=30, tol=1e-2, random_state=0)
    if isinstance(create(name), SupportsModes):
        modes = create(name).modes()
        q.weights_, q.means_, q.covariances_ = (
            modes.weights.numpy(),
            modes.locations.numpy(),
            modes.covariances.numpy(),
        )
    else:
        q.fit(x)
    q.covariances_ = q.covariances_ * widening**2
    q.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(q.covariances_)).swapaxes(1, 2)
    return q


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", DEEP)
def test_density_integrates_to_one_by_importance_sampling(name):
    q = gaussian_proposal(name, 1.15)
    x = q.sample(SAMPLES)[0]
    weights = np.exp(create(name).log_prob(x).numpy() - q.score_samples(x))
    standard_error = weights.std() / math.sqrt(SAMPLES)
    assert standard_error < 0.05
    assert weights.mean() == pytest.approx(1, abs=5 * standard_error)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", DEEP)
def test_samples_have_the_density_by_reciprocal_importance_sampling(name):
    q = gaussian_proposal(name, 0.85)
    x = create(name).sample(SAMPLES, generator=stream(2, "test", name)).x
    weights = np.exp(
        q.score_samples(x.numpy().astype(np.float64)) - create(name).log_prob(x).numpy()
    )
    standard_error = weights.std() / math.sqrt(SAMPLES)
    assert standard_error < 0.05
    assert weights.mean() == pytest.approx(1, abs=5 * standard_error)


@pytest.mark.parametrize("name", WITH_DENSITY)
def test_density_is_float64_and_the_same_in_blocks(name):
    x = draws(name)[:6000]
    log_p = create(name).log_prob(x)
    assert log_p.dtype == torch.float64
    torch.testing.assert_close(
        log_p[5000:5010], create(name).log_prob(x[5000:5010]), rtol=1e-10, atol=1e-9
    )


@pytest.mark.parametrize("name", WITH_MODES)
def test_mode_weights_are_the_shares_of_samples(name):
    modes = create(name).modes()
    assert float(modes.weights.sum()) == pytest.approx(1, abs=1e-12)
    observed = torch.bincount(modes.assign(draws(name)), minlength=len(modes)).numpy()
    assert scipy.stats.chisquare(observed, modes.weights.numpy() * SAMPLES).pvalue > 1e-5


@pytest.mark.parametrize("name", WITH_GAUSSIAN_MODES)
def test_gaussian_modes_are_maxima_of_the_density(name):
    modes = create(name).modes()
    at_mode = create(name).log_prob(modes.locations)
    steps = torch.linalg.cholesky(modes.covariances)
    for sign in (-0.5, 0.5):
        for axis in range(min(8, modes.locations.shape[1])):
            assert bool(
                (create(name).log_prob(modes.locations + sign * steps[:, :, axis]) < at_mode).all()
            )


@pytest.mark.parametrize("name", WITH_GAUSSIAN_MODES)
def test_gaussian_modes_keep_apart(name):
    modes = create(name).modes()
    distances = modes.distances(modes.locations) + 100 * torch.eye(len(modes))
    assert float(distances.min()) > 7


@pytest.mark.parametrize("name", NAMES)
def test_float_options_must_be_finite(name):
    for option, parameter in SOURCES.entry(name).options.items():
        if parameter.annotation is float:
            for value in (math.nan, math.inf, -math.inf):
                with pytest.raises(InputError, match=option):
                    SOURCES.create(name, **{option: value})


@pytest.mark.parametrize(
    "name", [name for name in NAMES if not isinstance(create(name), FiniteSource)]
)
def test_sample_size_must_be_positive(name):
    for n in (0, -3):
        with pytest.raises(InputError, match="n must be"):
            create(name).sample(n, generator=stream(0))


@pytest.mark.parametrize("name", NAMES)
def test_options_are_documented_and_have_plain_types(name):
    entry = SOURCES.entry(name)
    assert entry.description.endswith(".")
    for option, parameter in entry.options.items():
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.default is not parameter.empty
        assert f"{option}: " in entry.factory.__doc__


@pytest.mark.parametrize(
    "text",
    [
        "ring:modes=0",
        "ring:radius=0",
        "ring:sigma=0",
        "ring:sigma=-1",
        "grid:side=0",
        "grid:spacing=-2",
        "random_mixture:modes=0",
        "random_mixture:dimension=0",
        "gaussian_1d:sd=0",
        "mixture_1d:modes=0",
        "high_dim_mixture:separation=0",
        "two_moons:noise=0",
        "two_moons:noise=1e-9",
        "spirals:arms=0",
        "spirals:turns=0",
        "circles:inner=1",
        "circles:inner=0",
        "circles:noise=0",
        "checkerboard:cells=0",
        "checkerboard:half_width=0",
        "pinwheel:arms=0",
        "pinwheel:radial_sd=0",
        "paintings:points=1",
        "paintings:noise=-1",
        "sines:low=3,high=2",
        "sines:low=-1",
        "sines:noise=1e-4",
        "damped_oscillations:low=-1",
        "damped_oscillations:frequency=0",
        "digits:holdout=0",
        "digits:holdout=1",
    ],
)
def test_options_out_of_range_are_refused(text):
    with pytest.raises(InputError) as raised:
        create_source(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["ring:modes=1", "mixture_1d:modes=1", "random_mixture:modes=1,dimension=3"]
)
def test_a_mixture_may_have_one_mode(text):
    source = create_source(text)
    assert bool(torch.isfinite(source.log_prob(source.sample(5, generator=stream(0)).x)).all())


def test_layout_seed_fixes_the_layout():
    for name in ("random_mixture", "high_dim_mixture"):
        first, again, other = (SOURCES.create(name, layout_seed=seed).modes() for seed in (0, 0, 1))
        assert torch.equal(first.locations, again.locations)
        assert not torch.equal(first.locations, other.locations)
