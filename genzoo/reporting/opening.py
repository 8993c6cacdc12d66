"""The first screen of the page: for each source the trade-off in one sentence, four answers, and the budgets."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from genzoo.figures.glance import glance_figure, leading
from genzoo.figures.style import CONTROLS
from genzoo.reporting.charts import inline_svg
from genzoo.reporting.story import Story
from genzoo.results.table import Cell, SourceTable, format_cell
from genzoo.results.verdict import ASKED, Answer, Verdict

BUDGETS = ("examples_seen", "training_seconds", "parameters")
"""Columns that say what a model was given."""
NOTHING = "Nothing is said of these rows: no model or sample is among them."


def opening(story: Story, over_all: str) -> str:
    """What stands above the sources.

    Args:
        story: What to tell.
        over_all: The part on all sources together, as HTML.
    """
    tables = [source.table for source in story.sources]
    answers = (
        "".join(_card(i, table) for i, table in enumerate(tables))
        or "<p>No row is finished yet.</p>"
    )
    status = f'<p class="status" role="status">{escape(story.status)}</p>' if story.status else ""
    glance = (
        inline_svg(glance_figure(tables), "Zoo at a glance: models by sources", "glance")
        if tables
        else ""
    )
    jump = "".join(
        f'<li><a href="#s{i}">{escape(table.source)}</a></li>' for i, table in enumerate(tables)
    )
    verdict = verdict_sentence(tables)
    return (
        f"<header><p class=brand>genzoo comparison</p><h1>Which model learned the distribution?</h1>{status}"
        f"<p class=made>{escape(_made(story))}</p>{f'<p class=verdict>{escape(verdict)}</p>' if verdict else ''}"
        f'<section aria-label="The answer" class=answers>{answers}</section>'
        f"<figure class=glance>{glance}</figure>{_meanings(story)}{over_all}"
        f'<nav aria-label="Sources"><ul>{jump}<li><a href="#made">How it was made</a></li></ul></nav></header>'
    )


def verdict_sentence(tables: Sequence[SourceTable]) -> str:
    """Over all sources, which models are closest beyond doubt and where there is no winner."""
    answers = [table.verdict.answer("closest") for table in tables if table.verdict is not None]
    if len(answers) < 2:
        return ""
    alone = Counter(answer.leaders[0] for answer in answers if answer.standing == "best")
    if not alone:
        return f"On none of {len(answers)} sources is one model closest beyond doubt."
    (first, count), *others = alone.most_common()
    won = "".join(f", {name} on {times}" for name, times in others)
    rest = len(answers) - alone.total()
    left = f"; on {rest} there is no winner" if rest else ""
    return f"{first} is closest beyond doubt on {count} of {len(answers)} sources{won}{left}."


def _card(number: int, table: SourceTable) -> str:
    """What can be said on one source."""
    name = f'<a href="#s{number}">{escape(table.source)}</a>'
    if table.verdict is None:
        return f"<article><h2>{name}</h2><p>{NOTHING}</p></article>"
    closest = table.verdict.answer("closest")
    answers = "".join(_answer(answer) for answer in table.verdict.answers)
    return (
        f'<article class="{closest.standing}"><h2>{name}</h2>'
        f"<p class=winner>{escape(table.verdict.summary)}</p><div class=questions>{answers}</div>"
        f"{_budgets(table, table.verdict)}</article>"
    )


def _answer(answer: Answer) -> str:
    """A question and its answer; the evidence unfolds, and on a narrow screen the sentence too."""
    badge = f" <span class=badge>{escape(answer.badge)}</span>" if answer.badge else ""
    evidence = "".join(f"<li>{escape(text)}</li>" for text in answer.evidence)
    below = f"<ul>{evidence}</ul>" if evidence else ""
    said = f"<span class=said> {escape(answer.sentence)}</span>"
    return f"<details><summary><b>{escape(ASKED[answer.question])}</b>{badge}{said}</summary>{below}</details>"


def _budgets(table: SourceTable, verdict: Verdict) -> str:
    """What each model was given, and whether that could be the reason."""
    columns = [column for column in table.columns if column.name in BUDGETS]
    rows = [row for row in table.rows if row not in CONTROLS]
    trained = [row for row in rows if _mean(table, row, "parameters") is not None]
    if not columns or not trained:
        return ""
    head = "".join(f"<th scope=col>{escape(column.header.rstrip(' ↓'))}</th>" for column in columns)
    lines = []
    for row in trained:
        cells = "".join(f"<td>{escape(_plain(table, row, column.name))}</td>" for column in columns)
        name = escape(row)
        lines.append(f'<tr><th scope=row title="{name}">{name}</th>{cells}</tr>')
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in verdict.budgets)
    why = f"<details><summary>Budgets</summary><ul>{said}</ul></details>" if said else "Budgets"
    return (
        f"<div class=wide><table class=budgets><caption>{why}</caption><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _mean(table: SourceTable, row: str, column: str) -> float | None:
    return table.cells.get((row, column), Cell(None)).mean


def _plain(table: SourceTable, row: str, column: str) -> str:
    """The mean alone."""
    return format_cell(Cell(_mean(table, row, column)))


def _made(story: Story) -> str:
    rows = {row for source in story.sources for row in source.table.rows} - set(CONTROLS)
    seeds = story.facts.get("seeds", [])
    parts = [f"{len(rows)} models", f"{len(story.sources)} sources", f"{len(seeds)} seeds each"]
    words = [part.removesuffix("s") if part.startswith("1 ") else part for part in parts[:2]]
    words.append("1 seed each" if len(seeds) == 1 else parts[2])
    version = story.facts.get("genzoo")
    return " · ".join(words + ([f"genzoo {version}"] if version else []))


def _meanings(story: Story) -> str:
    """What the metrics are by which the models are ranked."""
    leads = [lead for source in story.sources if (lead := leading(source.table)) is not None]
    columns = {lead.column.name: lead.column for lead in leads}
    described = story.facts.get("described", {})
    return "".join(
        f"<p class=made>{escape(column.label)}: {escape(described[name])}</p>"
        for name, column in columns.items()
        if name in described
    )
