"""The table over all sources, from scores made up to be read."""

import dataclasses
import math

import numpy as np
import pytest

from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.metrics import panel
from genzoo.results.types import Score
from genzoo.statistics.case import Case
from genzoo.statistics.ranking import judge
from genzoo.statistics.summary import profiles, summarise

QUALITY = {"good": 0.1, "fair": 0.3, "poor": 0.6, "oracle": 0.0, "single_mode": 1.0}


def made_up(sources, seeds, level=None, metric="js"):
    """Losses that differ by source in scale, and by seed at random."""
    names = [f"source {at}" for at in range(sources)]
    models = [Contestant(name, None, Recipe(), {}) for name in ("fair", "good", "poor")]
    problems = [Problem(name, create_source("ring"), {}) for name in names]
    random = np.random.default_rng(0)
    scores = [
        Score(
            model,
            name,
            metric,
            seed,
            (at + 1) * ((level or QUALITY)[model] + 0.02 * random.normal()),
        )
        for at, name in enumerate(names)
        for model in QUALITY
        for seed in range(seeds)
    ]
    return Experiment(models, problems, range(seeds), panel(metric)).design, scores


def test_ranks_and_scores_with_enough_sources_and_seeds():
    table = summarise(*made_up(8, 10))
    assert table.rows == ("fair", "good", "poor")
    assert [column.label for column in table.columns] == ["JS: mean rank", "JS: IQM"]
    assert [table.cells[row, "js rank"].mean for row in table.rows] == [2, 1, 3]
    assert table.cells["good", "js rank"].group != table.cells["poor", "js rank"].group
    for row in table.rows:
        cell = table.cells[row, "js score"]
        assert cell.mean == pytest.approx(1 - QUALITY[row], abs=0.02)
        assert cell.low < cell.mean < cell.high
    ranks, chances = table.conclusions
    assert "good ranks before" in ranks
    assert "poor" in ranks
    assert "fair 100%" in chances


def test_profiles_fall_from_all_runs_to_none_around_each_models_score():
    found = profiles(*made_up(8, 10))
    assert (found.column.name, found.sources, found.seeds) == ("js", 8, 10)
    assert list(found.curves) == ["fair", "good", "poor"]
    for name, curve in found.curves.items():
        assert (np.diff(curve.share) <= 0).all()
        assert (curve.low <= curve.share).all()
        assert (curve.share <= curve.high).all()
        middle = 1 - QUALITY[name]
        assert np.interp(middle - 0.1, found.levels, curve.share) == 1
        assert np.interp(min(middle + 0.1, 1), found.levels, curve.share) == 0
        area = curve.share.mean() * np.ptp(found.levels) + found.levels[0]
        assert area == pytest.approx(middle, abs=0.02)
    for sources, seeds in ((8, 9), (7, 10), (4, 10)):
        assert profiles(*made_up(sources, seeds)) is None


def test_a_profile_reaches_no_farther_down_than_its_floor():
    design, scores = made_up(8, 10, {**QUALITY, "poor": 9.0})
    found = profiles(design, scores)
    assert found.levels[0] == -1
    assert found.curves["poor"].share[0] == 0


def test_ranks_alone_with_fewer_seeds_or_sources():
    for sources, seeds in ((8, 9), (7, 10)):
        table = summarise(*made_up(sources, seeds))
        assert [column.name for column in table.columns] == ["js rank"]
        assert "need 8 sources and 10 seeds" in table.remarks[-1]


def test_nothing_with_four_sources():
    assert summarise(*made_up(4, 10)) is None


def test_no_scores_where_the_metric_does_not_tell_the_controls_apart():
    table = summarise(*made_up(8, 10, level={**QUALITY, "single_mode": 0.0}))
    assert [column.name for column in table.columns] == ["js rank"]


def test_equal_models_share_a_letter():
    table = summarise(
        *made_up(8, 10, level=dict.fromkeys(QUALITY, 0.3) | {"oracle": 0.0, "single_mode": 1.0})
    )
    assert {table.cells[row, "js rank"].group for row in table.rows} == {"a"}
    assert "no model ranks before another beyond doubt" in table.conclusions[0]


def test_a_diverged_run_counts_as_the_worst():
    design, scores = made_up(8, 10)
    scores = [
        Score("good", s.source, "js", s.seed, None, status="diverged")
        if s.model == "good" and s.seed < 6
        else s
        for s in scores
    ]
    table = summarise(design, scores)
    assert table.cells["good", "js rank"].mean > 1
    assert table.cells["good", "js score"].mean < 0.5
    assert math.isfinite(table.cells["good", "js score"].low)


def test_a_source_without_a_value_is_left_out():
    design, scores = made_up(6, 10)
    scores = [
        s if s.source != "source 0" else Score(s.model, s.source, "js", s.seed, None, reason="why")
        for s in scores
    ]
    assert "over 5 sources" in summarise(design, scores).conclusions[0]


def test_bounds_and_values_are_not_ranked_together():
    design, scores = made_up(8, 10)
    mixed = [dataclasses.replace(s, bound="lower") if s.model == "good" else s for s in scores]
    assert summarise(design, mixed) is None
    here = [s for s in mixed if s.source == "source 0"]
    ranking = judge(Case(design.columns, list(QUALITY)[:3], here), design.columns[0])
    assert ranking.letters == {}
    assert ranking.sentence.startswith("JS: not ranked, as models were measured in different ways")


def test_the_forward_divergence_is_never_ranked():
    assert summarise(*made_up(8, 10, metric="forward_kl")) is None
