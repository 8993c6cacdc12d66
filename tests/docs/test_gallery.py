"""The gallery is made of the scripts in examples/.

Each has its place, and makes the pictures that pages show of it.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))
SHOWN = r"gallery/(?:images/sphx_glr_(\w+)_(\d{3})\.png|(\w+)\.rst)"


def pictures_written(script: Path) -> list[str]:
    """The names under which a script saves figures, in the order of its blocks."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    saved = [call for call in calls if ast.unparse(call.func) == "figures.save"]
    return [ast.literal_eval(call.args[1]) for call in sorted(saved, key=lambda call: call.lineno)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_has_a_title_a_description_and_pictures_under_its_own_name(script):
    text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    title, line, _, description = text.split("\n", 3)
    assert line == "=" * len(title)
    assert description.strip()
    names = pictures_written(script)
    assert names
    assert all(name.partition("-")[0] == script.stem for name in names), names


def test_every_script_has_its_place_in_the_gallery():
    tree = ast.parse((DOCS / "pictures.py").read_text(encoding="utf-8"))
    assignments = [node for node in tree.body if isinstance(node, ast.Assign)]
    (order,) = [node for node in assignments if ast.unparse(node.targets[0]) == "ORDER"]
    assert sorted(ast.literal_eval(order.value)) == [script.stem for script in SCRIPTS]


@pytest.mark.parametrize("page", sorted(DOCS.glob("**/*.md")), ids=lambda page: page.stem)
def test_pictures_and_scripts_that_a_page_shows_are_made(page):
    by_name = {script.stem: script for script in SCRIPTS}
    for picture, number, linked in re.findall(SHOWN, page.read_text(encoding="utf-8")):
        if (picture or linked) != "index":
            assert (picture or linked) in by_name, f"{page.name} shows {picture or linked}"
        if picture:
            count = len(pictures_written(by_name[picture]))
            assert 1 <= int(number) <= count, f"{page.name} shows {picture} {number}"


def test_continuous_integration_runs_every_script_when_it_builds_the_pages():
    settings = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert '"filename_pattern": r"\\.py$"' in settings
    assert "only_warn_on_example_error" not in settings
    assert "sphinx-build --fail-on-warning" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
