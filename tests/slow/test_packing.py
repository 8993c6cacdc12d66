"""The bench of packing finds the published order: the larger the packs, the more modes kept."""

from statistics import fmean

import pytest

import genzoo


@pytest.mark.slow
def test_packs_keep_the_balance_of_modes(tmp_path) -> None:
    table = genzoo.bench("packing", seeds=8, out=tmp_path, record=False)

    def mean(metric: str, source: str, row: str) -> float:
        found = [
            s.value for s in table.scores if (s.metric, s.source, s.model) == (metric, source, row)
        ]
        return fmean(value for value in found if value is not None)

    for metric, sign in (("modes_held", 1), ("kl_modes", -1)):
        rows = ("GAN", "PacGAN2", "PacGAN4")
        plain, two, four = (sign * mean(metric, "grid", row) for row in rows)
        assert plain < two < four
        plain, two = (sign * mean(metric, "ring:sigma=0.01", row) for row in rows[:2])
        assert plain < two
