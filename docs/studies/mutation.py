"""Mutation testing: random small changes to each room of genzoo, which some test should notice.

    pip install cosmic-ray coverage
    python docs/studies/mutation.py [--room core cli] [--sample 22] [--seed 0]
                                    [--again survivors.txt]

Mutants are made by cosmic-ray's operators, in a copy; those that only change what type checkers
read (annotations, `@final`) are left out. The room's tests run once to learn which of them reach
which line (reach.py; kept for later runs); a mutant meets those that reach the changed one, in a
forked process, the quick ones first, up to so many seconds. What runs at import only (class
attributes, defaults) is reached by no test: it meets the tests of its class or function and all
very quick ones. A survivor's change is printed. `--again` reads what an earlier run printed and
tries its survivors only. Needs fork, so not for Windows; about 3 s of processor time a mutant."""

import argparse
import ast
import compileall
import contextlib
import difflib
import functools
import importlib.util
import math
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import hypothesis
import matplotlib.pyplot  # noqa: F401 - loaded once, before the forks
import pandas  # noqa: F401
import pytest
import rich.progress  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.ensemble
import sklearn.mixture  # noqa: F401
import torch
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from reach import Reach, in_child, reach

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent.name for path in ROOT.glob("genzoo/*/__init__.py"))
NEED_ARGUMENTS = {"core/VariableReplacer", "core/VariableInserter"}
MARKS = "not slow and not thorough"
OPTIONS = [
    "-q",
    "-p",
    "no:cacheprovider",
    "-m",
    MARKS,
    "--assert=plain",
    "--tb=no",
    "--basetemp=build/tmp",
]
VERY_QUICK = 0.01
"""Seconds."""
PATIENCE = 5
"""A mutant hangs, and is noticed, after so many times the processor time that its tests need."""


class Mutant(NamedTuple):
    """A change: which operator, at which of its places in a file."""

    path: str
    operator: str
    place: int


class Chosen:
    """Pytest plugin: only these tests, in this order.

    With the same examples of hypothesis each time, unshrunk.
    """

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutation", derandomize=True, database=None, deadline=None, phases=phases
        )
        hypothesis.settings.load_profile("mutation")
        chosen = [item for item in items if item.nodeid in self.order]
        items[:] = sorted(chosen, key=lambda item: self.order[item.nodeid])


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
    """The changed source; None where it is no Python, or the same but for what checkers read."""
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
            node.decorator_list = [
                made for made in node.decorator_list if ast.unparse(made) != "final"
            ]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def tests_of(source: str, changed: str, path: str, tests: Reach, seconds: float) -> list[str]:
    """Tests that reach the changed statement, or the function around it, then others of the file.

    Quick ones come first.
    """
    old, new = source.splitlines(), changed.splitlines()
    pieces = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    first, last = next((a + 1, max(b, a + 1)) for kind, a, b, *_ in pieces if kind != "equal")
    around = list(spans(ast.parse(source), first, last))
    reaching = [tests.tests(path, low, high) for low, high in around]
    found = next((names for names in reaching if names), set())
    usable = tests.uses.keys() - tests.left_out.keys()
    if not tests.tests(path, first, last):
        found = found | {test for test in usable if tests.seconds.get(test, 0.0) < VERY_QUICK}
    parameters = " ".join(re.findall(r"\[(.*)\]", " ".join(found)))
    subjects = set(re.findall(r"[\w-]+", parameters)) & registered(tests)
    shared = {test for test in usable if subjects & set(re.findall(r"\w+", test.partition("[")[2]))}
    # What is cached between tests is reached by one of them only.
    near = shared | tests.tests(path, 0, 10**9)
    chosen = sorted(found, key=cost(tests)) + sorted(near - found, key=cost(tests))
    return within(chosen, tests, seconds)


def cost(tests: Reach) -> functools.partial[float]:
    return functools.partial(lambda test: tests.cost([test]))


def within(chosen: list[str], tests: Reach, seconds: float) -> list[str]:
    """The first of them, up to so many seconds, but at least one."""
    total, fixtures, kept = 0.0, set(), []
    for test in chosen:
        new = tests.uses[test] - fixtures
        total += sum(tests.seconds.get(name, 0.0) for name in (test, *new))
        if kept and total > seconds:
            break
        kept.append(test)
        fixtures |= new
    return kept


def registered(tests: Reach) -> set[str]:
    """Names that tests of every registered metric carry.

    These share evidence, so that one of them alone reaches a line.
    """
    return set(re.findall(r"test_registered_under_its_own_name\[(\w+)\]", " ".join(tests.uses)))


