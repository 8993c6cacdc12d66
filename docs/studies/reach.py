"""Which tests reach which lines of genzoo: so mutation.py chooses what a changed line meets.

The tests of a room run once under coverage, in a forked process. What a shared fixture executes
counts for every test that uses it. Left out are tests that fail, that need more processor time than
`LONGEST`, and that start processes, which coverage does not see into. The answer is kept in a file:
what changed since runs again, and what reaches what changed."""

import contextlib
import functools
import hashlib
import multiprocessing.util
import os
import pickle
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

LONGEST = 20.0
"""Seconds of processor time, coverage included, that one test may take."""
STARTING = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec"}


@dataclass
class Reach:
    """What a run of the tests under coverage says.

    Attributes:
        seconds: Processor time of each test and of each shared fixture.
        uses: The shared fixtures of each test.
        lines: By file and line, the tests and fixtures that execute it.
        left_out: Tests that were not used.
        digests: Of each file of genzoo and of its tests.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    uses: dict[str, set[str]] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def tests(self, path: str, low: int, high: int) -> set[str]:
        """Tests that execute one of these lines, or use a fixture that does."""
        found = set()
        for line, names in self.lines.get(path, {}).items():
            if low <= line <= high:
                found |= names
        using = {test for test, fixtures in self.uses.items() if fixtures & found}
        return (found & self.uses.keys() | using) - self.left_out.keys()

    def cost(self, tests: set[str] | list[str]) -> float:
        """Processor time that these tests need together."""
        fixtures = set().union(*(self.uses[test] for test in tests))
        return sum(self.seconds.get(name, 0.0) for name in [*tests, *fixtures])

    def forget(self, files: set[str]) -> None:
        """Leave out what is known of the tests in these files."""
        gone = {test for test in self.uses if file_of(test) in files}
        for test in gone:
            self.uses.pop(test)
            self.seconds.pop(test, None)
        for lines in self.lines.values():
            for names in lines.values():
                names -= gone
        for test in [test for test in self.left_out if file_of(test) in files]:
            del self.left_out[test]

    def add(self, other: "Reach") -> None:
        """Take over what another run says."""
        self.seconds |= other.seconds
        self.uses |= other.uses
        self.left_out |= other.left_out
        for path, lines in other.lines.items():
            mine = self.lines.setdefault(path, {})
            for line, names in lines.items():
                mine.setdefault(line, set()).update(names)


class NotUsed(BaseException):
    """The running test takes too long or starts a process."""


class Recorder:
    """Pytest plugin: notes contexts of coverage, processor times and what must be left out."""

    def __init__(self, tracer: coverage.Coverage) -> None:
        self.tracer = tracer
        self.found = Reach()
        self.seconds: dict[str, float] = defaultdict(float)
        self.context = ""
        self.begin = time.process_time()
        self.calling = False

    def switch(self, context: str) -> None:
        now = time.process_time()
        self.seconds[self.context] += now - self.begin
        self.context, self.begin = context, now
        self.tracer.switch_context(context)

    def listen(self) -> None:
        """Stop a test that takes too long or starts a process."""

        def hear(event: str, _: object) -> None:
            if self.calling and event in STARTING:
                self.stop("starts a process")

        def spawn(*_: object) -> int:
            return int(self.stop("starts a process") or start(*_))

        start = multiprocessing.util.spawnv_passfds
        multiprocessing.util.spawnv_passfds = spawn
        sys.addaudithook(hear)
        signal.signal(signal.SIGPROF, lambda *_: self.stop(f"takes more than {LONGEST:g} s"))

    def stop(self, why: str) -> None:
        if self.calling:
            self.calling = False
            self.found.left_out[self.context] = why
            raise NotUsed(why)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.found.uses[item.nodeid] = set(shared_fixtures(item))
        self.switch(item.nodeid)
        try:
            return (yield)
        finally:
            self.switch("")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef) -> Iterator[None]:
        before = self.context
        if fixturedef.scope != "function":
            self.switch(named(fixturedef))
        try:
            return (yield)
        finally:
            self.switch(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self.calling = True
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        try:
            return (yield)
        finally:
            self.calling = False
            signal.setitimer(signal.ITIMER_PROF, 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.found.left_out.setdefault(report.nodeid, "fails")
        elif report.skipped:
            self.found.left_out.setdefault(report.nodeid, "is skipped")

    def save(self, folder: Path, file: Path) -> None:
        self.tracer.stop()
        data = self.tracer.get_data()
        self.found.seconds = dict(self.seconds)
        for measured in data.measured_files():
            name = str(Path(measured).relative_to(folder))
            lines = data.contexts_by_lineno(measured)
            self.found.lines[name] = {line: set(names) - {""} for line, names in lines.items()}
        with open(file, "wb") as kept:
            pickle.dump(self.found, kept)


def shared_fixtures(item: pytest.Item) -> Iterator[str]:
    info = getattr(item, "_fixtureinfo", None)
    for definitions in info.name2fixturedefs.values() if info else ():
        for definition in definitions:
            if definition.scope != "function":
                yield named(definition)


def named(definition: pytest.FixtureDef) -> str:
    return f"fixture {definition.baseid} {definition.argname}"


def file_of(test: str) -> str:
    return test.partition("::")[0]


def digests(folder: Path) -> dict[str, str]:
    """Of each file of genzoo and of its tests."""
    paths = sorted([*folder.glob("genzoo/**/*.py"), *folder.glob("tests/**/*.py")])
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def reach(folder: Path, kept: Path, room: str, given: list[str], options: list[str]) -> Reach:
    """What the kept file says, after tests that changed or that reach what changed ran again.

    Args:
        folder: The copy in which tests run.
        kept: The file.
        room: Whose lines are looked at.
        given: Folders of tests.
        options: For pytest.
    """
    now, known = digests(folder), Reach()
    if kept.exists():
        with open(kept, "rb") as file:
            known = pickle.load(file)
    within = (f"genzoo/{room}", *given)
    files = {name for name in stale(known, now, within) if (folder / name).exists()}
    known.forget(files | (known.digests.keys() - now.keys()))
    for name in now:
        if known.digests.get(name) != now[name]:
            known.lines.pop(name, None)
    if files:
        part = kept.with_suffix(".part")
        in_child(folder, functools.partial(record, folder, part, room, [*options, *sorted(files)]))
        with open(part, "rb") as file:
            known.add(pickle.load(file))
        part.unlink()
        known.digests = now
        with open(kept, "wb") as file:
            pickle.dump(known, file)
    return known


def stale(known: Reach, now: dict[str, str], within: tuple[str, ...]) -> set[str]:
    """The files of tests that must run, or the folders at first."""
    if not known.digests:
        return set(within)
    changed = {name for name in now if known.digests.get(name) != now[name]}
    found = set(changed)
    for name in changed:
        found |= {file_of(test) for test in known.tests(name, 0, 10**9)}
        if not (name.startswith("genzoo/") or is_test(name)):
            found |= {other for other in now if other.startswith(str(Path(name).parent))}
    folders = tuple(f"{folder}/" for folder in within)
    mine = {name for name in found & now.keys() if name.startswith(folders)}
    return {name for name in mine if is_test(name) or name.startswith("genzoo/")}


def is_test(name: str) -> bool:
    return Path(name).name.startswith("test_")


def record(folder: Path, file: Path, room: str, arguments: list[str]) -> int:
    """Run tests under coverage."""
    looked_at = [str(folder / "genzoo" / room / "*")]
    tracer = coverage.Coverage(data_file=None, include=looked_at, config_file=False)
    recorder = Recorder(tracer)
    recorder.listen()
    tracer.start()
    code = pytest.main(arguments, plugins=[recorder])
    recorder.save(folder, file)
    return int(code)


def in_child(folder: Path, work: Callable[[], int], seconds: int = 7200) -> int:
    """The exit status of work in a forked process, in the folder and silent.

    It is negative where the work takes too long.

    Args:
        folder: Where it works.
        work: What it does.
        seconds: Of processor time that it gets, and five times as many by the clock.
    """
    process = os.fork()
    if process == 0:
        code = 99
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            sys.path.insert(0, str(folder))
            os.chdir(folder)
            with contextlib.suppress(BaseException):
                code = work()
        os._exit(min(code, 100))
    end = time.monotonic() + 5 * seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
