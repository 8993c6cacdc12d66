"""What recording costs: training with and without it, side by side, and what is left on disk.

The models, sources, recipes and number of seeds are those of `genzoo compare` without arguments.
Rounds alternate between the two; the ratio is that of the sums over models of the medians over
rounds. "Live" is the look at the captured modes that the line of progress takes every two seconds.

    python tests/benchmarks/recording_cost.py [--rounds 3] [--seeds 10] [--models vae ...]
    [--sources ring ...]
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch

import genzoo
from genzoo.api.compare import DEFAULT


def seconds(model: str, source: str, seeds: int, *, record: bool) -> float:
    """Seconds to train all seeds, watched by a silent observer."""
    start = time.process_time()
    genzoo.train(model, source, seeds=seeds, record=record, observers=[lambda _: None])
    return time.process_time() - start


def size(model: str, source: str, seeds: int) -> tuple[int, int]:
    """Bytes of the recordings and of the whole runs on disk."""
    with tempfile.TemporaryDirectory() as folder:
        genzoo.train(model, source, seeds=seeds, directory=Path(folder) / "run")
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        names = ("recording.npz", "watched.npz", "mode_shares.npz")
        films = [path for path in files if path.name in names]
        return sum(p.stat().st_size for p in films), sum(p.stat().st_size for p in files)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=DEFAULT.seeds)
    parser.add_argument("--models", nargs="+", default=list(DEFAULT.models))
    parser.add_argument("--sources", nargs="+", default=list(DEFAULT.sources))
    given = parser.parse_args()
    torch.set_num_threads(1)
    plain_sum = recorded_sum = 0.0
    print("model, source: seconds of processor time without, with, ratio; kB of recordings, of all")
    for source in given.sources:
        for model in given.models:
            without, with_it = [], []
            for _ in range(given.rounds):
                without.append(seconds(model, source, given.seeds, record=False))
                with_it.append(seconds(model, source, given.seeds, record=True))
            plain, recorded = statistics.median(without), statistics.median(with_it)
            films, everything = size(model, source, given.seeds)
            plain_sum, recorded_sum = plain_sum + plain, recorded_sum + recorded
            print(
                f"{model}, {source}: {plain:.2f}, {recorded:.2f}, {recorded / plain:.3f}; "
                f"{films / 1000:.0f}, {everything / 1000:.0f}",
                flush=True,
            )
    print(f"all: {plain_sum:.2f}, {recorded_sum:.2f}, {recorded_sum / plain_sum:.3f}")


if __name__ == "__main__":
    main()
