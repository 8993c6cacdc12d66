"""Pictures are drawn once, for the page and as files, here or in other processes, all the same."""

import os
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from genzoo import figures
from genzoo.api import drawing
from genzoo.api.drawing import START, Drawing, Job, dealt
from genzoo.reporting import ModelStory, PagePicture, SourceStory, Story, page_pictures, report_page
from genzoo.reporting.charts import inline_svg
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.types import History
from tests.figures.examples import table

LOST = TrainingEvent("collapsed", 40)


def story() -> Story:
    steps = np.arange(80)
    runs = [History(steps, {"vae/loss": np.exp(-steps / (10 + seed))}) for seed in range(2)]
    model = ModelStory(runs, events={0: (LOST,), 1: ()})
    return Story([SourceStory(table(), {"vae": model})])


def jobs(folder: Path) -> list[Job]:
    return [(picture, folder / picture.kind) for picture in page_pictures(story())]


def costing(costs: Sequence[float]) -> list[Job]:
    made = []
    for i, cost in enumerate(costs):
        picture = PagePicture("scores", "ring", str(i), "", partial(figures.score_figure), cost)
        made.append((picture, Path(str(i))))
    return made


def test_pictures_are_dealt_so_that_all_end_together() -> None:
    given = costing([1, 5, 2, 4, 3, 1])
    shares = dealt(given, 2, busy=3.0)
    costs = [[job[0].cost for job in share] for share in shares]
    assert costs == [[4, 3, 1], [5, 2, 1]]  # 3 + 8 here, 2.2 + 8 there
    assert dealt(given, 1, busy=100.0) == [sorted(given, key=lambda job: -job[0].cost)]
    assert dealt(costing([START / 2]), 2, busy=0.0)[1] == []


def test_one_figure_gives_the_page_and_the_file_what_two_would(tmp_path: Path) -> None:
    scores, losses = page_pictures(story())
    assert losses.drawn(tmp_path / "once") == inline_svg(losses.figure(), losses.label, losses.key)
    figures.save(losses.figure(), tmp_path / "twice")
    assert (tmp_path / "once.png").read_bytes() == (tmp_path / "twice.png").read_bytes()
    assert scores.key != losses.key
    assert "collapsed" in losses.drawn()


def test_a_page_takes_what_is_drawn_and_draws_the_rest() -> None:
    text = report_page(story(), {"s0-scores": "<svg>drawn already</svg>"})
    assert text.count("drawn already") == 1
    assert 'aria-label="Losses and monitors on ring"' in text
    assert 'aria-label="Scores on ring with 95 % intervals"' not in text


@pytest.mark.thorough
@pytest.mark.parametrize("killed", [False, True])
def test_another_process_draws_the_same_and_its_death_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.setattr(drawing, "WORTH_PROCESSES", 0.0)
    with Drawing(jobs(tmp_path / "here"), 1) as alone:
        expected = alone.finish()
    with Drawing(jobs(tmp_path / "there"), 2, busy=1000.0) as shared:
        (other,) = shared._others
        assert len(other.share) == 2
        assert other.process.pid
        if killed:
            os.kill(other.process.pid, signal.SIGKILL)
        assert shared.finish() == expected
    assert not other.process.is_alive()
    for kind in ("scores", "losses"):
        here, there = tmp_path / "here" / f"{kind}.png", tmp_path / "there" / f"{kind}.png"
        assert here.read_bytes() == there.read_bytes()
