"""Settings for every test: one thread for each process, no deadlines, an ear for Ctrl-C, and who runs beside whom."""

import os
import signal
import threading

os.environ["OMP_NUM_THREADS"] = "1"  # tiny nets run faster so, and xdist already uses the cores
os.environ["MPLBACKEND"] = "agg"

import pytest
from hypothesis import settings

settings.register_profile("genzoo", deadline=None, print_blob=True)
settings.load_profile("genzoo")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # a shell starts background jobs deaf to Ctrl-C; the tests of it, and what they start, must hear it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of one file, and all of the report, share a worker: what they share is made once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.partition("::")[0]
            return "tests/reporting" if path.startswith("tests/reporting/") else path

    return ByFile(config, log)


@pytest.fixture(autouse=True, scope="module")
def little_drawn(request):
    """Where comparisons are tested they draw neither figures nor report, but in a test that asks for `pictures` or
    `pages`."""
    if request.path.parent.name not in ("comparison", "cli"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genzoo.api.compare.write_pictures", lambda *_: [])
        patch.setattr("genzoo.api.compare.report", lambda *_: None)
        yield


@pytest.fixture
def pictures(monkeypatch):
    from genzoo.api.pictures import write_pictures

    monkeypatch.setattr("genzoo.api.compare.write_pictures", write_pictures)


@pytest.fixture
def pages(monkeypatch):
    from genzoo.api.report import report

    monkeypatch.setattr("genzoo.api.compare.report", report)
