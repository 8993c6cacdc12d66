"""Running a bench and writing its page: scores, coverage counts, published numbers, machine."""

import dataclasses
import os
import platform
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from genzoo.api.compare import compare
from genzoo.disk import write_text
from genzoo.experiment import ComparisonObserver
from genzoo.experiment.bench import Bench, PublishedTable, load_bench
from genzoo.results.table import escape_markdown
from genzoo.results.types import ComparisonTable, Score
from genzoo.version import __version__

COUNTED = {"published_modes": "one sample", "modes_captured": "by mass"}
"""Metrics that count modes, and how a page calls their criterion."""
CPU_FACTS = Path("/proc/cpuinfo")


def bench(
    name: str,
    *,
    profile: str | None = None,
    seeds: int | Sequence[int] | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    device: str = "cpu",
    record: bool = True,
    watch: bool = False,
    observer: ComparisonObserver | None = None,
) -> ComparisonTable:
    """Run a profile of a bench: a comparison as any other, and a page that sets it beside published numbers.

    Args:
        name: A shipped bench's name, or a .json file like it.
        profile: Which of its profiles; by default the first.
        seeds: A count, or a list of seeds, in place of the profile's.
        out: Folder of the comparison, and of its page bench.md; runs finished in it are reused.
            None keeps nothing.
        workers: Processes.
        device: `"cpu"`, `"cuda"`, ...
        record: Whether to watch every run, without which there are no events of modes, and to film
            two of each model.
        watch: Whether to keep report.html up to date while training goes on, see `compare`.
        observer: Hears of progress.

    Returns:
        The comparison; `facts` hold the bench, the profile, the command and the machine.

    Raises:
        InputError: On an unknown name or profile, or a file that does not fit; nothing has been
            trained then.
    """
    chosen = load_bench(name)
    key, protocol = chosen.profile(profile)
    start = time.monotonic()
    table = compare(
        protocol=protocol,
        seeds=seeds,
        out=out,
        workers=workers,
        device=device,
        record=record,
        watch=watch,
        observer=observer,
    )
    count = len({score.seed for score in table.scores})
    facts = {
        "bench": name,
        "profile": key,
        "command": shlex.join(["genzoo", "bench", name, "--profile", key, "--seeds", str(count)]),
        "machine": machine(device, workers),
        "training_seconds": round(_training_seconds(table), 1),
        "seconds": round(time.monotonic() - start, 1),
    }
    table = dataclasses.replace(table, facts=facts)
    if out is not None:
        write_text(Path(out) / "bench.md", bench_page(chosen, key, table))
    return table


def bench_page(chosen: Bench, profile: str, table: ComparisonTable) -> str:
    """The page of a bench in Markdown.

    Args:
        chosen: The bench.
        profile: Which of its profiles was run.
        table: What came of it, with the facts that `bench` adds.
    """
    facts = table.facts
    parts = [
        f"# {chosen.name}, profile {profile}",
        f"{chosen.description} {chosen.profiles[profile].description}",
        f"Command: `{facts['command']}` (genzoo {__version__}).\n\n"
        f"Machine: {facts['machine']}; {facts['training_seconds']:,.0f} s of training by the clock, all runs together.",
        table.to_markdown().rstrip(),
        _coverage(table),
    ]
    if chosen.published:
        parts += ["## Published numbers", *(_published(one) for one in chosen.published)]
    if chosen.differences:
        parts += ["## Why the numbers differ", chosen.differences]
    return "\n\n".join(part for part in parts if part) + "\n"


def machine(device: str, workers: int) -> str:
    """What a run was made on, in words."""
    cores = os.cpu_count() or 1
    processor = _processor() if device == "cpu" else torch.cuda.get_device_name(device)
    system = f"{platform.system()}, Python {platform.python_version()}, torch {torch.__version__}"
    return f"{processor}, {cores} cores, {workers} worker{'s' if workers > 1 else ''}; {system}"


def _processor() -> str:
    if CPU_FACTS.exists():
        lines = CPU_FACTS.read_text(encoding="utf-8", errors="replace").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if named:
            return named[0]
    return platform.processor() or platform.machine()


def _training_seconds(table: ComparisonTable) -> float:
    runs = {(s.model, s.source, s.seed): s.training_seconds or 0.0 for s in table.scores}
    return sum(runs.values())


def _coverage(table: ComparisonTable) -> str:
    """In how many runs all modes were found, by each criterion, and the fewest that a run found."""
    lines = []
    for one in table.tables:
        for row in one.rows:
            mine = [
                s
                for s in table.scores
                if (s.model, s.source) == (row, one.source) and s.parameters is not None
            ]
            by_metric = {
                name: [score for score in mine if score.metric == name] for name in COUNTED
            }
            if all(by_metric.values()):
                cells = " | ".join(_counts(scores) for scores in by_metric.values())
                lines.append(
                    f"| {escape_markdown(one.source)} | {escape_markdown(row)} | {cells} |"
                )
    heads = " | ".join(f"all modes, {how} | fewest" for how in COUNTED.values())
    top = [
        "## Runs with all modes",
        "",
        f"| source | model | {heads} |",
        "|---|---|" + "---:|" * (2 * len(COUNTED)),
    ]
    return "\n".join([*top, *lines]) if lines else ""


def _counts(scores: Sequence[Score]) -> str:
    found = [score.value for score in scores if score.value is not None]
    whole = sum(score.value is not None and score.value == score.ceiling for score in scores)
    return f"{whole} of {len(scores)} | {min(found):.0f}" if found else f"0 of {len(scores)} | n/a"


def _published(table: PublishedTable) -> str:
    header = " | ".join(escape_markdown(column) for column in table.columns)
    rows = [
        f"| {escape_markdown(row)} | {' | '.join(cells)} |" for row, cells in table.rows.items()
    ]
    top = [
        f"{table.reference}. {table.setting}.",
        "",
        f"| | {header} |",
        "|---|" + "---:|" * len(table.columns),
    ]
    return "\n".join([*top, *rows])
