"""Checks of what is known of a source's law, by capability; a source without it passes.

Its density, its modes, its features, its curve parameter.
"""

import math

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.noise import stream
from genzoo.core.source import (
    DataSource,
    GaussianModes,
    SupportsFeatures,
    SupportsModes,
    SupportsModeSampling,
    SupportsParameter,
)
from genzoo.testing.density import check_density
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    LARGE,
    draw,
    require,
    require_close,
    require_input_error,
)


def check_source_log_prob(source: DataSource) -> None:
    """`log_prob` is `(B,)`, row by row, finite on own samples, finite or -inf far away."""
    if not isinstance(source, SupportsLogProb):
        return
    x = draw(source, 200).x
    with global_randomness_untouched("log_prob"):
        value = source.log_prob(x)
    got = tuple(value.shape)
    require(got == (200,), f"log_prob gave shape {got}, expected (200,)")
    require(
        bool(torch.isfinite(value).all()),
        "log_prob is not finite on the source's own samples",
    )
    ones = [1] * len(source.event_shape)
    steps = torch.arange(3.0).view(3, *ones).expand(3, *source.event_shape)
    far = source.log_prob(1e4 + steps)
    wrong = bool(torch.isnan(far).any() or (far == math.inf).any())
    require(not wrong, f"log_prob far away is {far.tolist()}")
    alone = torch.cat([source.log_prob(x[i : i + 1]) for i in range(5)])
    require_close(alone, value[:5], "log_prob of examples one by one and together")
    spoilt = x.clone()
    spoilt.view(-1)[0] = torch.nan
    log_prob = source.log_prob
    one = "log_prob of one example without a batch dimension"
    require_input_error(lambda: log_prob(x[0]), one)
    require_input_error(lambda: log_prob(x[..., :0]), "log_prob of empty examples")
    require_input_error(lambda: log_prob(spoilt), "log_prob of examples with NaN")


def check_source_density(source: DataSource) -> None:
    """exp(log_prob) integrates to 1 and has the moments of the samples.

    For events of one or two numbers.
    """
    if isinstance(source, SupportsLogProb) and source.event_size <= 2:
        check_density(source.log_prob, draw(source, LARGE).x)


def check_source_modes(source: DataSource) -> None:
    """Weights sum to 1, and are the shares of a large sample that `assign` gives to each mode."""
    if not isinstance(source, SupportsModes):
        return
    modes = source.modes()
    weights = modes.weights
    require(
        weights.dtype == torch.float64 and weights.ndim == 1,
        "weights must be (K,) float64",
    )
    total = float(weights.sum())
    normed = bool((weights > 0).all()) and abs(total - 1) < 1e-6
    require(normed, f"weights sum to {total}")
    distinct = len(modes.names) == len(set(modes.names)) == len(weights) == len(modes)
    require(
        distinct,
        f"{len(weights)} weights need as many distinct names, got {modes.names}",
    )
    if isinstance(modes, GaussianModes):
        gap = modes.distances(modes.locations) + torch.eye(len(modes)).mul(1e9)
        require(
            float(gap.min()) > 1e-2,
            "two modes have the same location: they are one",
        )
    index = modes.assign(draw(source, LARGE).x)
    fits = tuple(index.shape) == (LARGE,) and index.dtype == torch.int64
    require(fits, "assign must give (B,) int64")
    inside = bool((index >= -1).all() and (index < len(weights)).all())
    require(inside, f"assign must give -1 ... {len(weights) - 1}")
    shares = torch.bincount(index[index >= 0], minlength=len(weights)) / LARGE
    gaps = (shares - weights).abs()
    allowed = 5 * (weights * (1 - weights) / LARGE).sqrt() + 1e-9
    worst = int((gaps - allowed).argmax())
    weight, share = float(weights[worst]), float(shares[worst])
    require(
        bool(gaps[worst] <= allowed[worst]),
        f"{modes.names[worst]} has weight {weight:.4f}, but a share of {share:.4f} "
        f"of {LARGE} samples",
    )


