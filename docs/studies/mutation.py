"""Mutation testing of losses and metrics: a random sample of small changes, each of which some test should notice.

    pip install cosmic-ray && python docs/studies/mutation.py [--sample 150] [--seed 0] [--package losses]

Mutants are made by cosmic-ray's operators, in a copy; those that only change an annotation are left out. Each meets
the tests that mention its module or what it defines, in a forked process. A survivor's change is printed. Needs fork,
so not for Windows; about 10 s a mutant.
"""

import argparse
import ast
import contextlib
import difflib
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

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
SECONDS = 120
"""After which a mutant counts as noticed: it hangs."""


def places(path: Path) -> list[tuple[str, int]]:
    """Operators and places of all changes to a file."""
    nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
    found = []
    for name in operator_names():
        if name not in NEED_ARGUMENTS:
            operator = get_operator(name)()
            count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
            found += [(name, place) for place in range(count)]
    return found


def mutant(source: str, name: str, place: int) -> str | None:
    """The changed source; None where it is no Python, or the same but for annotations."""
    changed = mutate_code(source, get_operator(name)(), place)
    with contextlib.suppress(SyntaxError):
        if changed is not None and meaning(changed) != meaning(source):
            return changed
    return None


def meaning(source: str) -> str:
    """The code without annotations and documentation."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def tests_of(path: Path, folder: Path) -> list[str]:
    """Test files that mention the module or something it defines, those that mention most of it first."""
    names = {path.stem, *re.findall(r"^(?:def|class) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)}
    names |= set(re.findall(r'@register_\w+\("(\w+)"', path.read_text(encoding="utf-8")))
    names = {name for name in names if not name.startswith("_")}
    counts = {}
    for test in sorted(folder.glob("tests/**/test_*.py")):
        if test.parent.name not in {"losses", "metrics"}:
            continue
        words = Counter(re.findall(r"\w+", test.read_text(encoding="utf-8")))
        counts[str(test)] = sum(min(words[name], 5) for name in names)
    return [test for test, count in sorted(counts.items(), key=lambda pair: -pair[1]) if count][:5]


def noticed(folder: Path, tests: list[str]) -> bool:
    """Whether a test fails, in a process of its own."""
    child = os.fork()
    if child == 0:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            sys.path.insert(0, str(folder))
            os.chdir(folder)
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *tests])
        os._exit(min(int(code), 100))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--sample", type=int, default=150)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--package", choices=("losses", "metrics"), default="metrics")
    words.add_argument("--minutes", type=float, default=60.0)
    given = words.parse_args()
    torch.set_num_threads(1)
    sys.dont_write_bytecode = True
    folder = Path(tempfile.mkdtemp())
    for part in ("genzoo", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, folder / file)
    paths = sorted((folder / "genzoo" / given.package).glob("*.py"))
    every = [(path, name, place) for path in paths for name, place in places(path)]
    random.Random(given.seed).shuffle(every)
    print(f"{len(every)} changes to {len(paths)} files; a sample of {given.sample}", flush=True)
    counts, start = Counter(), time.monotonic()
    for path, name, place in every:
        if counts.total() == given.sample or time.monotonic() - start > 60 * given.minutes:
            break
        source = path.read_text(encoding="utf-8")
        changed = mutant(source, name, place)
        if changed is None:
            continue
        path.write_text(changed, encoding="utf-8")
        alive = not noticed(folder, tests_of(path, folder))
        path.write_text(source, encoding="utf-8")
        counts["survived" if alive else "noticed"] += 1
        if alive:
            change = difflib.unified_diff(source.splitlines(), changed.splitlines(), n=0, lineterm="")
            lines = [line for line in change if line[0] in "+-@" and line[:3] not in {"+++", "---"}]
            print(path.relative_to(folder), name, *lines, sep="\n  ", flush=True)
        print(dict(counts), f"{time.monotonic() - start:.0f} s", flush=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
