"""The first screen of the page.

For each source it shows the trade-off in one sentence, four answers, and the budgets.
"""

from collections import Counter
from collections.abc import Sequence
from html import escape

from genzoo.figures.glance import glance_figure, leading
from genzoo.figures.style import CONTROLS
from genzoo.reporting.charts import inline_svg
from genzoo.reporting.elements import bullets, cells, folded, paragraph, row_heading
from genzoo.reporting.story import Story
from genzoo.results.table import Cell, SourceTable, format_cell
from genzoo.results.verdict import ASKED, Answer, Verdict

BUDGETS = ("examples_seen", "training_seconds", "parameters", "evaluations")
"""Columns that say what a model was given, and what a sample of it takes."""
NOTHING = "Nothing is said of these rows: no model or sample is among them."


def opening(story: Story, over_all: str) -> str:
    """What stands above the sources.

    Args:
        story: The comparison to tell of.
        over_all: The part on all sources together, as HTML.
    """
    tables = story.tables
    parts = [
        "<header>",
        "<p class=brand>genzoo comparison</p>",
        "<h1>Which model learned the distribution?</h1>",
        _status(story),
        paragraph("made", _made(story)),
        paragraph("verdict", verdict_sentence(tables)),
        '<section aria-label="The answer" class=answers>',
        _cards(tables),
        "</section>",
        "<figure class=glance>",
        _glance(tables),
        "</figure>",
        _meanings(story),
        over_all,
        _navigation(tables),
        "</header>",
    ]
    return "".join(parts)


def verdict_sentence(tables: Sequence[SourceTable]) -> str:
    """Over all sources, which models are closest beyond doubt and where there is no winner."""
    judged = 0
    alone: Counter[str] = Counter()
    for table in tables:
        if table.verdict is None:
            continue
        judged += 1
        closest = table.verdict.answer("closest")
        if closest.standing == "best":
            alone[closest.leaders[0]] += 1
    if judged < 2:
        return ""
    if not alone:
        return f"On none of {judged} sources is one model closest beyond doubt."
    (first, count), *others = alone.most_common()
    text = f"{first} is closest beyond doubt on {count} of {judged} sources"
    for name, times in others:
        text += f", {name} on {times}"
    rest = judged - alone.total()
    if rest:
        text += f"; on {rest} there is no winner"
    return f"{text}."


def _status(story: Story) -> str:
    if not story.status:
        return ""
    return f'<p class="status" role="status">{escape(story.status)}</p>'


def _cards(tables: Sequence[SourceTable]) -> str:
    if not tables:
        return "<p>No row is finished yet.</p>"
    cards = ""
    for number, table in enumerate(tables):
        cards += _card(number, table)
    return cards


def _glance(tables: Sequence[SourceTable]) -> str:
    if not tables:
        return ""
    return inline_svg(glance_figure(tables), "Zoo at a glance: models by sources", "glance")


def _navigation(tables: Sequence[SourceTable]) -> str:
    """Links to the sections of the page."""
    links = ""
    for number, table in enumerate(tables):
        links += f'<li><a href="#s{number}">{escape(table.source)}</a></li>'
    links += '<li><a href="#made">How it was made</a></li>'
    return f'<nav aria-label="Sources"><ul>{links}</ul></nav>'


def _card(number: int, table: SourceTable) -> str:
    """What can be said on one source."""
    name = f'<a href="#s{number}">{escape(table.source)}</a>'
    if table.verdict is None:
        return f"<article><h2>{name}</h2><p>{NOTHING}</p></article>"
    closest = table.verdict.answer("closest")
    parts = [
        f'<article class="{closest.standing}">',
        f"<h2>{name}</h2>",
        f"<p class=winner>{escape(table.verdict.summary)}</p>",
        "<div class=questions>",
        *map(_answer, table.verdict.answers),
        "</div>",
        _budgets(table, table.verdict),
        "</article>",
    ]
    return "".join(parts)


def _answer(answer: Answer) -> str:
    """A question and its answer; the evidence unfolds, and on a narrow screen the sentence too."""
    summary = f"<b>{escape(ASKED[answer.question])}</b>"
    if answer.badge:
        summary += f" <span class=badge>{escape(answer.badge)}</span>"
    summary += f"<span class=said> {escape(answer.sentence)}</span>"
    return folded(summary, bullets(answer.evidence))


def _budgets(table: SourceTable, verdict: Verdict) -> str:
    """What each model was given, and whether that could be the reason."""
    columns = [column for column in table.columns if column.name in BUDGETS]
    lines = ""
    for row in table.rows:
        if row in CONTROLS or _mean(table, row, "parameters") is None:
            continue
        values = [_plain(table, row, column.name) for column in columns]
        lines += f"<tr>{row_heading(row, title=row)}{cells(values)}</tr>"
    if not columns or not lines:
        return ""
    head = ""
    for column in columns:
        head += f"<th scope=col>{escape(column.header.rstrip(' ↓'))}</th>"
    caption = "Budgets"
    if verdict.budgets:
        caption = folded("Budgets", bullets(verdict.budgets))
    parts = [
        "<div class=wide><table class=budgets>",
        f"<caption>{caption}</caption>",
        f"<thead><tr><td></td>{head}</tr></thead>",
        f"<tbody>{lines}</tbody>",
        "</table></div>",
    ]
    return "".join(parts)


def _mean(table: SourceTable, row: str, column: str) -> float | None:
    return table.cells.get((row, column), Cell(None)).mean


def _plain(table: SourceTable, row: str, column: str) -> str:
    """The mean alone."""
    cell = table.cells.get((row, column), Cell(None))
    return format_cell(Cell(cell.mean, counted=cell.counted))


def _made(story: Story) -> str:
    """How much was compared, in a line."""
    rows: set[str] = set()
    for table in story.tables:
        rows.update(table.rows)
    models = rows.difference(CONTROLS)
    seeds = story.facts.get("seeds", [])
    parts = [
        _counted(len(models), "model"),
        _counted(len(story.sources), "source"),
        f"{_counted(len(seeds), 'seed')} each",
    ]
    version = story.facts.get("genzoo")
    if version:
        parts.append(f"genzoo {version}")
    return " · ".join(parts)


def _counted(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun}s"


def _meanings(story: Story) -> str:
    """What the metrics are by which the models are ranked."""
    columns = {}
    for table in story.tables:
        lead = leading(table)
        if lead is not None:
            columns[lead.column.name] = lead.column
    described = story.facts.get("described", {})
    parts = []
    for name, column in columns.items():
        if name in described:
            parts.append(paragraph("made", f"{column.label}: {described[name]}"))
    return "".join(parts)
