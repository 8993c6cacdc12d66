"""What the draws of batches cost, with a table of the rows in model units and without.

Processor microseconds per step and seed, on one thread; in each round both are measured in turn,
and figures are medians over rounds. The last column is a whole step.

    OMP_NUM_THREADS=1 python tests/benchmarks/draw_speed.py [--engine compiled] [--rounds 7]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from genzoo.data import create_source
from genzoo.models import MODELS, recommended_recipe
from genzoo.training import draws
from genzoo.training.draws import CHUNK
from genzoo.training.fit import Fit

JOBS = (("vae", "digits"), ("gan_nonsaturating", "digits"), ("vae", "ring"))
TABLES = {"without": 0, "with": draws.TABLE}


def fit_of(model: str, source: str, seeds: int, engine: str) -> Fit:
    learned = create_source(source)
    return Fit(
        lambda: MODELS.create(model, learned.event_shape),
        learned,
        tuple(range(seeds)),
        recommended_recipe(model).override(steps=10**6),
        (),
        device=torch.device("cpu"),
        dtype=torch.float32,
        engine=engine,
    )


def drawing(fit: Fit) -> Callable[[], None]:
    """Draws what a chunk needs."""

    def draw() -> None:
        for update in fit.updates:
            fit.draws.inputs(update, 0, fit.steps)

    return draw


def cost(work: Callable[[], None], times: int, seeds: int) -> float:
    """Microseconds of the processor per step and seed."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / (times * CHUNK * seeds) * 1e6


def measure(model: str, source: str, seeds: int, rounds: int, engine: str) -> None:
    works: dict[str, Callable[[], None]] = {}
    for name, table in TABLES.items():
        draws.TABLE = table
        works[name] = drawing(fit_of(model, source, seeds, "eager"))
    works["step"] = fit_of(model, source, seeds, engine)._chunk
    found: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(cost(work, 3, seeds))
    cells = [f"{statistics.median(values):.1f}" for values in found.values()]
    print(f"| {model} on {source} | {seeds} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--engine", default="replay")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| job | seeds | draws without | draws with | whole step |")
    print("|---|---:|---:|---:|---:|")
    for model, source in JOBS:
        for seeds in arguments.seeds:
            measure(model, source, seeds, arguments.rounds, arguments.engine)


if __name__ == "__main__":
    main()
