"""What each command does: read the words, call `genzoo`, show what comes back."""

import argparse
import fnmatch
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

import genzoo
from genzoo.cli import show
from genzoo.cli.fields import distinct, recipe_fields
from genzoo.cli.progress import Meter
from genzoo.cli.samples import evaluate, sample
from genzoo.disk import check_new
from genzoo.errors import InputError
from genzoo.registry import Entry, Registry, Spec

if TYPE_CHECKING:
    from genzoo.experiment import ComparisonProgress
    from genzoo.results.types import ComparisonTable
    from genzoo.training import TrainingProgress

OUT, BENCH_OUT = "genzoo-results", "genzoo-bench"
"""Where `genzoo compare` and `genzoo bench` write."""

REGISTRIES = {
    "models": ("genzoo.models", "MODELS"),
    "data": ("genzoo.data", "SOURCES"),
    "metrics": ("genzoo.metrics", "METRICS"),
}
"""Where names are registered, imported only when asked for."""


def list_names(arguments: argparse.Namespace) -> None:
    """`genzoo list`."""
    found = list(_listing(arguments.kind, arguments.pattern))
    if arguments.json:
        show.show_json(found)
    elif not found:
        show.show_line(f"no {arguments.kind} match {arguments.pattern!r}")
    else:
        options = [
            str(Spec("", item.get("options", {}))).removeprefix(":").replace(",", ", ")
            for item in found
        ]
        rows = [
            [item["name"], item["description"], given]
            for item, given in zip(found, options, strict=True)
        ]
        some = 3 if any(options) else 2
        show.show_table(["name", "description", "options"][:some], [row[:some] for row in rows])


def compare(arguments: argparse.Namespace) -> None:
    """`genzoo compare`."""
    out = arguments.out or OUT
    table = _watched(
        arguments,
        out,
        lambda **shared: genzoo.compare(
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
        ),
    )
    show.show_comparison(table, as_json=arguments.json)
    if not arguments.json:
        show.show_line(
            f"Runs, tables and figures are in {out}; open {Path(out) / 'report.html'} to see it all."
        )


def bench(arguments: argparse.Namespace) -> None:
    """`genzoo bench`."""
    profile, _ = genzoo.load_bench(arguments.name).profile(arguments.profile)
    out = arguments.out or f"{BENCH_OUT}/{Path(arguments.name).stem}-{profile}"
    table = _watched(
        arguments, out, lambda **shared: genzoo.bench(arguments.name, profile=profile, **shared)
    )
    show.show_comparison(table, as_json=arguments.json)
    if not arguments.json:
        show.show_line(
            f"The page of the bench, beside published numbers, is {out}/bench.md; the runs are there too."
        )


def train(arguments: argparse.Namespace) -> None:
    """`genzoo train`."""

    def observe(progress: "TrainingProgress") -> None:
        what = f"{arguments.model} on {arguments.data}: {progress.summary}"
        meter.update(progress.step / max(progress.steps, 1), what)

    try:
        with Meter() as meter:
            fit = genzoo.train(
                arguments.model,
                arguments.data,
                seeds=_seeds(arguments),
                directory=arguments.out,
                device=_device(arguments.device),
                record=arguments.record,
                observers=[observe],
                **recipe_fields(arguments),
            )
    except KeyboardInterrupt as interruption:
        raise type(interruption)(
            "stopped; the last checkpoint, at most a few seconds old, is kept: run the same command again to continue"
        ) from interruption
    title = f"{arguments.model} on {arguments.data}"
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
    """Run a comparison with what all comparisons take, show its progress, and say what Ctrl-C left."""
    heard = {"finished": 0, "tasks": 0}
    if arguments.watch:
        show.show_note(
            f"open {Path(out) / 'report.html'} in a browser: it refreshes itself while training goes on"
        )

    def observe(progress: "ComparisonProgress") -> None:
        heard.update(finished=progress.finished, tasks=progress.tasks)
        if progress.notice:
            show.show_note(progress.notice)
        meter.update(progress.fraction, progress.message)

    try:
        with Meter() as meter:
            return run(
                seeds=arguments.seeds,
                out=out,
                workers=_cores() if arguments.workers is None else arguments.workers,
                device=_device(arguments.device),
                record=arguments.record,
                watch=arguments.watch,
                observer=observe,
            )
    except KeyboardInterrupt as interruption:
        done = (
            f"with {heard['finished']} of {heard['tasks']} rows finished"
            if heard["finished"]
            else "in the first rows"
        )
        raise type(interruption)(
            f"stopped {done}; every finished run is kept in {out}: run the same command again to continue"
        ) from interruption


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
}


def _listing(kind: str, pattern: str) -> Iterator[dict[str, Any]]:
    if kind == "protocols":
        for name in fnmatch.filter(genzoo.list_protocols(), pattern):
            protocol = asdict(genzoo.load_protocol(name))
            yield {"name": name, **protocol}
        return
    if kind == "benches":
        for name in fnmatch.filter(genzoo.list_benches(), pattern):
            found = genzoo.load_bench(name)
            yield {"name": name, "description": found.description, "profiles": list(found.profiles)}
        return
    home, attribute = REGISTRIES[kind]
    registry: Registry[Any] = getattr(importlib.import_module(home), attribute)
    for name in registry.names(pattern):
        entry = registry.entry(name)
        yield {"name": name, "description": entry.description, "options": _options(entry, kind)}


def _options(entry: Entry[Any], kind: str) -> dict[str, Any]:
    """Options with their defaults; a model's first argument is its event shape, which is no option."""
    options = list(entry.options.values())[1 if kind == "models" else 0 :]
    plain = bool | int | float | str | None
    return {
        option.name: option.default if isinstance(option.default, plain) else str(option.default)
        for option in options
        if option.default is not inspect.Parameter.empty
    }


def _seeds(arguments: argparse.Namespace) -> int | list[int]:
    if arguments.seed is None:
        return 1 if arguments.seeds is None else int(arguments.seeds)
    if arguments.seeds is not None:
        raise InputError("--seed and --seeds exclude each other: give one of them")
    return [arguments.seed]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _device(name: str | None) -> str:
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"device {name!r} cannot be used here ({reason}): choose cpu, or leave it out"
        ) from error
    return name or "cpu"
