"""Tables and profiles come back from JSON as they were, every field of them."""

import numpy as np
import pytest

from genzoo.errors import InputError
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.table_json import (
    profiles_from_json,
    profiles_to_json,
    tables_from_json,
    tables_to_json,
)
from genzoo.results.verdict import ASKED, Answer, Verdict

COLUMNS = (
    Column("js", "JS", "nats", "min", "", True, "closest", True, (0.0, 0.7), 0.0, 2500),
    Column(
        "missing_modes", "missing", "", "target", "modes missing", False, "covering", optimum=None
    ),
)
CELLS = {
    ("vae", "js"): Cell(0.1, 0.05, 0.15, 9, 10, "lower", "", "!", "ab", 0.02, "n = 7"),
    ("vae", "missing_modes"): Cell(None, total=10, reason="no known modes"),
}
ANSWER = Answer("closest", "named", "vae is closest.", ("vae",), "js", ("js .1",), ("seeds",))
ANSWERS = (ANSWER, *(Answer(question, "none", "Nothing is known.") for question in list(ASKED)[1:]))
VERDICT = Verdict("vae leads.", ANSWERS, ("equal budgets",))
TABLE = SourceTable("ring", COLUMNS, ("vae",), CELLS, ("one remark",), ("one conclusion",), VERDICT)


def test_tables() -> None:
    assert tables_from_json(tables_to_json([TABLE])) == (TABLE,)
    plain = SourceTable("grid", COLUMNS, (), {})
    assert tables_from_json(tables_to_json([TABLE, plain])) == (TABLE, plain)


def test_profiles() -> None:
    curve = ProfileCurve(np.array([1.0, 0.5]), np.array([0.9, 0.4]), np.array([1.0, 0.6]))
    found = profiles_from_json(
        profiles_to_json(PerformanceProfiles(COLUMNS[0], 8, 10, np.array([0, 1]), {"a": curve}))
    )
    assert (found.column, found.sources, found.seeds, found.levels.tolist()) == (
        COLUMNS[0],
        8,
        10,
        [0, 1],
    )
    assert {part: values.tolist() for part, values in vars(found.curves["a"]).items()} == {
        "share": [1.0, 0.5],
        "low": [0.9, 0.4],
        "high": [1.0, 0.6],
    }


@pytest.mark.parametrize("text", ["", "{", '[{"source": 1}]', "[3]", "5"])
def test_anything_else_is_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match="run the comparison again"):
        tables_from_json(text)
    with pytest.raises(InputError, match="run it again"):
        profiles_from_json(text)
