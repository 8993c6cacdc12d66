"""The code of the package reads plainly: short lines, one thought in each.

A line counts as code if it is no docstring, no comment and not blank. The limits are those of the
whole package, so that one dense line may stand where it reads best.
"""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

import genzoo

HOUSE = Path(genzoo.__file__).parent

MEAN_LENGTH = 44.0
"""Characters of a line of code, indentation included."""
NESTED = 5
"""Comprehensions inside another, or with two `for`s."""
COMPREHENSIONS = 3.0
"""For each 100 lines of code."""
CONDITIONALS = 1.5
"""Expressions `a if c else b`, for each 100 lines of code."""
NAMED = 5
"""Files that a failure names."""

COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Counts(NamedTuple):
    """What a source text is made of."""

    lines: int
    characters: int
    comprehensions: int
    nested: int
    conditionals: int


def lines_of_docstrings(tree):
    """Numbers of the lines of docstrings, those of constants included."""
    numbers = set()
    for node in ast.walk(tree):
        alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if alone and isinstance(node.value.value, str):
            numbers.update(range(node.lineno, node.end_lineno + 1))
    return numbers


def lines_of_code(text, tree):
    """Lines that are no docstring, no comment and not blank."""
    documented = lines_of_docstrings(tree)
    code = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#") and number not in documented:
            code.append(line.rstrip())
    return code


def is_nested(comprehension):
    """Whether it has two `for`s, or another comprehension inside it."""
    if len(comprehension.generators) > 1:
        return True
    inside = [node for node in ast.walk(comprehension) if isinstance(node, COMPREHENSION)]
    return len(inside) > 1


def counts_of(text):
    """What a source text is made of."""
    tree = ast.parse(text)
    code = lines_of_code(text, tree)
    nodes = list(ast.walk(tree))
    comprehensions = [node for node in nodes if isinstance(node, COMPREHENSION)]
    nested = [node for node in comprehensions if is_nested(node)]
    conditionals = [node for node in nodes if isinstance(node, ast.IfExp)]
    return Counts(
        lines=len(code),
        characters=sum(len(line) for line in code),
        comprehensions=len(comprehensions),
        nested=len(nested),
        conditionals=len(conditionals),
    )


@pytest.fixture(scope="module")
def files():
    """What each file of the package is made of, by its name."""
    counted = {}
    for path in sorted(HOUSE.rglob("*.py")):
        counted[path.relative_to(HOUSE).as_posix()] = counts_of(path.read_text(encoding="utf-8"))
    return counted


def total(files, part):
    return sum(getattr(counts, part) for counts in files.values())


def worst(files, badness):
    """The files that come first by a number, as lines of a message."""
    ordered = sorted(files.items(), key=lambda item: badness(item[1]), reverse=True)
    lines = [f"  {badness(counts):7.2f}  {name}" for name, counts in ordered[:NAMED]]
    return "\n".join(["the worst files:", *lines])


def excess(part, rate):
    """A function of counts: by how many a file exceeds a rate for each 100 lines."""
    return lambda counts: getattr(counts, part) - rate * counts.lines / 100


def test_lines_are_short(files):
    mean = total(files, "characters") / total(files, "lines")
    names = worst(files, lambda counts: counts.characters / max(counts.lines, 1))
    assert mean <= MEAN_LENGTH, f"lines have {mean:.1f} characters in the mean; {names}"


def test_comprehensions_are_not_nested(files):
    nested = total(files, "nested")
    names = worst(files, lambda counts: counts.nested)
    assert nested <= NESTED, f"{nested} comprehensions are nested; {names}"


@pytest.mark.parametrize(
    ("part", "limit"),
    [("comprehensions", COMPREHENSIONS), ("conditionals", CONDITIONALS)],
)
def test_loops_and_statements_are_written_out(files, part, limit):
    rate = 100 * total(files, part) / total(files, "lines")
    names = worst(files, excess(part, limit))
    assert rate <= limit, f"{rate:.2f} {part} in 100 lines; so many beyond {limit} in {names}"


def test_what_is_counted():
    text = (
        '"""A docstring\n'
        'of two lines."""\n'
        "\n"
        "# a comment\n"
        "x = [a for a in b]\n"
        '"""A docstring of x."""\n'
        "y = 1 if x else 2  # not left out\n"
        "def f():\n"
        "    return {a for b in c for a in b}, (d for d in [e for e in f])\n"
    )
    code = [line for line in text.splitlines() if line.startswith(("x", "y", "def", "    "))]
    assert counts_of(text) == Counts(
        lines=4,
        characters=sum(len(line) for line in code),
        comprehensions=4,
        nested=2,
        conditionals=1,
    )


def test_the_worst_files_come_first():
    files = {
        "plain.py": Counts(100, 3000, 1, 0, 0),
        "dense.py": Counts(100, 9000, 20, 7, 9),
    }
    assert "dense.py" in worst(files, lambda counts: counts.nested).splitlines()[1]
    assert excess("comprehensions", 3.0)(files["dense.py"]) == 17
