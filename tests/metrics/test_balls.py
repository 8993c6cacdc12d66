"""What is left of balls without some of them, by distances that are kept or searched anew."""

import numpy as np
import pytest

from genzoo.metrics import balls
from genzoo.metrics.balls import held_without_tenths, without_tenths

SIZES = [(250, 400, 2), (60, 45, 2), (45, 60, 15), (11, 30, 1), (4, 3, 2)]
KINDS = {
    "different": lambda rows: rows,
    "with ties": lambda rows: 0.1 * rows.round(),
    "all equal": lambda rows: 0 * rows,
    "with an outlier": lambda rows: np.concatenate([1e3 * rows[:1], rows[1:]]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("m", "n", "dimension"), SIZES)
def test_few_rows_give_the_numbers_of_many(m, n, dimension, kind, monkeypatch):
    random = np.random.default_rng(0)
    centres, points = (KINDS[kind](random.normal(size=(rows, dimension))) for rows in (m, n))

    def every():
        return (
            without_tenths(centres, points, 3, lambda holding: holding > 0),
            without_tenths(centres, points, 5, lambda holding: holding / 5),
            held_without_tenths(centres, points, 5),
        )

    kept = every()
    monkeypatch.setattr(balls, "BLOCK", 0)
    np.testing.assert_array_equal(kept, every())
