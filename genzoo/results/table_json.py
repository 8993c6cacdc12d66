"""Tables and profiles as JSON, so that a report can be made again from what is on disk."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from genzoo.errors import InputError
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.typed import typed
from genzoo.results.verdict import ASKED, Answer, Verdict

DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading something else than was written ends in."""


def tables_to_json(tables: Sequence[SourceTable]) -> str:
    """Tables as JSON text; numbers that are not finite are written as JavaScript does."""
    plain = [
        {
            "source": table.source,
            "rows": table.rows,
            "columns": [asdict(column) for column in table.columns],
            "cells": [
                {"row": row, "metric": name, **asdict(cell)}
                for (row, name), cell in table.cells.items()
            ],
            "remarks": table.remarks,
            "conclusions": table.conclusions,
            "verdict": None if table.verdict is None else asdict(table.verdict),
        }
        for table in tables
    ]
    return json.dumps(plain, indent=1) + "\n"


def tables_from_json(text: str) -> tuple[SourceTable, ...]:
    """The inverse of `tables_to_json`.

    Raises:
        InputError: When the text is something else.
    """
    try:
        return tuple(_table(given) for given in json.loads(text))
    except DAMAGED as error:
        raise InputError(
            "the tables of this comparison are damaged: run the comparison again"
        ) from error


def profiles_to_json(profiles: PerformanceProfiles) -> str:
    """Performance profiles as JSON text."""
    curves = {
        name: {part: values.tolist() for part, values in vars(curve).items()}
        for name, curve in profiles.curves.items()
    }
    plain = {
        "column": asdict(profiles.column),
        "sources": profiles.sources,
        "seeds": profiles.seeds,
    }
    return json.dumps({**plain, "levels": profiles.levels.tolist(), "curves": curves}) + "\n"


def profiles_from_json(text: str) -> PerformanceProfiles:
    """The inverse of `profiles_to_json`.

    Raises:
        InputError: When the text is something else.
    """
    try:
        given = json.loads(text)
        curves = {
            name: ProfileCurve(
                **{part: np.array(values, dtype=np.float64) for part, values in curve.items()}
            )
            for name, curve in given["curves"].items()
        }
        levels = np.array(given["levels"], dtype=np.float64)
        shapes = {part.shape for curve in curves.values() for part in vars(curve).values()}
        if levels.ndim != 1 or shapes - {levels.shape}:
            raise ValueError("a profile has one number for each level")
        return PerformanceProfiles(
            _column(given["column"]), int(given["sources"]), int(given["seeds"]), levels, curves
        )
    except DAMAGED as error:
        raise InputError(
            "the performance profiles of this comparison are damaged: run it again"
        ) from error


def _table(given: dict[str, Any]) -> SourceTable:
    cells = {(cell.pop("row"), cell.pop("metric")): typed(Cell, cell) for cell in given["cells"]}
    columns = tuple(_column(column) for column in given["columns"])
    rows, remarks, conclusions = (_texts(given[key]) for key in ("rows", "remarks", "conclusions"))
    return SourceTable(
        _text(given["source"]),
        columns,
        rows,
        cells,
        remarks,
        conclusions,
        _verdict(given.get("verdict")),
    )


def _verdict(given: dict[str, Any] | None) -> Verdict | None:
    if given is None:
        return None
    answers = tuple(_answer(answer) for answer in given["answers"])
    if [answer.question for answer in answers] != list(ASKED):
        raise ValueError("a verdict answers each question once")
    return Verdict(_text(given["summary"]), answers, _texts(given["budgets"]))


def _answer(given: dict[str, Any]) -> Answer:
    lists: dict[str, Any] = {
        name: tuple(given[name]) for name in ("leaders", "evidence", "wanting")
    }
    return typed(Answer, {**given, **lists})


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{given!r} is no text")
    return given


def _texts(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        raise TypeError(f"{given!r} is no list")
    return tuple(_text(one) for one in given)


def _column(given: dict[str, Any]) -> Column:
    limits = tuple(given.get("limits", Column.limits))
    return typed(Column, given | {"limits": limits})
