"""The last value that was recorded, and what was recorded as NaN or infinite."""

import math

import numpy as np
import pytest

from genzoo.core.model import Update
from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.figures import loss_curves
from genzoo.figures.traces import trace
from genzoo.results.types import FitResult, History, TrainedRun
from genzoo.testing.specimens import LinearGaussian
from genzoo.training import Trainer

NAN = math.nan


def history(**series: list[float]) -> History:
    columns = {name.replace("_", "/"): np.array(values) for name, values in series.items()}
    return History(np.arange(1, 1 + len(next(iter(columns.values())))), columns)


TWO_STAGES = history(
    first_loss=[4.0, 3.0, NAN, NAN],
    first_rate=[0.1, 0.2, NAN, NAN],
    second_loss=[NAN, NAN, 2.0, 1.0],
)


def test_an_update_whose_window_has_closed_shows_what_it_recorded_last() -> None:
    last = TWO_STAGES.last()
    assert (last["first/loss"], last["second/loss"]) == (3.0, 1.0)
    assert last["first/rate"] == 0.2
    assert not TWO_STAGES.broken
    unknown = history(a_loss=[1.0, 2.0, NAN], a_rate=[0.5, NAN, NAN], b_loss=[1.0, 1.0, 1.0])
    assert math.isnan(unknown.last()["a/rate"])  # as it was recorded with the last loss


def test_a_diverged_run_shows_its_nan() -> None:
    one = history(a_loss=[2.0, NAN, NAN], b_loss=[1.0, 1.5, NAN])
    assert all(math.isnan(value) for value in one.last(2).values())
    assert one.broken
    infinite = history(a_loss=[2.0, math.inf])
    assert infinite.last(2) == {"a/loss": math.inf}
    assert infinite.broken
    late = history(first_loss=[4.0, 3.0, NAN, NAN, NAN], second_loss=[NAN, NAN, 2.0, 1.0, NAN])
    assert late.last(5)["first/loss"] == 3.0
    assert math.isnan(late.last(5)["second/loss"])
    assert late.broken
    never = history(a_loss=[NAN, NAN])
    assert math.isnan(never.last(1)["a/loss"])


def test_nothing_recorded_is_nothing_broken() -> None:
    empty = History(np.arange(0), {"a/loss": np.zeros(0)})
    assert empty.last() == {}
    assert not empty.broken
    assert not History(np.arange(0), {}).broken


class TwoStages(LinearGaussian):
    """All of the model in the first half of training, the decoder alone in the second."""

    def updates(self) -> tuple[Update, ...]:
        (every,) = super().updates()
        first = Update("all", every.loss, every.parameters, every.noise, window=(0.0, 0.5))
        return first, Update("decoder", every.loss, ("decoder",), every.noise, window=(0.5, 1.0))


@pytest.mark.parametrize("seeds", [[0], [0, 1]])
def test_a_fit_in_two_stages(seeds: list[int]) -> None:
    fit = Trainer().fit(lambda: TwoStages((2,)), create_source("ring"), seeds, Recipe(steps=20))
    for row, run in zip(fit.rows(), fit.runs, strict=True):
        assert row["all/loss"] == pytest.approx(float(run.history.series["all/loss"][9]))
        assert row["decoder/KL"] == pytest.approx(float(run.history.series["decoder/KL"][19]))
    assert "nan" not in fit._repr_html_()


def test_a_diverged_fit_says_nan() -> None:
    run = TrainedRun(0, LinearGaussian((2,)), {"last": {}}, history(a_loss=[2.0, NAN]), 2, 0.0, 1)
    assert math.isnan(FitResult((run,), Recipe()).rows()[0]["a/loss"])


def test_the_figure_marks_only_what_diverged() -> None:
    broken = history(first_loss=[4.0, 3.0, NAN, NAN], second_loss=[NAN, NAN, NAN, NAN])
    assert trace([TWO_STAGES, broken], "first/loss").broken == (False, True)
    calm, lost = (loss_curves({"m": [one]}, "ring") for one in (TWO_STAGES, broken))
    crosses = [[line for line in f.axes[0].lines if line.get_marker() == "x"] for f in (calm, lost)]
    assert [len(found) for found in crosses] == [0, 1]
    assert "diverged" not in " ".join(text.get_text() for text in calm.texts)
    assert "1 of 1 diverged" in " ".join(text.get_text() for text in lost.texts)
