"""What the trainer costs against a hand-written loop of the same protocol, side by side.

The protocol is the artist's paintings: G 5-128-15, D 15-128-1, ReLU, torch.optim.Adam with its
defaults at 1e-4, batch 64, minimax loss, Algorithm 1 of Goodfellow et al. 2014. One thread. The
trainer's figures include monitors and divergence checks. Rounds alternate between the two; the
ratios are medians over rounds.

    python tests/benchmarks/training_speed.py [--steps 1000] [--rounds 5]
"""

import argparse
import resource
import statistics
import time

import torch
from torch import nn

from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.models import MODELS
from genzoo.training import Trainer

SEEDS = (1, 16)


def hand_written(steps: int) -> float:
    """Seconds a step of the plain loop."""
    generator = torch.Generator().manual_seed(0)
    G = nn.Sequential(nn.Linear(5, 128), nn.ReLU(), nn.Linear(128, 15))
    D = nn.Sequential(nn.Linear(15, 128), nn.ReLU(), nn.Linear(128, 1))
    optimiser_g = torch.optim.Adam(G.parameters(), lr=1e-4)
    optimiser_d = torch.optim.Adam(D.parameters(), lr=1e-4)
    grid = torch.linspace(-1, 1, 15)
    start = time.perf_counter()
    for _ in range(steps):
        a = 1 + torch.rand(64, 1, generator=generator)
        real = D(a * grid**2 + (a - 1))
        fake = D(G(torch.randn(64, 5, generator=generator)).detach())
        loss_d = nn.functional.softplus(-real).mean() + nn.functional.softplus(fake).mean()
        optimiser_d.zero_grad()
        loss_d.backward()
        optimiser_d.step()
        loss_g = -nn.functional.softplus(D(G(torch.randn(64, 5, generator=generator)))).mean()
        optimiser_g.zero_grad()
        loss_g.backward()
        optimiser_g.step()
    return (time.perf_counter() - start) / steps


def with_trainer(steps: int, seeds: int) -> float:
    """Seconds a step of all seeds together."""
    recipe = Recipe(steps=steps, batch_size=64, learning_rate=1e-4, standardisation="none")
    source = create_source("paintings")
    start = time.perf_counter()
    options = {"latent_dim": 5, "width": 128, "depth": 1, "activation": "relu"}
    Trainer().fit(
        lambda: MODELS.create("gan_minimax", (15,), **options),
        source,
        list(range(seeds)),
        recipe,
    )
    return (time.perf_counter() - start) / steps


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    hand_written(100)
    with_trainer(64, 1)
    plain: list[float] = []
    ours: dict[int, list[float]] = {seeds: [] for seeds in SEEDS}
    for _ in range(arguments.rounds):
        plain.append(hand_written(arguments.steps))
        for seeds in SEEDS:
            ours[seeds].append(with_trainer(arguments.steps, seeds))
    print(f"hand-written loop: {statistics.median(plain) * 1e3:.3f} ms a step")
    for seeds in SEEDS:
        ratios = [mine / seeds / theirs for mine, theirs in zip(ours[seeds], plain, strict=True)]
        ratio = statistics.median(ratios)
        print(
            f"trainer, {seeds:2} seed(s): {statistics.median(ours[seeds]) * 1e3:.3f} ms a step; "
            f"a seed costs {ratio:.2f}x the loop ({min(ratios):.2f} ... {max(ratios):.2f})"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
