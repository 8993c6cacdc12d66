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

    In one dimension both laws are integrated on a grid; where the model's density is not known it
    is a Gaussian kernel estimate of its samples (Silverman 1986), which is smoother than the truth
    by one bandwidth. In more dimensions the density must be known, and the integrals are means over
    equal numbers of draws of both laws.

    Args:
        model: A model with a discriminator.
        source: Where the data come from, with an exact density.
        model_density: The density of the model's samples; by default the model's own, where it has
            one.
        samples: Draws of each law.
        points: Points of the grid in one dimension.
        generator: Source of the draws; by default a fresh one.

    Raises:
        InputError: When the model has no discriminator, the source no density, or the model no
            density in more than one dimension.
    """
    data = create_source(source) if isinstance(source, str) else source
    if not isinstance(model, SupportsDiscriminate):
        raise InputError(
            f"{type(model).__name__} has no discriminator that gives a probability for single examples"
        )
    if not isinstance(data, SupportsLogProb):
        raise InputError("the source has no density: choose one whose exact density is known")
    density = model_density or (model if isinstance(model, SupportsLogProb) else None)
    generator = generator or fresh_generator()
    with torch.no_grad():
        real = data.sample(samples, generator=generator).x.double()
        fake = model.sample(samples, generator=generator).double()
        if data.event_size == 1:
            x = _grid(torch.cat([real, fake]), points)
            log_q = (
                _kernel_log_density(fake.flatten(), x.flatten())
                if density is None
                else _log_prob(density, x)
            )
            log_p = _log_prob(data, x)
            step = float((x.flatten()[1] - x.flatten()[0]).abs())
            weights = 0.5 * step * (log_p.exp() + log_q.exp())
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
        x,
        logits.sigmoid(),
        best.sigmoid(),
        float(gap.mean_squared),
        float(gap.nats),
        0.5 * float(undecided.nats),
    )


def _log_prob(density: SupportsLogProb, x: Tensor) -> Tensor:
    return density.log_prob(x).double()


def _grid(x: Tensor, points: int) -> Tensor:
    low, high = float(x.min()), float(x.max())
    margin = SPAN * (high - low)
    return torch.linspace(low - margin, high + margin, points, dtype=torch.float64).reshape(
        points, *x.shape[1:]
    )


def _kernel_log_density(sample: Tensor, x: Tensor) -> Tensor:
    """Log of a Gaussian kernel estimate with Silverman's bandwidth, .9 min(sd, IQR/1.34) n^(-1/5)."""
    quartiles = torch.quantile(sample, torch.tensor([0.25, 0.75], dtype=sample.dtype))
    spread = min(float(sample.std()), float(quartiles[1] - quartiles[0]) / 1.34) or float(
        sample.std()
    )
    bandwidth = 0.9 * spread * len(sample) ** -0.2
    parts = [
        -0.5 * ((block[:, None] - sample) / bandwidth).square() for block in torch.split(x, 100)
    ]
    log_sum = torch.cat([part.logsumexp(1) for part in parts])
    return log_sum - math.log(len(sample) * bandwidth * math.sqrt(2 * math.pi))
