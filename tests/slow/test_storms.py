"""Commands that are killed, starved and damaged at random moments lose and leave nothing."""

import importlib
import signal
from pathlib import Path

import pytest

STUDIES = Path(__file__).parents[2] / "docs" / "studies"


@pytest.mark.slow
def test_nothing_is_lost_in_a_storm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STUDIES))
    storms = importlib.import_module("storms")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    counts = storms.run(kills=24, damaged=8, seed=1, folder=tmp_path)
    assert not [fault for count in counts.values() for fault in count.faults]
    assert sum(count.dealt for count in counts.values()) >= 24 + 8
    # Five seconds are for an idle machine.
    assert max(count.slowest for count in counts.values()) < 6 * storms.GONE
