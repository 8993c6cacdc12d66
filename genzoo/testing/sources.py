"""Checks of a data source: its samples, its density, its modes, its rows, its curve parameter."""

import itertools
import math
import pickle

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.event import check_event_shape
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import (
    DataSource,
    FiniteSource,
    GaussianModes,
    SplitSource,
    SupportsFeatures,
    SupportsModes,
    SupportsModeSampling,
    SupportsParameter,
)
from genzoo.testing.density import check_density
from genzoo.testing.support import (
    CheckError,
    global_randomness_untouched,
    require,
    require_close,
    require_equal,
    require_input_error,
)

LARGE = 20_000
"""Sample size for statistical statements; they are made at 5 standard errors."""


def check_source_sample(source: DataSource) -> None:
    """`sample(n)` gives a batch of n finite float32 examples of the event shape, with n contexts or none."""
    require(isinstance(source, DataSource), f"got a {type(source).__name__}, expected a DataSource")
    check_event_shape(source.event_shape)
    for n in (1, 7, 300):
        batch = _draw(source, n)
        require(
            isinstance(batch, Batch), f"sample({n}) gave {type(batch).__name__}, expected Batch"
        )
        shape = (n, *source.event_shape)
        require(
            tuple(batch.x.shape) == shape,
            f"sample({n}) gave x of shape {tuple(batch.x.shape)}, expected {shape}",
        )
        require(
            batch.x.dtype == torch.float32,
            f"sample({n}) gave x of {batch.x.dtype}, expected torch.float32",
        )
        require(bool(torch.isfinite(batch.x).all()), f"sample({n}) gave NaN or infinity")
        fits = batch.context is None or (batch.context.ndim == 2 and len(batch.context) == n)
        require(fits, f"sample({n}) gave a context that is not ({n}, C)")
    words = ("scalar", "column")
    require(
        source.recommended_standardisation in words,
        f"recommended_standardisation is {source.recommended_standardisation!r}, expected one of {words}",
    )


def check_source_reproducible(source: DataSource) -> None:
    """The generator's state decides the sample; the global random state is neither read nor changed."""
    with global_randomness_untouched("sample"):
        first = _draw(source, 50)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12345)
        require_equal(_draw(source, 50).x, first.x, "two samples from one generator state")
    require(
        not torch.equal(_draw(source, 50, seed=1).x, first.x),
        "samples from two generator states are the same",
    )
    generator = stream(0, "check", "source")
    source.sample(50, generator=generator)
    second = source.sample(50, generator=generator).x
    require(
        not torch.equal(second, first.x), "two samples from one generator in a row are the same"
    )


def check_source_pickle(source: DataSource) -> None:
    """A copy made by pickling in memory, as process pools do, draws the same examples."""
    try:
        copy = pickle.loads(pickle.dumps(source))
    except Exception as error:
        raise CheckError(f"the source cannot be sent to another process: {error}") from error
    require_equal(_draw(copy, 20).x, _draw(source, 20).x, "samples of the source and of its copy")


def check_source_log_prob(source: DataSource) -> None:
    """`log_prob` is `(B,)`, finite on the source's own samples, finite or -inf far away, row by row."""
    if not isinstance(source, SupportsLogProb):
        return
    x = _draw(source, 200).x
    with global_randomness_untouched("log_prob"):
        value = source.log_prob(x)
    require(
        tuple(value.shape) == (200,), f"log_prob gave shape {tuple(value.shape)}, expected (200,)"
    )
    require(bool(torch.isfinite(value).all()), "log_prob is not finite on the source's own samples")
    far = source.log_prob(
        1e4
        + torch.arange(3.0).view(3, *[1] * len(source.event_shape)).expand(3, *source.event_shape)
    )
    require(
        not bool(torch.isnan(far).any() or (far == math.inf).any()),
        f"log_prob far away is {far.tolist()}",
    )
    alone = torch.cat([source.log_prob(x[i : i + 1]) for i in range(5)])
    require_close(alone, value[:5], "log_prob of examples one by one and together")
    spoilt = x.clone()
    spoilt.view(-1)[0] = torch.nan
    require_input_error(
        lambda: source.log_prob(x[0]), "log_prob of one example without a batch dimension"
    )
    require_input_error(lambda: source.log_prob(x[..., :0]), "log_prob of empty examples")
    require_input_error(lambda: source.log_prob(spoilt), "log_prob of examples with NaN")


