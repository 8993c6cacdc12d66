"""Pairs of laws whose divergences are known, and evidence made of their draws."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.integrate import quad, trapezoid
from scipy.special import expit, xlogy
from scipy.stats import chi, norm, rv_continuous
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource
from genzoo.data.mixtures import GaussianMixture

EXACT_DRAWS = 500_000


class Unknown(DataSource):
    """Draws of a law, without anything known of it."""

    def __init__(self, law: GaussianMixture) -> None:
        self.law = law
        self.event_shape = law.event_shape

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        return self.law.sample(n, generator=generator)


class Known(GenerativeModel, SupportsLogProb):
    """A law as a trained model with a density."""

    def __init__(self, law: GaussianMixture) -> None:
        super().__init__(law.event_shape)
        self.law = law

    def updates(self) -> tuple:
        return ()

    def sampling_noise(self) -> dict:
        return {}

    def generate(self, noise: object, context: Tensor | None = None) -> Tensor:
        raise NotImplementedError("draw from the law itself")

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self.law.log_prob(x)


@dataclass(frozen=True)
class Case:
    """The data follow p, the model q; `closed` holds the divergences that have a closed form."""

    name: str
    p: GaussianMixture
    q: GaussianMixture
    closed: Mapping[str, float] = field(default_factory=dict)

    @property
    def dimension(self) -> int:
        return self.p.event_size

    def evidence(self, n: int, repeat: int, known: str) -> Evidence:
        """n real and n generated examples.

        `known` says whose density the metric may use: "both", "data" or "none".
        """
        generator = stream(repeat, f"study {self.name}")
        real = self.p.sample(n, generator=generator).x
        fake = self.q.sample(n, generator=generator).x
        source = Unknown(self.p) if known == "none" else self.p
        model = Known(self.q) if known == "both" else None
        return Evidence(fake, real, source, model, seed=repeat)

    def by_draws(self, repeat: int = 0) -> dict[str, float]:
        """Divergences from many draws of each law, by averages over both densities.

        Modes weigh the same.
        """
        generator = stream(repeat, f"exact {self.name}")
        log_ratios, weights = [], []
        for law in (self.p, self.q):
            blocks = [
                law.sample(50_000, generator=generator).x.double()
                for _ in range(EXACT_DRAWS // 50_000)
            ]
            ratios = [(self.p.log_prob(x) - self.q.log_prob(x)).numpy() for x in blocks]
            log_ratios.append(np.concatenate(ratios))
            nearest = np.concatenate([law.modes().assign(x).numpy() for x in blocks])
            weights.append(1 / np.bincount(nearest)[nearest])
        forward_kl = np.average(log_ratios[0], weights=weights[0])
        minus_kl = np.average(log_ratios[1], weights=weights[1])
        h = expit(np.concatenate(log_ratios))
        w = np.concatenate([w / w.sum() for w in weights])
        tv = np.average(abs(2 * h - 1), weights=w)
        js = math.log(2) + np.average(xlogy(h, h) + xlogy(1 - h, 1 - h), weights=w)
        return {
            "js": float(js),
            "kl": float(-minus_kl),
            "forward_kl": float(forward_kl),
            "total_variation": float(tv),
            "hellinger": float(np.average(1 - 2 * np.sqrt(h * (1 - h)), weights=w)),
            "accuracy": float((1 + tv) / 2),
        }


def on_a_line(p: rv_continuous, q: rv_continuous) -> dict[str, float]:
    """Divergences of two laws on the line, frozen ones of scipy, by quadrature."""
    ends = [end for law in (p, q) for end in (law.ppf(1e-16), law.isf(1e-16))]
    at = np.linspace(min(ends), max(ends), 400_001)[1:-1]
    log_p, log_q = p.logpdf(at), q.logpdf(at)
    density_p, density_q = np.exp(log_p), np.exp(log_q)
    log_m = np.logaddexp(log_p, log_q) - math.log(2)
    js = density_p * (log_p - log_m) + density_q * (log_q - log_m)
    tv = float(trapezoid(abs(density_p - density_q), at)) / 2
    return {
        "js": float(trapezoid(js, at)) / 2,
        "kl": float(trapezoid(density_q * (log_q - log_p), at)),
        "forward_kl": float(trapezoid(density_p * (log_p - log_q), at)),
        "total_variation": tv,
        "hellinger": 1 - float(trapezoid(np.exp((log_p + log_q) / 2), at)),
        "accuracy": (1 + tv) / 2,
    }


def kept_modes(count: int, kept: int) -> dict[str, float]:
    """Divergences of a model that keeps some of equal modes that do not overlap.

    KL(data || model) is infinite then.
    """
    share = kept / count
    kl_to_mixture = (
        math.log(2 / (1 + share)),
        share * math.log(2 * share / (1 + share)) + (1 - share) * math.log(2),
    )
    return {
        "js": sum(kl_to_mixture) / 2,
        "kl": -math.log(share),
        "total_variation": 1 - share,
        "hellinger": 1 - math.sqrt(share),
        "accuracy": 1 - share / 2,
    }


def overlap(case: Case) -> float:
    """What KL(model || data) of kept modes lacks to log(count / kept), as modes do overlap.

    The mean over kept modes i of the sum over dropped modes j of E log(1 + p_j / p_i), each along
    the line that joins them: an upper bound, and within rounding where no three modes meet."""
    kept = case.q.modes().locations
    gaps = torch.cdist(kept, case.p.modes().locations[len(kept) :]).ravel().tolist()

    def part(t: float, gap: float) -> float:
        return float(norm.pdf(t) * np.logaddexp(0, gap * t - gap**2 / 2))

    total = 0.0
    for gap in gaps:
        if gap < 30:
            total += quad(part, -8, gap + 8, args=(gap,), points=[gap / 2], epsabs=0)[0]
    return total / len(kept)


def normal(dimension: int, shift: float = 0.0, sd: float = 1.0) -> GaussianMixture:
    location = torch.zeros(1, dimension, dtype=torch.float64)
    location[0, 0] = shift
    return GaussianMixture(
        torch.ones(1),
        location,
        (sd**2 * torch.eye(dimension, dtype=torch.float64)).expand(1, -1, -1),
    )


def modes(
    dimension: int, count: int = 10, kept: int | None = None, sd: float = 1.0, shift: float = 0.0
) -> GaussianMixture:
    """The first `kept` of modes that are 10 apart at least, of standard deviation sd.

    On a circle in 2-D, at random above.
    """
    if dimension == 2:
        angle = 2 * math.pi * torch.arange(count, dtype=torch.float64) / count
        radius = 10 / (2 * math.sin(math.pi / count))
        locations = radius * torch.stack([angle.cos(), angle.sin()], 1)
    else:
        generator = stream(dimension, "modes of a study")
        locations = torch.randn(count, dimension, generator=generator, dtype=torch.float64)
        locations *= 10 / float(torch.pdist(locations).min())
    locations = locations[:kept] + shift
    covariances = (sd**2 * torch.eye(dimension, dtype=torch.float64)).expand(len(locations), -1, -1)
    return GaussianMixture(torch.ones(len(locations)), locations, covariances)


SAME = dict.fromkeys(("js", "kl", "forward_kl", "total_variation", "hellinger"), 0.0)
SAME["accuracy"] = 0.5


def shifts(shift: float) -> dict[str, float]:
    return on_a_line(norm(), norm(shift))


def widths(dimension: int, sd: float) -> dict[str, float]:
    """The densities depend on the distance from the centre alone, which follows a chi law."""
    return on_a_line(chi(dimension), chi(dimension, scale=sd))


CASES = [
    Case("1-D, equal", normal(1), normal(1), SAME),
    Case("1-D, shift .5", normal(1), normal(1, 0.5), shifts(0.5)),
    Case("1-D, shift 1", normal(1), normal(1, 1.0), shifts(1.0)),
    Case("1-D, shift 2", normal(1), normal(1, 2.0), shifts(2.0)),
    Case("1-D, sd x2", normal(1), normal(1, sd=2.0), widths(1, 2.0)),
    Case("2-D, equal", modes(2, 8), modes(2, 8), SAME),
    Case("2-D, shift .5", modes(2, 8), modes(2, 8, shift=0.5), shifts(0.5 * 2**0.5)),
    Case("2-D, 4 of 8 modes", modes(2, 8), modes(2, 8, 4), kept_modes(8, 4)),
    Case("2-D, sd x1.1", modes(2, 8), modes(2, 8, sd=1.1), widths(2, 1.1)),
    Case("2-D, sd x1.5", modes(2, 8), modes(2, 8, sd=1.5)),
    Case("15-D, equal", modes(15), modes(15), SAME),
    Case("15-D, 8 of 10 modes", modes(15), modes(15, kept=8), kept_modes(10, 8)),
    Case("15-D, sd x1.1", modes(15), modes(15, sd=1.1), widths(15, 1.1)),
    Case("64-D, equal", modes(64), modes(64), SAME),
    Case("64-D, 8 of 10 modes", modes(64), modes(64, kept=8), kept_modes(10, 8)),
    Case("64-D, sd x1.1", modes(64), modes(64, sd=1.1), widths(64, 1.1)),
]


def closed_forms(drawn: dict[str, dict[str, float]]) -> str:
    """The largest differences between closed forms and what many draws give, by quantity."""
    worst: dict[str, tuple[float, str]] = {}
    for case in CASES:
        for name, value in case.closed.items():
            gap = abs(drawn[case.name][name] - value)
            worst[name] = max(worst.get(name, (0.0, "")), (gap, case.name))
    lines = [f"| {name} | {gap:.4f} | {case} |" for name, (gap, case) in worst.items()]
    return "\n".join(["| quantity | largest difference | case |", "|---|---:|---|", *lines])
