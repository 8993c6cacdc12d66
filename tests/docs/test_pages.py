"""The pages do what they say: code blocks run, commands parse, tables are up to date."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from genzoo.cli.parser import parse

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CHAPTERS = sorted((DOCS / "learn").glob("*.md"))
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *CHAPTERS]


def blocks(page: Path, language: str) -> list[str]:
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def run(code: list[str], folder: Path) -> None:
    """Run pieces of Python in order, in a process of their own: they register names."""
    script = folder / "page.py"
    script.write_text("\n".join(code), encoding="utf-8")
    done = subprocess.run([sys.executable, script.name], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["add_a_model.md", "gans.md", "metrics.md", "quickstart.md", "sources.md"])
def test_the_code_of_a_page_runs(page, tmp_path):
    run(blocks(DOCS / page, "python"), tmp_path)


def test_the_code_of_the_chapters_runs(tmp_path):
    pages = {page.name: "\n".join(blocks(page, "python")) for page in CHAPTERS}
    assert all(pages.values()), "every chapter has something to try"
    run([f"exec(compile({code!r}, {name!r}, 'exec'), {{}})" for name, code in pages.items()], tmp_path)


def test_the_code_that_reads_results_runs(tmp_path):
    first = 'import genzoo\ngenzoo.compare(["vae"], ["ring"], seeds=2, steps=5, out="genzoo-results")'
    run([first, *blocks(DOCS / "results.md", "python")], tmp_path)


def commands() -> list[str]:
    lines = [line.strip() for page in PAGES for block in blocks(page, "") for line in block.splitlines()]
    calls = [
        re.search(r"genzoo (?:compare|list|train|sample|evaluate|explain|report|film|bench)\b.*", line)
        for line in lines
    ]
    return sorted({call.group() for call in calls if call})


def test_there_are_commands_in_the_pages():
    assert len(commands()) >= 8


@pytest.mark.parametrize("command", commands())
def test_every_command_in_the_pages_is_understood(command):
    parse(shlex.split(command)[1:])


def tables_module():
    spec = importlib.util.spec_from_file_location("docs_tables", DOCS / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_of_registered_names_are_up_to_date():
    tables = tables_module()
    for page, kind in tables.PAGES.items():
        text = (DOCS / page).read_text(encoding="utf-8")
        assert tables.updated(text, kind) == text, f"docs/{page} is out of date: run python docs/tables.py"


def test_readme_has_one_line_to_compare_and_one_to_test_and_ci_runs_the_latter():
    lines = [line for block in blocks(ROOT / "README.md", "") for line in block.splitlines()]
    fresh = [line for line in lines if line.startswith("python3 -m venv")]
    assert len(fresh) == 2
    assert fresh[0].endswith("genzoo compare")
    assert re.search(r"-m pytest\b", fresh[1])
    assert "grep -m 1 -E '^python3 -m venv .* -m pytest' README.md" in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        made = "/gallery/" in f"/{target}"
        assert target.startswith("http") or made or (page.parent / target).exists(), f"{page.name} links to {target}"
