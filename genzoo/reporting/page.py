"""The page: the answer first, then a section for each source."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import resources

from genzoo.figures.glance import leading
from genzoo.figures.loss_curves import loss_curves
from genzoo.figures.profiles import profile_figure
from genzoo.figures.ranks import FEWEST, mean_ranks, rank_figure
from genzoo.figures.scores import score_figure
from genzoo.figures.style import CONTROLS, LIGHT, row_styles
from genzoo.reporting.charts import inline_svg, theme_css
from genzoo.reporting.opening import opening
from genzoo.reporting.payload import embedded, player_data
from genzoo.reporting.story import SourceStory, Story
from genzoo.results.table import SourceTable, format_cell

LARGEST = 14_000_000
"""Characters of a page; where films would make it larger, they lose frames."""


BEGINNING = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="'
"""How every page begins, by which it is known."""


def report_page(story: Story) -> str:
    """A comparison as one HTML page that asks nothing of the network.

    Its content security policy lets no request out and runs no script but the page's own and that
    of Plotly, which draws the curves of the player, each named by its hash; every name from outside
    is escaped.

    Args:
        story: What to tell.
    """
    filmed = [any(model.recordings for model in source.models.values()) for source in story.sources]
    scripts = _scripts() if any(filmed) else []
    hashes = " ".join(_hash(script) for script in scripts) or "'none'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {hashes}; img-src data:"
    described = story.facts.get("described", {})
    sections = "".join(
        _section(i, source, described, filmed[i]) for i, source in enumerate(story.sources)
    )
    page = (
        f'{BEGINNING}{escape(policy)}">{_refresh(story, bool(scripts))}'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(_title(story))}</title><style>{theme_css()}{_static('style.css')}</style></head><body>"
        f'<a class="skip" href="#sources">Skip to the sources</a>{opening(story, _over_all(story))}'
        f'<main id="sources">{sections}</main>{_closing(story)}'
    )
    room = LARGEST - len(page) - sum(map(len, scripts))
    elements = "".join(f"<script>{script}</script>" for script in scripts)
    return f"{page}{_data(story, room) if scripts else ''}{elements}</body></html>\n"


def _refresh(story: Story, scripted: bool) -> str:
    """The page loads itself again; where there is a film, its script does so, and waits while somebody watches."""
    if not story.refresh:
        return ""
    tag = f'<meta http-equiv="refresh" content="{int(story.refresh)}">'
    return f"<noscript>{tag}</noscript>" if scripted else tag


def _data(story: Story, room: int) -> str:
    """What the page's script reads."""
    colours = {
        name: _colour(name, source.table.rows)
        for source in story.sources
        for name in source.table.rows
    }
    text = embedded(
        {"sources": player_data(story, room), "colours": colours, "refresh": story.refresh or 0}
    )
    return f'<script type="application/json" id="data">{text}</script>'


def _title(story: Story) -> str:
    names = [source.table.source for source in story.sources]
    return f"genzoo: {', '.join(names)}" if names else "genzoo"


def _over_all(story: Story) -> str:
    """The models over all sources, where there are enough of them."""
    tables = [source.table for source in story.sources]
    parts = []
    if story.summary is not None:
        told = _table(
            story.summary, {}, "Ranks and scores of the models; the remarks say how they are made"
        )
        parts.append(f"<h2>Over all sources</h2>{told}")
        parts += _sentences("What can be concluded", story.summary.conclusions)
        parts += [_folded("Remarks", "".join(_sentences("", story.summary.remarks)))]
    figures = []
    if sum(leading(table) is not None for table in tables) >= FEWEST and mean_ranks(tables):
        figures.append(
            inline_svg(rank_figure(tables), "Mean ranks of the models over sources", "ranks")
        )
    if story.profiles is not None:
        figures.append(
            inline_svg(
                profile_figure(story.profiles), "Performance profiles over sources", "profiles"
            )
        )
    if figures:
        parts.append(
            f"<div class=side>{''.join(f'<figure>{figure}</figure>' for figure in figures)}</div>"
        )
    return f"<section>{''.join(parts)}</section>" if parts else ""


