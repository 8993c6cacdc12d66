"""What a fresh interpreter imports, and when.

One is started for all of these facts, which it tells in turn.
"""

import json
import subprocess
import sys

import pytest

LOADED = "print(json.dumps([name for name in {names!r} if sys.modules.get(name)]), flush=True)"
FACTS = {
    "help and mistakes wait for nothing heavy": (
        "from genzoo.cli import main; main(['--help']); main(['compar'])",
        ("torch", "numpy", "matplotlib", "rich"),
    ),
    "models are listed and trained without scikit-learn": (
        "import genzoo; genzoo.list_models(); genzoo.train('vae', 'ring', steps=1)",
        ("sklearn", "matplotlib.pyplot"),
    ),
    "arrays need no pandas": (
        "import numpy, genzoo; genzoo.create_source(numpy.eye(4))",
        ("pandas",),
    ),
    "figures are drawn without pyplot": (
        "from genzoo import figures; sheet = figures.samples_sheet({'s': numpy.zeros((3, 2))}, {});"
        "figures.save(sheet, 'a', ('svg',))",
        ("matplotlib.pyplot",),
    ),
    "the kit runs without pytest": (
        "from genzoo.testing import check_source; from genzoo.testing.specimens import Rows;"
        "check_source(Rows())",
        ("pytest",),
    ),
}
"""What is done, in this order, and which modules are not imported then."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    lines = ["import json, sys", "sys.modules['pytest'] = None"]
    for done, names in FACTS.values():
        lines += [done, LOADED.format(names=names)]
    command = [sys.executable, "-c", "\n".join(lines)]
    folder = tmp_path_factory.mktemp("fresh")
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return dict(zip(FACTS, found, strict=True))


@pytest.mark.parametrize("fact", FACTS)
def test_nothing_is_imported_before_it_is_needed(fact, loaded):
    assert loaded[fact] == []
