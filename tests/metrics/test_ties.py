"""Metrics of neighbours on data with equal rows and equal distances.

Whole numbers, yes and no, mostly one value.
"""

import itertools

import numpy as np
import pytest

import genzoo
from genzoo.data import ArraySource
from genzoo.metrics import coverage, density, near_duplicates, precision, recall, train_share
from genzoo.metrics.balls import ball_counts, inside_others
from genzoo.metrics.ties import nearest_shares, places

LAWS = {
    "yes and no, 2 columns": lambda r, n: (r.random((n, 2)) < 0.3).astype(float),
    "yes and no, 9 columns": lambda r, n: (r.random((n, 9)) < 0.3).astype(float),
    "whole years": lambda r, n: np.round(r.normal(45, 15, (n, 1))),
    "whole years, 2 columns": lambda r, n: np.round(r.normal(45, 15, (n, 2))),
    "one digit": lambda r, n: np.round(r.normal(size=(n, 2)), 1),
    "continuous beside yes and no": lambda r, n: np.c_[r.normal(size=n), r.random((n, 3)) < 0.3],
    "4 in 10 are 0": lambda r, n: np.where(r.random((n, 1)) < 0.4, 0.0, r.normal(size=(n, 3))),
    "9 in 10 are 0": lambda r, n: np.where(r.random((n, 1)) < 0.9, 0.0, r.normal(size=(n, 3))),
}


def standard(law, random, *sizes):
    parts = [LAWS[law](random, n) for n in sizes]
    return [part / parts[0].std(axis=0) for part in parts]


def gaps(found):
    """Of values from their nulls, in standard errors."""
    return np.array(
        [(f.value - f.null) / f.standard_error if f.standard_error > 0 else 0.0 for f in found]
    )


@pytest.mark.parametrize("law", LAWS)
def test_the_train_share_is_one_half_with_the_right_error(law):
    random = np.random.default_rng(0)
    z = gaps([train_share(*standard(law, random, 100, 100, 200)) for _ in range(100)])
    assert abs(z.mean()) < 0.35
    assert 0.8 < z.std() < 1.25


@pytest.mark.parametrize("law", LAWS)
def test_near_duplicates_are_at_their_null_or_not_applicable(law):
    random = np.random.default_rng(0)
    found = [near_duplicates(*standard(law, random, 300, 150, 200)) for _ in range(100)]
    if "years" not in law and law not in (
        "yes and no, 2 columns",
        "yes and no, 9 columns",
        "9 in 10 are 0",
    ):
        assert all(f.value is not None for f in found)
    known = [f for f in found if f.value is not None]
    assert {f.reason.split(":")[0] for f in found if f.value is None} <= {"ties"}
    if len(known) > 50:
        assert np.mean([f.value for f in known]) == pytest.approx(1 / 151, abs=0.003)
        assert all(f.null >= 1 / 151 - 1e-12 for f in known)
        assert np.mean(gaps(known) > 1.645) <= 0.06


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("metric", [density, coverage])
def test_density_and_coverage_are_at_their_null(law, metric):
    random = np.random.default_rng(0)
    found = [metric(*standard(law, random, 150, 200)) for _ in range(80)]
    gap = np.array([f.value - f.null for f in found])
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(80) + 1e-3
    if metric is density:
        assert np.mean(abs(gaps(found)) <= 1.96) > 0.6 if found[0].null == 1 else 0.85


@pytest.mark.parametrize("law", LAWS)
def test_precision_and_recall_are_those_of_real_rows_among_themselves(law):
    random = np.random.default_rng(0)
    gap = []
    for _ in range(60):
        x, y = standard(law, random, 150, 200)
        gap.append(
            (precision(x, y).value - inside_others(x), recall(x, y).value - inside_others(y))
        )
    assert (abs(np.mean(gap, axis=0)) < 4 * np.std(gap, axis=0) / np.sqrt(60) + 2e-3).all()


def test_rows_at_equal_distance_count_in_equal_parts():
    assert train_share([[1.0], [1.0]], [[-1.0], [5.0]], [[0.0]]).value == pytest.approx(2 / 3)
    assert nearest_shares(np.zeros((6, 1)), np.array([[1.0], [-1.0], [3.0]])).tolist() == [3, 3, 0]
    assert nearest_shares(np.zeros((6, 9)), np.r_[np.eye(9), np.ones((1, 9))]) == pytest.approx(
        np.r_[[6 / 9] * 9, 0]
    )
    assert train_share(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((5, 2))).value == 0.5


@pytest.mark.parametrize("columns", [1, 9])
def test_the_train_share_does_not_know_which_sample_comes_first(columns):
    random = np.random.default_rng(0)
    train, held, y = ((random.random((n, columns)) < 0.4).astype(float) for n in (40, 40, 60))
    assert train_share(held, train, y).value == pytest.approx(
        1 - train_share(train, held, y).value, abs=1e-12
    )


