"""The page as text.

Nothing from outside is obeyed or fetched, films survive the packing, the size is bounded.
"""

import base64
import dataclasses
import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import genzoo
from genzoo.api.report import read_story, write_tables
from genzoo.errors import InputError
from genzoo.reporting import ModelStory, SourceStory, Story, page, report_page
from genzoo.reporting.opening import verdict_sentence
from genzoo.reporting.payload import CURVES, embedded, films, player_data
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.recording import Recording
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.table_json import tables_from_json, tables_to_json
from genzoo.results.types import ComparisonTable, History
from genzoo.results.verdict import ASKED, STANDINGS, Standing
from tests.figures.examples import verdict
from tests.reporting.conftest import HOSTILE, MODELS, SEEDS

ROOM = 10_000_000


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id" and value]


def test_compare_writes_the_report_and_it_can_be_made_again(
    compared: ComparisonTable, written: str, tmp_path: Path
) -> None:
    assert genzoo.report(compared, tmp_path / "a.html").read_text(encoding="utf-8") == written


def test_the_page_opens_with_the_answer(compared: ComparisonTable, written: str) -> None:
    page = written
    opening = page[: page.index('<main id="sources"')]
    for table in compared.tables:
        assert table.source in opening
    assert re.search("|".join(filter(None, STANDINGS.values())), opening)
    assert "The zoo at a glance" in opening
    command = (
        f"genzoo compare -m vae gan_nonsaturating -d ring paintings gaussian_1d --seeds {SEEDS}"
    )
    assert command in page
    closing = page[page.index('<footer id="made">') :]
    assert "<p>Trained on" in closing
    assert f"engine eager, {SEEDS} seeds together (vae, gan_nonsaturating).</p>" in closing


