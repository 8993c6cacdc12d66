"""Progress: plain lines, rarely, with the time left."""

import pytest

from genzoo.cli import progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def told(clock, capsys, course):
    """The lines for a course of (seconds, fraction)."""
    with progress.Meter() as meter:
        for seconds, fraction in course:
            clock[0] = 100 + seconds
            meter.update(fraction, "work")
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_the_time_left_follows_from_the_pace_seen(clock, capsys):
    lines = told(clock, capsys, [(20, 0.0), (30, 0.1), (60, 0.4)])
    assert lines[1:] == [
        "genzoo: 10 %  work, about 1 min 30 s left",
        "genzoo: 40 %  work, about 1 min 0 s left",
    ]


def test_what_was_done_before_does_not_count_as_pace(clock, capsys):
    lines = told(clock, capsys, [(10, 0.8), (20, 0.9)])
    assert lines == ["genzoo: 80 %  work", "genzoo: 90 %  work, about 10 s left"]


def test_lines_are_rare(clock, capsys):
    assert (
        len(told(clock, capsys, [(second / 10, second / 1000) for second in range(1000)]))
        <= 100 / progress.LINE_SECONDS
    )


def test_what_comes_before_the_work_does_not_count_as_pace(clock, capsys):
    lines = told(clock, capsys, [(0, 0.0), (600, 0.0), (610, 0.1)])
    assert lines[-1] == "genzoo: 10 %  work, about 1 min 30 s left"
