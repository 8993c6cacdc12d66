"""Running a bench and writing its page: scores, coverage counts, published numbers, machine."""

import dataclasses
import os
import platform
import shlex
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import torch

from genzoo.api.compare import compare
from genzoo.api.step_scores import step_page, step_scores, write_steps
from genzoo.disk import write_text
from genzoo.experiment import ComparisonObserver
from genzoo.experiment.bench import Bench, PublishedTable, load_bench
from genzoo.results.step_scores import StepScore
from genzoo.results.table import escape_markdown
from genzoo.results.types import ComparisonTable, Score
from genzoo.training.engines import EngineName
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
    executor: Executor | None = None,
    device: str = "cpu",
    engine: EngineName = "auto",
    record: bool = True,
    watch: bool = False,
    observer: ComparisonObserver | None = None,
) -> ComparisonTable:
    """Run a profile of a bench.

    It is a comparison as any other, with a page that sets it beside published numbers.

    Args:
        name: A shipped bench's name, or a .json file like it.
        profile: Which of its profiles to run; by default the first.
        seeds: A count, or a list of seeds, in place of the profile's.
        out: Folder of the comparison, and of its page bench.md; runs finished in it are reused.
            None keeps nothing, and samples no model again in other numbers of steps.
        workers: The number of processes.
        executor: Where to train and score in their place, see `compare`.
        device: `"cpu"`, `"cuda"`, ...
        engine: How training steps are made: `"eager"`, `"replay"`, `"compiled"`, and on a GPU
            `"captured"`, which are the same up to rounding, or `"auto"`, the one that pays for so
            many steps and seeds.
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
        executor=executor,
        device=device,
        engine=engine,
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
        steps = step_scores(table, protocol.metrics, chosen.evaluations)
        write_text(Path(out) / "bench.md", bench_page(chosen, key, table, steps))
        if steps:
            write_steps(Path(out), table, steps)
    return table


def bench_page(
    chosen: Bench, profile: str, table: ComparisonTable, steps: Sequence[StepScore] = ()
) -> str:
    """The page of a bench in Markdown.

    Args:
        chosen: The bench.
        profile: Which of its profiles was run.
        table: What came of it, with the facts that `bench` adds.
        steps: Scores of the models sampled again.
    """
    facts = table.facts
    seconds = f"{facts['training_seconds']:,.0f} s of training by the clock, all runs together"
    parts = [
        f"# {chosen.name}, profile {profile}",
        f"{chosen.description} {chosen.profiles[profile].description}",
        f"Command: `{facts['command']}` (genzoo {__version__}).",
        f"Machine: {facts['machine']}; {seconds}.",
        table.to_markdown().rstrip(),
        _coverage(table),
    ]
    if steps:
        parts.append(step_page(steps, table))
    if chosen.published:
        parts.append("## Published numbers")
        for published in chosen.published:
            parts.append(_published(published))
    if chosen.differences:
        parts += ["## Why the numbers differ", chosen.differences]
    return "\n\n".join(part for part in parts if part) + "\n"


def machine(device: str, workers: int) -> str:
    """What a run was made on, in words."""
    cores = os.cpu_count() or 1
    processor = _processor() if device == "cpu" else torch.cuda.get_device_name(device)
    system = f"{platform.system()}, Python {platform.python_version()}, torch {torch.__version__}"
    processes = f"{workers} workers" if workers > 1 else f"{workers} worker"
    return f"{processor}, {cores} cores, {processes}; {system}"


def _processor() -> str:
    if CPU_FACTS.exists():
        for line in CPU_FACTS.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _training_seconds(table: ComparisonTable) -> float:
    by_run: dict[tuple[str, str, int], float] = {}
    for score in table.scores:
        by_run[score.model, score.source, score.seed] = score.training_seconds or 0.0
    return sum(by_run.values())


def _coverage(table: ComparisonTable) -> str:
    """In how many runs all modes were found, by each criterion, and the fewest that a run found.

    Nothing where no row has counts by every criterion.
    """
    counts: dict[tuple[str, str], dict[str, list[Score]]] = {}
    for score in table.scores:
        if score.metric in COUNTED and score.parameters is not None:
            by_metric = counts.setdefault((score.source, score.model), {})
            by_metric.setdefault(score.metric, []).append(score)
    rows = []
    for one in table.tables:
        for row in one.rows:
            by_metric = counts.get((one.source, row), {})
            if len(by_metric) < len(COUNTED):
                continue
            cells = [escape_markdown(one.source), escape_markdown(row)]
            for name in COUNTED:
                cells += _counts(by_metric[name])
            rows.append(_line(cells))
    if not rows:
        return ""
    header = ["source", "model"]
    for criterion in COUNTED.values():
        header += [f"all modes, {criterion}", "fewest"]
    rule = "|---|---|" + "---:|" * (2 * len(COUNTED))
    return "\n".join(["## Runs with all modes", "", _line(header), rule, *rows])


def _counts(scores: Sequence[Score]) -> tuple[str, str]:
    """In how many runs all modes were found, and the fewest modes that a run found."""
    values = [score.value for score in scores if score.value is not None]
    if not values:
        return f"0 of {len(scores)}", "n/a"
    whole = 0
    for score in scores:
        if score.value is not None and score.value == score.ceiling:
            whole += 1
    return f"{whole} of {len(scores)}", f"{min(values):.0f}"


def _published(table: PublishedTable) -> str:
    header = " | ".join(escape_markdown(column) for column in table.columns)
    lines = [
        f"{table.reference}. {table.setting}.",
        "",
        f"| | {header} |",
        "|---|" + "---:|" * len(table.columns),
    ]
    for row, cells in table.rows.items():
        lines.append(_line([escape_markdown(row), *cells]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"
