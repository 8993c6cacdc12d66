"""Whether a density integrates to one and belongs to its own samples, by importance sampling."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from genzoo.core.log_sums import log_sum_exp
from genzoo.core.noise import stream
from genzoo.testing.support import require

CENTRES = 1000
DRAWS = 3000
WIDE = 0.1
"""Share of the proposal that is a wide Gaussian: it bounds the weights where samples are few."""
CELLS = 4000
"""Of a line, between which a density is summed up."""
FARTHEST = 2.5
"""Of n^1/2 times the Kolmogorov-Smirnov distance: larger in 7 of a million samples."""


def check_density(
    log_density: Callable[[Tensor], Tensor],
    sample: Tensor,
    *,
    slack: float = 0.02,
    estimated: bool = False,
) -> None:
    """Require that exp(log_density) has mass 1, and the moments and entropy of a sample.

    All within 5 standard errors. The proposal q is a mixture of Gaussian kernels on the sample and
    one wide Gaussian; the mass is the mean of exp(log_density(x)) / q(x) over draws of q. Meant for
    examples of one or two numbers: beyond, kernels cover too little. Of one number, the integral of
    the density must also be the distribution function of the sample, within 2.5 / n^1/2.

    Args:
        log_density: Maps `(B, *event_shape)` to `(B,)`, in nats.
        sample: Draws from the distribution, `(n, *event_shape)`, n >= 1000.
        slack: What is allowed beyond the standard errors.
        estimated: Whether `exp(log_density)` is an unbiased estimate; the entropy is then left out.

    Raises:
        CheckError: When mass, moments or entropy disagree.
    """
    rows = sample.flatten(1).to(torch.float64)
    proposal = _Proposal(rows[:CENTRES])
    x = proposal.draw(DRAWS, generator=stream(0, "check", "density"))
    with torch.no_grad():
        log_p = log_density(x.reshape(-1, *sample.shape[1:])).to(torch.float64)
        log_p_of_rows = log_density(sample[:DRAWS]).to(torch.float64)
    weight = (log_p - proposal.log_prob(x)).exp()
    mass = float(weight.mean())
    error = float(weight.std()) / math.sqrt(DRAWS)
    wrong_mass = f"the density integrates to {mass:.3f} (standard error {error:.3f}), expected 1"
    require(abs(mass - 1) <= 5 * error + slack, wrong_mass)
    effective = float(weight.sum().square() / weight.square().sum()) / DRAWS
    require(
        effective > 0.05,
        f"the samples do not cover the density: {effective:.1%} effective draws, expected over 5 %",
    )
    middle, spread = rows.mean(0), rows.std(0)
    standard = (x - middle) / spread
    standard_rows = (rows - middle) / spread
    _require_same_mean(standard, weight, standard_rows, slack, "standardised mean")
    _require_same_mean(standard**2, weight, standard_rows**2, slack, "standardised second moment")
    if estimated:
        return
    inside = torch.isfinite(log_p)
    inside_rows = torch.isfinite(log_p_of_rows)
    share = float(inside_rows.double().mean())
    require(share > 0.999, "the density is 0 at some of the samples")
    values = log_p.where(inside, 0.0)
    of_rows = log_p_of_rows[inside_rows]
    _require_same_mean(values[:, None], weight, of_rows[:, None], slack, "mean log density")
    if rows.shape[1] == 1:
        _require_same_law(log_density, sample, slack)


def _require_same_law(
    log_density: Callable[[Tensor], Tensor], sample: Tensor, slack: float
) -> None:
    """The density, summed up along the line, against the sample."""
    ordered = sample.flatten().double().sort().values
    edges = ordered[torch.linspace(0, len(ordered) - 1, CELLS // 2).long()]
    reach = ordered[-1] - ordered[0]
    even = torch.linspace(float(ordered[0] - reach), float(ordered[-1] + reach), CELLS // 2)
    grid = torch.cat([edges, even.double()]).sort().values
    with torch.no_grad():
        density = log_density(grid.to(sample).reshape(-1, *sample.shape[1:])).double().exp()
    below = torch.cumulative_trapezoid(density, grid)
    share = torch.searchsorted(ordered, grid[1:], right=True).double() / len(ordered)
    distance = float((below - share).abs().max())
    allowed = FARTHEST / math.sqrt(len(ordered)) + slack / 4
    require(
        distance <= allowed,
        f"the integral of the density and the distribution of its samples differ by {distance:.3g} "
        f"(Kolmogorov-Smirnov), expected at most {allowed:.2g}",
    )


def _require_same_mean(
    of_draws: Tensor, weight: Tensor, of_rows: Tensor, slack: float, what: str
) -> None:
    """The weighted mean of draws against the mean over the sample, column by column."""
    expected = (weight[:, None] * of_draws).sum(0) / weight.sum()
    residual = weight[:, None] * (of_draws - expected)
    error = residual.std(0) / weight.mean() / math.sqrt(len(weight))
    error_of_rows = of_rows.std(0) / math.sqrt(len(of_rows))
    gap = (expected - of_rows.mean(0)).abs()
    allowed = 5 * torch.sqrt(error**2 + error_of_rows**2) + slack
    require(
        bool((gap <= allowed).all()),
        f"the density and its samples differ in {what} by {_listed(gap)}, "
        f"expected at most {_listed(allowed)}",
    )


def _listed(values: Tensor) -> str:
    return ", ".join(f"{float(value):.3g}" for value in values)


class _Proposal:
    """Gaussian kernels on the centres, and with weight WIDE one Gaussian thrice as spread."""

    def __init__(self, centres: Tensor) -> None:
        self.centres = centres
        # The nearest of all to a centre is itself, so the 21st nearest is its 20th neighbour.
        twentieth = torch.cdist(centres[::5], centres).kthvalue(21, dim=1).values
        narrowest = 1e-3 * float(centres.std()) + 1e-12
        self.width = twentieth.median().clamp_min(narrowest)
        self.middle = centres.mean(0)
        self.spread = 3 * centres.std(0) + self.width

    def draw(self, n: int, *, generator: torch.Generator) -> Tensor:
        index = torch.randint(len(self.centres), (n,), generator=generator)
        noise = torch.randn(n, self.centres.shape[1], generator=generator, dtype=torch.float64)
        wide = torch.rand(n, 1, generator=generator) < WIDE
        of_wide = self.middle + self.spread * noise
        of_kernels = self.centres[index] + self.width * noise
        return torch.where(wide, of_wide, of_kernels)

    def log_prob(self, x: Tensor) -> Tensor:
        # In units of the width, |x - c|^2 = |x|^2 - 2 x . c + |c|^2: the large table is made once.
        rows, centres = ((part - self.middle) / self.width for part in (x, self.centres))
        exponents = torch.addmm(-0.5 * centres.square().sum(1), rows, centres.T)
        exponents -= 0.5 * rows.square().sum(1, keepdim=True)
        mean = log_sum_exp(exponents) - math.log(len(self.centres))
        mean = mean + _gaussian(torch.zeros(()), self.width.expand(x.shape[1]))
        squares = (((x - self.middle) / self.spread) ** 2).sum(1)
        wide = _gaussian(squares, self.spread)
        return torch.logaddexp(mean + math.log(1 - WIDE), wide + math.log(WIDE))


def _gaussian(squares: Tensor, spread: Tensor) -> Tensor:
    """Log density of a Gaussian with these standard deviations, at sums of squares."""
    return -0.5 * squares - (math.sqrt(2 * math.pi) * spread).log().sum()
