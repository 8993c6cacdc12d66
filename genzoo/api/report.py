"""The report of a comparison, from what is on disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from genzoo.api.facts import are_facts, check_replaceable
from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.reporting import ModelStory, SourceStory, Story, report_page
from genzoo.results.diagnosis import events_from_json
from genzoo.results.making import MadeRun, makings_from_json
from genzoo.results.table import SourceTable
from genzoo.results.table_json import (
    profiles_from_json,
    profiles_to_json,
    tables_from_json,
    tables_to_json,
)
from genzoo.results.types import ComparisonTable
from genzoo.storage import run_files
from genzoo.storage.identity import seed_folder

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
    root = _folder(results)
    target = root / REPORT
    if path is not None:
        target = Path(path)
        if not replace_file:
            check_replaceable(target)
    write_text(target, report_page(read_story(root)))
    return target


def write_page(root: Path, story: Story, drawn: Mapping[str, str]) -> None:
    """Write the page of a comparison into its folder, with the pictures that are drawn already."""
    write_text(root / REPORT, report_page(story, drawn))


def _folder(results: ComparisonTable | str | Path) -> Path:
    if not isinstance(results, ComparisonTable):
        return Path(str(results))
    if results.directory is None:
        raise InputError(
            "these results were not kept on disk: "
            "call compare(..., out='some folder') to get a report"
        )
    return Path(results.directory)


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
        sentence = f"{root / FACTS} or {TABLES} beside it is damaged: run the comparison again"
        raise InputError(sentence) from error
    if not are_facts(facts):
        raise InputError(f"{root / FACTS} is damaged: run the comparison again")
    story = build_story(root, tables_from_json(tables), facts)
    summary = tables_from_json(_text(root / SUMMARY) or "[]")
    if summary:
        story = replace(story, summary=summary[0])
    profiles = _text(root / PROFILES)
    if profiles:
        story = replace(story, profiles=profiles_from_json(profiles))
    return story


def write_tables(root: Path, table: ComparisonTable, facts: Mapping[str, Any]) -> None:
    """Write what a report is made from, beside the runs.

    Facts and tables, and over enough sources their summary. A summary that an earlier comparison
    wrote there is deleted.
    """
    write_text(root / FACTS, json.dumps(facts, indent=2) + "\n")
    write_text(root / TABLES, tables_to_json(table.tables))
    if table.summary:
        write_text(root / SUMMARY, tables_to_json([table.summary]))
    else:
        (root / SUMMARY).unlink(missing_ok=True)
    if table.profiles:
        write_text(root / PROFILES, profiles_to_json(table.profiles))
    else:
        (root / PROFILES).unlink(missing_ok=True)


def _text(path: Path) -> str:
    """What a file holds; nothing where there is none."""
    try:
        if not path.exists():
            return ""
        return path.read_text(encoding="utf-8")
    except (ValueError, OSError) as error:
        raise InputError(f"{path} is damaged: run the comparison again") from error


def build_story(root: Path, tables: Sequence[SourceTable], facts: Mapping[str, Any]) -> Story:
    """The story of tables: their rows' histories and films are read from disk.

    Args:
        root: Folder of the comparison.
        tables: One for each source.
        facts: What comparison.json holds.
    """
    shown = dict(facts)
    runs = shown.pop("runs", {})
    least = shown.pop("least_losses", {})
    sources = []
    for table in tables:
        of_source: Mapping[str, Any] = runs.get(table.source, {})
        models: dict[str, ModelStory] = {}
        for row, folder in of_source.get("models", {}).items():
            if row in table.rows:
                models[row] = _read_model(root / folder, facts["seeds"], row, table.source)
        positions = of_source.get("positions")
        if positions is not None:
            positions = np.array(positions)
        sources.append(SourceStory(table, models, positions, least.get(table.source, {})))
    return Story(sources, shown, facts.get("command", ""))


def _read_model(folder: Path, seeds: list[int], row: str, source: str) -> ModelStory:
    histories, watched, films, events = [], {}, [], {}
    made: list[MadeRun] = []
    for seed in seeds:
        run = seed_folder(folder, seed)
        if (run / run_files.HISTORY).exists():
            histories.append(run_files.read_history(run))
        if (run / run_files.WATCHED).exists():
            watched[seed] = run_files.read_history(run, run_files.WATCHED)
        film = run_files.read_recording(run)
        if film is not None:
            films.append(film)
        if (run / run_files.CONFIG).exists():
            config = run_files.read_config(run)
            events[seed] = events_from_json(config.get("events", []))
            makings = makings_from_json(config.get("made", []))
            made.append(MadeRun(row, source, config["seeds_together"], makings))
    return ModelStory(histories, watched, films, events, made)
