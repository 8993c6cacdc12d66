"""Verbatim copies are seen whatever part of the file they come from; nothing else is."""

import io

import numpy as np
import pytest
import torch

import genzoo
from genzoo.core.metric import Evidence
from genzoo.data import ArraySource
from genzoo.metrics import METRICS, copied_rows
from genzoo.metrics.printed import decimals, printed


def gaussian(random, n, columns=6):
    mixing = np.random.default_rng(9).normal(size=(columns, columns))
    return random.normal(size=(n, columns)) @ mixing


def split(rows, random):
    rows = random.permutation(rows)
    return rows[: 2 * len(rows) // 3], rows[2 * len(rows) // 3 :]


def through_text(rows, form):
    text = io.StringIO()
    np.savetxt(text, rows, fmt=form)
    text.seek(0)
    return np.loadtxt(text, ndmin=2)


def beyond(found, errors=5.0):
    return found.value - found.null > errors * found.standard_error


def test_a_shuffled_copy_of_the_file_is_seen_whatever_its_split():
    random = np.random.default_rng(4)
    rows = through_text(gaussian(random, 2000), "%.6f")
    copy = through_text(random.permutation(rows), "%.6f").astype("float32")
    names = "train_share,near_duplicates,copied_rows"
    table = genzoo.evaluate(copy, ArraySource(rows), metrics=names, seeds=6)
    scores = {(s.model, s.metric, s.seed): s for s in table.scores}
    row = next(s.model for s in table.scores if s.model != "oracle")
    for seed in range(6):
        copied, oracle = (scores[model, "copied_rows", seed] for model in (row, "oracle"))
        assert copied.value == pytest.approx(
            5 / 6, abs=0.08
        )  # the rest is the half that the oracle shows
        assert copied.null == oracle.value == oracle.null == 0
        assert scores[row, "train_share", seed].value == pytest.approx(0.5, abs=0.08)
    assert "p < 1e-300" in scores[row, "copied_rows", 0].estimator


@pytest.mark.parametrize("columns", [1, 2, 6, 64])
@pytest.mark.parametrize("form", ["%.6f", "%.2f", "%.1f", "%.6g", "%.4g"])
def test_copies_printed_with_fewer_digits(columns, form):
    random = np.random.default_rng(columns)
    rows = gaussian(random, 600, columns)
    train, held = split(rows, random)
    found = copied_rows(train, held[:100], through_text(random.permutation(rows)[:400], form))
    if (columns, form) in ((1, "%.2f"), (1, "%.1f"), (2, "%.1f")):
        assert found.reason.startswith("ties")
        return
    assert beyond(found)
    assert found.value > 0.7 or columns < 6


@pytest.mark.parametrize("columns", [1, 2, 6, 64])
def test_a_fifth_of_training_rows_is_seen_and_fresh_or_narrow_rows_are_not(columns):
    random = np.random.default_rng(columns)
    for _ in range(5):
        train, held = split(gaussian(random, 600, columns), random)
        fresh, narrow = gaussian(random, 500, columns), 0.5 * gaussian(random, 500, columns)
        mixed = np.r_[train[:100], gaussian(random, 400, columns)]
        assert beyond(copied_rows(train, held[:100], mixed))
        assert not beyond(copied_rows(train, held[:100], fresh), 3)
        assert not beyond(copied_rows(train, held[:100], narrow), 3)


@pytest.mark.parametrize("columns", [6, 64])
def test_copies_with_a_little_noise(columns):
    random = np.random.default_rng(0)
    train, held = split(gaussian(random, 600, columns), random)
    drawn = train[random.integers(400, size=500)]
    found = copied_rows(
        train, held[:100], drawn + 0.01 * train.std(axis=0) * random.normal(size=drawn.shape)
    )
    assert beyond(found)
    assert found.value > 0.7


DISCRETE = {  # rows, decimals of their grid
    "whole years": (lambda r, n: r.normal(45, 15, (n, 2)), 0),
    "two digits": (lambda r, n: r.normal(size=(n, 2)), 2),
    "one digit": (lambda r, n: r.normal(size=(n, 2)), 1),
    "4 in 10 are 0": (lambda r, n: np.where(r.random((n, 1)) < 0.4, 0.0, r.normal(size=(n, 3))), 3),
}


@pytest.mark.parametrize("law", DISCRETE)
def test_ties_are_no_copies_but_copies_of_rows_with_ties_are_seen(law):
    draw, digits = DISCRETE[law]
    random = np.random.default_rng(0)
    gaps, mixed_gaps = [], []
    for _ in range(30):
        train, held = split(np.round(draw(random, 600), digits), random)
        fresh = copied_rows(train, held[:100], np.round(draw(random, 500), digits))
        gaps.append((fresh.value - fresh.null) / fresh.standard_error)
        drawn = train[random.integers(400, size=500)]
        assert beyond(copied_rows(train, held[:100], drawn), 3)
        mixed = copied_rows(
            train, held[:100], np.r_[drawn[:100], np.round(draw(random, 400), digits)]
        )
        mixed_gaps.append((mixed.value - mixed.null) / mixed.standard_error)
        narrow = draw(random, 500)
        narrow = np.round(narrow.mean(axis=0) + 0.5 * (narrow - narrow.mean(axis=0)), digits)
        assert not beyond(copied_rows(train, held[:100], narrow), 3)
    assert np.mean(mixed_gaps) > 2
    assert -1 < np.mean(gaps) < 0.3
    assert np.mean(np.array(gaps) > 1.645) <= 0.1


def test_noise_on_whole_numbers_hides_no_copy():
    random = np.random.default_rng(0)
    train, held = split(np.round(random.normal(45, 15, (600, 3))), random)
    noisy = train + random.normal(0, 0.05, train.shape)
    assert copied_rows(train, held[:100], noisy).value == 1
    assert beyond(copied_rows(train, held[:100], noisy))


def test_a_column_that_numbers_the_rows_is_not_asked():
    """Numbers 1 ... 600 are drawn again by a model, and real rows never share one."""
    random = np.random.default_rng(0)

    def numbered(rows):
        return np.c_[random.integers(1, 601, len(rows)), rows]

    sex, body = (random.random((600, 1)) < 0.5).astype(float), random.normal(size=(600, 2))
    ids = np.arange(1.0, 601)[:, None]
    alone = copied_rows(ids[200:], ids[:100], random.integers(1, 601, (500, 1)))
    assert alone.reason == "no column is left: all are constant or number the rows"
    with_sex = copied_rows(np.c_[ids, sex][200:], np.c_[ids, sex][:100], numbered(sex))
    assert with_sex.reason.startswith("ties")
    table = np.c_[ids, body]
    assert not beyond(
        copied_rows(table[200:], table[:100], numbered(random.normal(size=(500, 2)))), 3
    )
    assert copied_rows(
        table[200:], table[:100], table[random.permutation(600)]
    ).value == pytest.approx(5 / 6)


def test_a_constant_column_hides_no_copy():
    random = np.random.default_rng(0)
    rows = np.c_[random.normal(size=(300, 3)), np.full(300, 7.0)]
    assert copied_rows(rows[:200], rows[200:], rows + np.array([0, 0, 0, 0.5])).value == 1


@pytest.mark.parametrize("sample", ["constant", "one row often"])
def test_a_collapsed_model_copies_at_most_one_row(sample):
    random = np.random.default_rng(0)
    rows = random.normal(size=(300, 3))
    y = np.zeros((200, 3)) if sample == "constant" else np.repeat(rows[:1], 200, axis=0)
    assert copied_rows(rows[:200], rows[200:], y).value == (sample != "constant")


def test_sign_tests_over_seeds_do_not_fire_for_fresh_rows():
    """Ten files each; nine of ten above the null has a chance of 1 % where the null is right."""
    random = np.random.default_rng(0)
    for digits in (0, 1, 9):
        fired = 0
        for _ in range(30):
            above = 0
            for _ in range(10):
                train, held = split(np.round(3 * random.normal(size=(150, 2)), digits), random)
                found = copied_rows(
                    train, held[:25], np.round(3 * random.normal(size=(150, 2)), digits)
                )
                above += found.value is not None and found.value > found.null
            fired += above >= 9
        assert fired <= 2


def test_decimals_of_columns():
    rows = np.float32(
        [[1.25, 3000, 0.1, np.pi], [2.5, 12000, 0.3, np.e], [0.75, -1000, 0.2, 1.7]]
    ).astype(float)
    assert decimals(rows).tolist() == [2, -3, 1, np.inf]
    assert decimals(np.array([[1234567.5], [1.5]])).tolist() == [np.inf]
    assert printed(np.array([[1.26, 1 / 3]]), np.array([1.0, np.inf])).tolist() == [
        [13, float(np.float32(1 / 3))]
    ]


def test_few_rows_and_endless_sources(kit):
    found = METRICS.create("copied_rows")(Evidence(torch.zeros(4, 2), *_table(kit, 50)))
    assert found.reason == "too few rows: 4, 10 of each kind are needed"


def _table(kit, rows):
    source = kit["Table"](0, rows)
    return source.holdout.x, source
