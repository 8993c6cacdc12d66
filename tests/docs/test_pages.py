"""The pages do what they say: code blocks run, commands parse, tables are up to date."""

import importlib.util
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from genzoo.cli.parser import parse
from genzoo.data import SOURCES
from genzoo.metrics import METRICS
from genzoo.models import MODELS
from genzoo.training import Trainer

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CHAPTERS = sorted((DOCS / "learn").glob("*.md"))
STEPS = 20
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *CHAPTERS]


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for name, block in fenced if name == language]


@pytest.fixture
def run(monkeypatch, tmp_path) -> Callable[[str, list[str]], None]:
    """Runs the code of a page, in an empty folder, in names of its own.

    What it registers is forgotten. No training takes more than a few steps: that the code runs is
    tested, not what it finds.
    """
    monkeypatch.chdir(tmp_path)
    for registry in (MODELS, SOURCES, METRICS):
        # Built-in names are registered when a registry is first asked.
        registry.names()
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    fit = Trainer.fit

    def briefly(self, build, source, seeds, recipe, *rest, **named):
        few = recipe.override(steps=min(recipe.steps, STEPS))
        return fit(self, build, source, seeds, few, *rest, **named)

    monkeypatch.setattr(Trainer, "fit", briefly)

    def execute(page: str, code: list[str]) -> None:
        script = ModuleType("__main__")  # where pickle finds the classes of a page
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "__main__", script)
            exec(compile("\n".join(code), page, "exec"), vars(script))

    return execute


@pytest.mark.thorough
@pytest.mark.parametrize(
    "page",
    [
        "add_a_metric.md",
        "add_a_model.md",
        "add_a_source.md",
        "add_an_objective.md",
        "compare_your_networks.md",
        "conditions.md",
        "gans.md",
        "metrics.md",
        "optimal_field.md",
        "quickstart.md",
        "sources.md",
    ],
)
def test_the_code_of_a_page_runs(page, run):
    run(page, blocks(DOCS / page, "python"))


@pytest.mark.thorough
@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_the_code_of_a_chapter_runs(page, run):
    code = blocks(page, "python")
    assert code, "every chapter has something to try"
    run(page.name, code)


@pytest.mark.thorough
def test_the_code_that_reads_results_runs(run, monkeypatch):
    compare = 'genzoo.compare(["vae"], ["ring"], seeds=2, steps=5, out="genzoo-results")'
    with monkeypatch.context() as patch:
        # The page reads tables alone.
        patch.setattr("genzoo.api.compare.write_pictures", lambda *_: {})
        run("first", [f"import genzoo\n{compare}"])
    run("results.md", blocks(DOCS / "results.md", "python"))


COMMAND = re.compile(r"genzoo (?:compare|list|train|sample|evaluate|explain|report|film|bench)\b.*")


def commands() -> list[str]:
    found = set()
    for page in PAGES:
        for line in "\n".join(blocks(page, "")).splitlines():
            call = COMMAND.search(line.strip())
            if call:
                found.add(call.group())
    return sorted(found)


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
    for page, kinds in tables.PAGES.items():
        text = (DOCS / page).read_text(encoding="utf-8")
        for kind in kinds:
            current = tables.updated(text, kind) == text
            assert current, f"docs/{page} is out of date: run python docs/tables.py"


def test_readme_has_one_line_to_compare_and_one_to_test_and_ci_runs_the_latter():
    lines = [line for block in blocks(ROOT / "README.md", "") for line in block.splitlines()]
    fresh = [line for line in lines if line.startswith("python3 -m venv")]
    assert len(fresh) == 2
    assert fresh[0].endswith("genzoo compare")
    assert re.search(r"-m pytest\b", fresh[1])
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "grep -m 1 -E '^python3 -m venv .* -m pytest' README.md" in script


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        outside = target.startswith("http") or "/gallery/" in f"/{target}"
        assert outside or (page.parent / target).exists(), f"{page.name} links to {target}"