def spans(tree: ast.Module, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Lines of the smallest statement around a change, then of wider ones.

    Around a function's head that is its body.
    """
    around = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        if start(node) <= first and last <= (node.end_lineno or 0):
            around.append(node)
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
    printed = file.read_text(encoding="utf-8")
    lines = re.findall(r"^survived (\S+) (\S+) (\d+)", printed, re.MULTILINE)
    return [Mutant(path, name, int(place)) for path, name, place in lines]


def meet(folder: Path, mutant: Mutant, tests: Reach, seconds: float) -> str:
    """What became of a mutant: noticed, hung, survived, or nothing where it changes nothing."""
    path = folder / mutant.path
    source = path.read_text(encoding="utf-8")
    changed = changed_source(source, mutant)
    if changed is None:
        return ""
    chosen = tests_of(source, changed, mutant.path, tests, seconds)
    files = sorted({test.partition("::")[0] for test in chosen})
    usual = tests.cost(chosen)
    path.write_text(changed, encoding="utf-8")
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    work = functools.partial(pytest.main, ["-x", *OPTIONS, *files], plugins=[Chosen(chosen)])
    code = in_child(folder, work, math.ceil(20 + PATIENCE * usual)) if chosen else 0
    path.write_text(source, encoding="utf-8")
    if code not in (0, 5):
        return "hung" if code < 0 else "noticed"
    change = difflib.unified_diff(source.splitlines(), changed.splitlines(), n=0, lineterm="")
    lines = [line for line in change if line[0] in "+-@" and line[:3] not in {"+++", "---"}]
    shown = [f"\n  {line}" for line in lines]
    print("survived", *mutant, f"{len(chosen)} tests, {usual:.0f} s", *shown, flush=True)
    return "survived"


def copied() -> Path:
    """A copy of the tree, with compiled code so that each mutant compiles one file only."""
    folder = Path(tempfile.mkdtemp()).resolve()
    ignore = shutil.ignore_patterns("__pycache__", ".git", "build", ".hypothesis")
    shutil.copytree(ROOT, folder, ignore=ignore, dirs_exist_ok=True)
    (folder / "build").mkdir()
    compileall.compile_dir(folder / "genzoo", quiet=1)
    compileall.compile_dir(folder / "tests", quiet=1)
    return folder


def mutants(folder: Path, room: str, seed: int) -> list[Mutant]:
    """All changes to a room, shuffled."""
    paths = sorted((folder / "genzoo" / room).rglob("*.py"))
    every = [mutant for path in paths for mutant in places(folder, path)]
    print(f"{room}: {len(every)} changes to {len(paths)} files", flush=True)
    random.Random(seed).shuffle(every)
    return every


def sampled(
    folder: Path, every: list[Mutant], tests: Reach, given: argparse.Namespace
) -> Counter[str]:
    """What became of the first mutants that change something."""
    counts: Counter[str] = Counter()
    begin = time.monotonic()
    for mutant in every:
        if counts.total() == given.sample or time.monotonic() - begin > 60 * given.minutes:
            break
        became = meet(folder, mutant, tests, given.seconds)
        if became:
            counts[became] += 1
    return counts


def told(room: str, counts: Counter[str]) -> str:
    tried = counts.total()
    caught = tried - counts["survived"]
    low, high = interval(caught, tried) if tried else (0.0, 1.0)
    hung = counts["hung"]
    return f"{room}: {caught} of {tried} noticed [{low:.0%}, {high:.0%}], {hung} of them hung"


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--room", nargs="+", choices=ROOMS, default=ROOMS)
    words.add_argument("--sample", type=int, default=22, help="mutants of each room")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--seconds", type=float, default=20.0, help="of tests that a mutant meets")
    words.add_argument("--minutes", type=float, default=60.0, help="for each room")
    words.add_argument(
        "--tests",
        nargs="+",
        help="folders of tests (default: tests/ROOM where there is one, else all)",
    )
    words.add_argument(
        "--reach", type=Path, default=ROOT / "build", help="where what tests reach is kept"
    )
    words.add_argument("--again", type=Path, help="what an earlier run printed")
    given = words.parse_args()
    torch.set_num_threads(1)
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    begin = time.monotonic()
    folder = copied()
    try:
        given.reach.mkdir(parents=True, exist_ok=True)
        again = earlier_survivors(given.again) if given.again else []
        for room in given.room:
            own = f"tests/{room}" if (folder / "tests" / room).is_dir() else "tests"
            kept = given.reach.resolve() / f"reach-{room}.pickle"
            tests = reach(folder, kept, room, given.tests or [own], OPTIONS)
            reasons = dict(Counter(tests.left_out.values()))
            seconds = time.monotonic() - begin
            print(
                f"{room}: {len(tests.uses)} tests, left out {reasons}, {seconds:.0f} s",
                flush=True,
            )
            if given.again:
                mine = [mutant for mutant in again if mutant.path.split("/")[1] == room]
            else:
                mine = mutants(folder, room, given.seed)
            counts = sampled(folder, mine, tests, given)
            print(told(room, counts), f"{time.monotonic() - begin:.0f} s", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
