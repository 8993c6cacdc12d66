"""Tables and profiles as JSON, so that a report can be made again from what is on disk."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from genzoo.core.profiles import PerformanceProfiles, ProfileCurve
from genzoo.core.table import Cell, Column, SourceTable
from genzoo.core.verdict import Answer, Verdict
from genzoo.errors import InputError


def tables_to_json(tables: Sequence[SourceTable]) -> str:
    """Tables as JSON text; numbers that are not finite are written as JavaScript does."""
    plain = [
        {
            "source": table.source,
            "rows": table.rows,
            "columns": [asdict(column) for column in table.columns],
            "cells": [{"row": row, "metric": name, **asdict(cell)} for (row, name), cell in table.cells.items()],
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
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("the tables of this comparison are damaged: run the comparison again") from error


def profiles_to_json(profiles: PerformanceProfiles) -> str:
    """Performance profiles as JSON text."""
    curves = {
        name: {part: values.tolist() for part, values in vars(curve).items()} for name, curve in profiles.curves.items()
    }
    plain = {"column": asdict(profiles.column), "sources": profiles.sources, "seeds": profiles.seeds}
    return json.dumps({**plain, "levels": profiles.levels.tolist(), "curves": curves}) + "\n"


def profiles_from_json(text: str) -> PerformanceProfiles:
    """The inverse of `profiles_to_json`.

    Raises:
        InputError: When the text is something else.
    """
    try:
        given = json.loads(text)
        curves = {
            name: ProfileCurve(**{part: np.array(values) for part, values in curve.items()})
            for name, curve in given["curves"].items()
        }
        return PerformanceProfiles(
            _column(given["column"]), given["sources"], given["seeds"], np.array(given["levels"]), curves
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("the performance profiles of this comparison are damaged: run it again") from error


def _table(given: dict[str, Any]) -> SourceTable:
    cells = {(cell.pop("row"), cell.pop("metric")): Cell(**cell) for cell in given["cells"]}
    columns = tuple(_column(column) for column in given["columns"])
    rows, remarks, conclusions = (tuple(given[key]) for key in ("rows", "remarks", "conclusions"))
    return SourceTable(given["source"], columns, rows, cells, remarks, conclusions, _verdict(given.get("verdict")))


def _verdict(given: dict[str, Any] | None) -> Verdict | None:
    if given is None:
        return None
    answers = tuple(_answer(answer) for answer in given["answers"])
    return Verdict(given["summary"], answers, tuple(given["budgets"]))


def _answer(given: dict[str, Any]) -> Answer:
    lists: dict[str, Any] = {name: tuple(given[name]) for name in ("leaders", "evidence", "wanting")}
    return Answer(**{**given, **lists})


def _column(given: dict[str, Any]) -> Column:
    limits = tuple(given.get("limits", Column.limits))
    return Column(**given | {"limits": limits})