def _section(
    number: int, source: SourceStory, described: Mapping[str, str], has_films: bool
) -> str:
    table = source.table
    key = f"s{number}"
    parts = [f'<section id="{key}" class=source><h2>{escape(table.source)}</h2>']
    if has_films:
        parts.append(f'<div class=player data-source="{number}" id="{key}-player"></div>')
        parts.append("<noscript><p>The film of the training needs JavaScript.</p></noscript>")
    parts.append(f"<h3>Scores</h3>{_table(table, described)}")
    parts += _sentences("What can be concluded", table.conclusions)
    parts += _sentences("Remarks", table.remarks)
    drawn = inline_svg(
        score_figure(table), f"Scores on {table.source} with 95 % intervals", f"{key}-scores"
    )
    parts.append(
        _folded("Scores as a picture", _scrolled(drawn, "Scores as a picture"), opened=True)
    )
    histories = {name: model.histories for name, model in source.models.items() if model.histories}
    if histories:
        curves = loss_curves(histories, table.source, rows=table.rows)
        svg = inline_svg(curves, f"Losses and monitors on {table.source}", f"{key}-losses")
        parts.append(
            _folded(
                "Losses and monitors over all seeds",
                _scrolled(svg, "Losses and monitors"),
                opened=True,
            )
        )
    return "".join([*parts, "</section>"])


CAPTION = "Mean ± half-width of the 95 % interval over seeds"


def _table(table: SourceTable, described: Mapping[str, str], caption: str = CAPTION) -> str:
    head = "".join(
        f'<th scope=col title="{escape(described.get(column.name, ""))}">{escape(column.header)}</th>'
        for column in table.columns
    )
    rows = []
    for row in table.rows:
        cells = "".join(
            f"<td>{escape(format_cell(table.cells.get((row, column.name))))}</td>"
            for column in table.columns
        )
        kind = " class=control" if row in CONTROLS else ""
        rows.append(f"<tr{kind}><th scope=row>{escape(row)}</th>{cells}</tr>")
    return (
        f'<div class=wide tabindex=0 role=region aria-label="Scores on {escape(table.source)}"><table>'
        f"<caption>{caption}</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _sentences(heading: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        title = f"<h3>{heading}</h3>" if heading else ""
        yield f"{title}<ul>{''.join(f'<li>{escape(text)}</li>' for text in sentences)}</ul>"


def _scrolled(figure: str, label: str) -> str:
    """A figure that a narrow screen shows in its own size, a part at a time."""
    return (
        f'<figure class=wide tabindex=0 role=group aria-label="{escape(label)}">{figure}</figure>'
    )


def _folded(title: str, content: str, *, opened: bool = False) -> str:
    return (
        f"<details{' open' if opened else ''}><summary>{escape(title)}</summary>{content}</details>"
    )


def _closing(story: Story) -> str:
    command = f"<pre><code>{escape(story.command)}</code></pre>" if story.command else ""
    facts = json.dumps(story.facts, indent=2, default=str)
    return (
        f'<footer id="made"><h2>How it was made</h2>{command}'
        f"{_folded('Configuration', f'<pre>{escape(facts)}</pre>')}"
        "<p>This page is complete in itself: it loads nothing and sends nothing.</p></footer>"
    )


def _colour(name: str, rows: Sequence[str]) -> Mapping[str, object]:
    style = row_styles(rows, LIGHT)[name]
    place = "control" if style.control else f"row-{LIGHT.palette.index(style.colour)}"
    return {"css": f"--{place}", "dashed": style.dashed}


def _scripts() -> list[str]:
    """Plotly's own script, and that of the page."""
    from plotly.offline import (
        get_plotlyjs,
    )  # a tenth of a second that only a report with films pays

    return [
        get_plotlyjs(),
        "".join(_static(name) for name in ("views.js", "charts.js", "player.js")),
    ]


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _static(name: str) -> str:
    return (resources.files("genzoo.reporting") / "static" / name).read_text(encoding="utf-8")
