"""Mutation testing of losses and metrics: a random sample of small changes, each of which some test should notice.

    pip install cosmic-ray coverage
    python docs/studies/mutation.py --package metrics [--sample 150] [--seed 0] [--again survivors.txt]

Mutants are made by cosmic-ray's operators, in a copy; those that only change what type checkers read (annotations,
`@final`) are left out. The tests of losses and metrics run once to learn which of them reach which line; a mutant meets
those that reach the changed one, in a forked process, the quick ones first. What runs at import only (class attributes,
defaults) is reached by no test: it meets the tests of its class or function and all very quick ones. A survivor's
change is printed. `--again` reads what an earlier run printed and tries its survivors only. Needs fork, so not for
Windows; about 3 minutes, then 5 s a mutant.
"""

import argparse
import ast
import contextlib
import difflib
import math
import os
import pickle
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import coverage
import hypothesis  # noqa: F401 - loaded once, before the forks
import numpy  # noqa: F401
import pytest
import scipy.stats  # noqa: F401
import sklearn.ensemble
import sklearn.mixture  # noqa: F401
import torch
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[2]
NEED_ARGUMENTS = {"core/VariableReplacer", "core/VariableInserter"}
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
FOLDERS = ["tests/losses", "tests/metrics"]
VERY_QUICK = 0.01
"""Seconds."""
PATIENCE = 5
"""A mutant hangs, and is noticed, after this many times the processor time that its tests usually need."""


class Mutant(NamedTuple):
    """A change: which operator, at which of its places in a file."""

    path: str
    operator: str
    place: int


class Tests(NamedTuple):
    """Seconds of each test, and the tests that reach each line of each file."""

    seconds: dict[str, float]
    reach: dict[str, dict[int, set[str]]]


class Recorder:
    """Pytest plugin: which test reaches which line."""

    def __init__(self, tracer: coverage.Coverage) -> None:
        self.tracer = tracer
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.tracer.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.skipped:
            self.seconds[report.nodeid] += report.duration


class Chosen:
    """Pytest plugin: only these tests, in this order."""

    def __init__(self, tests: list[str]) -> None:
        self.order = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda item: self.order[item.nodeid])


def places(folder: Path, path: Path) -> list[Mutant]:
    """All changes to a file."""
    nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
    found = []
    for name in sorted(operator_names()):
        if name not in NEED_ARGUMENTS:
            operator = get_operator(name)()
            count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
            found += [Mutant(str(path.relative_to(folder)), name, place) for place in range(count)]
    return found


def changed_source(source: str, mutant: Mutant) -> str | None:
    """The changed source; None where it is no Python, or the same but for annotations and `@final`."""
    changed = mutate_code(source, get_operator(mutant.operator)(), mutant.place)
    with contextlib.suppress(SyntaxError):
        if changed is not None and meaning(changed) != meaning(source):
            return changed
    return None


def meaning(source: str) -> str:
    """The code without what only type checkers read."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = [made for made in node.decorator_list if ast.unparse(made) != "final"]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def child(folder: Path, plugin: object, arguments: list[str], seconds: float) -> int:
    """Pytest in a process of its own that ends with pytest's exit code, or after so many seconds of processor time."""
    process = os.fork()
    if process == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 5))
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            sys.path.insert(0, str(folder))
            os.chdir(folder)
            code = pytest.main([*OPTIONS, *arguments], plugins=[plugin])
            if isinstance(plugin, Recorder):
                save(folder, plugin)
        os._exit(min(int(code), 100))
    status = os.waitpid(process, 0)[1]
    return os.waitstatus_to_exitcode(status)


def save(folder: Path, recorder: Recorder) -> None:
    recorder.tracer.stop()
    data = recorder.tracer.get_data()
    reach: dict[str, dict[int, set[str]]] = {}
    for file in data.measured_files():
        name = str(Path(file).relative_to(folder.resolve()))
        reach[name] = {line: set(tests) - {""} for line, tests in data.contexts_by_lineno(file).items()}
    with open(folder / "tests.pickle", "wb") as file:
        pickle.dump(Tests(dict(recorder.seconds), reach), file)


def record(folder: Path, package: str) -> Tests:
    """Run all tests once on the code as it is."""
    tracer = coverage.Coverage(
        data_file=None, include=[str(folder.resolve() / "genzoo" / package / "*")], config_file=False
    )
    tracer.start()
    code = child(folder, Recorder(tracer), FOLDERS, 3600)
    tracer.stop()
    if code:
        raise SystemExit(f"the tests fail on the code as it is (exit code {code})")
    with open(folder / "tests.pickle", "rb") as file:
        found: Tests = pickle.load(file)
    return found


