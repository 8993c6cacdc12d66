"""Mean ranks and the critical difference, against hand-made ranks and Demsar's table."""

import numpy as np
import pytest

from genzoo.errors import InputError
from genzoo.figures.ranks import _cliques, critical_difference, mean_ranks, rank_figure
from genzoo.results.table import Cell, Column, SourceTable
from tests.figures.examples import verdict

SCORES = [(0.1, 0.2, 0.3), (0.1, 0.3, 0.2), (0.2, 0.2, 0.5), (0.1, 0.2, 0.3), (0.1, 0.2, 0.3)]
MODELS = ("vae", "gan", "flow")


def tables(scores=SCORES):
    column = Column("js", "JS")
    return [
        SourceTable(
            f"source {i}",
            (column,),
            (*MODELS, "oracle"),
            _cells((*values, 0.0)),
            verdict=verdict(("vae",)),
        )
        for i, values in enumerate(scores)
    ]


def _cells(values):
    return {
        (row, "js"): Cell(value)
        for row, value in zip((*MODELS, "oracle"), values, strict=True)
        if value is not None
    }


@pytest.mark.parametrize(("models", "q"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_critical_differences_are_those_of_the_published_table(models, q):
    expected = q * np.sqrt(models * (models + 1) / (6 * 14))
    assert critical_difference(models, 14) == pytest.approx(expected, rel=5e-4)


def test_mean_ranks_share_ties_and_leave_controls_out():
    assert mean_ranks(tables()) == pytest.approx({"vae": 5.5 / 5, "gan": 10.5 / 5, "flow": 14 / 5})


def test_a_model_without_a_value_somewhere_is_not_ranked():
    assert set(mean_ranks(tables([*SCORES, (0.1, None, 0.2)]))) == {"vae", "flow"}


def test_runs_within_the_difference():
    assert _cliques([1.0, 1.5, 2.4, 4.0], 1.0) == [(1.0, 1.5), (1.5, 2.4)]
    assert _cliques([1.0, 1.5, 1.9, 4.0], 1.0) == [(1.0, 1.9)]
    assert _cliques([1.0, 3.0], 1.0) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read(theme, check_readable, texts):
    figure = rank_figure(tables(), theme=theme)
    check_readable(figure)
    assert {"1.10", "2.10", "2.80"} <= set(texts(figure))


def test_few_sources_are_refused():
    with pytest.raises(InputError, match="at least 5 sources"):
        rank_figure(tables(SCORES[:4]))
