"""What a training step costs with recorded losses against evaluated ones, side by side in one run.

Each model is trained by its own recipe, on one thread, for as many steps with recordings as
without; rounds alternate between the two, and the ratios are medians over rounds of processor time.
Making the recordings is left out and given apart.

    python tests/benchmarks/replay_speed.py [--names gan_r1 r3gan] [--seeds 1 8] [--steps 256]
    [--rounds 5]
"""

import argparse
import statistics
import time

from genzoo.data import create_source
from genzoo.models import MODELS, recommended_recipe
from genzoo.training import Trainer
from genzoo.training.draws import CHUNK


def spent(name: str, seeds: int, steps: int, *, record: bool) -> float:
    """Processor seconds of a fit."""
    source = create_source("grid")
    recipe = recommended_recipe(name).override(steps=steps)
    trainer = Trainer(engine="replay" if record else "eager")
    start = time.process_time()
    trainer.fit(lambda: MODELS.create(name, source.event_shape), source, list(range(seeds)), recipe)
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ["vae", "gan_nonsaturating", "gan_r1", "r3gan", "wgan_gp"]
    parser.add_argument("--names", nargs="*", default=names)
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 8])
    parser.add_argument("--steps", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"{'model':20} seeds  evaluated  replayed  ratio (range)         recording")
    for name in given.names:
        for seeds in given.seeds:
            start: dict[bool, list[float]] = {record: [] for record in (False, True)}
            step: dict[bool, list[float]] = {record: [] for record in (False, True)}
            for _ in range(given.rounds):
                for record in (False, True):
                    short = spent(name, seeds, CHUNK, record=record)
                    long = spent(name, seeds, CHUNK + given.steps, record=record)
                    start[record].append(short)
                    step[record].append((long - short) / given.steps)
            pairs = zip(step[False], step[True], strict=True)
            ratios = [replayed / evaluated for evaluated, replayed in pairs]
            evaluated = statistics.median(step[False]) * 1e3
            replayed = statistics.median(step[True]) * 1e3
            recording = statistics.median(start[True]) - statistics.median(start[False])
            ratio = statistics.median(ratios)
            print(
                f"{name:20} {seeds:5}  {evaluated:6.2f} ms {replayed:6.2f} ms  {ratio:.2f} "
                f"({min(ratios):.2f} ... {max(ratios):.2f})  {recording:6.2f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
