"""Whole comparisons where the quickest metric, or a careless reader, is wrong."""

import numpy as np
import pytest

import genzoo
from genzoo.data import ArraySource

SEEDS = 6


def squares(n: int, random: np.random.Generator) -> np.ndarray:
    """Pictures of 12 x 12 pixels with a white square of 4 x 4 somewhere."""
    pictures = np.zeros((n, 12, 12), dtype=np.float32)
    for picture, (row, column) in zip(pictures, random.integers(0, 9, size=(n, 2)), strict=True):
        picture[row : row + 4, column : column + 4] = 255
    return pictures


@pytest.fixture(scope="module")
def white_squares():
    random = np.random.default_rng(0)
    real = squares(600, random)
    noise = [80 * random.normal(size=(200, 12, 12)).astype(np.float32) for _ in range(SEEDS)]
    good = [squares(200, random) + each for each in noise]
    collapsed = [real.mean(axis=0) + each / 10 for each in noise]
    samples = {"noisy": good, "collapsed": collapsed}
    return genzoo.compare([], [real], samples=samples, seeds=SEEDS, metrics="quick").tables[0]


@pytest.mark.thorough
def test_where_js_sees_everything_a_distance_decides(white_squares):
    """JS tells noisy squares as surely as one grey picture: a person sees that they are squares."""
    found = white_squares.verdict.answer("closest")
    assert (found.standing, found.leaders, found.decider) == ("best", ("noisy",), "energy")
    assert white_squares.cells["noisy", "js"].mean > 0.35
    assert "collapsed: no better than a single mode" in found.evidence[-1]


def test_the_first_sentence_says_who_collapsed(white_squares):
    assert white_squares.verdict.summary.startswith("noisy is closest")
    assert "collapsed misses" in white_squares.verdict.summary


def table(n: int, random: np.random.Generator) -> np.ndarray:
    return random.normal(size=(n, 5)) @ np.diag([1.0, 10.0, 0.1, 5.0, 1000.0])


@pytest.mark.parametrize(("share", "named"), [(1.0, True), (0.2, True), (0.0, False)])
def test_copies_of_training_rows_are_named(share, named):
    random = np.random.default_rng(1)
    source = ArraySource(table(1500, random))
    count = round(share * 500)
    rows = np.concatenate([source.train.x[:count].numpy(), table(500 - count, random)])
    found = genzoo.evaluate(rows, source, seeds=2, name="mine").tables[0].verdict
    assert (found.answer("copying").wanting == ("mine",)) is named
    assert ("mine copies training rows" in found.summary) is named


def test_the_file_itself_shuffled_is_a_copy_whatever_split_it_was_trained_on():
    random = np.random.default_rng(2)
    real = table(1200, random)
    found = genzoo.evaluate(random.permutation(real), real, seeds=2).tables[0].verdict
    assert found.answer("copying").wanting == ("samples",)


def test_one_seed_shows_the_errors_of_the_estimates():
    random = np.random.default_rng(3)
    text = genzoo.evaluate(table(400, random), table(1200, random), seeds=1).to_markdown()
    assert "(se 0." in text
    assert "One seed: in brackets the standard error of the estimate itself" in text


def test_n_stands_where_values_depend_on_it_with_what_a_perfect_model_gets():
    random = np.random.default_rng(4)
    samples = {
        "few": [table(100, random) for _ in range(2)],
        "many": [table(400, random) for _ in range(2)],
    }
    told = genzoo.compare(
        [], [table(2400, random)], samples=samples, seeds=2, metrics=["coverage", "js"]
    ).tables[0]
    assert told.cells["few", "coverage"].note.startswith("n = 100, perfect 0.")
    assert told.cells["many", "coverage"].note.startswith("n = 400, perfect 0.")
    assert "overage was not measured in the same way" in told.verdict.answer("covering").sentence
    alike = genzoo.compare(
        [], [table(2400, random)], samples={"one": samples["many"]}, seeds=2, metrics=["coverage"]
    )
    assert "coverage (n = 400) ↑" in alike.to_markdown()
