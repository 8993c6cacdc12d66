"""Settings for every test: one thread, no deadlines, an ear for Ctrl-C, who runs beside whom."""

import functools
import gc
import os
import signal
import threading

# Tiny nets run faster so, and xdist already uses the cores.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "agg"

import pytest
from hypothesis import settings

settings.register_profile("genzoo", deadline=None, print_blob=True)
settings.load_profile("genzoo")

deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
if deaf and threading.current_thread() is threading.main_thread():
    # A shell starts background jobs deaf to Ctrl-C; tests of it, and what they start, must hear it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


RARELY = 50_000, 20, 20
"""How much is made between two searches for garbage; by default 700, 10, 10."""


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Tests, and what they import, stay to the end: no search for garbage goes through them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*RARELY)
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of one file, and all of the report, share a worker: what they share is made once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.partition("::")[0]
            return "tests/reporting" if path.startswith("tests/reporting/") else path

    return ByFile(config, log)


FEW = 400
"""Samples that are scored in a comparison of the tests; 2,500 outside of them."""

SCORED_BRIEFLY = ("cli", "experiment", "observation", "statistics", "storage")
"""Folders of tests whose comparisons score few samples and draw nothing."""


@pytest.fixture(autouse=True, scope="module")
def little_done(request):
    """Where comparisons are tested they score few samples and draw neither figures nor report.

    A test that needs those asks for `pictures`, `pages` or `many_samples`.
    """
    if request.path.parent.name not in SCORED_BRIEFLY:
        yield
        return
    from genzoo.experiment import Experiment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genzoo.api.compare.write_pictures", lambda *_: {})
        patch.setattr("genzoo.api.compare.write_page", lambda *_: None)
        patch.setattr("genzoo.api.compare.Experiment", functools.partial(Experiment, n=FEW))
        yield


@pytest.fixture
def pictures(monkeypatch):
    from genzoo.api.pictures import write_pictures

    monkeypatch.setattr("genzoo.api.compare.write_pictures", write_pictures)


@pytest.fixture
def pages(monkeypatch):
    from genzoo.api.report import write_page

    monkeypatch.setattr("genzoo.api.compare.write_page", write_page)


@pytest.fixture
def many_samples(monkeypatch):
    from genzoo.experiment import Experiment

    monkeypatch.setattr("genzoo.api.compare.Experiment", Experiment)
