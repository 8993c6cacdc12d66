"""What tables say of single rows, and when a metric tells the controls apart."""

from types import SimpleNamespace

import numpy as np
import pytest

from genzoo.data import create_source
from genzoo.experiment.controls import noisy_oracle, oracle
from genzoo.experiment.remarks import ALARM, _alarms
from genzoo.observation.improvement import _nearer
from genzoo.results.table import Cell, Column
from genzoo.results.types import Score
from genzoo.statistics.blocks import _control_losses

MISSING = Column("missing", "missing", alarm="modes missing")


def scores(row: str, values: list[float]) -> list[Score]:
    return [Score(row, "ring", "missing", seed, value) for seed, value in enumerate(values)]


def test_an_alarm_counts_the_runs_of_its_own_row() -> None:
    every = [*scores("a", [0, 0, 0]), *scores("b", [2, 0, 1]), *scores("c", [1, 1, 1])]
    cells = {
        (row, "missing"): Cell(1.0, flag=flag)
        for row, flag in (("a", ""), ("b", ALARM), ("c", ALARM))
    }
    found = _alarms(SimpleNamespace(columns=[MISSING]), ["a", "b", "c"], cells, every)
    assert found == ["! modes missing: b (2 of 3 runs), c (3 of 3 runs)."]


@pytest.mark.parametrize(("gap", "apart"), [(4.01, True), (3.99, False)])
@pytest.mark.parametrize(("worst", "best"), [(3.0, 4.0), (4.0, 3.0), (0.0, 5.0), (5.0, 0.0)])
def test_controls_are_apart_beyond_four_errors_of_their_difference(
    worst: float, best: float, gap: float, apart: bool
) -> None:
    """Nine runs each; the errors of the two means make 5 together, as sides of a right angle."""
    unit = np.arange(9.0) - 4
    unit *= 3 / unit.std(ddof=1)
    made = scores("single_mode", (5 * gap + worst * unit).tolist()) + scores(
        "oracle", (best * unit).tolist()
    )
    found = _control_losses(MISSING, made)
    assert np.isfinite(found).all() == apart
    if apart:
        assert found == pytest.approx((5 * gap, 0.0))


def test_almost_right_samples_are_the_truth_with_a_twentieth_of_its_spread() -> None:
    source = create_source("ring")
    noise = (noisy_oracle(source, 2000, 3).x - oracle(source, 2000, 3).x).numpy()
    low, high = np.quantile(oracle(source, 2000, 3).x.numpy(), [0.25, 0.75], axis=0)
    assert noise.std(axis=0) / ((high - low) / 1.349) == pytest.approx([0.05, 0.05], rel=0.1)


def test_equal_distances_count_half() -> None:
    assert _nearer(np.array([1.0, 2.0, 0.0]), np.array([1.0, 1.0, 1.0])) == pytest.approx(0.5)
    assert _nearer(np.ones(4), np.ones(4)) == 0.5
