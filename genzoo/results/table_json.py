"""Tables and profiles as JSON, so that a report can be made again from what is on disk."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from genzoo.errors import InputError
from genzoo.results.cell import Cell
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.table import Column, SourceTable
from genzoo.results.typed import typed
from genzoo.results.verdict import ASKED, Answer, Verdict

DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading something else than was written ends in."""


def tables_to_json(tables: Sequence[SourceTable]) -> str:
    """Tables as JSON text; numbers that are not finite are written as JavaScript does."""
    return json.dumps([table_fields(table) for table in tables], indent=1) + "\n"


def table_fields(table: SourceTable) -> dict[str, Any]:
    """A table in types that JSON knows, but for numbers that are not finite."""
    cells = []
    for (row, metric), cell in table.cells.items():
        cells.append({"row": row, "metric": metric, **asdict(cell)})
    fields: dict[str, Any] = {
        "source": table.source,
        "rows": table.rows,
        "columns": [asdict(column) for column in table.columns],
        "cells": cells,
        "remarks": table.remarks,
        "conclusions": table.conclusions,
        "verdict": None,
    }
    if table.verdict is not None:
        fields["verdict"] = asdict(table.verdict)
    return fields


def tables_from_json(text: str) -> tuple[SourceTable, ...]:
    """The inverse of `tables_to_json`.

    Raises:
        InputError: When the text is something else.
    """
    try:
        return tuple(_table(stored) for stored in json.loads(text))
    except DAMAGED as error:
        sentence = "the tables of this comparison are damaged: run the comparison again"
        raise InputError(sentence) from error


def profiles_to_json(profiles: PerformanceProfiles) -> str:
    """Performance profiles as JSON text."""
    curves = {}
    for name, curve in profiles.curves.items():
        curves[name] = {
            "share": curve.share.tolist(),
            "low": curve.low.tolist(),
            "high": curve.high.tolist(),
        }
    plain = {
        "column": asdict(profiles.column),
        "sources": profiles.sources,
        "seeds": profiles.seeds,
        "levels": profiles.levels.tolist(),
        "curves": curves,
    }
    return json.dumps(plain) + "\n"


def profiles_from_json(text: str) -> PerformanceProfiles:
    """The inverse of `profiles_to_json`.

    Raises:
        InputError: When the text is something else.
    """
    try:
        return _profiles(json.loads(text))
    except DAMAGED as error:
        sentence = "the performance profiles of this comparison are damaged: run it again"
        raise InputError(sentence) from error


def _profiles(stored: dict[str, Any]) -> PerformanceProfiles:
    levels = np.array(stored["levels"], dtype=np.float64)
    if levels.ndim != 1:
        raise ValueError("levels are a list of numbers")
    curves: dict[str, ProfileCurve] = {}
    for name, curve in stored["curves"].items():
        parts = {}
        for part, numbers in curve.items():
            parts[part] = np.array(numbers, dtype=np.float64)
            if parts[part].shape != levels.shape:
                raise ValueError("a profile has one number for each level")
        curves[name] = ProfileCurve(**parts)
    sources, seeds = int(stored["sources"]), int(stored["seeds"])
    return PerformanceProfiles(_column(stored["column"]), sources, seeds, levels, curves)


def _table(stored: dict[str, Any]) -> SourceTable:
    cells: dict[tuple[str, str], Cell] = {}
    for cell in stored["cells"]:
        place = (cell.pop("row"), cell.pop("metric"))
        cells[place] = typed(Cell, cell)
    return SourceTable(
        source=_text(stored["source"]),
        columns=tuple(_column(column) for column in stored["columns"]),
        rows=_texts(stored["rows"]),
        cells=cells,
        remarks=_texts(stored["remarks"]),
        conclusions=_texts(stored["conclusions"]),
        verdict=_verdict(stored.get("verdict")),
    )


def _verdict(stored: dict[str, Any] | None) -> Verdict | None:
    if stored is None:
        return None
    answers = []
    for question, fields in zip(ASKED, stored["answers"], strict=True):
        answer = _answer(fields)
        if answer.question != question:
            raise ValueError("a verdict answers each question once")
        answers.append(answer)
    return Verdict(_text(stored["summary"]), tuple(answers), _texts(stored["budgets"]))


def _answer(stored: dict[str, Any]) -> Answer:
    fields = dict(stored)
    for name in ("leaders", "evidence", "wanting"):
        fields[name] = tuple(stored[name])
    return typed(Answer, fields)


def _text(stored: Any) -> str:
    if not isinstance(stored, str):
        raise TypeError(f"{stored!r} is no text")
    return stored


def _texts(stored: Any) -> tuple[str, ...]:
    if not isinstance(stored, list | tuple):
        raise TypeError(f"{stored!r} is no list")
    return tuple(_text(text) for text in stored)


def _column(stored: dict[str, Any]) -> Column:
    limits = tuple(stored.get("limits", Column.limits))
    return typed(Column, stored | {"limits": limits})
