"""The arrows between rooms, read from the import statements."""

import ast
import sys
from pathlib import Path

import pytest

import genzoo

HOUSE = Path(genzoo.__file__).parent

EVERYTHING = {"*"}
ARROWS = {
    "arrays": set(),
    "errors": set(),
    "machine": set(),
    "memory": set(),
    "p_values": set(),
    "source_code": set(),
    "version": set(),
    "csv_cells": set(),
    "disk": set(),
    "signals": set(),
    "processes": {"signals"},
    "option_types": set(),
    "registry": {"option_types"},
    "core": set(),
    "results": {"core"},
    "losses": set(),
    "networks": set(),
    "models": {"core", "registry", "losses", "networks"},
    "data": {"core", "registry", "disk"},
    "metrics": {"core", "registry"},
    "training": {"core", "results", "disk", "signals"},
    "observation": {"core", "results", "training"},
    "storage": {"core", "results", "disk"},
    "statistics": {"core", "results"},
    "experiment": {
        "core",
        "results",
        "registry",
        "training",
        "observation",
        "storage",
        "statistics",
        "disk",
        "signals",
        "processes",
    },
    "figures": {"core", "results", "disk"},
    "reporting": {"core", "results", "figures"},
    "testing": {"core", "results", "losses", "training", "registry"},
    "api": EVERYTHING,
    "cli": EVERYTHING,
    "__init__": EVERYTHING,
    "__main__": EVERYTHING,
}
"""Room or top-level module: the rooms that it may import, beside those that are open to all."""

OPEN = {"arrays", "errors", "machine", "memory", "csv_cells", "p_values", "source_code", "version"}

PLAIN = {*OPEN, "registry", "core", "losses", "networks"}
"""Rooms that need nothing but torch, numpy and the standard library."""

EXTERNAL = {"torch", "numpy", *sys.stdlib_module_names}

OPTIONAL = {
    ("core", "pandas"): "the return type of ComparisonTable.to_dataframe, imported inside it"
}
"""Exceptions to that, with the reason."""

FILES = sorted(HOUSE.rglob("*.py"))


def room_of(path, house=HOUSE):
    return path.relative_to(house).with_suffix("").parts[0]


def imported(path, house=HOUSE):
    """Dotted names of all that a file imports, wherever the statement stands."""
    package = ["genzoo", *path.relative_to(house).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "genzoo":
                yield from (f"genzoo.{alias.name}" for alias in node.names)
            else:
                yield module


def faults(path, house=HOUSE):
    """The imports of a file that the arrows forbid."""
    room = room_of(path, house)
    for name in imported(path, house):
        top, *rest = name.split(".")
        if top == "genzoo":
            target = rest[0] if rest else "__init__"
            allowed = ARROWS[room] | {room} | OPEN
            if "*" not in allowed and target not in allowed:
                yield f"{room} imports {name}"
        elif room in PLAIN and top not in EXTERNAL and (room, top) not in OPTIONAL:
            yield f"{room} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_follow_the_arrows(path):
    assert room_of(path) in ARROWS, f"{room_of(path)} is no room of the house"
    assert not list(faults(path))


@pytest.mark.parametrize(
    ("place", "statement", "forbidden"),
    [
        ("training/loop.py", "from genzoo.models.vae import VAE", True),
        ("training/loop.py", "def f():\n    import genzoo.models", True),
        ("training/loop.py", "from genzoo import models", True),
        ("training/loop.py", "from genzoo import train", True),
        ("training/loop.py", "import genzoo", True),
        ("training/loop.py", "from ..models import vae", True),
        ("training/loop.py", "from .. import models", True),
        ("training/loop.py", "from . import optimiser", False),
        ("training/loop.py", "from ..core import model", False),
        ("training/loop.py", "from genzoo.errors import InputError", False),
        ("models/flow.py", "from genzoo.losses.divergence import gaussian_kl", False),
        ("models/flow.py", "from genzoo.training import Trainer", True),
        ("core/model.py", "import scipy.stats", True),
        ("core/model.py", "import math, torch.nn", False),
        ("registry.py", "import rich", True),
        ("figures/scores.py", "from genzoo.experiment import tables", True),
        ("statistics/verdict.py", "from genzoo.experiment.run import run_experiment", True),
        ("core/model.py", "from genzoo.results.types import Score", True),
        ("cli/main.py", "import genzoo.models", False),
    ],
)
def test_the_reader_of_imports_sees_each_form(tmp_path, place, statement, forbidden):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(statement)
    assert bool(list(faults(path, tmp_path))) is forbidden
