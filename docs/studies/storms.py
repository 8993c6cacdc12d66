"""What remains of runs that are killed, starved and damaged; writes a section of ../robustness.md.

    python docs/studies/storms.py [--kills 200] [--damages 60] [--seed 0] [--at-once 1] [--write]

About 25 minutes for 200 kills on two idle cores. Needs Linux; the full disk needs the right to
mount a tmpfs. Each command first runs undisturbed, twice, and both must agree and be whole; then it
is stopped at random moments and started again in the same folder, until so many kills have been
dealt, and must end with the same weights, samples, histories and scores to the bit."""

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from genzoo.disk import DRAFT, OLDER_DRAFTS

PAGE, SECTION = Path(__file__).parents[1] / "robustness.md", "## Storms"
MODELS = ["autoencoder", "gan_minimax"]
METRICS = "sliced_wasserstein,modes_captured"
BENCH = {
    "format": 1,
    "description": "A bench that is killed.",
    "profiles": {
        "tiny": {
            "description": "Two models.",
            "models": ["autoencoder", "gan_minimax"],
            "sources": ["ring"],
            "recipe": {"steps": 60},
            "seeds": 2,
            "metrics": METRICS,
        }
    },
}
STATUS = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 143, signal.SIGINT: 130}
"""What a command ends with that did not finish before it was stopped."""
GONE = 5.0
"""Seconds in which every process must have ended on an idle machine."""
TIMES = ("training_seconds", "sampling_seconds")
KILLS_A_FOLDER = 10
"""After so many kills a folder is finished, looked at, and a new one begun."""


class Command(NamedTuple):
    """Something to run: its words, and the folder in which it leaves runs."""

    name: str
    words: list[str]
    has_workers: bool


class Blow(NamedTuple):
    """What is done to a command: which signal, to whom."""

    signal: signal.Signals
    victim: str

    def __str__(self) -> str:
        return f"{self.signal.name} to the {self.victim}"


BLOWS = [
    Blow(signal.SIGKILL, "parent"),
    Blow(signal.SIGKILL, "group"),
    Blow(signal.SIGKILL, "worker"),
    Blow(signal.SIGTERM, "parent"),
    Blow(signal.SIGTERM, "group"),
    Blow(signal.SIGINT, "group"),
]


@dataclass
class Count:
    """What was seen of one kind of blow to one command."""

    dealt: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)


Counts = dict[tuple[str, str], Count]
SHARES = (0.2, 0.1, 0.7)
"""Of the kills, by command: those with workers take longer to start."""


def commands(folder: Path) -> list[Command]:
    """The commands, which write into `folder`."""
    bench = folder.parent / "storm.json"
    if not bench.exists():
        bench.parent.mkdir(parents=True, exist_ok=True)
        bench.write_text(json.dumps(BENCH), encoding="utf-8")
    two = ["--seeds", "2", "--workers", "2"]
    few = ["--steps", "60", "--metrics", METRICS]
    compare = ["compare", "-m", *MODELS, "-d", "ring", *two, *few, "-o", str(folder)]
    train = [
        "train",
        "gan_minimax",
        "-d",
        "ring",
        "--seeds",
        "2",
        "--steps",
        "600",
        "-o",
        str(folder / "t"),
    ]
    return [
        Command("compare", compare, has_workers=True),
        Command("bench", ["bench", str(bench), *two, "-o", str(folder)], has_workers=True),
        Command("train", train, has_workers=False),
    ]


