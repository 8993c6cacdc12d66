"""What a second worker saves: the same command with one worker and with two, alternating.

Each command is a process of its own in an empty folder. Seconds by the clock, and processor seconds
of all its processes together, the medians over rounds; results.csv must not differ, apart from the
columns of seconds. On a machine that others use, the clock says little: look at the load.

    python tests/benchmarks/worker_speed.py [--rounds 3] [--only slow]
"""

import argparse
import csv
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS = {
    "slow": "-m gan_r1 -d grid --seeds 16 --steps 1200 --no-record --metrics quick",
    "default": "--steps 600",
    "short": "-m gan_nonsaturating -m vae -d ring -d grid --seeds 10 --steps 600",
}
REAP_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of Linux: what a command leaves behind is counted here."""


def run(words: str, workers: int, out: Path) -> tuple[float, float]:
    """Seconds by the clock, and processor seconds."""
    command = [sys.executable, "-m", "genzoo.cli", "compare", *words.split()]
    command += ["--workers", str(workers), "-o", str(out)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds, processor = 0.0, 0.0
    while True:
        try:
            found, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds, processor
        processor += usage.ru_utime + usage.ru_stime
        if found == process.pid:
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0


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
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(REAP_ORPHANS, 1)
    many = arguments.workers
    print(f"| job | 1 worker: s (processor) | {many} workers: s (processor) | ratio | load |")
    print("|---|---:|---:|---:|---:|")
    for name in [arguments.only] if arguments.only else JOBS:
        taken: dict[int, list[tuple[float, float]]] = {1: [], many: []}
        loads: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(arguments.rounds):
                found = []
                for workers in (1, many):
                    out = Path(folder) / str(workers)
                    shutil.rmtree(out, ignore_errors=True)
                    taken[workers].append(run(JOBS[name], workers, out))
                    found.append(results(out))
                    loads.append(os.getloadavg()[0])
                assert found[0] == found[1]
        cells = []
        for workers in (1, many):
            seconds = statistics.median(clock for clock, _ in taken[workers])
            processor = statistics.median(own for _, own in taken[workers])
            cells.append(f"{seconds:.1f} ({processor:.1f})")
        ratios = [one[0] / two[0] for one, two in zip(taken[1], taken[many], strict=True)]
        load = f"{min(loads):.1f} to {max(loads):.1f}"
        ratio = f"{statistics.median(ratios):.2f}"
        print(f"| {name} | {cells[0]} | {cells[1]} | {ratio} | {load} |", flush=True)


if __name__ == "__main__":
    main()