def check_source_gaussians(source: DataSource) -> None:
    """Weights and components of `gaussians` make up the density, given conditions too."""
    if not (isinstance(source, SupportsGaussians) and isinstance(source, SupportsLogProb)):
        return
    x, context, _ = draw(source, 200)
    conditions: dict[str, Tensor | None] = {"": None}
    if source.context_spec is not None:
        conditions[" given conditions"] = context
    gaussians = source.gaussians()
    kernels = -0.5 * gaussians.distances(x).square()
    kernels -= 0.5 * torch.logdet(2 * math.pi * gaussians.covariances)
    for given, columns in conditions.items():
        joint = kernels + source.gaussian_weights(columns, len(x)).log()
        density = source.log_prob(x, columns)
        what = f"log density by gaussians and by log_prob{given}"
        require_close(joint.logsumexp(dim=1), density, what, rtol=1e-5)


def check_source_draws_by_mode(source: DataSource) -> None:
    """Draws of one mode are of the event shape and nearly all assigned to that mode."""
    if not (isinstance(source, SupportsModeSampling) and isinstance(source, SupportsModes)):
        return
    modes = source.modes()
    for mode in sorted({0, len(modes) // 3, len(modes) - 1}):
        with global_randomness_untouched("sample_mode"):
            x = source.sample_mode(mode, 200, generator=stream(0, "check", "mode")).x
        got, expected = tuple(x.shape), (200, *source.event_shape)
        require(got == expected, f"sample_mode gave shape {got}, expected {expected}")
        share = float((modes.assign(x) == mode).double().mean())
        name = modes.names[mode]
        require(
            share >= 0.9,
            f"only {share:.0%} of the draws of mode {name} are assigned to it",
        )


def check_source_features(source: DataSource) -> None:
    """Features of a source's own are finite numbers `(B, F)`, row by row."""
    if not isinstance(source, SupportsFeatures):
        return
    x = draw(source, 50).x
    features = source.features(x)
    shape = tuple(features.shape)
    fits = features.ndim == 2 and len(features) == 50 and bool(torch.isfinite(features).all())
    require(
        fits,
        f"features gave {shape} for 50 examples, expected finite numbers (50, F)",
    )
    alone = torch.cat([source.features(x[i : i + 1]) for i in range(5)])
    require_close(alone, features[:5], "features of examples one by one and together")


def check_source_parameter(source: DataSource) -> None:
    """Fitted on the source's own samples, the parameter has its stated mean, sd and law.

    No residual is left. Where the source has a density its curves carry noise: then the residual
    only has to be finite, and the fitted parameter at least as spread as the true one.
    """
    if not isinstance(source, SupportsParameter):
        return
    x = draw(source, LARGE).x
    value, residual = source.fit_parameter(x)
    for name, got in (("parameter", value), ("residual", residual)):
        fits = tuple(got.shape) == (LARGE,) and got.dtype == torch.float64
        finite = bool(torch.isfinite(got).all())
        require(
            fits and finite,
            f"fit_parameter must give a finite {name} (B,) in float64",
        )
    require(bool((residual >= 0).all()), "fit_parameter gave a negative residual")
    mean, sd = float(value.mean()), float(value.std())
    stated_mean, stated_sd = source.parameter_mean, source.parameter_sd
    if isinstance(source, SupportsLogProb):
        spread = sd >= stated_sd * 0.95
        require(spread, f"fitted sd {sd:.4f} is below the true one, {stated_sd:.4f}")
        return
    largest = float(residual.max() / x.abs().max())
    require(
        largest < 1e-4,
        f"the residual of the source's own curves reaches {largest:.2g} of their size, expected 0",
    )
    error = sd / math.sqrt(LARGE)
    right = abs(mean - stated_mean) <= 5 * error
    require(right, f"fitted mean {mean:.4f}, stated {stated_mean:.4f}")
    error_sd = sd * math.sqrt((_kurtosis(value) - 1) / (4 * LARGE))
    right = abs(sd - stated_sd) <= 5 * error_sd
    require(right, f"fitted sd {sd:.4f}, stated {stated_sd:.4f}")
    distance = _kolmogorov(source.parameter_cdf(value.sort().values))
    require(
        distance * math.sqrt(LARGE) < 2.5,
        f"the law of the fitted parameter is {distance:.4f} (Kolmogorov-Smirnov) away "
        "from parameter_cdf",
    )


def _kurtosis(value: Tensor) -> float:
    return float((value - value.mean()).pow(4).mean() / value.var().square())


def _kolmogorov(cdf: Tensor) -> float:
    """The largest distance of an empirical law from F, by F at the sorted draws."""
    n = len(cdf)
    steps = torch.arange(n + 1, dtype=torch.float64) / n
    return float(torch.maximum(steps[1:] - cdf, cdf - steps[:-1]).max())
