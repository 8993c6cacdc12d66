"""What identifies a problem: the rows of a user's own and their conditions, draws of a source."""

import numpy as np
import pandas as pd
import pytest

from genzoo.api.create import problem
from genzoo.data import ArraySource, create_source


def rows(kinds):
    return pd.DataFrame({"x": np.arange(8.0), "kind": list(kinds)})


def identity(given):
    return dict(problem(given).config)


def test_conditions_of_ones_own_rows_are_part_of_it():
    one = identity(ArraySource(rows("aabbaabb"), context="kind"))
    other = identity(ArraySource(rows("aabbabab"), context="kind"))
    renamed = identity(ArraySource(rows("ccddccdd"), context="kind"))
    assert one["conditions"] == [{"name": "kind", "classes": ["a", "b"]}]
    assert one["content"] != other["content"]
    assert one["content"] == renamed["content"]
    assert one["conditions"] != renamed["conditions"]
    assert identity(ArraySource(rows("aabbaabb"), context="kind")) == one


def test_conditions_of_a_file_are_part_of_it(tmp_path):
    path = tmp_path / "t.csv"
    rows("aabbaabb").to_csv(path, index=False)
    asked, dropped = identity(f"{path}:context=kind"), identity(f"{path}:drop=kind")
    assert asked["columns"] == dropped["columns"] == ["x"]
    assert asked["content"] != dropped["content"]
    assert "conditions" not in dropped


@pytest.mark.parametrize("name", ["ring", "paintings", "digits", "stacked_digits"])
def test_built_in_sources_are_what_they_were_without_conditions(name):
    with_conditions = identity(create_source(name))
    without = identity(create_source(name, context=False))
    assert with_conditions == without
    assert "conditions" not in with_conditions
