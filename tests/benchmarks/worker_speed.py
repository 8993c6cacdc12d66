"""What a second worker saves: the same command with one worker and with two, alternating.

Each command is a process of its own in an empty folder. Seconds by the clock, and processor seconds
of the command and of its workers, the medians over rounds; results.csv must not differ, apart from
the columns of seconds. On a machine that others use, the clock says little: look at the load, and
at the ratio that idle cores would give at best, one / (command + workers / N) in processor seconds.

With `--dask` the workers are those of a Dask LocalCluster, which is there before the command
starts; then the clock alone is read.

    python tests/benchmarks/worker_speed.py [--rounds 3] [--only slow] [--dask]
"""

import argparse
import csv
import ctypes
import importlib
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

JOBS = {
    "slow": "-m gan_r1 -d grid --seeds 16 --steps 2400 --no-record --metrics quick",
    "default": "--steps 300",
    "short": "-m gan_nonsaturating -m vae -d ring -d grid --seeds 10 --steps 600",
}
REAP_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of Linux: what a command leaves behind is counted here."""


class Taken(NamedTuple):
    """What a command took.

    Attributes:
        clock: Seconds.
        command: Processor seconds of its own process.
        workers: Processor seconds of all others.
    """

    clock: float
    command: float
    workers: float


def run(words: str, workers: int, out: Path) -> Taken:
    """Run a command to its end, and to that of all it has started."""
    command = [sys.executable, "-m", "genzoo.cli", "compare", *words.split()]
    command += ["--workers", str(workers), "-o", str(out)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds, own, others = 0.0, 0.0, 0.0
    while True:
        try:
            found, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return Taken(seconds, own, others)
        processor = usage.ru_utime + usage.ru_stime
        if found == process.pid:
            seconds, own = time.perf_counter() - start, processor
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0
        else:
            others += processor


def run_on_dask(words: str, workers: int, out: Path) -> Taken:
    """Run a command with the workers of a cluster on this machine."""
    distributed = importlib.import_module("distributed")
    with distributed.LocalCluster(n_workers=workers, threads_per_worker=1) as cluster:
        cluster.wait_for_workers(workers)
        command = [sys.executable, "-m", "genzoo.cli", "compare", *words.split(), "-o", str(out)]
        command += ["--scheduler", cluster.scheduler_address]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return Taken(time.perf_counter() - start, math.nan, math.nan)


def medians(rounds: Sequence[Taken]) -> Taken:
    """Of each part."""
    return Taken(*map(statistics.median, zip(*rounds, strict=True)))


def results(out: Path) -> list[dict[str, str]]:
    """The rows of results.csv without what a clock has said."""
    with (out / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name in list(row):
            if "seconds" in name:
                del row[name]
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=JOBS, default=None)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--dask", action="store_true")
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(REAP_ORPHANS, 1)
    many = arguments.workers
    one_run = run_on_dask if arguments.dask else run
    print(
        f"| job | 1 worker: s (processor) | {many} workers: s (command + workers) | ratio "
        "| by processor | load |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for name in [arguments.only] if arguments.only else JOBS:
        taken: dict[int, list[Taken]] = {1: [], many: []}
        loads: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(arguments.rounds):
                found = []
                for workers in (1, many):
                    out = Path(folder) / str(workers)
                    shutil.rmtree(out, ignore_errors=True)
                    taken[workers].append(one_run(JOBS[name], workers, out))
                    found.append(results(out))
                    loads.append(os.getloadavg()[0])
                assert found[0] == found[1]
        one, two = map(medians, (taken[1], taken[many]))
        ratios = [a.clock / b.clock for a, b in zip(taken[1], taken[many], strict=True)]
        best = (one.command + one.workers) / (two.command + two.workers / many)
        print(
            f"| {name} | {one.clock:.1f} ({one.command + one.workers:.1f}) "
            f"| {two.clock:.1f} ({two.command:.1f} + {two.workers:.1f}) "
            f"| {statistics.median(ratios):.2f} | {best:.2f} "
            f"| {min(loads):.1f} to {max(loads):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