class Running:
    """A command in a process group of its own.

    All its processes can be found by a mark in their environment.
    """

    def __init__(self, command: Command) -> None:
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-m", "genzoo", *command.words],
            env={**os.environ, "GENZOO_STORM": self.mark, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def processes(self) -> list[int]:
        """All that are alive and carry the mark."""
        return [process for process in alive() if marked(process, self.mark)]

    def workers(self) -> list[int]:
        """Those that run tasks."""
        return [process for process in self.processes() if b"spawn_main" in words_of(process)]

    def deal(self, blow: Blow, chance: random.Random) -> bool:
        """Send the signal; False where there was nobody to hear it."""
        if blow.victim == "worker":
            workers = self.workers()
            if not workers:
                return False
            return send(chance.choice(workers), blow.signal)
        if self.process.poll() is not None:
            return False
        if blow.victim == "group":
            os.killpg(self.process.pid, blow.signal)
        else:
            self.process.send_signal(blow.signal)
        return True

    def end(self) -> tuple[int, str]:
        """Wait for the command, and what it said on standard error."""
        said = self.process.communicate(timeout=600)[1]
        return self.process.returncode, said

    def until_gone(self) -> float:
        """Seconds from now until no process of the command is left.

        At most a minute, after which they are killed.
        """
        start = time.monotonic()
        while self.processes() and time.monotonic() - start < 60:
            time.sleep(0.05)
        for process in self.processes():
            send(process, signal.SIGKILL)
        return time.monotonic() - start


def alive() -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def marked(process: int, mark: str) -> bool:
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes()
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return mark.encode() in environment and state != "Z"


def words_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def send(process: int, number: signal.Signals) -> bool:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


def state(folder: Path) -> dict[str, str]:
    """What a folder holds, without times: digests of the files of every run, and all scores."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("config.json")):
        config = json.loads(path.read_text(encoding="utf-8"))
        run = str(path.parent.relative_to(folder))
        found |= {f"{run}/{name}": digest for name, digest in config["files"].items()}
    table = folder / "results.csv"
    if table.exists():
        with table.open(newline="") as file:
            for row in csv.DictReader(file):
                key = f"{row['source']} {row['model']} {row['seed']} {row['metric']}"
                lasting = {name: value for name, value in row.items() if name not in TIMES}
                found[key] = json.dumps(lasting)
    return found


def litter(folder: Path) -> list[str]:
    """Drafts, locks and checkpoints that were left."""
    names = [path.name for path in folder.rglob(".*")]
    patterns = (DRAFT, *OLDER_DRAFTS)
    drafts = [name for name in names if any(pattern.fullmatch(name) for pattern in patterns)]
    names = [path.name for path in folder.rglob("*")]
    others = [name for name in names if "checkpoint" in name or name.endswith("lock")]
    return [*drafts, *others]


def reference(which: int, folder: Path) -> tuple[dict[str, str], float]:
    """The state that a command leaves undisturbed, and how long it takes.

    Raises:
        SystemExit: When it fails, leaves nothing or litter, or two runs of it differ.
    """
    states, seconds = [], 0.0
    for attempt in range(2):
        place = folder / f"reference-{which}-{attempt}"
        start = time.monotonic()
        running = Running(commands(place)[which])
        status, said = running.end()
        seconds = time.monotonic() - start
        if status or litter(place):
            raise SystemExit(
                f"the undisturbed command fails ({status}) or leaves {litter(place)}: {said}"
            )
        states.append(state(place))
    if not states[0] or states[0] != states[1]:
        raise SystemExit("two undisturbed runs differ, or left nothing")
    return states[0], seconds


def storm(which: int, kills: int, folder: Path, chance: random.Random, counts: Counts) -> None:
    """Stop a command at random moments until so many kills have been dealt."""
    right, seconds = reference(which, folder)
    name, dealt, number = commands(folder / "x")[which].name, 0, 0
    while dealt < kills:
        place = folder / f"storm-{which}-{number}"
        number += 1
        here = min(KILLS_A_FOLDER, kills - dealt)
        dealt += here
        for _ in range(here):
            _strike(which, place, seconds, chance, counts)
        count = counts.setdefault((name, "afterwards"), Count())
        status, said = Running(commands(place)[which]).end()
        count.dealt += 1
        if status or state(place) != right:
            count.faults.append(
                f"status {status}, {difference(right, state(place))} differ: {said[-300:]}"
            )
        if litter(place):
            count.faults.append(f"left: {litter(place)}")
        faults = [
            fault for (command, _), one in counts.items() if command == name for fault in one.faults
        ]
        print(f"{name}: {dealt} of {kills} kills", *faults, sep="\n  ", flush=True)


def _strike(which: int, place: Path, seconds: float, chance: random.Random, counts: Counts) -> None:
    """Start a command and deal one blow; where it comes too late, do so in an empty folder."""
    command = commands(place)[which]
    blows = [blow for blow in BLOWS if command.has_workers or blow.victim != "worker"]
    blow = chance.choice(blows)
    while True:
        running = Running(command)
        time.sleep(chance.uniform(0.0, seconds * 0.9))
        if running.deal(blow, chance):
            break
        running.end()
        blow = chance.choice(blows)
        shutil.rmtree(place, ignore_errors=True)
    start = time.monotonic()
    status, said = running.end()
    count = counts.setdefault((command.name, str(blow)), Count())
    count.dealt += 1
    if blow.victim != "worker":
        left = time.monotonic() - start + running.until_gone()
        count.slowest = max(count.slowest, left)
        # Python may end itself by SIGINT after an interruption that was heard; a shell shows 130.
        if status == -signal.SIGINT and "genzoo: stopped" in said:
            status = STATUS[signal.SIGINT]
        if status not in (0, STATUS[blow.signal]) or (status == 0 and left > GONE):
            count.faults.append(f"status {status} after {left:.1f} s: {said[-300:]}")
    elif status not in (0, 2):
        count.faults.append(f"status {status} after a worker was killed: {said[-300:]}")
    # Workers whose parent is killed may end with a traceback.
    if "Traceback" in said and blow.signal != signal.SIGKILL:
        count.faults.append(f"traceback: {said[-500:]}")


def difference(right: dict[str, str], found: dict[str, str]) -> list[str]:
    return [key for key in {*right, *found} if right.get(key) != found.get(key)][:5]


def damage(path: Path, kind: str, chance: random.Random) -> None:
    """Damage a file."""
    content = bytearray(path.read_bytes())
    if kind == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "zeroed":
        path.write_bytes(bytes(len(content)))
    elif kind == "a flipped bit":
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    elif kind == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()


KINDS = ("cut", "zeroed", "a flipped bit", "empty", "deleted")


def damages(times: int, folder: Path, chance: random.Random, counts: Counts) -> None:
    """Damage one file of a finished comparison at a time, and compare again."""
    right, _ = reference(0, folder)
    place = folder / "reference-0-0"
    for _ in range(times):
        kind = chance.choice(KINDS)
        files = sorted(path for path in (place / "runs").rglob("*") if path.is_file())
        path = chance.choice(files)
        damage(path, kind, chance)
        status, said = Running(commands(place)[0]).end()
        count = counts.setdefault(("a file of a run", kind), Count())
        count.dealt += 1
        if status or state(place) != right:
            count.faults.append(
                f"{path.name}: status {status}, {difference(right, state(place))}: {said[-300:]}"
            )


def two_at_once(folder: Path, counts: Counts) -> None:
    """Start the same command twice in one place."""
    for which in range(3):
        right, _ = reference(which, folder)
        place = folder / f"two-{which}"
        command = commands(place)[which]
        first = Running(command)
        time.sleep(0.5)
        ends = [Running(command).end(), first.end()]
        count = counts.setdefault((command.name, "two at once"), Count(dealt=1))
        statuses = sorted(status for status, _ in ends)
        told = all("in use by" in said for status, said in ends if status)
        if statuses not in ([0, 0], [0, 2]) or not told or state(place) != right:
            count.faults.append(f"statuses {statuses}: {[said[-200:] for _, said in ends]}")


def full_disk(folder: Path, counts: Counts) -> None:
    """Run on file systems too small for the runs, then make them larger and go on."""
    for which in range(3):
        right, _ = reference(which, folder)
        place = folder / f"full-{which}"
        place.mkdir()
        command = commands(place / "out")[which]
        count = counts.setdefault((command.name, "full disk"), Count())
        for size in ("40k", "200k", "600k"):
            mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "genzoo", str(place)]
            if subprocess.run(mount, capture_output=True).returncode:
                print("no right to mount a tmpfs: the full disk is left out")
                return
            try:
                command = commands(place / "out")[which]
                status, said = Running(command).end()
                count.dealt += 1
                known_exit = status in (0, 2) and "Traceback" not in said
                if not known_exit or (status and "No space left" not in said):
                    count.faults.append(f"{size}: status {status}: {said[-300:]}")
                subprocess.run(["mount", "-o", "remount,size=64M", str(place)], check=True)
                status, said = Running(command).end()
                if status or state(place / "out") != right or litter(place):
                    faults = f"{difference(right, state(place / 'out'))}, left {litter(place)}"
                    count.faults.append(f"after {size}: status {status}, {faults}: {said[-300:]}")
            finally:
                subprocess.run(["umount", str(place)], check=True)


def section(counts: Counts) -> str:
    """The section of the page: a table of all that was done."""
    lines = [
        "| command | what was done | times | faults | seconds until no process was left, at most |"
    ]
    lines.append("|---|---|---:|---:|---:|")
    for (name, blow), count in sorted(counts.items()):
        slowest = f"{count.slowest:.1f}" if count.slowest else ""
        lines.append(f"| {name} | {blow} | {count.dealt} | {len(count.faults)} | {slowest} |")
    return HEAD.format(words=" ".join(sys.argv[1:])) + "\n".join(lines) + "\n"


HEAD = """## Storms

Written by `python docs/studies/storms.py {words}`.

Every command first ran undisturbed, twice, and left the same files. \
Then it was stopped at random moments, each time
started again in the same folder, ten times before it was let finish ("afterwards"). A fault is: \
weights, samples,
histories, films or scores that differ from the undisturbed ones in a single bit, a traceback, \
a draft, lock or
checkpoint that is left, an exit status that is not the documented one. \
Files of finished runs were damaged one at a
time and the comparison repeated.

"""


def run(kills: int, damaged: int, seed: int, folder: Path, at_once: int = 1) -> Counts:
    """All storms.

    Args:
        kills: Signals in all, shared among the three commands.
        damaged: Files to damage.
        seed: Of the choices of moments, victims and files.
        folder: Where they rage.
        at_once: How many of the commands are killed at the same time.
    """
    counts: Counts = {}
    commands(folder / "storms" / "any")  # the file of the bench stands before anything runs

    def rage(which: int) -> None:
        storm(
            which,
            round(kills * SHARES[which]),
            folder / "storms",
            random.Random(f"{seed} {which}"),
            counts,
        )

    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(rage, range(3)))
    for name, then in (("damages", damages), ("two", two_at_once), ("full", full_disk)):
        (folder / name).mkdir()
        if then is damages:
            damages(damaged, folder / name, random.Random(f"{seed} damages"), counts)
        else:
            then(folder / name, counts)
    return counts


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--kills", type=int, default=200)
    words.add_argument("--damages", type=int, default=60)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--at-once", type=int, default=1, help="commands killed at the same time")
    words.add_argument("--write", action="store_true", help="write the section")
    given = words.parse_args()
    # a shell starts background jobs deaf to Ctrl-C, and so would be the commands
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="genzoo-storms-") as folder:
        counts = run(given.kills, given.damages, given.seed, Path(folder), given.at_once)
    for key, count in sorted(counts.items()):
        print(*key, count.dealt, f"{count.slowest:.1f} s", *count.faults, sep=" | ")
    if given.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(SECTION)
        _, heading, after = rest.partition("\n## ")
        text = before + section(counts) + heading + after
        PAGE.write_text(text, encoding="utf-8")
    raise SystemExit(any(count.faults for count in counts.values()))


if __name__ == "__main__":
    main()
