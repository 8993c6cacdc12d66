"""From how many steps on an engine pays, with an empty cache of compiled steps and with a full one.

Each run is `genzoo train` in a process of its own, without pictures; what counts is the processor
time of that process and of all that it starts. Of two lengths of training, the difference gives
the price of a step, and what is left is paid once. The cache is a folder that is empty (cold) or
that the run before has filled (warm). Runs of all engines alternate; figures are medians.

    python tests/benchmarks/engine_break_even.py [--repeats 7] [--jobs paintings vae]
"""

import argparse
import itertools
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CASES = {
    "paintings": ("gan_minimax", "paintings"),
    "vae": ("vae", "ring"),
    "gan_r1": ("gan_r1", "grid"),
    "flow_matching": ("flow_matching", "ring"),
}
KINDS = ("eager", "replay", "compiled, cold", "compiled, warm")
SHORT, LONG = 512, 2048
"""Steps of both lengths; the first is beyond all that is made once."""


@dataclass(frozen=True)
class Price:
    """Processor seconds of a kind of engine: what is paid once, and for each step."""

    once: float
    step: float

    def from_on(self, other: "Price") -> float:
        """The steps from which on this costs less than another, infinite where it never does."""
        saved = other.step - self.step
        if saved <= 0:
            return float("inf")
        return max(0.0, (self.once - other.once) / saved)


def seconds(model: str, source: str, seeds: int, steps: int, engine: str, cache: Path) -> float:
    """Processor seconds of one command, with all that it starts."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "genzoo", "train", model, "-d", source]
        command += ["--seeds", str(seeds), "--steps", str(steps), "--engine", engine]
        command += ["--no-record", "-o", f"{out}/run"]
        environment = {
            **os.environ,
            "TORCHINDUCTOR_CACHE_DIR": str(cache),
            "OMP_NUM_THREADS": "1",
            "TORCHINDUCTOR_COMPILE_THREADS": "1",
        }
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def prices(model: str, source: str, seeds: int, repeats: int) -> dict[str, Price]:
    """By kind of engine, from alternating runs."""
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            for steps, kind in itertools.product((SHORT, LONG), KINDS):
                # Cold comes before warm, and each length has a folder of its own.
                cache = Path(folder) / str(steps)
                engine = kind.partition(",")[0]
                taken = seconds(model, source, seeds, steps, engine, cache)
                found.setdefault((kind, steps), []).append(taken)
    table = {}
    for kind in KINDS:
        short, long = (median(found[kind, steps]) for steps in (SHORT, LONG))
        step = (long - short) / (LONG - SHORT)
        table[kind] = Price(short - SHORT * step, step)
    return table


def row(name: str, seeds: int, table: dict[str, Price]) -> str:
    """A line of the table."""
    cells = [f"{table[kind].once:.1f} | {1e6 * table[kind].step:.0f}" for kind in KINDS]
    replay = table["replay"]
    for kind in ("compiled, cold", "compiled, warm"):
        cells.append(f"{table[kind].from_on(replay):,.0f}")
    return f"| {name} | {seeds} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 10])
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    heads = [f"{kind}: once [s] | a step [us]" for kind in KINDS]
    print(f"| | seeds | {' | '.join(heads)} | cold pays from [steps] | warm pays from |")
    print("|---|---:" + "|---:" * (2 * len(KINDS) + 2) + "|")
    for name, seeds in itertools.product(arguments.jobs, arguments.seeds):
        print(row(name, seeds, prices(*CASES[name], seeds, arguments.repeats)), flush=True)


if __name__ == "__main__":
    main()
