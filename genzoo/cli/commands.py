"""What each command does: read the words, call `genzoo`, show what comes back."""

import argparse
import fnmatch
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

import genzoo
from genzoo.api.scheduler import executor_at
from genzoo.cli import show
from genzoo.cli.completion import completion
from genzoo.cli.fields import distinct, recipe_fields
from genzoo.cli.precompilation import precompile
from genzoo.cli.progress import Meter
from genzoo.cli.samples import evaluate, sample
from genzoo.disk import check_new
from genzoo.errors import InputError
from genzoo.machine import cores
from genzoo.registry import Entry, Registry, Spec

if TYPE_CHECKING:
    from genzoo.experiment import ComparisonProgress
    from genzoo.results.types import ComparisonTable
    from genzoo.training import TrainingProgress

OUT, BENCH_OUT = "genzoo-results", "genzoo-bench"
"""Where `genzoo compare` and `genzoo bench` write."""

REGISTRIES = {
    "models": ("genzoo.models", "MODELS"),
    "sources": ("genzoo.data", "SOURCES"),
    "metrics": ("genzoo.metrics", "METRICS"),
}
"""Where names are registered, imported only when asked for."""


def list_names(arguments: argparse.Namespace) -> None:
    """`genzoo list`."""
    entries = list(_listing(arguments.kind, arguments.pattern))
    if arguments.json:
        show.show_json(entries)
    elif not entries:
        show.show_line(f"no {arguments.kind} match {arguments.pattern!r}")
    else:
        _show_entries(entries)


def _show_entries(entries: list[dict[str, Any]]) -> None:
    """Print a table of names and descriptions, with options where any entry has some."""
    header = ["name", "description"]
    rows = [[entry["name"], entry["description"]] for entry in entries]
    if any(entry.get("options") for entry in entries):
        header.append("options")
        for entry, row in zip(entries, rows, strict=True):
            spec = Spec("", entry["options"])
            row.append(str(spec).removeprefix(":").replace(",", ", "))
    show.show_table(header, rows)


def compare(arguments: argparse.Namespace) -> None:
    """`genzoo compare`."""
    out = arguments.out or OUT

    def run(**shared: Any) -> "ComparisonTable":
        return genzoo.compare(
            arguments.models or None,
            arguments.data or None,
            metrics=arguments.metrics,
            samples=distinct(arguments.samples, "--samples"),
            features=arguments.features,
            protocol=arguments.protocol,
            match=arguments.match,
            add=arguments.add,
            **shared,
            **recipe_fields(arguments),
        )

    table = _watched(arguments, out, run)
    show.show_comparison(table, as_json=arguments.json)
    if not arguments.json:
        page = Path(out) / "report.html"
        show.show_line(f"Runs, tables and figures are in {out}; open {page} to see it all.")


def bench(arguments: argparse.Namespace) -> None:
    """`genzoo bench`."""
    profile, _ = genzoo.load_bench(arguments.name).profile(arguments.profile)
    out = arguments.out or f"{BENCH_OUT}/{Path(arguments.name).stem}-{profile}"

    def run(**shared: Any) -> "ComparisonTable":
        return genzoo.bench(arguments.name, profile=profile, **shared)

    table = _watched(arguments, out, run)
    show.show_comparison(table, as_json=arguments.json)
    if not arguments.json:
        show.show_line(
            f"The page of the bench, beside published numbers, is {out}/bench.md; "
            "the runs are there too."
        )


def train(arguments: argparse.Namespace) -> None:
    """`genzoo train`."""
    title = f"{arguments.model} on {arguments.data}"

    def observe(progress: "TrainingProgress") -> None:
        fraction = progress.step / max(progress.steps, 1)
        meter.update(fraction, f"{title}: {progress.summary}")

    try:
        with Meter() as meter:
            fit = genzoo.train(
                arguments.model,
                arguments.data,
                seeds=_seeds(arguments),
                directory=arguments.out,
                device=_device(arguments.device),
                engine=arguments.engine,
                record=arguments.record,
                observers=[observe],
                **recipe_fields(arguments),
            )
    except KeyboardInterrupt as interruption:
        sentence = (
            "stopped; the last checkpoint, at most a few seconds old, is kept: "
            "run the same command again to continue"
        )
        raise type(interruption)(sentence) from interruption
    show.show_fit(fit, title, arguments.out, as_json=arguments.json)


