"""Flow matching on 8 Gaussians and on moons by the protocol of Tong et al. (2024).

    python docs/studies/tong.py [--seeds 5] [--steps 3000] [--samples 10000] [--block 10000]
        [--weight-decay 0.01]

Noise is N(0, I), nets have 3 layers of 64 SELU units, AdamW has rate 1e-3 and torch's own decay of
.01, samples are made by 100 steps of Euler's method. W2² is exact between blocks of samples, so
blocks of 10,000 take minutes each. The table is printed.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import Tensor

import genzoo
from genzoo.core.noise import draw_noise, stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.models import MODELS
from genzoo.models.transport import Transport
from genzoo.statistics.intervals import t_interval
from genzoo.training import Trainer

COUPLINGS = ("independent", "optimal")
SETTING = {
    "width": 64,
    "depth": 3,
    "activation": "selu",
    "sampler": "euler",
    "sampler_steps": 100,
    "spacing": 1.0,
}
RECIPE = Recipe(
    steps=3000,
    batch_size=128,
    learning_rate=1e-3,
    betas=(0.9, 0.999),
    weight_decay=0.01,
    schedule="constant",
    averaging=None,
    standardisation="none",
)


SOURCES = {
    "8 Gaussians": genzoo.create_source(f"ring:modes=8,radius=5,sigma={0.1**0.5}"),
    "moons": genzoo.create_source("two_moons:noise=0.2,scale=3,shift=-1"),
}


class Found(NamedTuple):
    """What one seed gives.

    Attributes:
        distance: W2² of samples to data, less that of data to data.
        energy: Path energy, the mean of int |v|^2 dt.
        least: W2² of N(0, I) to data, which the energy of no transport falls below.
    """

    distance: float
    energy: float
    least: float


@dataclass(frozen=True)
class Size:
    """How much is drawn.

    Attributes:
        samples: Of each kind.
        block: Rows between which W2² is exact; its mean over blocks is taken.
    """

    samples: int
    block: int


def squared_w2(x: Tensor, y: Tensor, block: int) -> float:
    """Exact between blocks, and the mean of them."""
    found = []
    for one, other in zip(x.split(block), y.split(block), strict=True):
        costs = cdist(one.double().numpy(), other.double().numpy(), "sqeuclidean")
        rows, columns = linear_sum_assignment(costs)
        found.append(float(costs[rows, columns].mean()))
    return fmean(found)


def measured(name: str, seeds: Sequence[int], recipe: Recipe, size: Size) -> dict[str, list[Found]]:
    """By coupling, what each seed gives; data, noise and samples are drawn afresh for each."""
    source = SOURCES[name]
    n, block = size.samples, size.block
    truths, floors, leasts = [], [], []
    for seed in seeds:
        truth, other = (source.sample(n, generator=stream(seed, key)).x for key in ("real", "two"))
        truths.append(truth)
        floors.append(squared_w2(truth, other, block))
        leasts.append(squared_w2(torch.randn(n, 2, generator=stream(seed, "noise")), truth, block))
    found: dict[str, list[Found]] = {}
    for coupling in COUPLINGS:
        models = trained(source, coupling, seeds, recipe)
        found[coupling] = []
        for k, model in enumerate(models):
            x, energy = sampled(model, n, seeds[k])
            distance = squared_w2(x, truths[k], block) - floors[k]
            found[coupling].append(Found(distance, energy, leasts[k]))
    return found


def trained(
    source: DataSource, coupling: str, seeds: Sequence[int], recipe: Recipe
) -> list[Transport]:
    """One model for each seed."""
    fit = Trainer().fit(
        lambda: MODELS.create("transport", (2,), coupling=coupling, **SETTING),
        source,
        seeds,
        recipe,
    )
    return [run.model for run in fit.runs if isinstance(run.model, Transport)]


def sampled(model: Transport, n: int, seed: int) -> tuple[Tensor, float]:
    """Samples, and the energy of their paths: as many steps times the squared length of all."""
    noise = draw_noise(
        model.sampling_noise(), n, generator=stream(seed, "samples"), like=model.shift
    )
    with torch.no_grad():
        states = model.trajectory(noise).states
    moves = states.diff(dim=0).square().sum(dim=(0, 2))
    return states[-1], float((len(states) - 1) * moves.mean())


def interval(values: Sequence[float]) -> str:
    mean, low, high = t_interval(values)
    return f"{mean:.3f} ± {(high - low) / 2:.3f}"


def row(name: str, coupling: str, found: Sequence[Found]) -> str:
    cells = [
        interval([one.distance for one in found]),
        interval([one.energy for one in found]),
        interval([one.least for one in found]),
        interval([one.energy / one.least - 1 for one in found]),
    ]
    return f"| {name} | {coupling} | {' | '.join(cells)} |"


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("--seeds", type=int, default=5)
    words.add_argument("--steps", type=int, default=RECIPE.steps)
    words.add_argument("--weight-decay", type=float, default=RECIPE.weight_decay)
    words.add_argument("--samples", type=int, default=10_000)
    words.add_argument("--block", type=int, default=10_000)
    given = words.parse_args()
    recipe = RECIPE.override(steps=given.steps, weight_decay=given.weight_decay)
    print("| data | coupling | W2² beyond real | path energy | W2²(noise, data) | excess |")
    print("|---|---|---:|---:|---:|---:|")
    for name in SOURCES:
        found = measured(name, range(given.seeds), recipe, Size(given.samples, given.block))
        for coupling, of_seeds in found.items():
            print(row(name, coupling, of_seeds), flush=True)
        gains = np.subtract(*([one.distance for one in found[c]] for c in COUPLINGS))
        straighter = np.subtract(*([one.energy for one in found[c]] for c in COUPLINGS))
        print(
            f"independent less optimal, {name}: W2² {interval(gains.tolist())}, "
            f"energy {interval(straighter.tolist())}",
            file=sys.stderr,
            flush=True,
        )


if __name__ == "__main__":
    main()