def tests_of(source: str, changed: str, path: str, tests: Tests) -> list[str]:
    """Tests that reach the changed statement, or the function around it, or the file; the quick ones first."""
    pieces = difflib.SequenceMatcher(None, source.splitlines(), changed.splitlines(), autojunk=False).get_opcodes()
    first, last = next((a + 1, max(b, a + 1)) for kind, a, b, *_ in pieces if kind != "equal")
    reach = tests.reach[path]
    around = list(spans(ast.parse(source), first, last))
    reaching = [{t for line, names in reach.items() if low <= line <= high for t in names} for low, high in around]
    found = next((names for names in reaching if names), set())
    if not reaching[0]:
        found = found | {test for test, seconds in tests.seconds.items() if seconds < VERY_QUICK}
    known = set(re.findall(r"[\w-]+", " ".join(re.findall(r"\[(.*)\]", " ".join(found))))) & registered(tests)
    shared = {test for test in tests.seconds if known & set(re.findall(r"\w+", test.partition("[")[2]))}
    return sorted(found | shared, key=lambda test: tests.seconds.get(test, 0.0))


def registered(tests: Tests) -> set[str]:
    """Names that tests of every registered metric carry; they share evidence, so that one alone reaches a line."""
    return set(re.findall(r"test_registered_under_its_own_name\[(\w+)\]", " ".join(tests.seconds)))


def spans(tree: ast.Module, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Lines of the smallest statement around a change, then of wider ones; of a function's head, its body."""
    around = [
        n for n in ast.walk(tree) if isinstance(n, ast.stmt) and start(n) <= first and last <= (n.end_lineno or 0)
    ]
    for node in sorted(around, key=lambda n: (n.end_lineno or 0) - start(n)):
        yield start(node), node.end_lineno or 0
    yield 0, 10**9


def start(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def interval(noticed: int, tried: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    middle, centre = noticed / tried, (noticed + z**2 / 2) / (tried + z**2)
    half = z / (tried + z**2) * math.sqrt(tried * middle * (1 - middle) + z**2 / 4)
    return centre - half, centre + half


def earlier_survivors(file: Path) -> list[Mutant]:
    """Those that an earlier run printed."""
    lines = re.findall(r"^survived (\S+) (\S+) (\d+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    return [Mutant(path, name, int(place)) for path, name, place in lines]


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--sample", type=int, default=150)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--package", choices=("losses", "metrics"), default="metrics")
    words.add_argument("--minutes", type=float, default=600.0)
    words.add_argument("--again", type=Path)
    given = words.parse_args()
    torch.set_num_threads(1)
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    folder = Path(tempfile.mkdtemp()).resolve()
    for part in ("genzoo", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, folder / file)
    begin = time.monotonic()
    tests = record(folder, given.package)
    paths = sorted((folder / "genzoo" / given.package).glob("*.py"))
    every = [mutant for path in paths for mutant in places(folder, path)]
    print(f"{len(every)} changes to {len(paths)} files, {len(tests.seconds)} tests, {time.monotonic() - begin:.0f} s")
    random.Random(given.seed).shuffle(every)
    every = earlier_survivors(given.again) if given.again else every
    counts: Counter[str] = Counter()
    for mutant in every:
        if counts.total() == given.sample or time.monotonic() - begin > 60 * given.minutes:
            break
        path = folder / mutant.path
        source = path.read_text(encoding="utf-8")
        changed = changed_source(source, mutant)
        if changed is None:
            continue
        chosen = tests_of(source, changed, mutant.path, tests)
        files = sorted({test.partition("::")[0] for test in chosen})
        path.write_text(changed, encoding="utf-8")
        usual = sum(tests.seconds.get(test, 0.0) for test in chosen)
        code = child(folder, Chosen(chosen), files, 20 + PATIENCE * usual) if chosen else 0
        path.write_text(source, encoding="utf-8")
        counts["survived" if code in (0, 5) else "hung" if code < 0 else "noticed"] += 1
        if code in (0, 5):
            change = difflib.unified_diff(source.splitlines(), changed.splitlines(), n=0, lineterm="")
            lines = [line for line in change if line[0] in "+-@" and line[:3] not in {"+++", "---"}]
            print("survived", *mutant, f"{len(chosen)} tests, {usual:.0f} s", *(f"\n  {line}" for line in lines))
        tried, caught = counts.total(), counts.total() - counts["survived"]
        low, high = interval(caught, tried)
        share = f"{caught} of {tried} noticed: {caught / tried:.1%} [{low:.1%}, {high:.1%}]"
        print(share, f"{counts['hung']} hung, {time.monotonic() - begin:.0f} s", flush=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
