"""When the report of a comparison that still runs is written again."""

import pytest

from genzoo.api import watching
from genzoo.api.watching import EVERY, SHARE, STATUS, Watch
from genzoo.experiment import ComparisonProgress
from genzoo.reporting import Story


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(watching, "time", clock)
    return clock


@pytest.fixture
def drawn(monkeypatch, clock):
    """How many rows each drawing showed; one takes two seconds."""
    shown = []

    def draw(story):
        clock.now += 2.0
        return f"<p>{STATUS}</p> {story.facts['rows']} {story.refresh}"

    def tell(root, rows, facts):
        shown.append(rows)
        return Story([], {"rows": rows})

    monkeypatch.setattr(watching, "tables_so_far", lambda experiment, root, scores: len(scores))
    monkeypatch.setattr(watching, "build_story", tell)
    monkeypatch.setattr(watching, "report_page", draw)
    return shown


def progress(finished, left=None):
    return ComparisonProgress(
        0.5, left, finished, 4, "vae on ring: <step 5>", ["a score"] * finished
    )


def test_it_is_written_at_once_and_then_every_so_often(tmp_path, clock, drawn):
    page, heard = tmp_path / "report.html", []
    watch = Watch(tmp_path, None, {}, heard.append)
    watch(progress(0, 300.0))
    assert page.read_text() == (
        "<p>In training: 0 of 4 rows are finished, about 5 minutes left. "
        "vae on ring: &lt;step 5&gt;.</p> 0 5"
    )
    page.unlink()
    clock.now += EVERY - 0.1
    watch(progress(0))
    assert not page.exists()
    clock.now += 0.2
    watch(progress(0, 30.0))
    assert ", about a minute left." in page.read_text()
    assert drawn == [0]
    assert len(heard) == 3


def test_drawing_takes_its_share_of_the_time_and_no_more(tmp_path, clock, drawn):
    watch = Watch(tmp_path, None, {})
    watch(progress(0))
    clock.now = 102.0 + EVERY
    watch(progress(1))
    assert drawn == [0], "two seconds of drawing are paid by forty of training"
    clock.now = 100.0 + 2.0 / SHARE + 0.1
    watch(progress(1))
    assert drawn == [0, 1]
    assert "1 of 4 rows are finished." in (tmp_path / "report.html").read_text()


def test_where_it_is_stopped_it_says_so(tmp_path, clock, drawn):
    watch = Watch(tmp_path, None, {})
    watch(progress(0))
    watch(progress(2))
    with pytest.raises(KeyboardInterrupt), watch:
        raise KeyboardInterrupt
    assert (tmp_path / "report.html").read_text() == (
        "<p>Stopped: 2 of 4 rows are finished. The same command continues.</p> 2 None"
    )


def test_where_nothing_was_heard_nothing_is_written(tmp_path, clock, drawn):
    with pytest.raises(KeyboardInterrupt), Watch(tmp_path, None, {}):
        raise KeyboardInterrupt
    with Watch(tmp_path, None, {}):
        pass
    assert not list(tmp_path.iterdir())
