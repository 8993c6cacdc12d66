"""The optimal discriminator as an instrument: how far a trained one is from it."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsDiscriminate, SupportsLogProb, fresh_generator
from genzoo.core.model import GenerativeModel
from genzoo.core.source import DataSource
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.losses.adversarial import optimal_logit
from genzoo.losses.optimal import discriminator_gap
from genzoo.results.bandwidth import silverman_bandwidth

SPAN = 0.25
"""How far beyond the samples the grid reaches, in widths of their range."""


@dataclass(frozen=True)
class OptimalDiscriminator:
    """D and D* = p_data / (p_data + p_g) at the same points.

    Attributes:
        x: The points `(N, *event_shape)`, in data units: an even grid in one dimension, else draws
            of both laws.
        discriminator: D(x) `(N,)`.
        optimum: D*(x) `(N,)`.
        mean_squared: E_m[(D - D*)^2], m = (p_data + p_g) / 2.
        nats: V(D*) - V(D) >= 0: what D misses of the value of the game.
        js: JS(p_data, p_g) in nats, (V(D*) + log 4) / 2, from the same points.
    """

    x: Tensor
    discriminator: Tensor
    optimum: Tensor
    mean_squared: float
    nats: float
    js: float


def optimal_discriminator(
    model: GenerativeModel,
    source: str | DataSource,
    *,
    model_density: SupportsLogProb | None = None,
    samples: int = 10_000,
    points: int = 1001,
    generator: torch.Generator | None = None,
) -> OptimalDiscriminator:
    """Compare a model's discriminator with the optimal one for its present generator.

    In one dimension both laws are integrated on a grid. Where the model's density is not known, a
    Gaussian kernel estimate of its samples (Silverman 1986) stands for it, which is smoother than
    the truth by one bandwidth. In more dimensions the density must be known, and the integrals are
    means over equal numbers of draws of both laws.

    Args:
        model: A model with a discriminator.
        source: Where the data come from, with an exact density.
        model_density: The density of the model's samples; by default the model's own, where it has
            one.
        samples: The number of draws of each law.
        points: The number of points of the grid in one dimension.
        generator: Source of the draws; by default a fresh one.

    Raises:
        InputError: When the model has no discriminator or is conditional, the source has no
            density, or the model none in more than one dimension.
    """
    data = create_source(source) if isinstance(source, str) else source
    if not isinstance(model, SupportsDiscriminate):
        raise InputError(
            f"{type(model).__name__} has no discriminator "
            "that gives a probability for single examples"
        )
    if model.context_spec is not None:
        raise InputError(
            "the optimal discriminator is that of an unconditional model, and this one judges an "
            f"example by its condition, {model.context_spec}: give the model without conditions"
        )
    if not isinstance(data, SupportsLogProb):
        raise InputError("the source has no density: choose one whose exact density is known")
    density = model_density
    if not density and isinstance(model, SupportsLogProb):
        density = model
    generator = generator or fresh_generator()
    with torch.no_grad():
        real = data.sample(samples, generator=generator).x.double()
        fake = model.sample(samples, generator=generator).double()
        if data.event_size == 1:
            x = _grid(torch.cat([real, fake]), points)
            log_p, log_q = _log_prob(data, x), _generated_log_density(density, fake, x)
            weights = _grid_weights(x, log_p, log_q)
        elif density is not None:
            x = torch.cat([real, fake])
            log_p, log_q = _log_prob(data, x), _log_prob(density, x)
            weights = torch.full_like(log_p, 1 / len(x))
        else:
            raise InputError(
                "in more than one dimension the model's density is needed: give model_density"
            )
        best = optimal_logit(log_p, log_q).clamp(-700, 700)
        logits = model.discriminate(x).double()
        gap = discriminator_gap(logits, best, weights)
        undecided = discriminator_gap(torch.zeros_like(best), best, weights)
    return OptimalDiscriminator(
        x=x,
        discriminator=logits.sigmoid(),
        optimum=best.sigmoid(),
        mean_squared=float(gap.mean_squared),
        nats=float(gap.nats),
        js=0.5 * float(undecided.nats),
    )


def _generated_log_density(density: SupportsLogProb | None, samples: Tensor, x: Tensor) -> Tensor:
    """Log density of the model at x, `(N,)`, estimated from its samples where it is not known."""
    if density is None:
        return _kernel_log_density(samples.flatten(), x.flatten())
    return _log_prob(density, x)


def _grid_weights(x: Tensor, log_p: Tensor, log_q: Tensor) -> Tensor:
    """What each point of an even grid weighs in an integral over (p + q) / 2."""
    points = x.flatten()
    step = float((points[1] - points[0]).abs())
    return 0.5 * step * (log_p.exp() + log_q.exp())


def _log_prob(density: SupportsLogProb, x: Tensor) -> Tensor:
    return density.log_prob(x).double()


def _grid(x: Tensor, points: int) -> Tensor:
    low, high = float(x.min()), float(x.max())
    margin = SPAN * (high - low)
    line = torch.linspace(low - margin, high + margin, points, dtype=torch.float64)
    return line.reshape(points, *x.shape[1:])


def _kernel_log_density(sample: Tensor, x: Tensor) -> Tensor:
    """Log of a Gaussian kernel estimate with Silverman's bandwidth, at x `(N,)`."""
    quartiles = torch.quantile(sample, torch.tensor([0.25, 0.75], dtype=sample.dtype))
    interquartile_range = float(quartiles[1] - quartiles[0])
    bandwidth = silverman_bandwidth(float(sample.std()), interquartile_range, len(sample))
    log_sums = []
    # in blocks, since a table of all pairs may not fit in memory
    for block in torch.split(x, 100):
        exponents = -0.5 * ((block[:, None] - sample) / bandwidth).square()
        log_sums.append(exponents.logsumexp(1))
    return torch.cat(log_sums) - math.log(len(sample) * bandwidth * math.sqrt(2 * math.pi))
