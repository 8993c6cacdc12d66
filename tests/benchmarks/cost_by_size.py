"""What a training step costs by seeds, width, batch and dimension, and where overhead ends.

One size changes at a time, the others stay. Processor microseconds per step and seed on one
thread, by the engine `replay`, beside the arithmetic of the step: multiply-adds of its matrix
products, counted from the shapes of weights, at the rate that one large product of this machine
has in the same process. A step costs overhead where that floor is far below it. Kilobytes are of
what a seed keeps while it trains: weights, moments, averages.

    OMP_NUM_THREADS=1 python tests/benchmarks/cost_by_size.py [--png FILE] [--most 1024]
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import matplotlib.pyplot as plt
import torch
from torch import nn

from genzoo.core.recipe import Recipe
from genzoo.data import ArraySource
from genzoo.experiment.stacks import state_bytes
from genzoo.models import MODELS, recommended_recipe
from genzoo.training import Trainer, TrainingProgress

STEPS = 192
"""Of a run; the first chunk, in which operations are recorded, is not timed."""
PASSES = 3
"""A forward pass and a backward one, which costs two."""


@dataclass(frozen=True)
class Size:
    """One point of the study."""

    seeds: int = 1
    width: int = 64
    batch: int = 128
    dimension: int = 2


AXES: dict[str, tuple[int, ...]] = {
    "seeds": (1, 4, 16, 64, 256, 1024),
    "width": (32, 64, 128, 256, 512, 1024),
    "batch": (32, 128, 512, 2048, 4096),
    "dimension": (2, 8, 32, 128, 784),
}


def recipe_of(size: Size) -> Recipe:
    """The recipe of a VAE with this batch."""
    return recommended_recipe("vae").override(steps=STEPS, batch_size=size.batch)


def builder(size: Size) -> Callable[[], nn.Module]:
    """Makes the VAE of a size."""
    return lambda: MODELS.create("vae", (size.dimension,), width=size.width)


class Watch:
    """The processor time at each chunk of steps."""

    def __init__(self) -> None:
        self.at: list[tuple[int, float]] = []

    def __call__(self, progress: TrainingProgress) -> None:
        """Hear of a chunk."""
        self.at.append((progress.step, time.process_time()))


def cost(size: Size) -> float:
    """Microseconds per step and seed."""
    rows = torch.randn(4096, size.dimension, generator=torch.Generator().manual_seed(0))
    watch = Watch()
    trainer = Trainer(engine="replay")
    source = ArraySource(rows.numpy())
    trainer.fit(builder(size), source, list(range(size.seeds)), recipe_of(size), [watch])
    (first, start), (last, end) = watch.at[0], watch.at[-1]
    return 1e6 * (end - start) / (last - first) / size.seeds


def operations(size: Size) -> float:
    """Floating-point operations of the matrix products of a step of one seed."""
    weights = 0
    for value in builder(size)().parameters():
        if value.ndim == 2:
            weights += value.numel()
    return 2 * PASSES * size.batch * weights


def rate() -> float:
    """Floating-point operations a microsecond, of a large product on this thread."""
    one = torch.randn(1024, 1024)
    best = math.inf
    for _ in range(5):
        before = time.process_time()
        one @ one
        best = min(best, time.process_time() - before)
    return 2 * 1024**3 / best / 1e6


def main() -> None:
    """Print the table, and draw it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=1024, help="of seeds, width and dimension")
    parser.add_argument("--png", default="")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| | | us a step and seed | arithmetic alone | kB a seed |\n|---|---:|---:|---:|---:|")
    found: dict[str, list[tuple[int, float, float]]] = {}
    for axis, values in AXES.items():
        for value in values:
            if axis != "batch" and value > arguments.most:
                continue
            size = replace(Size(), **{axis: value})
            floor = operations(size) / rate()
            taken = cost(size)
            kept = state_bytes(builder(size)(), recipe_of(size)) / 1024
            found.setdefault(axis, []).append((value, taken, floor))
            print(f"| {axis} | {value} | {taken:.0f} | {floor:.0f} | {kept:.0f} |", flush=True)
    if arguments.png:
        draw(found, arguments.png)


def draw(found: dict[str, list[tuple[int, float, float]]], path: str) -> None:
    """A panel for each size that changes."""
    figure, panels = plt.subplots(1, len(found), figsize=(13, 3.4), sharey=True)
    for panel, (axis, points) in zip(panels, found.items(), strict=True):
        values, taken, floor = zip(*points, strict=True)
        panel.loglog(values, taken, marker="o", label="a step of one seed")
        panel.loglog(values, floor, linestyle="--", label="its arithmetic alone")
        panel.set_xlabel(axis)
        panel.grid(visible=True, alpha=0.3)
    panels[0].set_ylabel("processor time [us]")
    panels[0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