def explain(arguments: argparse.Namespace) -> None:
    """`genzoo explain`."""
    from genzoo.cli.explanation import explain_words

    if arguments.words:
        explain_words(arguments.words, as_json=arguments.json)
    else:
        list_names(argparse.Namespace(kind="metrics", pattern="*", json=arguments.json))


def report(arguments: argparse.Namespace) -> None:
    """`genzoo report`."""
    path = genzoo.report(arguments.directory, arguments.out, replace_file=arguments.replace)
    _show_file(path, "The report is", arguments)


def film(arguments: argparse.Namespace) -> None:
    """`genzoo film`."""
    role: Literal["median", "worst"] = "worst" if arguments.worst else "median"
    if not arguments.replace:
        check_new(Path(arguments.out))
    path = genzoo.film(
        arguments.directory,
        arguments.out,
        source=arguments.source,
        seed=role,
        theme=arguments.theme,
        generation=arguments.generation,
    )
    _show_file(path, "The film is", arguments)


def _show_file(path: Path, what: str, arguments: argparse.Namespace) -> None:
    if arguments.json:
        show.show_json({"file": str(path)})
    else:
        show.show_line(f"{what} {path}.")


def _watched(
    arguments: argparse.Namespace, out: str, run: "Callable[..., ComparisonTable]"
) -> "ComparisonTable":
    """Run a comparison and show its progress; after Ctrl-C say what is left of it.

    Args:
        arguments: The words of the command.
        out: Folder of the comparison.
        run: Runs it, given what all comparisons take.
    """
    done = "in the first rows"
    if arguments.watch:
        page = Path(out) / "report.html"
        show.show_note(f"open {page} in a browser: it refreshes itself while training goes on")

    def observe(progress: "ComparisonProgress") -> None:
        nonlocal done
        if progress.finished:
            done = f"with {progress.finished} of {progress.tasks} rows finished"
        if progress.notice:
            show.show_note(progress.notice)
        meter.update(progress.fraction, progress.message)

    workers = arguments.workers
    if workers is None:
        workers = cores()
    try:
        with executor_at(arguments.scheduler) as executor, Meter() as meter:
            return run(
                seeds=arguments.seeds,
                out=out,
                workers=workers,
                executor=executor,
                device=_device(arguments.device),
                engine=arguments.engine,
                record=arguments.record,
                watch=arguments.watch,
                observer=observe,
            )
    except KeyboardInterrupt as interruption:
        sentence = (
            f"stopped {done}; every finished run is kept in {out}: "
            "run the same command again to continue"
        )
        raise type(interruption)(sentence) from interruption


COMMANDS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "list": list_names,
    "compare": compare,
    "bench": bench,
    "train": train,
    "sample": sample,
    "evaluate": evaluate,
    "explain": explain,
    "report": report,
    "film": film,
    "precompile": precompile,
    "completion": completion,
}


def _listing(kind: str, pattern: str) -> Iterator[dict[str, Any]]:
    if kind == "protocols":
        for name in fnmatch.filter(genzoo.list_protocols(), pattern):
            protocol = asdict(genzoo.load_protocol(name))
            yield {"name": name, **protocol}
        return
    if kind == "benches":
        for name in fnmatch.filter(genzoo.list_benches(), pattern):
            question = genzoo.load_bench(name)
            yield {
                "name": name,
                "description": question.description,
                "profiles": list(question.profiles),
            }
        return
    home, attribute = REGISTRIES[kind]
    registry: Registry[Any] = getattr(importlib.import_module(home), attribute)
    for name in registry.names(pattern):
        entry = registry.entry(name)
        yield {"name": name, "description": entry.description, "options": _options(entry, kind)}


def _options(entry: Entry[Any], kind: str) -> dict[str, Any]:
    """Options with their defaults."""
    options = list(entry.options.values())
    if kind == "models":
        # a model's first argument is its event shape, which is no option
        options = options[1:]
    defaults: dict[str, Any] = {}
    for option in options:
        default = option.default
        if default is inspect.Parameter.empty:
            continue
        if not isinstance(default, bool | int | float | str | None):
            default = str(default)
        defaults[option.name] = default
    return defaults


def _seeds(arguments: argparse.Namespace) -> int | list[int]:
    if arguments.seed is None:
        return 1 if arguments.seeds is None else int(arguments.seeds)
    if arguments.seeds is not None:
        raise InputError("--seed and --seeds exclude each other: give one of them")
    return [arguments.seed]


def _device(name: str | None) -> str:
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"device {name!r} cannot be used here ({reason}): choose cpu, or leave it out"
        ) from error
    return name or "cpu"