def test_nothing_is_loaded_from_anywhere(written: str) -> None:
    elements = Elements(written)
    for tag, attributes in elements.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster"):
            value = attributes.get(name) or ""
            assert value.startswith(("#", "data:")) or not value, (tag, name, value[:80])
    metas = [attributes for tag, attributes in elements.tags if tag == "meta"]
    policies = [
        meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies
    assert policies[0].startswith("default-src 'none'")
    assert re.search(r"script-src 'sha256-\S+'; img-src data:$", policies[0])
    assert len(elements.ids) == len(set(elements.ids))


def test_hostile_names_stay_names(hostile_page: str) -> None:
    page = hostile_page
    scripts = [tag for tag, _ in Elements(page).tags if tag == "script"]
    assert len(scripts) == 2
    assert page.count("<script") == 2
    assert page.count("window.pwned") > 10
    assert not re.search(r"on\w+\s*=\s*[\"']?window", page)
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert any(HOSTILE in model["name"] for source in data["sources"] for model in source["models"])


def test_embedded_json_cannot_end_its_element() -> None:
    text = embedded({"a": "</script><!--", "b": [float("nan"), 1.5]})
    assert "<" not in text
    assert json.loads(text) == {"a": "</script><!--", "b": [None, 1.5]}


def unpacked(packed: dict) -> np.ndarray:
    codes = np.frombuffer(
        base64.b64decode(packed["data"]), dtype="<u2" if packed["bits"] == 16 else np.uint8
    )
    low, high = np.array(packed["range"])
    largest = 65534 if packed["bits"] == 16 else 255
    columns = codes.reshape(-1, len(low))
    return np.where(columns > largest, np.nan, low + columns / largest * (high - low)).reshape(
        packed["shape"]
    )


def test_films_survive_the_packing(story: Story) -> None:
    data = player_data(story, ROOM)
    for source, told in zip(data, story.sources, strict=True):
        for model in source["models"]:
            kept = films(told.models[model["name"]])
            for role, film in model["films"].items():
                assert film["seed"] == kept[role].seed
                assert film["steps"] == kept[role].steps.tolist()
                for name, packed in film["arrays"].items():
                    exact = kept[role].arrays[name]
                    if source["kind"] == "curves" and name == "samples":
                        exact = exact[:, :CURVES]
                    step = np.ptp(exact) / (200 if packed["bits"] == 8 else 20_000)
                    np.testing.assert_allclose(unpacked(packed), exact, atol=step + 1e-6)


def test_what_happened_in_training_is_read_with_the_histories(
    story: Story, compared: ComparisonTable
) -> None:
    for source in story.sources:
        for row, model in source.models.items():
            assert model.events == compared.events[source.table.source, row]


def test_kinds_of_sources(story: Story) -> None:
    assert [part["kind"] for part in player_data(story, ROOM)] == ["points", "curves", "line"]


def recording(seed: int, frames: int = 40, shape: tuple[int, ...] = (3, 16, 16)) -> Recording:
    samples = np.random.default_rng(seed).normal(size=(frames, 30, *shape)).astype(np.float32)
    return Recording(
        seed,
        np.arange(frames),
        {"distance": np.ones(frames)},
        {"samples": samples},
        {"real": samples[0]},
    )


def test_images_become_tiles_and_a_large_film_loses_frames(story: Story) -> None:
    table = story.sources[0].table
    images = Story([SourceStory(table, {MODELS[0]: ModelStory(recordings=[recording(0)])})])
    (whole,) = player_data(images, ROOM)
    assert whole["kind"] == "images"
    assert whole["models"][0]["films"]["median"]["arrays"]["samples"]["shape"][:2] == [40, 25]
    room = len(json.dumps(whole)) // 3
    (thin,) = player_data(images, room)
    assert thin["models"][0]["films"]["median"]["steps"] == [*range(0, 40, 4), 39]
    assert len(json.dumps(thin)) <= room


def test_a_page_of_many_films_stays_below_its_limit(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = story.sources[0].table
    monkeypatch.setattr(page.PagePicture, "drawn", lambda *_: "<svg></svg>")
    sources = [SourceStory(table, {MODELS[0]: ModelStory(recordings=[recording(0)])})] * 3
    whole = report_page(Story(sources))
    monkeypatch.setattr(page, "LARGEST", len(whole) - 100_000)
    assert len(report_page(Story(sources))) <= page.LARGEST


def test_the_median_and_the_worst_are_found_among_all_seeds() -> None:
    def watched(value: float, last: int = 10) -> History:
        return History(np.array([0, last]), {"distance": np.array([9.0, value])})

    final = {
        0: watched(0.1),
        1: watched(0.2),
        2: watched(0.3),
        3: watched(0.4),
        4: watched(0.05, last=5),
    }
    model = ModelStory(watched=final, recordings=[recording(1), recording(3), recording(4)])
    chosen = films(model)
    assert {role: film.seed for role, film in chosen.items()} == {"median": 1, "worst": 4}


def test_a_page_without_films_or_with_nothing_ranked(story: Story) -> None:
    bare = Story([SourceStory(story.sources[0].table, {})], {"seeds": [0]})
    text = report_page(bare)
    assert "class=player" not in text
    assert "<script" not in text
    assert "script-src 'none'" in text.replace("&#x27;", "'")


def verdicts(*closest: tuple[Standing, str]) -> str:
    """The sentence over sources with these answers to who is closest."""
    column = Column("js", "JS")
    tables = []
    for i, (standing, leader) in enumerate(closest):
        said = verdict((leader,) if leader else (), standing)
        tables.append(SourceTable(f"source {i}", (column,), ("a", "b", "c"), {}, verdict=said))
    return verdict_sentence(tables)


def test_the_verdict_over_all_sources_in_one_sentence() -> None:
    assert verdicts(("best", "a"), ("best", "a")) == "a is closest beyond doubt on 2 of 2 sources."
    mixed = verdicts(("best", "a"), ("best", "b"), ("best", "a"), ("lead", "c"))
    assert mixed == "a is closest beyond doubt on 2 of 4 sources, b on 1; on 1 there is no winner."
    assert (
        verdicts(("unranked", ""), ("none", ""))
        == "On none of 2 sources is one model closest beyond doubt."
    )
    assert verdicts(("best", "a")) == ""


def test_the_first_screen_says_the_four_answers_the_evidence_and_the_budgets(
    story: Story, written: str
) -> None:
    table = story.sources[0].table
    page = written
    opening = page[: page.index('<main id="sources"')]
    assert table.verdict is not None
    text = re.sub(r"<[^>]+>", "", opening)
    for answer in table.verdict.answers:
        assert ASKED[answer.question] in text
        assert html.unescape(html.escape(answer.sentence)) in html.unescape(text)
        assert answer.badge in text
        assert all(line in html.unescape(text) for line in answer.evidence)
    assert table.verdict.summary in html.unescape(text)
    assert all(line in html.unescape(text) for line in table.verdict.budgets)
    assert {"examples seen", "parameters", "training [s]"} <= set(
        re.findall(r"<th scope=col>([^<]+)</th>", opening)
    )


def test_a_table_without_a_verdict_says_so(story: Story) -> None:
    bare = dataclasses.replace(story.sources[0].table, verdict=None)
    assert "Nothing is said of these rows" in report_page(Story([SourceStory(bare, {})]))


def test_summary_and_profiles_are_kept_and_shown(
    compared: ComparisonTable, written: str, tmp_path: Path
) -> None:
    root = tmp_path / "out"
    shutil.copytree(Path(str(compared.directory)), root, ignore=shutil.ignore_patterns("runs"))
    facts = json.loads((root / "comparison.json").read_text())
    levels = np.linspace(0, 1, 5)
    curve = ProfileCurve(1 - levels, 1 - levels, 1 - levels)
    profiles = PerformanceProfiles(Column("js", "JS"), 8, 10, levels, {HOSTILE: curve})
    summary = SourceTable(
        "all 8 sources", (Column("r", "mean rank"),), ("vae",), {("vae", "r"): Cell(1.5)}
    )
    compared = dataclasses.replace(compared, tables=compared.tables[:1])
    write_tables(root, dataclasses.replace(compared, summary=summary, profiles=profiles), facts)
    story = read_story(root)
    assert story.summary == summary
    text = report_page(story)
    assert "Over all sources" in text
    assert "Performance profiles over sources" in text
    assert "<script>window" not in text
    write_tables(root, compared, facts)
    bare = read_story(root)
    assert bare.summary is bare.profiles is None
    assert "Over all sources" not in written


def test_tables_survive_json(compared: ComparisonTable) -> None:
    assert tables_from_json(tables_to_json(compared.tables)) == compared.tables
    with pytest.raises(InputError, match="damaged"):
        tables_from_json('[{"source": 1}]')


def test_mistakes_are_one_sentence(
    tmp_path: Path, compared: ComparisonTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="holds no comparison"):
        genzoo.report(tmp_path)
    with pytest.raises(InputError, match="not kept on disk"):
        genzoo.report(ComparisonTable(compared.scores, compared.tables))
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("genzoo.api.report.report_page", lambda _: "a page")
    with pytest.raises(InputError, match="cannot write"):
        genzoo.report(compared, tmp_path / "file" / "report.html")


def test_the_story_is_read_without_the_sources_or_models_at_hand(
    story: Story, compared: ComparisonTable
) -> None:
    again = read_story(Path(str(compared.directory)))
    assert [s.table for s in again.sources] == list(compared.tables)
    assert all(set(s.models) == set(MODELS) for s in again.sources)
    assert all(
        len(model.histories) == len(model.watched) == SEEDS
        for s in again.sources
        for model in s.models.values()
    )
