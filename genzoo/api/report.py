"""The report of a comparison, from what is on disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genzoo.api.facts import are_facts, check_replaceable
from genzoo.data.curves import CurveFamily
from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.experiment import Experiment
from genzoo.experiment.run import experiment_tasks
from genzoo.experiment.tasks import FitTask
from genzoo.metrics import METRICS
from genzoo.reporting import ModelStory, SourceStory, Story, report_page
from genzoo.results.table import SourceTable
from genzoo.results.table_json import (
    profiles_from_json,
    profiles_to_json,
    tables_from_json,
    tables_to_json,
)
from genzoo.results.types import ComparisonTable
from genzoo.storage import run_files
from genzoo.version import __version__

FACTS, TABLES, SUMMARY, PROFILES, REPORT = (
    "comparison.json",
    "tables.json",
    "summary.json",
    "profiles.json",
    "report.html",
)


def report(
    results: ComparisonTable | str | Path,
    path: str | Path | None = None,
    *,
    replace_file: bool = False,
) -> Path:
    """Write the report of a comparison: one self-contained HTML page that opens anywhere.

    Args:
        results: What `compare(..., out=...)` returned, or the folder it wrote.
        path: The page; by default `report.html` in that folder. An earlier report is replaced.
        replace_file: Whether to replace a file that is no report, too.

    Returns:
        The page's path.

    Raises:
        InputError: When the results were not kept on disk, the folder holds none, or the page
            cannot be written or would replace something else.
    """
    if isinstance(results, ComparisonTable) and results.directory is None:
        raise InputError(
            "these results were not kept on disk: call compare(..., out='some folder') to get a report"
        )
    root = Path(str(results.directory if isinstance(results, ComparisonTable) else results))
    target = root / REPORT if path is None else Path(path)
    if path is not None and not replace_file:
        check_replaceable(target)
    write_text(target, report_page(read_story(root)))
    return target


def read_story(root: Path) -> Story:
    """What a comparison's folder tells.

    Raises:
        InputError: When it holds no comparison.
    """
    if not (root / FACTS).exists() or not (root / TABLES).exists():
        raise InputError(f"{root} holds no comparison: name a folder that genzoo compare wrote")
    try:
        facts = json.loads((root / FACTS).read_text(encoding="utf-8"))
        tables = (root / TABLES).read_text(encoding="utf-8")
    except (ValueError, OSError, RecursionError) as error:
        raise InputError(
            f"{root / FACTS} or {TABLES} beside it is damaged: run the comparison again"
        ) from error
    if not are_facts(facts):
        raise InputError(f"{root / FACTS} is damaged: run the comparison again")
    story = build_story(root, tables_from_json(tables), facts)
    summary = tables_from_json(_text(root / SUMMARY) or "[]")
    profiles = _text(root / PROFILES)
    return replace(
        story,
        summary=summary[0] if summary else None,
        profiles=profiles_from_json(profiles) if profiles else None,
    )


def write_tables(root: Path, table: ComparisonTable, facts: Mapping[str, Any]) -> None:
    """Write what a report is made from, beside the runs: facts, tables and, over enough sources, their summary."""
    write_text(root / FACTS, json.dumps(facts, indent=2) + "\n")
    write_text(root / TABLES, tables_to_json(table.tables))
    found = {
        SUMMARY: tables_to_json([table.summary]) if table.summary else None,
        PROFILES: profiles_to_json(table.profiles) if table.profiles else None,
    }
    for name, text in found.items():
        if text:
            write_text(root / name, text)
        else:
            (root / name).unlink(missing_ok=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (ValueError, OSError) as error:
        raise InputError(f"{path} is damaged: run the comparison again") from error


def build_story(root: Path, tables: Sequence[SourceTable], facts: Mapping[str, Any]) -> Story:
    """The story of tables: their rows' histories and films are read from disk.

    Args:
        root: Folder of the comparison.
        tables: One for each source.
        facts: What comparison.json holds.
    """
    runs = facts.get("runs", {})
    sources = []
    for table in tables:
        kept: Mapping[str, Any] = runs.get(table.source, {})
        folders = {
            row: folder for row, folder in kept.get("models", {}).items() if row in table.rows
        }
        models = {
            row: _read_model(root / folder, facts["seeds"]) for row, folder in folders.items()
        }
        positions = kept.get("positions")
        sources.append(
            SourceStory(table, models, None if positions is None else np.array(positions))
        )
    return Story(
        sources,
        {key: value for key, value in facts.items() if key != "runs"},
        facts.get("command", ""),
    )


def experiment_facts(experiment: Experiment, root: Path, command: str) -> dict[str, Any]:
    """How a comparison is made, and in which folders its runs lie, in JSON types: what comparison.json holds.

    Args:
        experiment: What is compared.
        root: Folder of the comparison.
        command: What reproduces it on the command line.
    """
    return {
        "genzoo": __version__,
        "torch": torch.__version__,
        "models": [
            dict(c.config) | {"row": c.name, "recipe": c.recipe.to_dict()}
            for c in experiment.contestants
        ],
        "match": experiment.match,
        "matched": _matched(experiment),
        "sources": [dict(p.config) for p in experiment.problems],
        "seeds": list(experiment.seeds),
        "metrics": [metric.name for metric in experiment.metrics],
        "metrics_on": {
            p.name: [metric.name for metric in experiment.metrics_on(p)]
            for p in experiment.problems
        },
        "described": {
            m.name: METRICS.entry(m.name).description
            for m in experiment.metrics
            if m.name in METRICS.names()
        },
        "samples": experiment.n,
        "outside": list(experiment.samples),
        "features": {
            p.name: "pixels" if p.features is None else p.features.name for p in experiment.problems
        },
        "device": experiment.device,
        "command": command,
        "runs": _run_folders(experiment, root),
    }


def _matched(experiment: Experiment) -> dict[str, list[dict[str, Any]]]:
    """By source, the models as they are trained there, where they were matched."""
    if not experiment.match:
        return {}
    return {
        problem.name: [
            dict(one.config) | {"row": one.name, "recipe": one.recipe.to_dict()}
            for one in experiment.contestants_on(problem)
        ]
        for problem in experiment.problems
    }


def _run_folders(experiment: Experiment, root: Path) -> dict[str, dict[str, Any]]:
    """By source, the folders of its models, and where its examples are taken if they are curves."""
    runs: dict[str, dict[str, Any]] = {}
    tasks = [task for task in experiment_tasks(experiment, root) if isinstance(task, FitTask)]
    for problem in experiment.problems:
        mine = {
            task.row: str(task.folder.relative_to(root))
            for task in tasks
            if task.problem == problem
        }
        source = problem.source
        positions = source.grid.tolist() if isinstance(source, CurveFamily) else None
        runs[problem.name] = {"models": mine, "positions": positions}
    return runs


def _read_model(folder: Path, seeds: list[int]) -> ModelStory:
    folders = {seed: folder / f"seed-{seed:04d}" for seed in seeds}
    histories = [
        run_files.read_history(one)
        for one in folders.values()
        if (one / run_files.HISTORY).exists()
    ]
    watched = {
        seed: run_files.read_history(one, run_files.WATCHED)
        for seed, one in folders.items()
        if (one / run_files.WATCHED).exists()
    }
    films = [run_files.read_recording(one) for one in folders.values()]
    return ModelStory(histories, watched, [film for film in films if film is not None])
