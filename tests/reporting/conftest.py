"""A comparison with hostile names, and the browser that its report is opened in."""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import genzoo
from genzoo.api.report import read_story
from genzoo.experiment import Experiment
from genzoo.reporting import SourceStory, Story, report_page
from genzoo.results.types import ComparisonTable
from genzoo.results.verdict import Verdict
from tests.reporting.browser import Page, browser, find_browser

HOSTILE = "<script>window.pwned=1</script><b>\"'&lt;%{y}</script><!--"
MODELS = ("vae", "gan_nonsaturating")
SEEDS, STEPS, SAMPLES = 6, 40, 400


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> ComparisonTable:
    out = tmp_path_factory.mktemp("compared")
    sources = ["ring", "paintings", "gaussian_1d"]
    settings = {"seeds": SEEDS, "steps": STEPS, "batch_size": 16, "metrics": ["sliced_wasserstein"]}
    scored = functools.partial(Experiment, n=SAMPLES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genzoo.api.compare.write_pictures", lambda *_: {})  # the page draws its own
        patch.setattr("genzoo.api.compare.Experiment", scored)
        return genzoo.compare(MODELS, sources, out=out, **settings)


@pytest.fixture(scope="session")
def written(compared: ComparisonTable) -> str:
    """The page that compare wrote."""
    return (Path(str(compared.directory)) / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def story(compared: ComparisonTable) -> Story:
    return read_story(Path(str(compared.directory)))


def hostile_verdict(verdict: Verdict | None) -> Verdict | None:
    if verdict is None:
        return None
    answers = [
        dataclasses.replace(answer, evidence=(*answer.evidence, HOSTILE))
        for answer in verdict.answers
    ]
    answers[0] = dataclasses.replace(answers[0], sentence=answers[0].sentence + HOSTILE)
    return Verdict(verdict.summary + HOSTILE, tuple(answers), (*verdict.budgets, HOSTILE))


@pytest.fixture(scope="session")
def hostile_story(story: Story) -> Story:
    """The same with names, remarks and facts that try to break out."""
    sources = []
    for source in story.sources:
        table = source.table
        renamed = {name: f"{name} {HOSTILE}" for name in table.rows if name in MODELS}
        cells = {
            (renamed.get(row, row), metric): cell for (row, metric), cell in table.cells.items()
        }
        table = dataclasses.replace(
            table,
            source=f"{table.source} {HOSTILE}",
            rows=tuple(renamed.get(row, row) for row in table.rows),
            cells=cells,
            columns=tuple(
                dataclasses.replace(c, label=f"{c.label} {HOSTILE}") for c in table.columns
            ),
            remarks=(*table.remarks, HOSTILE),
            conclusions=(*table.conclusions, HOSTILE),
            verdict=hostile_verdict(table.verdict),
        )
        models = {renamed[name]: model for name, model in source.models.items()}
        sources.append(SourceStory(table, models, source.positions))
    facts = {**story.facts, "file": f"{HOSTILE}.csv", "described": {"sliced_wasserstein": HOSTILE}}
    return Story(sources, facts, f"genzoo compare -d '{HOSTILE}.csv'", status=HOSTILE)


@pytest.fixture(scope="session")
def hostile_page(hostile_story: Story) -> str:
    return report_page(hostile_story)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    path = find_browser()
    if path is None:
        pytest.skip(
            "needs a Chromium: none of chromium, chromium-browser, google-chrome is installed"
        )
    with browser(path, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(running: Page) -> Iterator[Page]:
    """A tab of its own."""
    tab = running.new_tab()
    yield tab
    tab.close()