def check_source_density(source: DataSource) -> None:
    """exp(log_prob) integrates to 1 and has the moments of the samples (events of one or two numbers)."""
    if isinstance(source, SupportsLogProb) and source.event_size <= 2:
        check_density(source.log_prob, _draw(source, LARGE).x)


def check_source_modes(source: DataSource) -> None:
    """Weights sum to 1, and are the shares of a large sample that `assign` gives to each mode."""
    if not isinstance(source, SupportsModes):
        return
    modes = source.modes()
    weights = modes.weights
    require(weights.dtype == torch.float64 and weights.ndim == 1, "weights must be (K,) float64")
    require(
        bool((weights > 0).all()) and abs(float(weights.sum()) - 1) < 1e-6,
        f"weights sum to {float(weights.sum())}",
    )
    distinct = len(modes.names) == len(set(modes.names)) == len(weights) == len(modes)
    require(distinct, f"{len(weights)} weights need as many distinct names, got {modes.names}")
    if isinstance(modes, GaussianModes):
        gap = modes.distances(modes.locations) + torch.eye(len(modes)).mul(1e9)
        require(float(gap.min()) > 1e-2, "two modes have the same location: they are one")
    index = modes.assign(_draw(source, LARGE).x)
    require(
        tuple(index.shape) == (LARGE,) and index.dtype == torch.int64, "assign must give (B,) int64"
    )
    require(
        bool((index >= -1).all() and (index < len(weights)).all()),
        f"assign must give -1 ... {len(weights) - 1}",
    )
    shares = torch.bincount(index[index >= 0], minlength=len(weights)) / LARGE
    allowed = 5 * (weights * (1 - weights) / LARGE).sqrt() + 1e-9
    worst = int(((shares - weights).abs() - allowed).argmax())
    require(
        bool((shares - weights).abs()[worst] <= allowed[worst]),
        f"{modes.names[worst]} has weight {float(weights[worst]):.4f}, but a share of {float(shares[worst]):.4f} of "
        f"{LARGE} samples",
    )


def check_source_rows(source: DataSource) -> None:
    """A finite source has training and held-out rows, keeps them apart, and samples training rows only."""
    if not isinstance(source, FiniteSource):
        return
    train, holdout = (_as_set(rows.x) for rows in (source.train, source.holdout))
    require(
        len(source.train.x) >= 1 and len(source.holdout.x) >= 1,
        "train and holdout need at least one row each",
    )
    for name, rows in (("train", source.train), ("holdout", source.holdout)):
        shape = tuple(rows.x.shape[1:])
        require(
            shape == tuple(source.event_shape),
            f"{name} has rows of shape {shape}, expected {source.event_shape}",
        )
    # Measured tables repeat rows: only more overlap than repetition within the training rows is a
    # leak.
    repeated = 1 - len(train) / len(source.train.x)
    leaked = len(train & holdout) / len(holdout)
    require(
        leaked <= repeated + 0.2,
        f"{leaked:.0%} of the held-out rows are training rows too, expected none",
    )
    require(_as_set(_draw(source, 500).x) <= train, "sample drew rows that are not training rows")
    require_equal(source.holdout.x, source.holdout.x, "the held-out rows asked for twice")


def check_source_held_out(source: DataSource) -> None:
    """A split source gives two held-out samples that share no example with one another or with training draws."""
    if not isinstance(source, SplitSource):
        return
    first, second = source.held_out(300, generator=stream(0, "check", "held out"))
    for x in (first, second):
        fits = tuple(x.shape) == (300, *source.event_shape) and x.dtype == torch.float32
        require(
            fits,
            f"held_out(300) gave {x.dtype} {tuple(x.shape)}, expected torch.float32 (300, *event_shape)",
        )
    again = source.held_out(300, generator=stream(0, "check", "held out"))[0]
    require_equal(again, first, "two held-out samples from one generator state")
    sets = {
        "held-out": _as_set(first),
        "other held-out": _as_set(second),
        "training": _as_set(_draw(source, LARGE).x),
    }
    for one, other in itertools.combinations(sets, 2):
        shared = len(sets[one] & sets[other])
        require(shared == 0, f"{one} and {other} examples share {shared}, expected none")