def test_the_error_of_the_train_share_is_that_of_all_labellings_with_ties():
    random = np.random.default_rng(0)
    pool, fakes = (
        random.integers(0, 3, (8, 2)).astype(float),
        random.integers(0, 3, (30, 2)).astype(float),
    )
    shares = []
    for chosen in itertools.combinations(range(8), 4):
        others = [i for i in range(8) if i not in chosen]
        shares.append(train_share(pool[list(chosen)], pool[others], fakes).value)
    found = train_share(pool[:4], pool[4:], fakes)
    assert np.mean(shares) == pytest.approx(0.5)
    assert found.standard_error == pytest.approx(np.std(shares), rel=1e-12)


def test_near_duplicates_of_each_of_the_held_out_rows_among_the_others_are_their_null():
    """Exactly k / (m + 1) on average over which of m + 1 rows is called generated, with ties."""
    random = np.random.default_rng(0)
    train, rows = (
        random.integers(0, 12, (60, 2)).astype(float),
        random.integers(0, 12, (250, 2)).astype(float),
    )
    values = [
        near_duplicates(train, np.delete(rows, i, axis=0), rows[i : i + 1]).value
        for i in range(250)
    ]
    assert np.mean(values) == pytest.approx(2 / 250, rel=1e-12)


def test_a_narrow_model_is_not_called_near():
    random = np.random.default_rng(0)
    for dimension in (2, 6, 64):
        found = [
            near_duplicates(
                random.normal(size=(400, dimension)), random.normal(size=(200, dimension)), y
            )
            for y in 0.5 * random.normal(size=(20, 200, dimension))
        ]
        assert np.mean(gaps(found)) < 0.5
        assert np.mean([f.value - f.null for f in found]) < 0.01


@pytest.mark.parametrize("columns", [1, 3, 9, 20])
def test_balls_hold_equal_points_and_points_at_their_radius(columns):
    random = np.random.default_rng(0)
    x, y = (7.3 + (random.random((n, columns)) < 0.3) / 3 for n in (50, 60))
    table = np.sqrt(((x[:, None] - y) ** 2).sum(-1))
    for radii in (np.zeros(50), np.full(50, 1 / 3)):
        hits = table <= radii[:, None] + 1e-9
        found = ball_counts(x, radii, y)
        assert found.containing.tolist() == hits.sum(0).tolist()
        assert found.held.tolist() == hits.sum(1).tolist()


def test_the_null_of_the_density_counts_what_balls_hold():
    random = np.random.default_rng(0)
    x, y = (
        random.integers(0, 4, (80, 2)).astype(float),
        random.integers(0, 4, (70, 2)).astype(float),
    )
    table = np.sqrt(((x[:, None] - x) ** 2).sum(-1))
    radius = np.sort(table, axis=1)[:, 5]
    held = (table <= radius[:, None]).sum(1) - 1
    assert density(x, y).null == pytest.approx(held.mean() / 5)
    assert density(x, y).null > 1.2


def test_the_null_of_the_coverage_is_the_mean_over_permutations():
    """Around each centre, who of the others is real and who generated."""
    random = np.random.default_rng(0)
    x, y = (
        random.integers(0, 4, (12, 2)).astype(float),
        random.integers(0, 4, (10, 2)).astype(float),
    )
    found, shares = coverage(x, y, 2).null, []
    for j in range(12):
        others = np.r_[np.delete(x, j, axis=0), y]
        distances = np.sqrt(((others - x[j]) ** 2).sum(1))
        for _ in range(2000):
            order = random.permutation(21)
            radius = np.sort(distances[order[:11]])[1]
            shares.append((distances[order[11:]] <= radius).any())
    assert found == pytest.approx(np.mean(shares), abs=0.012)


def test_continuous_rows_keep_the_closed_nulls():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(50, 7)), random.normal(size=(40, 7))
    assert density(x, y).null == 1
    assert "ties" not in density(x, y).estimator


def test_different_rows_and_how_often_they_come():
    found = places(np.array([[0.0, 1.0], [2.0, 3.0], [-0.0, 1.0]]))
    assert found.rows[found.place].tolist() == [[0, 1], [2, 3], [0, 1]]
    assert found.sizes[found.place].tolist() == [2, 1, 2]


CASES = {
    "2 yes/no columns": lambda r, n: (r.random((n, 2)) < 0.3).astype(float),
    "ages, whole years": lambda r, n: np.round(r.normal(45, 15, (n, 1))),
    "9 yes/no columns": lambda r, n: (r.random((n, 9)) < 0.3).astype(float),
}


@pytest.mark.parametrize("case", CASES)
def test_tables_of_whole_numbers(case):
    """1,200 rows against 600 of the same law: no alarm of any kind."""
    random = np.random.default_rng(1)
    source = ArraySource(CASES[case](random, 1200))
    samples = CASES[case](random, 600).astype("float32")
    names = "train_share,near_duplicates,copied_rows,precision,recall,density,coverage"
    table = genzoo.evaluate(samples, source, metrics=names, seeds=3)
    for score in table.scores:
        if score.value is None:
            assert score.metric in ("near_duplicates", "copied_rows")
            assert score.reason.startswith("ties: ")
        else:
            assert abs(score.value - score.null) <= 4.5 * score.standard_error + 1e-9, (
                score.metric,
                score.model,
            )
    density_nulls = [score.null for score in table.scores if score.metric == "density"]
    assert min(density_nulls) > 1.25
