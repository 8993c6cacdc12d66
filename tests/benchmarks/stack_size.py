"""What a training step costs for each seed, against how many seeds train in one stack.

Processor microseconds per step and seed, one thread, after the first chunk of steps, in which
losses are recorded or compiled. Rounds go through all sizes; the smallest of the rounds is shown.

    python tests/benchmarks/stack_size.py [--engine replay] [--steps 512] [--rounds 3]
"""

import argparse
import math
import time
from collections.abc import Sequence

import torch

from genzoo.api.create import contestant, problem
from genzoo.experiment.stacks import state_bytes
from genzoo.training import Trainer, TrainingProgress
from genzoo.training.engines import EngineName

JOBS = (
    ("gan_nonsaturating", "paintings"),
    ("vae", "ring"),
    ("gan_r1", "grid"),
    ("neural_spline_flow", "two_moons"),
)
SIZES = (1, 2, 4, 8, 10, 16, 32)


class Watch:
    """Processor seconds between the first chunk of steps and the last."""

    def __init__(self) -> None:
        self.at: list[tuple[int, float]] = []

    def __call__(self, progress: TrainingProgress) -> None:
        """Hear of a chunk."""
        self.at.append((progress.step, time.process_time()))

    @property
    def each(self) -> float:
        """Microseconds of a step."""
        (first, start), (last, end) = self.at[0], self.at[-1]
        return 1e6 * (end - start) / (last - first)


def cost(model: str, source: str, seeds: int, steps: int, engine: EngineName) -> float:
    """Microseconds per step and seed."""
    where = problem(source)
    one = contestant(model, {"steps": steps})
    watch = Watch()
    trainer = Trainer(engine=engine)
    build = lambda: one.build_on(where.source)  # noqa: E731
    trainer.fit(build, where.source, list(range(seeds)), one.recipe, [watch])
    return watch.each / seeds


def table(jobs: Sequence[tuple[str, str]], steps: int, rounds: int, engine: EngineName) -> None:
    """Print a line for each job."""
    print("| model on source | kB a seed |" + "".join(f" {size} |" for size in SIZES))
    print("|---|---:|" + "---:|" * len(SIZES))
    for model, source in jobs:
        where = problem(source)
        one = contestant(model, {})
        own = state_bytes(one.build_on(where.source), one.recipe) / 1024
        best = dict.fromkeys(SIZES, math.inf)
        for _ in range(rounds):
            for size in SIZES:
                best[size] = min(best[size], cost(model, source, size, steps, engine))
        cells = "".join(f" {best[size]:.0f} |" for size in SIZES)
        print(f"| {model} on {source} | {own:.0f} |{cells}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="replay")
    parser.add_argument("--steps", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    jobs = [job for job in JOBS if arguments.only in job[0]]
    table(jobs, arguments.steps, arguments.rounds, arguments.engine)


if __name__ == "__main__":
    main()
