"""Whether a density integrates to one and belongs to its own samples, by importance sampling."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from genzoo.core.noise import stream
from genzoo.testing.support import require

CENTRES = 1000
DRAWS = 3000
WIDE = 0.1
"""Share of the proposal that is a wide Gaussian: it bounds the weights where samples are few."""


def check_density(log_density: Callable[[Tensor], Tensor], sample: Tensor, *, slack: float = 0.02) -> None:
    """Require that exp(log_density) has mass 1 and the first two moments of a sample, within 5 standard errors.

    The proposal q is a mixture of Gaussian kernels on the sample and one wide Gaussian; the mass is the mean of
    exp(log_density(x)) / q(x) over draws of q. `exp(log_density)` may itself be an unbiased estimate. Meant for
    examples of one or two numbers: beyond, kernels cover too little.

    Args:
        log_density: Maps `(B, *event_shape)` to `(B,)`, in nats.
        sample: Draws from the distribution, `(n, *event_shape)`, n >= 1000.
        slack: What is allowed beyond the standard errors.

    Raises:
        CheckError: When mass or moments disagree.
    """
    rows = sample.flatten(1).to(torch.float64)
    proposal = _Proposal(rows[:CENTRES])
    x = proposal.draw(DRAWS, generator=stream(0, "check", "density"))
    log_p = log_density(x.reshape(-1, *sample.shape[1:])).detach().to(torch.float64)
    weight = (log_p - proposal.log_prob(x)).exp()
    mass, error = float(weight.mean()), float(weight.std()) / math.sqrt(DRAWS)
    require(
        abs(mass - 1) <= 5 * error + slack,
        f"the density integrates to {mass:.3f} (standard error {error:.3f}), expected 1",
    )
    effective = float(weight.sum().square() / weight.square().sum()) / DRAWS
    require(
        effective > 0.05, f"the samples do not cover the density: {effective:.1%} effective draws, expected over 5 %"
    )
    middle, spread = rows.mean(0), rows.std(0)
    for power, name in ((1, "mean"), (2, "second moment")):
        of_draws, of_sample = ((x - middle) / spread) ** power, ((rows - middle) / spread) ** power
        expected = (weight[:, None] * of_draws).mean(0) / mass
        error_draws = (weight[:, None] * (of_draws - expected)).std(0) / math.sqrt(DRAWS)
        error_sample = of_sample.std(0) / math.sqrt(rows.shape[0])
        gap = (expected - of_sample.mean(0)).abs()
        allowed = 5 * torch.sqrt(error_draws**2 + error_sample**2) + slack
        require(
            bool((gap <= allowed).all()),
            f"the {name} of the density and of its samples, standardised, differ by {gap.tolist()}, allowed "
            f"{allowed.tolist()}",
        )


class _Proposal:
    """Gaussian kernels on the centres, and with weight WIDE a Gaussian of three times their spread."""

    def __init__(self, centres: Tensor) -> None:
        self.centres = centres
        twentieth = torch.cdist(centres, centres).kthvalue(21, dim=1).values
        self.width = twentieth.median().clamp_min(1e-3 * float(centres.std()) + 1e-12)
        self.middle, self.spread = centres.mean(0), 3 * centres.std(0) + self.width

    def draw(self, n: int, *, generator: torch.Generator) -> Tensor:
        index = torch.randint(len(self.centres), (n,), generator=generator)
        noise = torch.randn(n, self.centres.shape[1], generator=generator, dtype=torch.float64)
        wide = torch.rand(n, 1, generator=generator) < WIDE
        return torch.where(wide, self.middle + self.spread * noise, self.centres[index] + self.width * noise)

    def log_prob(self, x: Tensor) -> Tensor:
        kernels = _gaussian((torch.cdist(x, self.centres) / self.width) ** 2, self.width.expand(x.shape[1]))
        wide = _gaussian((((x - self.middle) / self.spread) ** 2).sum(1), self.spread)
        mean = torch.logsumexp(kernels, 1) - math.log(len(self.centres))
        return torch.logaddexp(mean + math.log(1 - WIDE), wide + math.log(WIDE))


def _gaussian(squares: Tensor, spread: Tensor) -> Tensor:
    return -0.5 * squares - (math.sqrt(2 * math.pi) * spread).log().sum()
