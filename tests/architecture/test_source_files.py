"""House rules that can be read from the source: length, docstrings, forbidden calls."""

import ast
from pathlib import Path

import pytest

import genzoo

HOUSE = Path(genzoo.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
LINES = 300

FORBIDDEN_CALLS = {"hasattr", "exec", "eval"}
FORBIDDEN_MODULES = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
COPIED = "a copy in memory, to see that a source can be sent to another process"
EXCEPTIONS = {("testing/sources.py", "pickle"): COPIED}
"""By file and rule, the reason."""


def rules_broken(text):
    """Names of the rules that a source text breaks."""
    tree = ast.parse(text)
    forked = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and "fork_rng" in ast.unparse(node.items[0]):
            forked.update(id(inner) for inner in ast.walk(node))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield name
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.split(".")[0] in FORBIDDEN_MODULES:
                        yield alias.name
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in FORBIDDEN_MODULES:
                yield module
            case ast.Attribute(value=ast.Name(id="torch"), attr=("load" | "save") as name):
                yield f"torch.{name}"
            case ast.Attribute(
                attr=("seed" | "manual_seed") as name,
                value=ast.Name(id="torch" | "random")
                | ast.Attribute(attr="random" | "default_generator"),
            ) if id(node) not in forked:
                yield f"global {name}"
            case ast.Compare(left=ast.Name(id="model_name") | ast.Attribute(attr="model_name")):
                yield "model_name =="
            case ast.Assert():
                yield "assert"
            case ast.Global():
                yield "global"


def undocumented(text):
    """Public classes, functions and methods without a docstring.

    Overriding methods may lean on the base class.
    """
    tree = ast.parse(text)
    if not ast.get_docstring(tree):
        yield "the module"
    stack = [(tree, "")]
    while stack:
        parent, prefix = stack.pop()
        for node in parent.body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                stack.append((node, f"{node.name}."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_file(path):
    text = path.read_text()
    name = path.relative_to(HOUSE).as_posix()
    assert len(text.splitlines()) <= LINES, f"longer than {LINES} lines: split it"
    broken = {rule for rule in rules_broken(text) if (name, rule) not in EXCEPTIONS}
    assert not broken
    assert not list(undocumented(text))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("if hasattr(model, 'encode'): pass", "hasattr"),
        ("import pickle", "pickle"),
        ("from joblib import dump", "joblib"),
        ("x = torch.load(path)", "torch.load"),
        ("load = torch.load", "torch.load"),
        ("torch.manual_seed(0)", "global manual_seed"),
        ("np.random.seed(0)", "global seed"),
        ("torch.default_generator.manual_seed(0)", "global manual_seed"),
        ("if model_name == 'vae': pass", "model_name =="),
        ("if self.model_name in names: pass", "model_name =="),
        ("assert x > 0", "assert"),
        ("def f():\n    global state\n    state = 1", "global"),
    ],
)
def test_each_rule_is_seen(text, rule):
    assert list(rules_broken(text)) == [rule]


def test_what_is_allowed_is_not_seen():
    text = "generator.manual_seed(0)\nstate = load_file(path)\nisinstance(model, SupportsElbo)"
    assert not list(rules_broken(text))
    assert not list(rules_broken("with torch.random.fork_rng():\n    torch.manual_seed(0)"))


def test_undocumented_names_are_seen():
    text = (
        '"""Doc."""\nclass A:\n    def f(self): pass\n    def _g(self): pass\n'
        'def h():\n    "Doc."\ndef _i(): pass\n'
    )
    assert set(undocumented(text)) == {"A", "A.f"}