def check_source_draws_by_mode(source: DataSource) -> None:
    """Draws of one mode are of the event shape and nearly all assigned to that mode."""
    if not (isinstance(source, SupportsModeSampling) and isinstance(source, SupportsModes)):
        return
    modes = source.modes()
    for mode in sorted({0, len(modes) // 3, len(modes) - 1}):
        x = source.sample_mode(mode, 200, generator=stream(0, "check", "mode")).x
        shape = (200, *source.event_shape)
        require(
            tuple(x.shape) == shape, f"sample_mode gave shape {tuple(x.shape)}, expected {shape}"
        )
        share = float((modes.assign(x) == mode).double().mean())
        require(
            share >= 0.9,
            f"only {share:.0%} of the draws of mode {modes.names[mode]} are assigned to it",
        )


def check_source_features(source: DataSource) -> None:
    """Features of a source's own are finite numbers `(B, F)`, row by row."""
    if not isinstance(source, SupportsFeatures):
        return
    x = _draw(source, 50).x
    found = source.features(x)
    fits = found.ndim == 2 and len(found) == 50 and bool(torch.isfinite(found).all())
    require(
        fits, f"features gave {tuple(found.shape)} for 50 examples, expected finite numbers (50, F)"
    )
    alone = torch.cat([source.features(x[i : i + 1]) for i in range(5)])
    require_close(alone, found[:5], "features of examples one by one and together")


def check_source_parameter(source: DataSource) -> None:
    """Fitted on the source's own samples, the parameter has its stated mean, sd and law, and no residual is left.

    Where the source has a density its curves carry noise: then the residual only has to be finite,
    and the fitted parameter at least as spread as the true one.
    """
    if not isinstance(source, SupportsParameter):
        return
    x = _draw(source, LARGE).x
    value, residual = source.fit_parameter(x)
    for name, got in (("parameter", value), ("residual", residual)):
        fits = (
            tuple(got.shape) == (LARGE,)
            and got.dtype == torch.float64
            and bool(torch.isfinite(got).all())
        )
        require(fits, f"fit_parameter must give a finite {name} (B,) in float64")
    require(bool((residual >= 0).all()), "fit_parameter gave a negative residual")
    mean, sd = float(value.mean()), float(value.std())
    error = sd / math.sqrt(LARGE)
    if isinstance(source, SupportsLogProb):
        require(
            sd >= source.parameter_sd * 0.95,
            f"fitted sd {sd:.4f} is below the true one, {source.parameter_sd:.4f}",
        )
        return
    largest = float(residual.max() / x.abs().max())
    require(
        largest < 1e-4,
        f"the residual of the source's own curves reaches {largest:.2g} of their size, expected 0",
    )
    require(
        abs(mean - source.parameter_mean) <= 5 * error,
        f"fitted mean {mean:.4f}, stated {source.parameter_mean:.4f}",
    )
    error_sd = sd * math.sqrt((_kurtosis(value) - 1) / (4 * LARGE))
    require(
        abs(sd - source.parameter_sd) <= 5 * error_sd,
        f"fitted sd {sd:.4f}, stated {source.parameter_sd:.4f}",
    )
    distance = _kolmogorov(source.parameter_cdf(value.sort().values))
    require(
        distance * math.sqrt(LARGE) < 2.5,
        f"the law of the fitted parameter is {distance:.4f} (Kolmogorov-Smirnov) away from parameter_cdf",
    )


def _draw(source: DataSource, n: int, seed: int = 0) -> Batch:
    return source.sample(n, generator=stream(seed, "check", "source"))


def _as_set(x: Tensor) -> set[bytes]:
    return {row.tobytes() for row in x.flatten(1).numpy()}


def _kurtosis(value: Tensor) -> float:
    return float((value - value.mean()).pow(4).mean() / value.var().square())


def _kolmogorov(cdf: Tensor) -> float:
    n = len(cdf)
    steps = torch.arange(n + 1, dtype=torch.float64) / n
    return float(torch.maximum(steps[1:] - cdf, cdf - steps[:-1]).max())
